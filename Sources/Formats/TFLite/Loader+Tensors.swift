import ByteIO
import ModelIR
import WireFormats

/// What the loader keeps of a tensor beside its value.
struct TensorNote {
  /// The index of the buffer that holds the values; 0 for none.
  var buffer: Int
  /// The extents as stored, with 1 where the signature leaves them open.
  var sizes: [Int]
  /// Whether the file says that the number of axes is known.
  var hasRank: Bool
  /// Whether it holds scales or zero points of another tensor.
  var isQuantizationParameter = false
}

extension Loader {
  /// Reads a tensor and appends it to the graph.
  func readTensor(_ table: FlatBufferTable, into graph: inout Graph, of count: Int)
    throws(ReadError)
  {
    let name = try text(try table.string(slot: Slot.Tensor.name))
    try allocation.charge(MemoryLayout<Value>.stride + MemoryLayout<TensorNote>.stride)
    let typeNumber = try table.int8(slot: Slot.Tensor.type)
    guard let type = TensorType.element(typeNumber) else {
      throw ReadError(
        .modelUnsupported,
        "tensor \"\(name)\" has element type \(typeNumber), which is not known",
        at: table.offset
      )
    }
    let stored = try extents(table, slot: Slot.Tensor.shape)
    let signature = try extents(table, slot: Slot.Tensor.shapeSignature)
    try readVariantTypes(table)
    let hasRank = try table.bool(slot: Slot.Tensor.hasRank)
    statesRanks = statesRanks || hasRank
    let bufferIndex = Int64(try table.uint32(slot: Slot.Tensor.buffer))
    // Index 0 means "no values" even where there are no buffers at all.
    let buffer = bufferIndex == 0 ? 0 : try index(bufferIndex, below: buffers.count, "buffer")
    let data = buffer == 0 ? nil : buffers[buffer]

    let sizes = try checkedSizes(stored, type: type, name: name, at: table.offset)
    var value = Value(name: name, type: type, shape: .fixed(sizes))
    let owner = LedgerOwner(graph: GraphID(graphs.count), value: ValueID(graph.values.count))
    value.quantization = try readQuantization(
      table,
      sizes: sizes,
      of: count,
      value: value,
      graph: owner.graph
    )
    let isVariable = try table.bool(slot: Slot.Tensor.isVariable)
    let sparsity = try table.table(slot: Slot.Tensor.sparsity)
    let externalID = try table.uint32(slot: Slot.Tensor.externalBuffer)

    if externalID != 0 {
      value.content = .constant(try external(externalID, name: name, graph: owner.graph))
    } else if let data {
      let storage = try storage(data, of: &value, sizes: sizes, sparsity: sparsity, owner: owner)
      value.content = isVariable ? .variable(initial: storage) : .constant(storage)
    } else if isVariable {
      value.content = .variable(initial: nil)
    }
    if !value.isConstant {
      value.shape = shape(stored: stored, signature: signature, name: name, graph: owner.graph)
    }
    graph.values.append(value)
    tensors[owner.graph.index].append(TensorNote(buffer: buffer, sizes: sizes, hasRank: hasRank))
  }

  private func extents(_ table: FlatBufferTable, slot: Int) throws(ReadError) -> [Int32] {
    guard let vector = try table.vector(slot: slot, of: Int32.self) else { return [] }
    guard vector.count <= limits.rank else {
      throw ReadError(
        .limitExceeded,
        "a tensor of \(vector.count) axes, more than the limit of \(limits.rank)",
        at: table.offset,
        hint: "--limit rank=\(vector.count) allows it"
      )
    }
    try allocation.charge(vector.count * 16, at: table.offset)
    return try vector.array()
  }

  /// The stored extents; an extent of −1, which some writers use for "open", counts as 1.
  private func checkedSizes(
    _ stored: [Int32],
    type: ElementType,
    name: String,
    at offset: Int
  ) throws(ReadError) -> [Int] {
    guard stored.allSatisfy({ $0 >= -1 }) else {
      throw ReadError(.modelInvalid, "tensor \"\(name)\" has a negative extent", at: offset)
    }
    let sizes = stored.map { $0 < 0 ? 1 : Int($0) }
    guard let elements = checkedProduct(sizes),
      type.bitWidth == nil || type.byteCount(elements: elements) != nil
    else {
      throw ReadError(
        .modelInvalid,
        "tensor \"\(name)\" has more elements than can be counted",
        at: offset
      )
    }
    return sizes
  }

