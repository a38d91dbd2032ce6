extension LoweringTable {
  /// Control flow, state, and the codes that stand for no operator.
  static let control: [Lowering] = [
    Lowering("IF", "if", .first(92), [.graph("thenGraph", 0), .graph("elseGraph", 1)]),
    Lowering("WHILE", "while", .first(93), [.graph("conditionGraph", 0), .graph("bodyGraph", 1)]),
    Lowering("CALL_ONCE", "callOnce", .first(103), [.graph("graph", 0)]),
    Lowering("CALL", "call", .first(16), [.graph("graph", 0)]),
    Lowering(
      "VAR_HANDLE",
      "varHandle",
      .first(111),
      [.text("container", 0), .text("sharedName", 1)]
    ),
    Lowering("READ_VARIABLE", "readVariable"),
    Lowering("ASSIGN_VARIABLE", "assignVariable"),
    Lowering(
      "HASHTABLE",
      "hashtable",
      .first(107),
      [.int("tableId", 0), .type("keyType", 1), .type("valueType", 2)]
    ),
    Lowering("HASHTABLE_FIND", "hashtableFind"),
    Lowering("HASHTABLE_IMPORT", "hashtableImport"),
    Lowering("HASHTABLE_SIZE", "hashtableSize"),
    // These never had a kernel: two for delegates and the schema itself, one planned only.
    Lowering("DELEGATE", nil),
    Lowering("PLACEHOLDER_FOR_GREATER_OP_CODES", nil),
    Lowering(
      "CONCAT_EMBEDDINGS",
      nil,
      .first(3),
      [
        .int("numChannels", 0), .ints("numColumnsPerChannel", 1),
        .ints("embeddingDimPerChannel", 2),
      ]
    ),
    // Resolved by name before this table is asked.
    Lowering("CUSTOM", nil),
  ]
}
