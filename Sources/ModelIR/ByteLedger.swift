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
  // Numbers that stay small are stored narrow: a large model has a million entries.
  package struct Entry: Equatable, Sendable {
    package var offset: Int
    package var byteCount: Int
    private var fileNumber: Int32
    /// −1 where there is no owner.
    private var ownerGraph: Int32 = -1
    private var ownerValue: Int32 = -1
    package var category: ByteCategory

    /// Which file, an index into `files`.
    package var file: Int { Int(fileNumber) }

    /// The tensor that the bytes belong to.
    package var owner: LedgerOwner? {
      guard ownerGraph >= 0 else { return nil }
      return LedgerOwner(graph: GraphID(Int(ownerGraph)), value: ValueID(Int(ownerValue)))
    }

    package init(
      file: Int,
      offset: Int,
      byteCount: Int,
      category: ByteCategory,
      owner: LedgerOwner?
    ) {
      fileNumber = Int32(clamping: file)
      self.offset = offset
      self.byteCount = byteCount
      self.category = category
      if let owner {
        ownerGraph = Int32(clamping: owner.graph.index)
        ownerValue = Int32(clamping: owner.value.index)
      }
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
    // A search among a handful beats hashing for each of many entries.
    var sums: [(category: ByteCategory, byteCount: Int)] = []
    for entry in entries {
      if let place = sums.firstIndex(where: { $0.category == entry.category }) {
        sums[place].byteCount += entry.byteCount
      } else {
        sums.append((category: entry.category, byteCount: entry.byteCount))
      }
    }
    return ByteCategory.allCases.compactMap { category in
      sums.first { $0.category == category }
    }
  }
}
