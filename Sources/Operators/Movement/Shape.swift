import ModelIR

extension OperatorDefinition {
  /// The extents of the operand, or of the axes from `start` to before `end`.
  static let shape = OperatorDefinition(
    "shape",
    "The extents of a tensor as a list of integers.",
    family: .movement,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let element = try context.attributes.type("outputType") ?? .int64
      guard let dimensions = try shapeSlice(context) else {
        return [TensorType(element, .ranked([.unknown]))]
      }
      return [TensorType(element, .fixed([dimensions.count]))]
    },
    inferDimensions: { context in (try? shapeSlice(context)).flatMap { $0 } },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let element = try context.attributes.type("outputType") ?? .int64
      let sizes = try shapeSlice(context.operatorContext)?.compactMap(\.size) ?? []
      return [
        Tensor(type: element, sizes: [sizes.count], elements: .integers(sizes.map(Int64.init)))
      ]
    }
  )
}

/// The extents that the node asks for; `nil` where the operand's rank is unknown.
///
/// `start` and `end` are clamped to the rank (ONNX Shape-15).
private func shapeSlice(_ context: OperatorContext) throws(OperatorError) -> [Dimension]? {
  guard let dimensions = try context.input(0).shape.dimensions else { return nil }
  let rank = dimensions.count
  func clamped(_ position: Int) -> Int {
    min(max(position < 0 ? position + rank : position, 0), rank)
  }
  let start = clamped(try context.attributes.int("start", default: 0))
  let end = clamped(try context.attributes.int("end", default: rank))
  return start < end ? Array(dimensions[start..<end]) : []
}
