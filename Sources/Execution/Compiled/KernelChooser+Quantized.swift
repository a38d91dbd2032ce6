import Kernels
import ModelIR
import Operators

/// One positive scale and a zero point for a whole 8-bit tensor.
private struct Affine {
  var scale: Float
  var zeroPoint: Int32
  var isSigned: Bool

  var range: ClosedRange<Int32> { isSigned ? -128...127 : 0...255 }
}

extension KernelChooser {
  private func affine(_ quantization: Quantization?, _ element: ElementType) -> Affine? {
    guard element == .int8 || element == .uint8, let quantization,
      quantization.scales.count == 1, let scale = quantization.scales.first, scale > 0,
      scale.isFinite
    else { return nil }
    let affine = Affine(
      scale: scale,
      zeroPoint: Int32(clamping: quantization.zeroPoint(0)),
      isSigned: element == .int8
    )
    // Kernels count on zero points that the type holds.
    return affine.range.contains(affine.zeroPoint) ? affine : nil
  }

  private func affine(_ operand: Stored) -> Affine? {
    affine(quantization(operand.value), operand.element)
  }

  private var resultAffine: Affine? { affine(resultQuantization, resultElement) }

  /// What the fused activation lets through; `nil` for activations that are no bounds.
  private func bounds(_ output: Affine) throws -> ClosedRange<Int32>? {
    let activation = try attributes.string("activation", default: "none")
    guard ["none", "relu", "relu6", "reluN1To1"].contains(activation) else { return nil }
    let range = FixedPoint.activationRange(
      activation,
      scale: output.scale,
      zeroPoint: Int(output.zeroPoint),
      type: resultElement
    )
    return Int32(clamping: range.lowerBound)...Int32(clamping: range.upperBound)
  }

  /// The bytes of a constant of 8-bit integers.
  private func bytes(_ index: Int) -> (sizes: [Int], element: ElementType, bytes: [UInt8])? {
    guard hasInput(index), let value = node.inputs[index], let tensor = constant(value),
      tensor.type == .int8 || tensor.type == .uint8, case .integers(let values) = tensor.elements,
      values.count == tensor.count
    else { return nil }
    return (tensor.sizes, tensor.type, values.map { UInt8(truncatingIfNeeded: $0) })
  }

  /// The bias of an integer layer: none, or 32-bit sums.
  private func integerBias(_ count: Int) -> [Int32]?? {
    guard hasInput(2) else { return .some(nil) }
    guard let value = node.inputs[2], let tensor = constant(value), tensor.type == .int32,
      case .integers(let values) = tensor.elements, values.count == count
    else { return nil }
    return values.map { Int32(truncatingIfNeeded: $0) }
  }

  /// Scales of a filter: one, or one for each channel.
  private func filterScales(_ channels: Int) -> (scales: [Float], zeroPoint: Int32)? {
    guard let value = node.inputs[1], let quantization = quantization(value),
      !quantization.scales.isEmpty,
      quantization.scales.count == 1 || quantization.scales.count == channels,
      quantization.scales.allSatisfy({ $0.isFinite })
    else { return nil }
    let zeroPoint = quantization.scales.count == 1 ? quantization.zeroPoint(0) : 0
    return (quantization.scales, Int32(clamping: zeroPoint))
  }

  // MARK: - Layers

