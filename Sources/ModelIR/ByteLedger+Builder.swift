import ByteIO

extension ByteLedger {
  /// Collects claims on bytes while a file is read, and turns them into a ledger.
  ///
  /// Claims may come in any order and may overlap: a byte that two parts share (a vtable used by
  /// many tables, a buffer used by two tensors) belongs to the claim with the greater precedence,
  /// then to the one that begins first, then to the one that came first.
  package struct Builder: Sendable {
    private struct Claim {
      var entry: Entry
      var precedence: UInt8
    }

    private var files: [LedgerFile] = []
    private var sources: [Bytes?] = []
    private var claims: [Claim] = []

    package init() {}

    /// Adds a file of the model.
    ///
    /// - Parameters:
    ///   - file: Its name and size.
    ///   - bytes: Its content, by which zero padding is told from unattributed bytes; `nil` where
    ///     the file could not be opened.
    /// - Returns: The number by which claims name it.
    package mutating func add(_ file: LedgerFile, bytes: Bytes?) -> Int {
      files.append(file)
      sources.append(bytes)
      return files.count - 1
    }

    /// Labels a range.
    ///
    /// - Parameters:
    ///   - range: Offsets in the file; parts outside the file are left out.
    ///   - file: The file's number.
    ///   - category: What the bytes are for.
    ///   - owner: The tensor that they belong to.
    ///   - precedence: Which claim wins a byte that several want; contents 1, structure 0.
    package mutating func claim(
      _ range: Range<Int>,
      of file: Int,
      as category: ByteCategory,
      owner: LedgerOwner? = nil,
      precedence: UInt8 = 0
    ) {
      guard files.indices.contains(file) else { return }
      let whole = 0..<files[file].byteCount
      let part = range.clamped(to: whole)
      guard !part.isEmpty else { return }
      claims.append(
        Claim(
          entry: Entry(
            file: file,
            offset: part.lowerBound,
            byteCount: part.count,
            category: category,
            owner: owner
          ),
          precedence: precedence
        )
      )
    }

    /// Labels the bytes of a range of the first file.
    package mutating func claim(
      _ bytes: Bytes,
      as category: ByteCategory,
      owner: LedgerOwner? = nil,
      precedence: UInt8 = 0
    ) {
      claim(
        bytes.offset..<bytes.endOffset,
        of: 0,
        as: category,
        owner: owner,
        precedence: precedence
      )
    }

    /// The ledger: claims made disjoint, gaps labelled.
    ///
    /// Gaps of zero bytes are padding, all others unattributed.
    ///
    /// - Complexity: O(n log n) in the number of claims, O(n) where they came in order.
    package consuming func finish() -> ByteLedger {
      // The sort is stable: of claims that begin together the first stays first.
      claims.sort { left, right in
        if left.entry.file != right.entry.file { return left.entry.file < right.entry.file }
        if left.precedence != right.precedence { return left.precedence > right.precedence }
        return left.entry.offset < right.entry.offset
      }
      var entries: [Entry] = []
      var next = 0
      for file in files.indices {
        // Layers of falling precedence: each fills only what the layers above left free.
        var covered: [Entry] = []
        while next < claims.count, claims[next].entry.file == file {
          let precedence = claims[next].precedence
          var layer: [Entry] = []
          layer.reserveCapacity(claims.count - next)
          while next < claims.count, claims[next].entry.file == file,
            claims[next].precedence == precedence
          {
            appendDisjoint(claims[next].entry, to: &layer)
            next += 1
          }
          covered = covered.isEmpty ? layer : merge(upper: covered, lower: layer)
        }
        let filled = fillGaps(of: file, in: covered)
        // A large model's entries are many: they are not copied without need.
        if entries.isEmpty { entries = filled } else { entries += filled }
      }
      return ByteLedger(files: files, entries: entries)
    }

    /// Appends what of the claim lies beyond the last entry; claims come sorted by offset.
    private func appendDisjoint(_ claim: Entry, to layer: inout [Entry]) {
      let covered = layer.last.map { $0.offset + $0.byteCount } ?? 0
      let end = claim.offset + claim.byteCount
      guard covered < end else { return }
      var rest = claim
      rest.offset = max(claim.offset, covered)
      rest.byteCount = end - rest.offset
      layer.append(rest)
    }

    /// Both layers are sorted and disjoint; the upper one keeps all its bytes.
    private func merge(upper: [Entry], lower: [Entry]) -> [Entry] {
      var merged: [Entry] = []
      // Each entry above can cut one below in two.
      merged.reserveCapacity(2 * upper.count + lower.count)
      var above = 0
      for entry in lower {
        var start = entry.offset
        let end = entry.offset + entry.byteCount
        while above < upper.count, upper[above].offset < end {
          let blocker = upper[above]
          if start < blocker.offset {
            var part = entry
            part.offset = start
            part.byteCount = blocker.offset - start
            merged.append(part)
          }
          start = max(start, blocker.offset + blocker.byteCount)
          guard blocker.offset + blocker.byteCount <= end else { break }
          merged.append(blocker)
          above += 1
        }
        if start < end {
          var part = entry
          part.offset = start
          part.byteCount = end - start
          merged.append(part)
        }
      }
      merged += upper[above...]
      return merged
    }

    private func fillGaps(of file: Int, in covered: [Entry]) -> [Entry] {
      guard !isComplete(covered, of: file) else { return covered }
      var result: [Entry] = []
      result.reserveCapacity(covered.count + covered.count / 4)
      var end = 0
      for entry in covered {
        appendGap(of: file, from: end, to: entry.offset, to: &result)
        result.append(entry)
        end = entry.offset + entry.byteCount
      }
      appendGap(of: file, from: end, to: files[file].byteCount, to: &result)
      return result
    }

    /// Whether the entries, which are sorted and disjoint, cover the whole file.
    private func isComplete(_ covered: [Entry], of file: Int) -> Bool {
      covered.reduce(0) { $0 + $1.byteCount } == files[file].byteCount
    }

    private func appendGap(of file: Int, from start: Int, to end: Int, to result: inout [Entry]) {
      guard start < end else { return }
      let isZero =
        sources[file].map { bytes in
          guard let gap = try? bytes.slice(at: start, count: end - start) else { return false }
          return gap.withUnsafeBytes { $0.allSatisfy { $0 == 0 } }
        } ?? false
      result.append(
        Entry(
          file: file,
          offset: start,
          byteCount: end - start,
          category: isZero ? .padding : .unattributed,
          owner: nil
        )
      )
    }
  }
}