  /// The shape of a value that is computed: what the signature leaves open is unknown.
  private func shape(stored: [Int32], signature: [Int32], name: String, graph: GraphID) -> Shape {
    let isOpen = stored.map { $0 < 0 }
    guard signature.count == stored.count else {
      if !signature.isEmpty {
        findings.add(
          .shapeSignature,
          "tensor \"\(name)\" has \(stored.count) axes, its signature \(signature.count)",
          graph: graph
        )
      }
      return .ranked(stored.map { $0 < 0 ? .unknown : .fixed(Int($0)) })
    }
    return .ranked(
      stored.indices.map { axis in
        signature[axis] < 0 || isOpen[axis] ? .unknown : .fixed(Int(stored[axis]))
      }
    )
  }

  /// The types of what a variant holds mean nothing to this tool; they are read for the ledger.
  private func readVariantTypes(_ table: FlatBufferTable) throws(ReadError) {
    let subtypes = try table.tables(slot: Slot.Tensor.variantTensors)
    for index in 0..<subtypes.count {
      _ = try subtypes.table(at: index).vector(slot: Slot.VariantSubtype.shape, of: Int32.self)
    }
  }

  private func external(_ id: UInt32, name: String, graph: GraphID) throws(ReadError)
    -> TensorStorage
  {
    guard let buffer = externalBuffers[id] else {
      throw ReadError(
        .modelInvalid,
        "tensor \"\(name)\" names external buffer \(id), which is not there"
      )
    }
    findings.add(
      .externalBuffer,
      "the values of \"\(name)\" are in the file \"\(buffer.file)\", which is not read",
      graph: graph
    )
    return .external(path: buffer.file, offset: buffer.offset, byteCount: buffer.byteCount)
  }

  /// The values of a constant, checked against its type and extents.
  private func storage(
    _ data: Bytes,
    of value: inout Value,
    sizes: [Int],
    sparsity: FlatBufferTable?,
    owner: LedgerOwner
  ) throws(ReadError) -> TensorStorage {
    if let sparsity {
      return try readSparse(data, sparsity, into: &value, sizes: sizes, graph: owner.graph)
    }
    if value.type == .string {
      let strings = try StringTensor.decode(data, budget: &allocation)
      guard strings.count == checkedProduct(sizes) else {
        throw ReadError(
          .modelInvalid,
          "constant \"\(value.name)\" of shape \(value.shape) has \(strings.count) strings",
          at: data.offset
        )
      }
      return .strings(strings, fileBytes: data.count)
    }
    if let expected = checkedProduct(sizes).flatMap({ value.type.byteCount(elements: $0) }),
      expected != data.count
    {
      throw ReadError(
        .modelInvalid,
        "constant \"\(value.name)\" of type \(value.type.rawValue) and shape \(value.shape)"
          + " takes \(expected) bytes, its buffer has \(data.count)",
        at: data.offset
      )
    }
    return .mapped(data)
  }
}

/// Text elements.
///
/// Layout, all numbers 32 bits, little endian:
/// 1. The number of strings.
/// 2. Where each string begins, and where the last one ends, from the start of the buffer.
/// 3. The strings, one after the other.
///
/// Source: TensorFlow Lite, `string_util.h`.
enum StringTensor {
  static func decode(_ data: Bytes, budget: inout AllocationBudget) throws(ReadError) -> [[UInt8]] {
    let stated = try data.uint32(at: 0)
    let count = try data.count(UInt64(stated), elementSize: 4, from: 4, "a list of strings")
    var strings: [[UInt8]] = []
    var start = Int(try data.uint32(at: 4))
    for index in 0..<count {
      let end = Int(try data.uint32(at: 8 + index * 4))
      guard start <= end else {
        throw ReadError(
          .modelInvalid,
          "string \(index) ends at \(end), before its start at \(start)",
          at: data.offset
        )
      }
      try budget.charge(end - start + 32, at: data.offset)
      strings.append(try data.slice(at: start, count: end - start, "a string").array)
      start = end
    }
    return strings
  }
}
