import ModelIR

/// The evaluation that convolutions of all kinds share: sums, then bias, scale and activation.
struct ConvolutionEvaluation {
  let context: EvaluationContext
  let geometry: ConvolutionGeometry
  let filter: ConvolutionFilter
  let role: ConvolutionFilter.Role
  /// The positions of input and bias among the operands; the filter is always operand 1.
  var inputOperand = 0
  var biasOperand = 2

  /// The result, in the node's layout.
  func callAsFunction() throws(OperatorError) -> Tensor {
    let input = try context.input(inputOperand)
    let weights = try context.input(1)
    let bias = context.optionalInput(biasOperand)
    guard bias == nil || bias?.count == geometry.outputChannels else {
      throw .invalid(
        "the bias has \(bias?.count ?? 0) values for \(geometry.outputChannels) channels"
      )
    }
    switch try OperandValues.pair(input, weights) {
    case .floats(let x, let w):
      let offsets = try bias.map { (bias) throws(OperatorError) in try OperandValues.floats(bias) }
      return try finish(.floats(added(sums(try channelsLast(x), ordered(w)), offsets)))
    case .doubles(let x, let w):
      let offsets = try bias.map { (bias) throws(OperatorError) in try OperandValues.doubles(bias) }
      return try finish(.doubles(added(sums(try channelsLast(x), ordered(w)), offsets)))
    case .hybrid(let x, let w):
      return try finish(.floats(try hybrid(x, w, bias)))
    case .integers(let x, let w):
      let offsets = try bias.map { (bias) throws(OperatorError) in
        try OperandValues.integers(bias)
      }
      return try quantized(x, w, bias, offsets)
    }
  }

  private func sums<Element: Accumulable>(_ input: [Element], _ filter: [Element]) -> [Element] {
    role == .transposed ? geometry.spread(input, filter) : geometry.correlate(input, filter)
  }

  private func ordered<Element>(_ values: [Element]) -> [Element] {
    filter.ordered(values, context.inputs[1]?.sizes ?? [], role)
  }

  /// The input as batch, position, channel.
  private func channelsLast<Element>(_ values: [Element]) throws(OperatorError) -> [Element] {
    let sizes = try context.input(inputOperand).sizes
    if try DataLayout(context.attributes).channelsLast { return values }
    return AxisOrder.rearrange(values, sizes, [0] + Array(2..<sizes.count) + [1])
  }

  private func added<Element: Accumulable>(_ sums: [Element], _ bias: [Element]?) -> [Element] {
    guard let bias else { return sums }
    var result = sums
    let channels = bias.count
    for index in result.indices { result[index] = .sum(result[index], bias[index % channels]) }
    return result
  }

  /// Applies the activation and brings the elements into the node's layout.
  private func finish(
    _ elements: Tensor.Elements,
    type: ElementType? = nil
  ) throws(OperatorError) -> Tensor {
    let activated = try FusedActivation(context.attributes).apply(elements)
    let last = [geometry.batch] + geometry.outputSpatial + [geometry.outputChannels]
    let inputType = try context.input(inputOperand).type
    var tensor = Tensor(
      type: type ?? inputType,
      sizes: last,
      elements: activated
    )
    if try !DataLayout(context.attributes).channelsLast {
      let axes = [0, last.count - 1] + Array(1..<(last.count - 1))
      tensor.sizes = axes.map { last[$0] }
      switch activated {
      case .floats(let values): tensor.elements = .floats(AxisOrder.rearrange(values, last, axes))
      case .doubles(let values): tensor.elements = .doubles(AxisOrder.rearrange(values, last, axes))
      case .integers(let values):
        tensor.elements = .integers(AxisOrder.rearrange(values, last, axes))
      default: break
      }
    }
    return tensor.normalized()
  }
}

// MARK: - Quantized operands