  func quantizedConvolution(isDepthwise: Bool) throws -> KernelChoice? {
    guard let input = stored(0), let from = affine(input), let filter = bytes(1),
      let to = resultAffine, input.element == resultElement, let range = try bounds(to),
      let (shape, strides, layout) = try geometry(
        input.sizes,
        filter.sizes,
        isDepthwise: isDepthwise
      ),
      let bias = integerBias(shape.outputChannels),
      let (scales, zeroPoint) = filterScales(shape.outputChannels)
    else { return nil }
    // uint8 layers have one factor, from the scales' product in single precision.
    let factors: [Double] =
      from.isSigned
      ? scales.map { Double(from.scale) * Double($0) / Double(to.scale) }
      : [Double(from.scale * scales[0]) / Double(to.scale)]
    let fixed = factors.map { fixedPoint($0) }
    func each<Factor>(_ list: [Factor]) -> [Factor] {
      list.count == 1 ? Array(repeating: list[0], count: shape.outputChannels) : list
    }
    let channels = ChannelScales(
      bias: bias,
      fixedPoint: each(fixed),
      scale: each(factors.map { Float($0) })
    )
    let isDepthwiseKernel = shape.groups == shape.inputChannels && shape.groups > 1
    let element: ConvolutionPlan.Element = from.isSigned ? .int8 : .uint8
    let filters = try filter.bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { throw KernelShapeError() }
      return try PackedQuantizedFilters(
        shape,
        element: element,
        depthwise: isDepthwiseKernel,
        strides: strides,
        quantization: LayerQuantization(
          inputZeroPoint: from.zeroPoint,
          weightsAreUnsigned: filter.element == .uint8,
          weightZeroPoint: zeroPoint
        ),
        scales: channels,
        weights: [start]
      )
    }
    let epilogue = IntegerEpilogue(
      isSigned: to.isSigned,
      zeroPoint: to.zeroPoint,
      bounds: range,
      arithmetic: arithmetic
    )
    let kernel: any StepKernel =
      isDepthwiseKernel
      ? QuantizedDepthwiseStep(
        plan: try DepthwisePlan(shape, element: element),
        filters: filters,
        quantizedEpilogue: epilogue
      )
      : QuantizedConvolutionStep(
        plan: try ConvolutionPlan(shape, element: element),
        filters: filters,
        quantizedEpilogue: epilogue
      )
    return KernelChoice(
      kernel: kernel,
      operands: [.init(value: input.value, channelsLast: !layout.channelsLast)],
      isChannelsLast: !layout.channelsLast
    )
  }

  private func fixedPoint(_ real: Double) -> FixedPointScale {
    let factor = FixedPoint.quantizedMultiplier(real)
    return FixedPointScale(multiplier: factor.multiplier, shift: Int32(clamping: factor.shift))
  }

  func quantizedFullyConnected() throws -> KernelChoice? {
    guard let input = stored(0), let from = affine(input), let filter = bytes(1),
      filter.sizes.count == 2, filter.sizes[1] > 0, let to = resultAffine,
      input.element == resultElement, let range = try bounds(to),
      try attributes.string("weightsFormat", default: "default") == "default",
      let count = checkedProduct(input.sizes), count % filter.sizes[1] == 0,
      let bias = integerBias(filter.sizes[0]),
      let (scales, zeroPoint) = filterScales(filter.sizes[0])
    else { return nil }
    let (columns, depth) = (filter.sizes[0], filter.sizes[1])
    let rows = count / depth
    guard checkedProduct([rows, columns]) == checkedProduct(resultSizes), columns > 0 else {
      return nil
    }
    let shape = ConvolutionShape.matrixProduct(rows: rows, depth: depth, columns: columns)
    let element: ConvolutionPlan.Element = from.isSigned ? .int8 : .uint8
    let filters = try filter.bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { throw KernelShapeError() }
      return try PackedQuantizedFilters(
        shape,
        element: element,
        strides: .transposedMatrix(rowStride: depth),
        quantization: LayerQuantization(
          inputZeroPoint: from.zeroPoint,
          weightsAreUnsigned: filter.element == .uint8,
          weightZeroPoint: zeroPoint
        ),
        scales: ChannelScales(bias: bias),
        weights: [start]
      )
    }
    let step = QuantizedProductStep(
      plan: try ConvolutionPlan(shape, element: element),
      filters: filters,
      scales: scales.map { Double(from.scale) * Double($0) / Double(to.scale) },
      rows: rows,
      columns: columns,
      epilogue: IntegerEpilogue(isSigned: to.isSigned, zeroPoint: to.zeroPoint, bounds: range)
    )
    return plain(step, input.value)
  }

  // MARK: - Two operands

  func quantizedSum(subtracts: Bool) throws -> KernelChoice? {
    // LiteRT `internal/reference/add.h`: operands on twice the greater scale, shifted left by 20.
    try quantizedPair { left, right, output, range in
      let shift: Int32 = 20
      let twice = Double(2 * max(left.scale, right.scale))
      return QuantizedElementwise.Pair(
        isSigned: output.isSigned,
        leftZero: left.zeroPoint,
        rightZero: right.zeroPoint,
        leftShift: shift,
        left: fixedPoint(Double(left.scale) / twice),
        right: fixedPoint(Double(right.scale) / twice),
        subtracts: subtracts,
        factor: fixedPoint(twice / Double(Float(Int32(1) << shift) * output.scale)),
        zeroPoint: output.zeroPoint,
        bounds: range
      )
    }
  }

  func quantizedProduct() throws -> KernelChoice? {
    try quantizedPair(isProduct: true) { left, right, output, range in
      QuantizedElementwise.Pair(
        isSigned: output.isSigned,
        leftZero: left.zeroPoint,
        rightZero: right.zeroPoint,
        factor: fixedPoint(Double(left.scale * right.scale / output.scale)),
        zeroPoint: output.zeroPoint,
        bounds: range
      )
    }
  }

  private func quantizedPair(
    isProduct: Bool = false,
    _ pair: (Affine, Affine, Affine, ClosedRange<Int32>) -> QuantizedElementwise.Pair
  ) throws -> KernelChoice? {
    guard node.inputs.count == 2, let to = resultAffine, let range = try bounds(to) else {
      return nil
    }
    let result = resultSizes
    var operands: [KernelChoice.Operand] = []
    var constants: [ByteTable?] = []
    var repetitions: [Repetition] = []
    var affines: [Affine] = []
    for index in 0..<2 {
      let sizes: [Int]
      if let operand = stored(index), let affine = affine(operand),
        operand.element == resultElement
      {
        // The model's order of axes; channels-first integer graphs are rare.
        operands.append(.init(value: operand.value, channelsLast: false))
        constants.append(nil)
        sizes = operand.sizes
        affines.append(affine)
      } else if let given = bytes(index), given.element == resultElement,
        let affine = affine(node.inputs[index].flatMap(quantization), given.element)
      {
        constants.append(ByteTable(given.bytes))
        sizes = given.sizes
        affines.append(affine)
      } else {
        return nil
      }
      guard sizes.count <= result.count,
        let repetition = Repetition(
          Array(repeating: 1, count: result.count - sizes.count) + sizes,
          in: result
        )
      else { return nil }
      repetitions.append(repetition)
    }
    let partial = repetitions.firstIndex { !$0.isWhole } ?? 1
    guard repetitions[1 - partial].isWhole, !operands.isEmpty else { return nil }
    let shape = repetitions[partial]
    var extents: [QuantizedElementwise.Extent] = [.matrix, .matrix]
    var strides = Array(repeating: shape.rows * shape.columns, count: 2)
    extents[partial] =
      switch shape.extent {
      case .matrix: .matrix
      case .scalar: .scalar
      case .row: .row
      case .column: .column
      }
    strides[partial] = shape.isWhole ? strides[partial] : shape.outerStride
    let step = QuantizedBinaryStep(
      pair: pair(affines[0], affines[1], to, range),
      isProduct: isProduct,
      constants: constants,
      extents: extents,
      outerStrides: strides,
      outer: shape.outer,
      rows: shape.rows,
      columns: shape.columns
    )
    return KernelChoice(kernel: step, operands: operands)
  }

  // MARK: - One operand

  /// A function of each byte, tabulated by the node's own definition.
  func lookup() throws -> KernelChoice? {
    guard let input = stored(0), affine(input) != nil, node.inputs.count == 1,
      input.sizes == resultSizes, let count = checkedProduct(input.sizes)
    else { return nil }
    let stored = (0..<256).map { byte in
      input.element == .int8 ? Int64(Int8(truncatingIfNeeded: byte)) : Int64(byte)
    }
    let all = Tensor(type: input.element, sizes: [256], elements: .integers(stored))
    guard let result = evaluate([all])?.first, result.type == resultElement else { return nil }
    let table: LookupStep.Table
    switch result.elements {
    case .floats(let values) where values.count == 256: table = .floats(ConstantBuffer(values))
    case .integers(let values) where values.count == 256:
      table = .bytes(ByteTable(values.map { UInt8(truncatingIfNeeded: $0) }))
    default: return nil
    }
    let operand = KernelChoice.Operand(
      value: input.value,
      channelsLast: isChannelsLast(input.value)
    )
    return KernelChoice(
      kernel: LookupStep(table: table, count: count),
      operands: [operand],
      isChannelsLast: operand.channelsLast
    )
  }

  func quantize() throws -> KernelChoice? {
    guard node.inputs.count == 1, let input = stored(0) else { return nil }
    guard input.element == .float32 else { return try lookup() }
    guard let to = resultAffine, input.sizes == resultSizes,
      let count = checkedProduct(input.sizes)
    else { return nil }
    let step = QuantizeStep(
      quantization: AffineQuantization(
        scale: to.scale,
        zeroPoint: to.zeroPoint,
        lower: to.range.lowerBound,
        upper: to.range.upperBound,
        rounding: .toNearestOrAwayFromZero
      ),
      isSigned: to.isSigned,
      count: count
    )
    return plain(step, input.value)
  }

  func quantizedSoftmax() throws -> KernelChoice? {
    guard let input = stored(0), let from = affine(input), resultAffine != nil,
      input.element == resultElement, input.sizes == resultSizes, let columns = input.sizes.last,
      let count = checkedProduct(input.sizes), columns > 0
    else { return nil }
    let axis = try attributes.int("axis", default: -1)
    guard axis == -1 || axis == input.sizes.count - 1 else { return nil }
    let step = QuantizedSoftmaxStep(
      rows: count / columns,
      columns: columns,
      table: SoftmaxTable(
        scale: from.scale,
        beta: Float(try attributes.float("beta", default: 1)),
        isSigned: from.isSigned
      )
    )
    return plain(step, input.value)
  }

  // MARK: - Windows

  func quantizedPool(_ function: PoolStep.Function) throws -> KernelChoice? {
    guard let input = stored(0), affine(input) != nil, let to = resultAffine,
      input.element == resultElement, let range = try bounds(to),
      let (pooling, layout) = try pooling(input.sizes)
    else { return nil }
    let step = QuantizedPoolStep(
      function: function,
      pooling: pooling,
      isSigned: to.isSigned,
      bounds: range
    )
    return KernelChoice(
      kernel: step,
      operands: [.init(value: input.value, channelsLast: !layout.channelsLast)],
      isChannelsLast: !layout.channelsLast
    )
  }

  func quantizedReduction(isMean: Bool) throws -> KernelChoice? {
    guard let input = stored(0), let from = affine(input), let to = resultAffine,
      input.element == resultElement, let axes = try reducedAxes(rank: input.sizes.count),
      let extents = reductionExtents(input.sizes, axes)
    else { return nil }
    let count = extents.reduced
    var factor = FixedPoint.quantizedMultiplier(Double(from.scale) / Double(to.scale))
    if isMean {
      // The division goes into the factor, with as many bits as its shift leaves (LiteRT
      // `internal/reference/reduce.h`, `QuantizedMeanOrSum`).
      let shift = min(63 - UInt64(count).leadingZeroBitCount, 32, 31 + factor.shift)
      let multiplier = (Int64(factor.multiplier) << Int64(shift)) / Int64(count)
      factor.multiplier = Int32(truncatingIfNeeded: multiplier)
      factor.shift -= shift
    }
    let step = QuantizedReductionStep(
      outer: extents.outer,
      reduced: count,
      inner: extents.inner,
      isSigned: from.isSigned,
      zeros: Int32(truncatingIfNeeded: Int64(from.zeroPoint) &* Int64(count)),
      factor: factor,
      zeroPoint: to.zeroPoint,
      bounds: to.range
    )
    return plain(step, input.value)
  }
}
