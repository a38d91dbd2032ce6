import ModelIR

extension OperatorDefinition {
  /// The permutation that undoes one: `y[x[i]] = i`.
  ///
  /// Source: TensorFlow InvertPermutation.
  static let invertPermutation = OperatorDefinition(
    "invertPermutation",
    "The permutation that undoes one.",
    family: .indexing,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let values = try context.integers(0)
      var result = Array(repeating: -1, count: values.count)
      for (index, value) in values.enumerated() {
        guard result.indices.contains(value), result[value] < 0 else {
          throw .invalid("\(value) in a permutation of \(values.count)")
        }
        result[value] = index
      }
      return [Tensor(try context.input(0).type, [values.count], integers: result)]
    }
  )
}
