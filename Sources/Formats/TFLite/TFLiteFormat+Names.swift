extension TFLiteFormat {
  /// Every builtin operator of the schema.
  package static var operatorNames: [String] {
    BuiltinOperator.names.map { String(describing: $0) }
  }

  /// The operators that have a meaning here, with their canonical names.
  package static var canonicalNames: [(source: String, canonical: String)] {
    LoweringTable.all.compactMap { row in
      row.canonical.map { (source: row.source, canonical: $0) }
    }
  }
}
