import ModelIR

extension OperatorDefinition {
  /// Affine map of the last axis: `y = activation(x · filterᵀ + bias)`, filter `[out, in]`.
  ///
  /// The operand is read as rows of `in` elements, whatever its shape; `keepDimensions` keeps its
  /// leading axes, otherwise the result is `[rows, out]`.
  /// Sources: LiteRT `tflite/kernels/fully_connected.cc`, `internal/reference/fully_connected.h`.
  static let fullyConnected = OperatorDefinition(
    "fullyConnected",
    "Affine map of rows: a matrix product, a bias and an activation.",
    family: .matrixProduct,
    inputs: 2...3,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let stated = context.statedOutputs.first.flatMap { $0?.element }
      let element = input.element.isInteger ? stated ?? input.element : input.element
      return [TensorType(element, try fullyConnectedShape(context, input.shape))]
    },
    // N·in·out (fvcore); the bias and a fused activation are one operation each.
    cost: CostRule { context in
      guard let filter = context.inputSizes(1), filter.count == 2 else { return .uncounted }
      return .times(
        context.outputElements(),
        multiplyAdds: filter[1],
        otherOperations: context.epilogueOperations(biasOperand: 2)
      )
    },
    evaluate: { (context) throws(OperatorError) in [try evaluateFullyConnected(context)] }
  )
}

private func fullyConnectedShape(
  _ context: OperatorContext,
  _ input: Shape
) throws(OperatorError) -> Shape {
  guard let filter = try context.input(1).shape.dimensions else { return .unknownRank }
  guard filter.count == 2 else {
    throw .invalid("a filter of \(filter.count) axes; [out, in] is needed")
  }
  if try context.attributes.bool("keepDimensions") {
    guard var dimensions = input.dimensions else { return .unknownRank }
    guard let last = dimensions.popLast() else { throw .invalid("the input is a scalar") }
    if let width = last.size, let needed = filter[1].size, width != needed {
      throw .invalid("rows of \(width) elements, the filter takes \(needed)")
    }
    return .ranked(dimensions + [filter[0]])
  }
  if let count = input.elementCount, let width = filter[1].size, width > 0 {
    guard count % width == 0 else {
      throw .invalid("\(count) elements are no rows of \(width)")
    }
    return .ranked([.fixed(count / width), filter[0]])
  }
  // Two axes whose last one is the filter's keep the first, whatever it is.
  if let dimensions = input.dimensions, dimensions.count == 2, dimensions[1] == filter[1] {
    return .ranked([dimensions[0], filter[0]])
  }
  return .ranked([.unknown, filter[0]])
}

private func evaluateFullyConnected(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let input = try context.input(0)
  let filter = try context.input(1)
  let bias = context.optionalInput(2)
  guard let sizes = try fullyConnectedShape(context.operatorContext, .fixed(input.sizes)).sizes,
    try context.attributes.string("weightsFormat", default: "default") == "default"
  else { throw .unsupported("a fully connected layer with shuffled weights") }
  let (units, width) = (filter.sizes[0], filter.sizes[1])
  guard bias == nil || bias?.count == units else {
    throw .invalid("the bias has \(bias?.count ?? 0) values for \(units) units")
  }
  let rows = width == 0 ? (checkedProduct(sizes.dropLast()) ?? 0) : input.count / width
  guard rows * units == (try OperandValues.count(sizes)) else {
    throw .invalid("\(rows) rows of \(units) do not fit the result \(Shape.fixed(sizes))")
  }
  let product = try MatrixProduct([rows, width], [units, width], transposeB: true)
  let activation = try FusedActivation(context.attributes)
  var result = Tensor(type: input.type, sizes: sizes, elements: .integers([]))
  switch try OperandValues.pair(input, filter) {
  case .floats(let x, let w):
    let offsets = try bias.map { (bias) throws(OperatorError) in try OperandValues.floats(bias) }
    result.elements = activation.apply(.floats(addingRows(product(x, w), offsets)))
  case .doubles(let x, let w):
    let offsets = try bias.map { (bias) throws(OperatorError) in try OperandValues.doubles(bias) }
    result.elements = activation.apply(.doubles(addingRows(product(x, w), offsets)))
  case .hybrid(let x, let w):
    let sums = try hybridRows(context, product, x, w, bias)
    result.elements = activation.apply(.floats(sums))
  case .integers(let x, let w):
    let offsets = try bias.map { (bias) throws(OperatorError) in try OperandValues.integers(bias) }
    guard context.quantization(ofInput: 0) != nil else {
      result.elements = .integers(addingRows(product(x, w), offsets))
      break
    }
    let epilogue = try QuantizedEpilogue(
      context,
      bias: bias,
      channels: units,
      kernel: .fullyConnected
    )
    let sums = product(
      x.map { $0 &- epilogue.inputZeroPoint },
      w.map { $0 &- epilogue.filterZeroPoint }
    )
    let stored = addingRows(sums, offsets).enumerated().map { index, sum in
      epilogue(sum, channel: index % units)
    }
    result.type = epilogue.outputType
    result.elements = .integers(stored)
  }
  return result.normalized()
}

private func addingRows<Element: Accumulable>(_ sums: [Element], _ bias: [Element]?) -> [Element] {
  guard let bias, !bias.isEmpty else { return sums }
  var result = sums
  for index in result.indices { result[index] = .sum(result[index], bias[index % bias.count]) }
  return result
}

/// Real rows by integer weights: each row is quantized by itself, sums are scaled onto the bias.
private func hybridRows(
  _ context: EvaluationContext,
  _ product: MatrixProduct,
  _ input: [Float],
  _ filter: [Int64],
  _ bias: Tensor?
) throws(OperatorError) -> [Float] {
  guard let scales = context.quantization(ofInput: 1)?.scales, let first = scales.first,
    scales.count == 1 || scales.count == product.columns
  else { throw .invalid("the integer filter has no scale, or not one a unit") }
  let stored = HybridQuantization(
    input,
    rows: product.rows,
    width: product.inner,
    asymmetric: try context.attributes.bool("asymmetricQuantizeInputs")
  )
  var centred = stored.values
  for index in centred.indices { centred[index] -= stored.offsets[index / product.inner] }
  let sums = product(centred, filter)
  let offsets = try bias.map { (bias) throws(OperatorError) in try OperandValues.floats(bias) }
  return sums.enumerated().map { index, sum in
    let unit = index % product.columns
    let scale =
      stored.scales[index / product.columns] * (scales.count == 1 ? first : scales[unit])
    return (offsets?[unit] ?? 0) + Float(Int32(truncatingIfNeeded: sum)) * scale
  }
}
