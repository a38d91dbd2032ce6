import ModelIR

extension OperatorDefinition {
  /// Adds positions before and after each axis; negative numbers of ONNX take positions away.
  ///
  /// `constant` fills with operand 2 (or the attribute `value`), by default with zero, which in a
  /// quantized TFLite tensor is the zero point; `reflect` mirrors without and `symmetric` with the
  /// outermost position; `edge` repeats it; `wrap` goes on at the other end.
  /// Sources: ONNX Pad-25, TFLite PAD, PADV2, MIRROR_PAD.
  static let pad = OperatorDefinition.movement(
    "pad",
    "Adds positions around a tensor.",
    inputs: 1...4,
    types: padTypes,
    evaluate: evaluatePad
  )
}

/// The positions before and after each axis.
private struct Pads {
  var begins: [Int]
  var ends: [Int]

  /// - Returns: `nil` where the numbers are not known.
  init?(_ context: OperatorContext, rank: Int) throws(OperatorError) {
    let values: [Int]
    switch try context.integers(operand: 1, attribute: "pads") {
    case .absent: throw .invalid("neither operand 1 nor the attribute pads is given")
    case .unknown: return nil
    case .known(let known): values = known
    }
    var axes = Array(0..<rank)
    switch try context.integers(operand: 3, attribute: "axes") {
    case .absent: break
    case .unknown: return nil
    case .known(let given): axes = try Axes.normalize(given, rank: rank)
    }
    let count = axes.count
    guard values.count == 2 * count else {
      throw .invalid("\(values.count) pads for \(count) axes")
    }
    guard values.allSatisfy({ $0.magnitude <= UInt(Int32.max) }) else {
      throw OperatorError(.limit, "pads \(values)")
    }
    let areaPairs = try context.attributes.string("padsLayout", default: "onnx") == "pairs"
    begins = Array(repeating: 0, count: rank)
    ends = begins
    for (index, axis) in axes.enumerated() {
      begins[axis] = areaPairs ? values[2 * index] : values[index]
      ends[axis] = areaPairs ? values[2 * index + 1] : values[count + index]
    }
  }
}

private func padTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
  guard let pads = try Pads(context, rank: dimensions.count) else {
    return [input.with(.unknown(rank: dimensions.count))]
  }
  var result: [Dimension] = []
  for (axis, dimension) in dimensions.enumerated() {
    result.append(try dimension.plus(pads.begins[axis] + pads.ends[axis]))
  }
  return [input.with(.ranked(result))]
}

private func evaluatePad(_ context: EvaluationContext) throws(OperatorError) -> [Tensor] {
  let input = try context.input(0)
  guard let pads = try Pads(context.operatorContext, rank: input.rank) else {
    throw .invalid("the pads are not known")
  }
  let sizes = try context.inferredSizes(padTypes)
  let mode = try context.attributes.string("mode", default: "constant")
  var selections: [AxisSelection] = []
  for (axis, size) in input.sizes.enumerated() {
    let begin = pads.begins[axis]
    // What negative pads take away is taken first, and the rest is what is mirrored.
    let low = max(0, -begin)
    let high = size - max(0, -pads.ends[axis])
    let kept = max(0, high - low)
    let source: (Int) -> Int
    switch mode {
    case "constant": source = { (0..<size).contains($0) ? $0 : -1 }
    case "edge": source = { kept == 0 ? -1 : min(max($0, low), high - 1) }
    case "wrap": source = { kept == 0 ? -1 : low + modulo($0 - low, kept) }
    case "reflect": source = { kept == 0 ? -1 : low + mirrored($0 - low, kept, repeats: false) }
    case "symmetric": source = { kept == 0 ? -1 : low + mirrored($0 - low, kept, repeats: true) }
    default:
      throw .invalid("mode \"\(mode)\" is none of constant, edge, reflect, symmetric, wrap")
    }
    if mode != "constant", kept == 0, sizes[axis] > 0 {
      throw .invalid("mode \(mode) has nothing to repeat on axis \(axis)")
    }
    selections.append(AxisSelection(count: sizes[axis]) { source($0 - begin) })
  }
  return [try input.selecting(selections, fill: try padValue(context, of: input))]
}

/// The element that padding consists of.
private func padValue(
  _ context: EvaluationContext,
  of input: Tensor
) throws(OperatorError) -> Tensor {
  if let value = context.optionalInput(2), value.count > 0 {
    guard value.type == input.type else {
      throw .invalid("padding of type \(value.type) in a tensor of type \(input.type)")
    }
    return try value.element(at: 0)
  }
  if input.type.isInteger,
    let quantization = context.quantization(ofOutput: 0) ?? context.quantization(ofInput: 0)
  {
    return Tensor(input.type, [], integers: [quantization.zeroPoint(0)])
  }
  if let value = try context.attributes.float("value"), input.type.isFloat || input.type.isInteger {
    return Tensor(input.type, [], numbers: [value])
  }
  return try Tensor.zeros(input.type, [])
}

/// The remainder in `0..<size`.
private func modulo(_ position: Int, _ size: Int) -> Int {
  let rest = position % size
  return rest < 0 ? rest + size : rest
}

/// The position that a mirror at both ends shows; `repeats` tells whether the ends are seen twice.
private func mirrored(_ position: Int, _ size: Int, repeats: Bool) -> Int {
  if size == 1 { return 0 }
  let period = repeats ? 2 * size : 2 * size - 2
  let place = modulo(position, period)
  if place < size { return place }
  return repeats ? period - 1 - place : period - place
}
