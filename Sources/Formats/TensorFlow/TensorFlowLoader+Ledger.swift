import ByteIO
import ModelIR
import WireFormats

/// The label of every byte.
extension TensorFlowLoader {
  /// Labels the bytes of all files.
  ///
  /// Precedence: 0 wholes, 1 nodes that are used, 2 names, 3 numbers.
  mutating func claim(
    _ bytes: Bytes,
    meta: MetaGraphMessage?,
    graph: GraphMessage,
    emitter: inout GraphEmitter,
    files: ModelFiles,
    _ variables: VariableBook
  ) throws(ReadError) {
    claimStructure(bytes, meta: meta, graph: graph, emitter)
    files.claim(&ledger)
    var used: Set<CheckpointPlace> = []
    for (number, emitted) in emitter.graphs.enumerated() {
      for value in emitted.graph.valueIDs {
        guard emitted.graph[value].isConstant else { continue }
        let tensor: StoredTensor?
        if let known = emitted.stored[value] {
          tensor = known
        } else if let source = emitted.sources[value.index] {
          tensor = try emitter.tensor(of: source)
        } else {
          tensor = nil
        }
        for payload in tensor?.payloads ?? [] {
          used.insert(CheckpointPlace(file: payload.file, offset: payload.range.lowerBound))
          ledger.claim(
            payload.range,
            of: payload.file,
            as: .weights,
            owner: LedgerOwner(graph: GraphID(number), value: value),
            precedence: 4
          )
        }
      }
    }
    emitter.findings.trainingBytes = claimVariables(variables, used: used)
  }

  private mutating func claimStructure(
    _ bytes: Bytes,
    meta: MetaGraphMessage?,
    graph: GraphMessage,
    _ emitter: GraphEmitter
  ) {
    if let meta {
      // Other MetaGraphs stand beside it.
      ledger.claim(0..<bytes.count, of: 0, as: .otherGraphs)
      ledger.claim(meta.range, of: 0, as: .container, precedence: 1)
      if meta.range.lowerBound > 0 {
        ledger.claim(0..<min(2, bytes.count), of: 0, as: .container, precedence: 1)
        // The tag and the length before it.
        ledger.claim(
          max(0, meta.range.lowerBound - 6)..<meta.range.lowerBound,
          of: 0,
          as: .container,
          precedence: 0
        )
      }
      for range in meta.metadataRanges { ledger.claim(range, of: 0, as: .metadata, precedence: 2) }
    }
    ledger.claim(graph.range, of: 0, as: .otherGraphs, precedence: 2)
    for range in graph.metadataRanges { ledger.claim(range, of: 0, as: .metadata, precedence: 3) }
    for (number, body) in emitter.bodies.enumerated() {
      let isUsed = emitter.usedNodes[number]
      if number > 0, let function = emitter.functions.first(where: { $0.body == number }),
        isUsed.contains(true)
      {
        ledger.claim(function.message.range, of: 0, as: .graph, precedence: 2)
        for (index, node) in body.nodes.enumerated() where !isUsed[index] {
          ledger.claim(node.range, of: 0, as: .otherGraphs, precedence: 3)
        }
      }
      for (index, node) in body.nodes.enumerated() where isUsed[index] {
        // The tag and the length of the field are part of the structure.
        ledger.claim(node.range, of: 0, as: .graph, precedence: 3)
        ledger.claim(node.nameRange, of: 0, as: .names, precedence: 4)
      }
    }
  }

  /// Labels the tensors of the checkpoint that no graph uses (those it uses win).
  ///
  /// - Parameters:
  ///   - variables: The checkpoint.
  ///   - used: Where the data stands that the graph reads.
  /// - Returns: The bytes that are the state of training.
  private mutating func claimVariables(
    _ variables: VariableBook,
    used: Set<CheckpointPlace>
  ) -> Int {
    let slots = variables.slotKeys
    let known = Set(
      variables.entries.lazy.filter { entry in
        variables.shard(entry.extent.shard).map {
          used.contains(CheckpointPlace(file: $0.file, offset: entry.extent.offset))
        } ?? false
      }.compactMap(CheckpointFingerprint.init)
    )
    var trainingBytes = 0
    for entry in variables.entries {
      let isTraining = slots.contains(entry.key) || Self.isTrainingState(entry.key)
      let category: ByteCategory =
        if entry.dataType == CheckpointEntry.stringType {
          .metadata
        } else if isTraining {
          .optimizerState
        } else if CheckpointFingerprint(entry).map(known.contains) ?? false {
          // Keras 3 saves the variables of an exported model under two names.
          .duplicates
        } else {
          .deadWeights
        }
      let extents = entry.parts.isEmpty ? [entry.extent] : entry.parts.map(\.extent)
      for extent in extents {
        guard let shard = variables.shard(extent.shard), shard.bytes != nil,
          extent.byteCount > 0
        else { continue }
        ledger.claim(
          extent.offset..<(extent.offset + extent.byteCount),
          of: shard.file,
          as: category,
          precedence: 2
        )
        if category == .optimizerState { trainingBytes += extent.byteCount }
      }
    }
    return trainingBytes
  }

  /// Whether the name of a saved tensor is one of training: optimizers, metrics, counters.
  private static func isTrainingState(_ key: String) -> Bool {
    if key.hasPrefix("save_counter") { return true }
    let parts = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return zip(parts, parts.dropFirst()).contains { folder, next in
      folder.elementsEqual(".OPTIMIZER_SLOT".utf8) || folder.elementsEqual("optimizer".utf8)
        || folder.suffix(10).elementsEqual("_optimizer".utf8)
        || (folder.elementsEqual("keras_api".utf8) && next.starts(with: "metrics".utf8))
    }
  }
}

/// Where data of a checkpoint begins.
private struct CheckpointPlace: Hashable {
  var file: Int
  var offset: Int
}

/// What tells equal tensors of a checkpoint: type, shape and the checksum that it states.
///
/// The values need not be read for it.
private struct CheckpointFingerprint: Hashable {
  var dataType: Int
  var shape: [Int]
  var checksum: UInt32

  /// - Returns: `nil` for tensors that were saved in parts.
  init?(_ entry: CheckpointEntry) {
    guard entry.parts.isEmpty, entry.extent.byteCount > 0 else { return nil }
    dataType = entry.dataType
    shape = entry.shape
    checksum = entry.extent.maskedChecksum
  }
}
