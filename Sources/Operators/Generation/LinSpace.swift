import ModelIR

extension OperatorDefinition {
  /// Numbers at equal distances: (first, last, how many).
  ///
  /// Source: TensorFlow LinSpace (`core/kernels/sequence_ops.cc`): the last one is exact.
  static let linSpace = OperatorDefinition(
    "linSpace",
    "Numbers at equal distances.",
    family: .generation,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in
      let count = context.dimensions(2)?.first ?? .unknown
      return [try context.input(0).with(.ranked([count]))]
    },
    cost: .perOutputElement(otherOperations: 2),
    evaluate: { (context) throws(OperatorError) in
      let type = try context.input(0).type
      guard let first = try context.input(0).doubleValues?.first,
        let last = try context.input(1).doubleValues?.first,
        let count = try context.integers(2).first, count > 0, type.isFloat
      else { throw .invalid("the operands are no numbers") }
      _ = try Tensor.checkedCount([count])
      if type == .float64 {
        let step = count > 1 ? (last - first) / Double(count - 1) : 0
        var values = (0..<count).map { first + step * Double($0) }
        if count > 1 { values[count - 1] = last }
        return [Tensor(type: type, sizes: [count], elements: .doubles(values))]
      }
      let step = count > 1 ? (Float(last) - Float(first)) / Float(count - 1) : 0
      var values = (0..<count).map { Float(first) + step * Float($0) }
      if count > 1 { values[count - 1] = Float(last) }
      return [Tensor(type: type, sizes: [count], elements: .floats(values)).normalized()]
    }
  )
}
