import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorDefinition {
  /// Convolution whose filter places move by learned offsets and may be weighted by a mask.
  ///
  /// Operands x, filter, offset `[N, groups · taps · 2, Ho, Wo]` (y before x), bias?, mask?. Values
  /// between positions are bilinear, those outside are 0.
  /// Sources: ONNX DeformConv-22; Dai et al. 2017, Zhu et al. 2018 (the mask).
  static let deformableConvolution = OperatorDefinition(
    "deformableConvolution",
    "Convolution whose filter places move by learned offsets.",
    family: .convolution,
    inputs: 3...5,
    inferTypes: { (context) throws(OperatorError) in
      [try ConvolutionShapes.infer(context, .convolution)]
    },
    cost: CostRule { context in
      guard let outputs = context.outputElements(), let sizes = context.outputSizes(),
        let filter = try? ConvolutionFilter(context.node),
        let taps = checkedProduct(filter.spatial + [filter.inputChannels]),
        let samples = checkedProduct([sizes[0]] + sizes.dropFirst(2) + filter.spatial),
        let channels = context.inputSizes(0)?.dropFirst().first
      else { return .uncounted }
      var cost = OperatorCost.times(
        outputs,
        multiplyAdds: taps,
        otherOperations: context.node.hasInput(3) ? 1 : 0
      )
      // Each sampled value is a bilinear mean of four: 8 operations, one more for the mask.
      let sampling = OperatorCost.times(
        checkedProduct([samples, channels]),
        otherOperations: context.node.hasInput(4) ? 9 : 8
      )
      let (sum, overflow) = cost.otherOperations.addingReportingOverflow(sampling.otherOperations)
      guard !overflow, sampling.status == .counted else { return .uncounted }
      cost.otherOperations = sum
      return cost
    },
    evaluate: { (context) throws(OperatorError) in [try evaluateDeformable(context)] }
  )
}

/// The operands of a deformable convolution in two spatial axes, as doubles.
private struct DeformableOperands {
  let geometry: ConvolutionGeometry
  let input: [Double]
  let filter: [Double]
  let offset: [Double]
  let bias: [Double]?
  let mask: [Double]?
  let offsetGroups: Int

  /// The bilinear value of a plane; 0 outside.
  func sample(_ plane: Int, _ y: Double, _ x: Double) -> Double {
    let (height, width) = (geometry.inputSpatial[0], geometry.inputSpatial[1])
    guard y > -1, x > -1, y < Double(height), x < Double(width) else { return 0 }
    let (top, left) = (Int(floor(y)), Int(floor(x)))
    let (dy, dx) = (y - Double(top), x - Double(left))
    func at(_ row: Int, _ column: Int) -> Double {
      guard row >= 0, row < height, column >= 0, column < width else { return 0 }
      return input[(plane * height + row) * width + column]
    }
    return (1 - dy) * ((1 - dx) * at(top, left) + dx * at(top, left + 1))
      + dy * ((1 - dx) * at(top + 1, left) + dx * at(top + 1, left + 1))
  }

  /// One element of the result.
  func element(_ sample: Int, _ channel: Int, _ position: Int) -> Double {
    let taps = geometry.taps
    let positions = geometry.outputPositions
    let depth = geometry.inputChannels / geometry.groups
    let first = channel / (geometry.outputChannels / geometry.groups) * depth
    let channelsPerOffset = geometry.inputChannels / offsetGroups
    let place = ConvolutionGeometry.coordinates(position, geometry.outputSpatial)
    var sum = bias?[channel] ?? 0
    for index in 0..<depth {
      let inputChannel = first + index
      let group = sample * offsetGroups + inputChannel / channelsPerOffset
      for tap in 0..<taps {
        let kernel = ConvolutionGeometry.coordinates(tap, geometry.kernel)
        let base = (group * taps + tap) * 2 * positions + position
        let y = Double(origin(place, kernel, 0)) + offset[base]
        let x = Double(origin(place, kernel, 1)) + offset[base + positions]
        let weight = filter[(channel * depth + index) * taps + tap]
        let scale = mask?[(group * taps + tap) * positions + position] ?? 1
        let plane = sample * geometry.inputChannels + inputChannel
        sum += weight * scale * self.sample(plane, y, x)
      }
    }
    return sum
  }

  private func origin(_ place: [Int], _ kernel: [Int], _ axis: Int) -> Int {
    place[axis] * geometry.strides[axis] - geometry.padBefore[axis]
      + kernel[axis] * geometry.dilations[axis]
  }
}

private func evaluateDeformable(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let input = try context.input(0)
  let filter = try context.input(1)
  guard input.rank == 4, filter.rank == 4,
    let shape = try ConvolutionFilter(context.operatorContext)
  else { throw .unsupported("deformable convolution over other than two spatial axes") }
  let geometry = try ConvolutionShapes.geometry(context, .convolution, shape)
  let groups = try context.attributes.int("offsetGroup", default: 1)
  guard groups > 0, geometry.inputChannels % groups == 0 else {
    throw .invalid("\(groups) groups of offsets for \(geometry.inputChannels) channels")
  }
  let operands = DeformableOperands(
    geometry: geometry,
    input: try OperandValues.doubles(input),
    filter: try OperandValues.doubles(filter),
    offset: try OperandValues.doubles(try context.input(2)),
    bias: try context.optionalInput(3).map { (bias) throws(OperatorError) in
      try OperandValues.doubles(bias)
    },
    mask: try context.optionalInput(4).map { (mask) throws(OperatorError) in
      try OperandValues.doubles(mask)
    },
    offsetGroups: groups
  )
  let places = try OperandValues.count(
    [geometry.batch, groups, geometry.taps, geometry.outputPositions]
  )
  guard operands.offset.count == 2 * places, operands.mask?.count ?? places == places,
    operands.bias?.count ?? geometry.outputChannels == geometry.outputChannels
  else { throw .invalid("offset, mask or bias do not fit the result") }
  var result: [Double] = []
  for sample in 0..<geometry.batch {
    for channel in 0..<geometry.outputChannels {
      for position in 0..<geometry.outputPositions {
        result.append(operands.element(sample, channel, position))
      }
    }
  }
  let sizes = [geometry.batch, geometry.outputChannels] + geometry.outputSpatial
  return OperandValues.tensor(input.type, sizes, result)
}
