import ModelIR

extension OperatorDefinition {
  /// Sum of products over named axes.
  ///
  /// Sources: ONNX Einsum-12; NumPy `einsum`.
  static let einsum = OperatorDefinition(
    "einsum",
    "Sum of products over the axes that an equation names.",
    family: .matrixProduct,
    inputs: .atLeast(1),
    inferTypes: { (context) throws(OperatorError) in
      let first = try context.input(0)
      let axes = try einsumAxes(context)
      return [first.with(axes?.shape ?? .unknownRank)]
    },
    // One product fewer than operands for each combination of all axes: what a plain evaluation
    // needs. A contraction in a better order may need fewer where there are three operands or more.
    cost: CostRule { context in
      guard let axes = try? einsumAxes(context.node) else { return .uncounted }
      let count = context.node.inputCount
      return .times(
        axes.combinations,
        multiplyAdds: max(count - 1, 0),
        otherOperations: count == 1 ? 1 : 0,
        status: count > 2 ? .approximated : .counted
      )
    },
    evaluate: { (context) throws(OperatorError) in [try evaluateEinsum(context)] }
  )
}

private func einsumAxes(_ context: OperatorContext) throws(OperatorError) -> EinsumAxes? {
  let equation = try EinsumEquation(try context.attributes.string("equation"))
  var shapes: [Shape] = []
  for index in 0..<context.inputCount { shapes.append(try context.input(index).shape) }
  return try EinsumAxes(equation, shapes)
}

private func evaluateEinsum(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let operands = context.allInputs()
  guard let axes = try einsumAxes(context.operatorContext), let first = operands.first,
    let sizes = axes.shape.sizes
  else { throw .invalid("the shapes of the operands are not known") }
  guard axes.combinations != nil else {
    throw OperatorError(.limit, "the equation multiplies too many elements")
  }
  _ = try OperandValues.count(sizes)
  var result = Tensor(type: first.type, sizes: sizes, elements: .integers([]))
  switch first.elements {
  case .floats:
    var values: [[Float]] = []
    for operand in operands { values.append(try OperandValues.floats(operand)) }
    result.elements = .floats(contract(values, operands.map(\.sizes), axes, 1))
  case .doubles:
    var values: [[Double]] = []
    for operand in operands { values.append(try OperandValues.doubles(operand)) }
    result.elements = .doubles(contract(values, operands.map(\.sizes), axes, 1))
  case .integers:
    var values: [[Int64]] = []
    for operand in operands { values.append(try OperandValues.integers(operand)) }
    result.elements = .integers(contract(values, operands.map(\.sizes), axes, 1))
  case .booleans, .strings, .tensors: throw .invalid("operands of \(first.type) are not multiplied")
  }
  return result.normalized()
}

/// Adds the product of the operands' elements for every combination of the axes.
private func contract<Element: Accumulable>(
  _ operands: [[Element]],
  _ sizes: [[Int]],
  _ axes: EinsumAxes,
  _ one: Element
) -> [Element] {
  let extents = axes.extents.map { $0.size ?? 0 }
  let summed = extents.indices.filter { !axes.result.contains($0) }
  let order = axes.result + summed
  // How far each operand moves when an axis advances: diagonals add up, broadcast axes stay.
  var strides: [[Int]] = []
  for (operand, own) in zip(axes.operands, sizes) {
    var steps = Array(repeating: 0, count: extents.count)
    var stride = 1
    for position in own.indices.reversed() {
      if own[position] != 1 { steps[operand[position]] += stride }
      stride = stride &* own[position]
    }
    strides.append(steps)
  }
  let outer = axes.result.map { extents[$0] }
  let inner = summed.map { extents[$0] }
  let outerCount = checkedProduct(outer) ?? 0
  let innerCount = checkedProduct(inner) ?? 0
  var result: [Element] = []
  result.reserveCapacity(outerCount)
  for target in 0..<outerCount {
    let outerPlace = ConvolutionGeometry.coordinates(target, outer)
    var sum = Element.zero
    for term in 0..<innerCount {
      let place = outerPlace + ConvolutionGeometry.coordinates(term, inner)
      var product = one
      for (index, operand) in operands.enumerated() {
        var offset = 0
        for (position, axis) in order.enumerated() {
          offset += place[position] * strides[index][axis]
        }
        guard index + 1 < operands.count else {
          sum.add(product, times: operand[offset])
          break
        }
        var next = Element.zero
        next.add(product, times: operand[offset])
        product = next
      }
    }
    result.append(sum)
  }
  return result
}
