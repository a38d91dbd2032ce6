import ModelIR

extension OperatorDefinition {
  /// Whether each text as a whole fits the pattern.
  ///
  /// Source: ONNX RegexFullMatch-20 (RE2's syntax).
  static let regexFullMatch = OperatorDefinition(
    "regexFullMatch",
    "Whether each text as a whole fits a pattern.",
    family: .text,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      [TensorType(.bool, try context.input(0).shape)]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard case .strings(let texts) = input.elements else { throw .invalid("no texts") }
      let pattern = try RegularExpression(try context.attributes.string("pattern"))
      let fits = texts.map { pattern.matches($0) }
      return [Tensor(type: .bool, sizes: input.sizes, elements: .booleans(fits))]
    }
  )
}
