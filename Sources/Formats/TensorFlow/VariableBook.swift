import ByteIO
import ModelIR
import WireFormats

/// The values of variables: which tensor of the checkpoint each one is.
///
/// What TensorFlow itself does to restore them says it exactly: `AssignVariableOp`(handle,
/// `RestoreV2`(names)). Where a model has no such part, the checkpoint's object graph names its
/// tensors by the variables' shared names.
struct VariableBook: Sendable {
  private var table: CheckpointTable?
  private var objects: ObjectGraph?
  /// The checkpoint's key, by the name of the node in the main graph that makes the handle.
  private var keys: [String: String] = [:]
  /// The data files; `nil` where one is not there.
  private var shards: [(bytes: Bytes?, file: Int)] = []
  private var shardNames: [String] = []

  /// A model without a checkpoint.
  init() {}

  init(
    table: CheckpointTable,
    shards: [(bytes: Bytes?, file: Int)],
    shardNames: [String]
  ) throws(ReadError) {
    self.table = table
    self.shards = shards
    self.shardNames = shardNames
    if let entry = table[ObjectGraph.key], entry.dataType == CheckpointEntry.stringType,
      entry.parts.isEmpty, shards.indices.contains(entry.extent.shard),
      let bytes = shards[entry.extent.shard].bytes,
      let text = try CheckpointTable.strings(of: entry, in: bytes).first
    {
      objects = try ObjectGraph(text)
    }
  }

  /// The tensors of the checkpoint.
  var entries: [CheckpointEntry] { table?.entries ?? [] }

  /// The keys of state that optimizers keep for variables.
  var slotKeys: Set<String> { objects?.slotKeys ?? [] }

  /// The data file of a number.
  func shard(_ number: Int) -> (bytes: Bytes?, file: Int)? {
    shards.indices.contains(number) ? shards[number] : nil
  }

  // MARK: - Binding

  /// Finds the restoring part of a graph.
  mutating func bind(_ graph: GraphMessage) throws(ReadError) {
    guard table != nil else { return }
    bind(graph.body, restoredBy: try restored(graph.body))
    for function in graph.functions where function.operators["RestoreV2"] != nil {
      let body = try function.read()
      let found = try restored(body)
      guard !found.isEmpty else { continue }
      for node in graph.body.nodes {
        let called = try node.attribute("f")?.function
        guard node.op == function.name || called == function.name else { continue }
        for (argument, text) in zip(body.arguments, node.inputs) {
          guard let key = found[argument.name],
            let handle = LegacyControl.origin(text, in: graph.body)
          else { continue }
          keys[graph.body.nodes[handle].name] = key
        }
      }
    }
  }

  private mutating func bind(_ body: SourceBody, restoredBy found: [String: String]) {
    for (name, key) in found where body.indices[name] != nil { keys[name] = key }
  }

  /// Which key each handle (a node's or an argument's name) is restored from.
  private func restored(_ body: SourceBody) throws(ReadError) -> [String: String] {
    var names: [Int: [String]] = [:]
    for (index, node) in body.nodes.enumerated() where node.op == "RestoreV2" {
      guard node.inputs.count == 3,
        let constant = LegacyControl.origin(node.inputs[1], in: body),
        body.nodes[constant].op == "Const",
        let value = try body.nodes[constant].attribute("value")?.tensor
      else { continue }
      let tensor = try TensorMessage(value, limits: TensorFlowLimits(), allowance: 1 << 20)
      guard case .strings(let texts, _) = tensor.storage else { continue }
      names[index] = texts.map { String(decoding: $0, as: UTF8.self) }
    }
    guard !names.isEmpty else { return [:] }
    var result: [String: String] = [:]
    for node in body.nodes
    where node.op == "AssignVariableOp" || node.op == "Assign"
      || node.op == "AssignVariableXlaConcatND"
    {
      guard node.inputs.count >= 2 else { continue }
      var text = node.inputs[1]
      var restore: (node: Int, port: Int)?
      for _ in 0..<8 {
        let (name, port) = LegacyControl.split(text)
        guard let index = body.indices[String(name)] else { break }
        if names[index] != nil {
          restore = (index, port)
          break
        }
        guard let input = body.nodes[index].inputs.first else { break }
        text = input
      }
      guard let restore, let list = names[restore.node], list.indices.contains(restore.port) else {
        continue
      }
      let handle = LegacyControl.split(node.inputs[0]).node
      result[String(handle)] = list[restore.port]
    }
    return result
  }

  // MARK: - Values

  /// The checkpoint's entry for the node that makes a handle.
  func entry(of node: SourceNode, isMainBody: Bool) -> CheckpointEntry? {
    guard let table else { return nil }
    if isMainBody, let key = keys[node.name], let entry = table[key] { return entry }
    let shared = (try? node.attribute("shared_name")?.text?.string) ?? ""
    for name in [shared, node.name] where !name.isEmpty {
      if let key = objects?.checkpointKey(ofFullName: name), let entry = table[key] {
        return entry
      }
      if let entry = table[name] { return entry }
    }
    return nil
  }

  /// The value of a variable; its bytes stay where they are.
  func tensor(
    of node: SourceNode,
    isMainBody: Bool,
    limits: TensorFlowLimits
  ) -> StoredTensor? {
    entry(of: node, isMainBody: isMainBody).flatMap { tensor(of: $0, limits: limits) }
  }

  private func tensor(of entry: CheckpointEntry, limits: TensorFlowLimits) -> StoredTensor? {
    let type = DataType.element(entry.dataType)
    guard type != .string, entry.shape.count <= limits.rank else { return nil }
    guard entry.parts.isEmpty else { return joined(entry, type, limits) }
    guard let shard = shard(entry.extent.shard) else { return nil }
    guard let bytes = shard.bytes else {
      return StoredTensor(
        type: type,
        sizes: entry.shape,
        storage: .external(
          path: shardNames.indices.contains(entry.extent.shard)
            ? shardNames[entry.extent.shard] : "",
          offset: entry.extent.offset,
          byteCount: entry.extent.byteCount
        )
      )
    }
    guard let content = try? CheckpointTable.bytes(of: entry.extent, in: bytes) else { return nil }
    return StoredTensor(
      type: type,
      sizes: entry.shape,
      storage: .mapped(content),
      payloads: [(shard.file, content.offset..<content.endOffset)]
    )
  }

  /// A tensor that was saved in parts along its first axis, joined.
  private func joined(
    _ entry: CheckpointEntry,
    _ type: ElementType,
    _ limits: TensorFlowLimits
  ) -> StoredTensor? {
    guard let needed = type.byteCount(elements: entry.elementCount), needed <= limits.tensorBytes
    else { return nil }
    var bytes: [UInt8] = []
    var payloads: [(file: Int, range: Range<Int>)] = []
    let parts = entry.parts.sorted { ($0.starts.first ?? 0) < ($1.starts.first ?? 0) }
    for part in parts {
      guard part.shape.dropFirst().elementsEqual(entry.shape.dropFirst()),
        let shard = shard(part.extent.shard), let file = shard.bytes,
        let content = try? CheckpointTable.bytes(of: part.extent, in: file),
        content.count <= needed - bytes.count
      else { return nil }
      bytes += content.array
      payloads.append((shard.file, content.offset..<content.endOffset))
    }
    guard bytes.count == needed else { return nil }
    return StoredTensor(
      type: type,
      sizes: entry.shape,
      storage: .owned(ByteSource(bytes).bytes, fileBytes: needed),
      payloads: payloads
    )
  }
}