extension ConvolutionEvaluation {
  /// Integers: scaled and bounded where the operands are quantized, wrapped where they are not.
  private func quantized(
    _ input: [Int64],
    _ weights: [Int64],
    _ bias: Tensor?,
    _ offsets: [Int64]?
  ) throws(OperatorError) -> Tensor {
    guard context.quantization(ofInput: inputOperand) != nil else {
      let result = added(sums(try channelsLast(input), ordered(weights)), offsets)
      return try finish(.integers(result))
    }
    let epilogue = try QuantizedEpilogue(
      context,
      input: inputOperand,
      bias: bias,
      channels: geometry.outputChannels,
      kernel: .convolution
    )
    let shifted = try channelsLast(input).map { $0 &- epilogue.inputZeroPoint }
    let centred = ordered(weights).map { $0 &- epilogue.filterZeroPoint }
    var result = added(sums(shifted, centred), offsets)
    let channels = geometry.outputChannels
    for index in result.indices {
      result[index] = epilogue(result[index], channel: index % channels)
    }
    // The activation is in the bounds already.
    return try ConvolutionEvaluation(
      context: context.withoutActivation,
      geometry: geometry,
      filter: filter,
      role: role,
      inputOperand: inputOperand,
      biasOperand: biasOperand
    ).finish(.integers(result), type: epilogue.outputType)
  }

  /// Real input, integer filter: the input is quantized by batch entry.
  ///
  /// Scales that differ between channels take the asymmetric kernel, one scale the symmetric one;
  /// depthwise and transposed convolutions always the asymmetric one. The order of the float
  /// products is that of the kernels.
  private func hybrid(
    _ input: [Float],
    _ weights: [Int64],
    _ bias: Tensor?
  ) throws(OperatorError) -> [Float] {
    guard let scales = context.quantization(ofInput: 1)?.scales, let first = scales.first,
      scales.count == 1 || scales.count == geometry.outputChannels
    else { throw .invalid("the integer filter has no scale, or not one a channel") }
    let offsets = try bias.map { (bias) throws(OperatorError) in try OperandValues.floats(bias) }
    let isAsymmetric =
      role != .convolution || geometry.groups > 1 || scales.contains { $0 != first }
    let image = geometry.inputPositions * geometry.inputChannels
    let stored = HybridQuantization(
      input,
      rows: geometry.batch,
      width: image,
      asymmetric: isAsymmetric
    )
    var centred = stored.values
    for index in centred.indices where image > 0 { centred[index] -= stored.offsets[index / image] }
    let x = try channelsLast(centred)
    let w = ordered(weights)
    let channels = geometry.outputChannels
    if role == .transposed {
      return hybridSpread(x, w, stored.scales, scales, offsets)
    }
    let sums = geometry.correlate(x, w)
    let perSample = geometry.outputPositions * channels
    var result: [Float] = []
    result.reserveCapacity(sums.count)
    for (index, sum) in sums.enumerated() {
      let channel = index % channels
      let scale = scales[scales.count == 1 ? 0 : channel]
      let inputScale = stored.scales[index / perSample]
      let total = Float(Int32(truncatingIfNeeded: sum))
      let isGrouped = role == .depthwise || !isAsymmetric
      let real = isGrouped ? total * (scale * inputScale) : total * scale * inputScale
      result.append(offsets.map { real + $0[channel] } ?? real)
    }
    return result
  }

  /// The transposed kernel scales each product and sums real numbers.
  private func hybridSpread(
    _ input: [Int64],
    _ weights: [Int64],
    _ inputScales: [Float],
    _ scales: [Float],
    _ bias: [Float]?
  ) -> [Float] {
    let channels = geometry.outputChannels
    let positions = geometry.outputPositions
    let inputs = geometry.inputPositions
    var output = [Float](repeating: 0, count: geometry.batch * positions * channels)
    for position in 0..<inputs {
      let places = geometry.outputTaps(position)
      for sample in 0..<geometry.batch {
        for channel in 0..<geometry.inputChannels {
          let value = input[(sample * inputs + position) * geometry.inputChannels + channel]
          for place in places {
            for target in 0..<channels {
              let weight = weights[(channel * geometry.taps + place.tap) * channels + target]
              let scale = scales[scales.count == 1 ? 0 : target]
              output[(sample * positions + place.position) * channels + target] +=
                Float(value &* weight) * scale * inputScales[sample]
            }
          }
        }
      }
    }
    return added(output, bias)
  }
}

extension EvaluationContext {
  /// The same node without its fused activation.
  var withoutActivation: EvaluationContext {
    var plain = attributes.attributes
    plain["activation"] = nil
    return EvaluationContext(
      attributes: plain,
      sourceVersion: sourceVersion,
      inputs: inputs,
      inputQuantization: inputQuantization,
      outputs: outputs,
      outputQuantization: outputQuantization,
      hasOutput: hasOutput,
      seed: seed
    )
  }
}
