import ModelIR

extension OperatorDefinition {
  /// A handle to a variable that outlives a run: the same for the same container and name.
  ///
  /// Source: TFLite VAR_HANDLE.
  static let varHandle = stateful(
    "varHandle",
    "A handle to a variable.",
    inputs: 0...0,
    types: { _ in [TensorType(.resource, .scalar)] },
    evaluate: { (context) throws(OperatorError) in
      let container = try context.attributes.string("container", default: "")
      let name = try context.attributes.string("sharedName", default: "")
      // NUL stands in no name.
      return [handle(context.variables.handle("variable\0\(container)\0\(name)"), sizes: [])]
    }
  )
  /// The value of a variable, which must have been assigned.
  ///
  /// Source: TFLite READ_VARIABLE.
  static let readVariable = stateful(
    "readVariable",
    "The value of a variable.",
    inputs: 1...1,
    types: { context in
      [context.statedOutputs.first.flatMap { $0 } ?? TensorType(.float32, .unknownRank)]
    },
    evaluate: { (context) throws(OperatorError) in
      guard let value = context.variables[variable: try handle(context)] else {
        throw .invalid("the variable is read before anything was assigned to it")
      }
      return [value]
    }
  )
  /// Writes a variable: (handle, value).
  ///
  /// Source: TFLite ASSIGN_VARIABLE.
  static let assignVariable = stateful(
    "assignVariable",
    "Writes a variable.",
    inputs: 2...2,
    outputs: 0...0,
    types: { _ in [] },
    evaluate: { (context) throws(OperatorError) in
      context.variables[variable: try handle(context)] = try context.input(1)
      return []
    }
  )
  /// A handle to a table: the same for the same number.
  ///
  /// Source: TFLite HASHTABLE.
  static let hashtable = stateful(
    "hashtable",
    "A handle to a table.",
    inputs: 0...0,
    types: { _ in [TensorType(.resource, .fixed([1]))] },
    evaluate: { (context) throws(OperatorError) in
      let number = try context.attributes.int("tableId", default: 0)
      return [handle(context.variables.handle("table\0\(number)"), sizes: [1])]
    }
  )
  /// The values of keys in a table: (table, keys, default).
  ///
  /// Source: TFLite HASHTABLE_FIND.
  static let hashtableFind = stateful(
    "hashtableFind",
    "The values of keys in a table.",
    inputs: 3...3,
    types: { context in
      guard let keys = context.optionalInput(1), let value = context.optionalInput(2) else {
        return [TensorType(.variant, .unknownRank)]
      }
      return [value.with(keys.shape)]
    },
    evaluate: { (context) throws(OperatorError) in [try findInTable(context)] }
  )
  /// Fills a table that is empty: (table, keys, values).
  ///
  /// A table that was filled before stays as it is: converted models may do it in every run.
  ///
  /// Source: TFLite HASHTABLE_IMPORT.
  static let hashtableImport = stateful(
    "hashtableImport",
    "Fills a table.",
    inputs: 3...3,
    outputs: 0...0,
    types: { _ in [] },
    evaluate: { (context) throws(OperatorError) in
      try fillTable(context)
      return []
    }
  )
  /// The number of a table's entries.
  ///
  /// Source: TFLite HASHTABLE_SIZE.
  static let hashtableSize = stateful(
    "hashtableSize",
    "The number of a table's entries.",
    inputs: 1...1,
    types: { _ in [TensorType(.int64, .fixed([1]))] },
    evaluate: { (context) throws(OperatorError) in
      [Tensor([1], integers: [context.variables[table: try handle(context)]?.rows.count ?? 0])]
    }
  )

  /// An operator on state: it moves bytes, and equal operands need not give equal results.
  private static func stateful(
    _ name: String,
    _ summary: String,
    inputs: ClosedRange<Int>,
    outputs: ClosedRange<Int> = 1...1,
    types: @escaping @Sendable (OperatorContext) -> [TensorType],
    evaluate: @escaping Evaluation
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .state,
      inputs: inputs,
      outputs: outputs,
      inferTypes: { (context) throws(OperatorError) in types(context) },
      cost: .free,
      evaluate: evaluate,
      isPure: false
    )
  }
}

private func handle(_ number: Int, sizes: [Int]) -> Tensor {
  Tensor(type: .resource, sizes: sizes, elements: .integers([Int64(number)]))
}

/// The handle that operand 0 holds.
private func handle(_ context: EvaluationContext) throws(OperatorError) -> Int {
  let tensor = try context.input(0)
  guard tensor.type == .resource, tensor.count == 1, let number = tensor.integerValues?.first
  else { throw .invalid("operand 0 is no handle") }
  return number
}

private func keys(_ tensor: Tensor) throws(OperatorError) -> [VariableStore.TableKey] {
  switch tensor.elements {
  case .integers(let values): return values.map { .integer($0) }
  case .strings(let values): return values.map { .string($0) }
  default: throw .unsupported("table keys of type \(tensor.type.rawValue)")
  }
}

private func fillTable(_ context: EvaluationContext) throws(OperatorError) {
  let number = try handle(context)
  guard context.variables[table: number] == nil else { return }
  let values = try context.input(2)
  let keys = try keys(try context.input(1))
  guard keys.count == values.count else {
    throw .invalid("\(keys.count) keys for \(values.count) values")
  }
  let rows = Dictionary(keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  context.variables[table: number] = VariableStore.Table(
    rows: rows,
    values: values.reshaped(to: [values.count])
  )
}

private func findInTable(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  guard let table = context.variables[table: try handle(context)] else {
    throw .invalid("the table is searched before it was filled")
  }
  let sought = try context.input(1)
  let fallback = try context.input(2)
  guard fallback.count == 1, fallback.type == table.values.type else {
    throw .invalid("the default value does not fit the table")
  }
  // The default stands behind the table's rows.
  let all = try Tensor.joining([table.values, fallback.reshaped(to: [1])])
  let places = try keys(sought).map { table.rows[$0] ?? table.values.count }
  return try all.gathering(offsets: places, sizes: sought.sizes)
}
