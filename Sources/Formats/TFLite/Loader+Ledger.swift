import ByteIO
import ModelIR
import WireFormats

extension Loader {
  /// Says what each byte of the file is for.
  ///
  /// What was read as structure is "graph" or "names"; buffers, quantization and the like lie
  /// above that. What nothing claims is padding where it is zero, else unattributed.
  func makeLedger(archive: ZIPArchive?) -> ByteLedger {
    var builder = ByteLedger.Builder()
    _ = builder.add(LedgerFile(path: path, byteCount: bytes.count), bytes: bytes)
    // The root's offset and the identifier.
    builder.claim(0..<8, of: 0, as: .graph)
    let structure = buffer.ranges.map { part -> Claim in
      let range = part.offset..<part.offset + part.byteCount
      return (range: range, category: part.kind == .string ? .names : .graph)
    }
    for part in merged(structure) { builder.claim(part.range, of: 0, as: part.category) }
    for part in merged(claims) {
      builder.claim(part.range, of: 0, as: part.category, precedence: 1)
    }
    claimBuffers(in: &builder)
    if let archive {
      let directory = archive.directory
      builder.claim(
        directory.offset..<directory.endOffset,
        of: 0,
        as: .container,
        precedence: 2
      )
      for member in archive.members {
        let content = member.stored.offset..<member.stored.endOffset
        builder.claim(content, of: 0, as: .metadata, precedence: 3)
        builder.claim(member.range, of: 0, as: .container, precedence: 2)
      }
    }
    return builder.finish()
  }

  /// Joins neighbours of one category: files have many small parts of few kinds.
  private func merged(_ parts: [Claim]) -> [Claim] {
    var merged: [Claim] = []
    let sorted = parts.sorted { left, right in
      left.range.lowerBound != right.range.lowerBound
        ? left.range.lowerBound < right.range.lowerBound
        : left.range.upperBound < right.range.upperBound
    }
    for part in sorted {
      if let last = merged.last, last.category == part.category,
        part.range.lowerBound <= last.range.upperBound
      {
        let end = max(last.range.upperBound, part.range.upperBound)
        merged[merged.count - 1].range = last.range.lowerBound..<end
      } else {
        merged.append(part)
      }
    }
    return merged
  }

  /// What a buffer is for.
  private struct BufferUse {
    var owner: LedgerOwner?
    var isRead = false
    var isQuantization = false
  }

  private func claimBuffers(in builder: inout ByteLedger.Builder) {
    let uses = bufferUses()
    for (index, data) in buffers.enumerated() {
      guard let data else { continue }
      let use = uses[index]
      let category: ByteCategory =
        if metadataBuffers.contains(index) {
          .metadata
        } else if !use.isRead {
          .deadWeights
        } else {
          use.isQuantization ? .quantization : .weights
        }
      builder.claim(data, as: category, owner: use.owner, precedence: 1)
    }
  }

  private func bufferUses() -> [BufferUse] {
    var uses = Array(repeating: BufferUse(), count: buffers.count)
    for (number, graph) in graphs.enumerated() {
      let isRead = readValues(of: graph)
      for index in graph.values.indices {
        let note = tensors[number][index]
        guard note.buffer != 0 else { continue }
        let owner = LedgerOwner(graph: GraphID(number), value: ValueID(index))
        // Of tensors that share a buffer the first one that is read owns it.
        if uses[note.buffer].owner == nil || isRead[index] && !uses[note.buffer].isRead {
          uses[note.buffer].owner = owner
        }
        uses[note.buffer].isRead = uses[note.buffer].isRead || isRead[index]
        if note.isQuantizationParameter { uses[note.buffer].isQuantization = true }
      }
    }
    return uses
  }

  /// Which values an operator or the caller reads, scales of such values included.
  private func readValues(of graph: Graph) -> [Bool] {
    var isRead = Array(repeating: false, count: graph.values.count)
    for node in graph.nodes {
      for case .some(let input) in node.inputs { isRead[input.index] = true }
    }
    for output in graph.outputs { isRead[output.index] = true }
    for index in graph.values.indices where isRead[index] {
      guard
        case .blockwise(_, _, let scales, let zeroPoints)? =
          graph.values[index].quantization?.granularity
      else { continue }
      if let scales { isRead[scales.index] = true }
      if let zeroPoints { isRead[zeroPoints.index] = true }
    }
    return isRead
  }
}
