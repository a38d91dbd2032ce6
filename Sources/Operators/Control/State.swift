import ModelIR

extension OperatorDefinition {
  /// A handle to a variable that outlives a run.
  ///
  /// Source: TFLite VAR_HANDLE.
  static let varHandle = stateful("varHandle", "A handle to a variable.", inputs: 0...0) { _ in
    [TensorType(.resource, .scalar)]
  }
  /// The value of a variable.
  ///
  /// Source: TFLite READ_VARIABLE.
  static let readVariable = stateful(
    "readVariable",
    "The value of a variable.",
    inputs: 1...1
  ) { context in [context.statedOutputs.first.flatMap { $0 } ?? TensorType(.float32, .unknownRank)]
  }
  /// Writes a variable: (handle, value).
  ///
  /// Source: TFLite ASSIGN_VARIABLE.
  static let assignVariable = stateful(
    "assignVariable",
    "Writes a variable.",
    inputs: 2...2,
    outputs: 0...0
  ) { _ in [] }
  /// A handle to a table.
  ///
  /// Source: TFLite HASHTABLE.
  static let hashtable = stateful("hashtable", "A handle to a table.", inputs: 0...0) { _ in
    [TensorType(.resource, .fixed([1]))]
  }
  /// The values of keys in a table: (table, keys, default).
  ///
  /// Source: TFLite HASHTABLE_FIND.
  static let hashtableFind = stateful(
    "hashtableFind",
    "The values of keys in a table.",
    inputs: 3...3
  ) { context in
    guard let keys = context.optionalInput(1), let value = context.optionalInput(2) else {
      return [TensorType(.variant, .unknownRank)]
    }
    return [value.with(keys.shape)]
  }
  /// Fills a table: (table, keys, values).
  ///
  /// Source: TFLite HASHTABLE_IMPORT.
  static let hashtableImport = stateful(
    "hashtableImport",
    "Fills a table.",
    inputs: 3...3,
    outputs: 0...0
  ) { _ in [] }
  /// The number of a table's entries.
  ///
  /// Source: TFLite HASHTABLE_SIZE.
  static let hashtableSize = stateful(
    "hashtableSize",
    "The number of a table's entries.",
    inputs: 1...1
  ) { _ in [TensorType(.int64, .fixed([1]))] }

  /// An operator on state: it moves bytes, and equal operands need not give equal results.
  private static func stateful(
    _ name: String,
    _ summary: String,
    inputs: ClosedRange<Int>,
    outputs: ClosedRange<Int> = 1...1,
    _ types: @escaping @Sendable (OperatorContext) -> [TensorType]
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .state,
      inputs: inputs,
      outputs: outputs,
      inferTypes: { (context) throws(OperatorError) in types(context) },
      cost: .free,
      isPure: false
    )
  }
}
