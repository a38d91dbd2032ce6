/// What a byte of a model's file is for.
package enum ByteCategory: String, Sendable, CaseIterable {
  /// Values of constants that inference reads.
  case weights
  /// Scales, zero points and ranges.
  case quantization
  /// Operators, tensors, attributes, types: the structure.
  case graph
  /// Names of tensors, operators and the like.
  case names
  /// Descriptions, versions, label files, what converters leave behind.
  case metadata
  /// Options of custom operators.
  case customOptions = "custom-options"
  /// Which elements of a sparse constant are stored.
  case sparsityIndex = "sparsity-index"
  /// Constants whose bytes stand elsewhere in the model too.
  case duplicates
  /// Constants that no operator and no output uses.
  case deadWeights = "dead-weights"
  /// State of training that no inference needs.
  case optimizerState = "optimizer-state"
  /// Graphs that are kept beside the one that runs (SavedModel's other functions and the like).
  case otherGraphs = "other-graphs"
  /// Containers: headers, directories, indexes, checksums.
  case container
  /// Zero bytes between the parts.
  case padding
  /// Bytes that nothing explains.
  case unattributed
}

/// Which tensor a ledger entry belongs to.
package struct LedgerOwner: Hashable, Sendable {
  package var graph: GraphID
  package var value: ValueID

  package init(graph: GraphID, value: ValueID) {
    self.graph = graph
    self.value = value
  }
}

/// A file of a model.
package struct LedgerFile: Equatable, Sendable {
  /// The path as given, or relative to the model's directory for its members.
  package var path: String
  package var byteCount: Int

  package init(path: String, byteCount: Int) {
    self.path = path
    self.byteCount = byteCount
  }
}

/// The label of every byte of a model's files: disjoint entries that cover each file.
package struct ByteLedger: Sendable {
  /// A run of bytes with one label.
  package struct Entry: Equatable, Sendable {
    /// Which file, an index into `files`.
    package var file: Int
    package var offset: Int
    package var byteCount: Int
    package var category: ByteCategory
    package var owner: LedgerOwner?

    package init(
      file: Int,
      offset: Int,
      byteCount: Int,
      category: ByteCategory,
      owner: LedgerOwner?
    ) {
      self.file = file
      self.offset = offset
      self.byteCount = byteCount
      self.category = category
      self.owner = owner
    }
  }

  package var files: [LedgerFile]
  /// Sorted by file and offset, without gaps or overlaps.
  package var entries: [Entry]

  /// The bytes of all files together.
  package var fileBytes: Int { files.reduce(0) { $0 + $1.byteCount } }

  /// The bytes of each category that occurs, in the order of `ByteCategory`.
  ///
  /// The sum is `fileBytes`.
  package func totals() -> [(category: ByteCategory, byteCount: Int)] {
    var sums: [ByteCategory: Int] = [:]
    for entry in entries { sums[entry.category, default: 0] += entry.byteCount }
    return ByteCategory.allCases.compactMap { category in
      sums[category].map { (category: category, byteCount: $0) }
    }
  }
}
