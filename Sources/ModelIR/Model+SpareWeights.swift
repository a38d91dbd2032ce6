import ByteIO

/// Weights that a model could do without: nothing uses them, or they stand elsewhere too.
extension Model {
  /// Relabels ledger entries of weights as `deadWeights` and `duplicates`.
  ///
  /// It is apart from loading because comparing reads weights, which loading never does. Constants
  /// are compared only where their sizes agree and then a sample of 64 bytes; a large model
  /// without duplicates is hardly touched. Of equal constants the first in the file stays.
  ///
  /// - Parameters:
  ///   - smallest: Constants of fewer bytes are not compared: equal scales are no waste.
  ///   - comparisonLimit: How many bytes may be compared in all; what lies beyond stays `weights`.
  /// - Complexity: O(constants), and at most `comparisonLimit` bytes read.
  package mutating func labelSpareWeights(
    smallest: Int = 64,
    comparisonLimit: Int = 256 << 20
  ) {
    let isUsed = usedValues()
    let usedPlaces = places(of: isUsed)
    let isDuplicate = duplicates(
      of: isUsed,
      smallest: smallest,
      comparisonLimit: comparisonLimit
    )
    for index in ledger.entries.indices where ledger.entries[index].category == .weights {
      guard let owner = ledger.entries[index].owner,
        graphs.indices.contains(owner.graph.index),
        graphs[owner.graph.index].values.indices.contains(owner.value.index)
      else { continue }
      let value = graphs[owner.graph.index].values[owner.value.index]
      if !isUsed[owner.graph.index][owner.value.index] {
        // Another tensor of the same buffer may be used.
        guard StoragePlace(value.constant).map({ !usedPlaces.contains($0) }) ?? true else {
          continue
        }
        ledger.entries[index].category = .deadWeights
      } else if isDuplicate.contains(owner) {
        ledger.entries[index].category = .duplicates
      }
    }
  }

  /// Where the bytes of a constant begin.
  private struct StoragePlace: Hashable {
    var source: ObjectIdentifier
    var offset: Int

    init?(_ storage: TensorStorage?) {
      guard case .mapped(let bytes)? = storage else { return nil }
      source = ObjectIdentifier(bytes.source)
      offset = bytes.offset
    }
  }

  private func places(of isUsed: [[Bool]]) -> Set<StoragePlace> {
    var places: Set<StoragePlace> = []
    for (graph, content) in graphs.enumerated() {
      for (index, value) in content.values.enumerated() where isUsed[graph][index] {
        if let place = StoragePlace(value.constant) { places.insert(place) }
      }
    }
    return places
  }

  /// Constants of this many bytes do not stay in memory only because they were compared.
  private static let releasedSize = 1 << 20

  /// Which values some node, graph inside a node, or output reads.
  private func usedValues() -> [[Bool]] {
    graphs.map { graph in
      var isUsed = [Bool](repeating: false, count: graph.values.count)
      for output in graph.outputs { isUsed[output.index] = true }
      for node in graph.nodes {
        for case .some(let input) in node.inputs { isUsed[input.index] = true }
        for inner in node.attributes.graphs where graphs.indices.contains(inner.index) {
          for capture in graphs[inner.index].captures { isUsed[capture.outer.index] = true }
        }
      }
      return isUsed
    }
  }

  /// The constants whose bytes an earlier constant has, too.
  private func duplicates(
    of isUsed: [[Bool]],
    smallest: Int,
    comparisonLimit: Int
  ) -> Set<LedgerOwner> {
    var bySize: [Int: [(owner: LedgerOwner, bytes: Bytes)]] = [:]
    for (graph, content) in graphs.enumerated() {
      for (index, value) in content.values.enumerated() where isUsed[graph][index] {
        guard case .mapped(let bytes)? = value.constant, bytes.count >= smallest else { continue }
        let owner = LedgerOwner(graph: GraphID(graph), value: ValueID(index))
        bySize[bytes.count, default: []].append((owner, bytes))
      }
    }
    var result: Set<LedgerOwner> = []
    var left = comparisonLimit
    for size in bySize.keys.sorted() {
      guard let group = bySize[size], group.count > 1 else { continue }
      var seen: [UInt64: [Bytes]] = [:]
      for (owner, bytes) in group.sorted(by: { $0.bytes.offset < $1.bytes.offset }) {
        let sample = bytes.sample
        // A file made to look alike everywhere must not cost the square of its constants.
        let others = seen[sample, default: []].prefix(8)
        var isEqual = false
        for other in others where !isEqual && size <= left {
          left -= size
          isEqual = bytes.hasSameBytes(as: other)
          if size >= Self.releasedSize { other.release() }
        }
        if size >= Self.releasedSize { bytes.release() }
        if isEqual {
          result.insert(owner)
        } else {
          seen[sample, default: []].append(bytes)
        }
      }
    }
    return result
  }
}

extension Bytes {
  /// Eight times eight bytes, spread from the first to the last, mixed into one number (FNV-1a).
  fileprivate var sample: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    guard count >= 8 else { return hash }
    for step in 0..<8 {
      let place = (count - 8) / 7 * step
      let value = (try? uint64(at: step == 7 ? count - 8 : place)) ?? 0
      hash = (hash ^ value) &* 0x100_0000_01B3
    }
    return hash
  }
}
