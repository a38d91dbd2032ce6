extension ONNXFormat {
  /// The operators that have a meaning here, as models name them, with their canonical names.
  package static var canonicalNames: [(source: String, canonical: String)] {
    OperatorTable.rows.flatMap { domain, rows in
      rows.map { row in
        (source: domain.isEmpty ? row.source : "\(domain).\(row.source)", canonical: row.target)
      }
    }
  }
}
