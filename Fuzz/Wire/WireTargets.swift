import ByteIO
import FuzzSupport
import WireFormats

/// The syntaxes that models and data are stored in.
package let targets: [FuzzTarget] = [
  FuzzTarget("protobuf") { try walk(ProtobufMessage($0)) },
  FuzzTarget("flatbuffer") { bytes in
    // Fewer tables than the size would allow: each is read in many ways here.
    let buffer = FlatBuffer(bytes, limits: FlatBufferLimits(depth: 64, tables: 2_000))
    try walk(try buffer.root())
    for range in buffer.ranges {
      try promise(
        range.offset >= 0 && range.byteCount >= 0 && range.offset + range.byteCount <= bytes.count,
        "a range outside the buffer: \(range)"
      )
    }
  },
  FuzzTarget("flexbuffer") { bytes in
    let scalars = FlexBuffer.scalars(ofMap: bytes) ?? []
    try promise(scalars.count <= 256, "\(scalars.count) values")
  },
  FuzzTarget("zip", zip),
  FuzzTarget("inflate") { bytes in
    let wanted = Int(try bytes.uint16(at: 0))
    let data = try bytes.suffix(from: 2)
    for result in [
      Deflate.inflateRaw(data, byteCount: wanted),
      Deflate.inflateZlib(data, byteCount: wanted),
    ] {
      try promise(result == nil || result?.count == wanted, "another number of bytes")
    }
  },
  FuzzTarget("snappy") { try checkpointBlock(compression: 1, $0) },
  FuzzTarget("checkpoint-block") { try checkpointBlock(compression: 0, $0) },
  FuzzTarget("checkpoint") { try checkpoint($0) },
  FuzzTarget("object-graph") { bytes in
    let graph = try ObjectGraph(bytes)
    for key in graph.slotKeys.sorted() { _ = graph.fullName(ofKey: key) }
  },
  FuzzTarget("npy") { bytes in
    let array = try NPYArray(bytes)
    let again = try NPYArray(ByteSource(array.serialized()).bytes)
    try promise(again.type == array.type && again.sizes == array.sizes, "not read as written")
    try promise(again.elements.hasSameBytes(as: array.elements), "other elements than written")
  },
  FuzzTarget("json5") { try json($0, JSON5Options(code: .policyInvalid)) },
  FuzzTarget("json") { try json($0, .python(maximumBytes: 1 << 20)) },
  FuzzTarget("decoded", decoded),
  FuzzTarget("sizes", sizes),
  FuzzTarget("hdf5") { try hierarchy($0, checksIntegrity: true) },
  // Behind checksums that no fuzzer guesses.
  FuzzTarget("hdf5-unchecked") { try hierarchy($0, checksIntegrity: false) },
  FuzzTarget("text") { bytes in
    let text = bytes.string
    let shown = escapedForTerminal(text)
    try promise(!shown.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "control")
    let node = try JSON5.parse(
      ByteSource(Array(jsonQuoted(text).utf8)).bytes,
      options: .python(maximumBytes: 1 << 20)
    )
    try promise(node.value == .string(text), "quoted text is another text")
  },
]

/// Reads every field every way.
private func walk(_ message: ProtobufMessage) throws(ReadError) {
  var fields = message.fields
  while let field = try fields.next() {
    var integers: [Int] = []
    var floats: [Float] = []
    try? field.append(to: &integers, "integers")
    try? field.append(to: &floats, "floats")
    _ = try? field.int("integer")
    _ = try? field.float("float")
    // An odd number says: a message. Both ways for all would take exponential time.
    guard field.number % 2 == 1, let inner = try? field.message("message") else { continue }
    do throws(ReadError) {
      try walk(inner)
    } catch {
      // Its neighbours are read all the same.
    }
  }
}

/// Reads the slots of a table as everything they might be.
private func walk(_ table: FlatBufferTable) throws(ReadError) {
  for slot in 0..<8 {
    _ = try? table.has(slot: slot)
    _ = try? table.bool(slot: slot)
    _ = try? table.int8(slot: slot)
    _ = try? table.uint8(slot: slot)
    _ = try? table.int32(slot: slot)
    _ = try? table.uint32(slot: slot)
    _ = try? table.int64(slot: slot)
    _ = try? table.uint64(slot: slot)
    _ = try? table.float32(slot: slot)
    _ = try? table.string(slot: slot)?.string
    _ = try? table.strings(slot: slot)
    _ = try? table.vector(slot: slot, of: UInt8.self)?.array()
    _ = try? table.vector(slot: slot, of: UInt16.self)?.array()
    _ = try? table.vector(slot: slot, of: Int64.self)?.array()
    _ = try? table.vector(slot: slot, of: Float.self)?.array()
    switch slot % 3 {
    case 0:
      if let inner = try? table.table(slot: slot) { try walk(inner) }
    case 1:
      if let inner = try? table.union(typeSlot: slot)?.table { try walk(inner) }
    default:
      guard let tables = try? table.tables(slot: slot) else { continue }
      for index in 0..<min(tables.count, 4) {
        if let inner = try? tables.table(at: index) { try walk(inner) }
      }
    }
  }
}

@Sendable private func zip(_ bytes: Bytes) throws {
  let archive = try ZIPArchive(bytes)
  for member in archive.members.prefix(16) {
    guard let content = try? member.content(limit: 1 << 20) else { continue }
    try promise(content.count == member.byteCount, "\(member.name): another size than stated")
  }
}

private func json(_ bytes: Bytes, _ options: JSON5Options) throws {
  let node = try JSON5.parse(bytes, options: options)
  let written = node.jsonValue.serialized()
  // Non-finite numbers became null; what is written is JSON of the same shape.
  let again = try JSON5.parse(
    ByteSource(written).bytes,
    options: JSON5Options(syntax: .json, maximumBytes: 1 << 24, code: .internal)
  )
  try promise(again.jsonValue.serialized() == written, "not read as written")
}

/// A table around one block, with the checksums that it needs.
private func checkpointBlock(compression: UInt8, _ block: Bytes) throws {
  var bytes: [UInt8] = []
  func varint(_ value: Int) -> [UInt8] {
    var rest = value
    var result: [UInt8] = []
    while rest >= 0x80 {
      result.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return result + [UInt8(rest)]
  }
  func word<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
  func append(_ content: [UInt8], _ compression: UInt8) -> [UInt8] {
    let handle = varint(bytes.count) + varint(content.count)
    let checked = content + [compression]
    bytes += checked + word(CRC32C.masked(CRC32C.value(of: ByteSource(checked).bytes)))
    return handle
  }
  let data = append(block.array, compression)
  // One entry: no shared bytes, a key after all others.
  let line = [0, 2] + [UInt8(data.count), 0xFF, 0xFF] + data
  let index = append(line + word(UInt32(0)) + word(UInt32(1)), 0)
  let meta = append(word(UInt32(0)) + word(UInt32(1)), 0)
  let handles = meta + index
  bytes += handles + Array(repeating: 0, count: 40 - handles.count)
  bytes += word(UInt64(0xDB47_7524_8B80_FB57))
  try checkpoint(ByteSource(bytes).bytes)
}

private func checkpoint(_ bytes: Bytes) throws {
  try promise(!CheckpointTable.isTable(bytes) || bytes.count >= 48, "a table without a footer")
  let table = try CheckpointTable(bytes)
  for entry in table.entries {
    _ = try? CheckpointTable.strings(of: entry, in: bytes)
    for extent in [entry.extent] + entry.parts.map(\.extent) {
      guard let part = try? CheckpointTable.bytes(of: extent, in: bytes) else { continue }
      try promise(part.count == extent.byteCount, "another size than stated")
      try? CheckpointTable.verify(part, of: extent)
    }
  }
}

private func hierarchy(_ bytes: Bytes, checksIntegrity: Bool) throws {
  guard HDF5File.probe(bytes) else { return }
  let file = try HDF5File(bytes, checksIntegrity: checksIntegrity)
  _ = try? file.root.children()
  for name in ["model_weights", "/a/b", "d", "soft", "."] {
    // A path leads to a dataset or to a group, through links or not at all.
    _ = try? file.root.dataset(name)
    guard let group = try? file.root.group(name) else { continue }
    _ = try? group[name]?.attributes()
  }
  let survey = try file.survey()
  for region in survey.regions {
    try promise(region.bytes.endOffset <= bytes.count, "a region outside the file")
  }
  for attributes in survey.attributes {
    for attribute in attributes.all {
      _ = try? attributes.text(attribute.name)
      _ = try? attributes.texts(attribute.name)
      _ = try? attributes.integers(attribute.name)
      _ = try? attributes.floats(attribute.name)
      _ = try? attribute.values.texts()
      _ = try? attribute.values.integers()
      _ = try? attribute.values.floats()
    }
  }
  // Little, for what is decoded costs time and shows nothing new.
  let limit = 1 << 14
  for dataset in survey.datasets.prefix(16) {
    _ = try? dataset.storedBytes()
    if let content = try? dataset.content(limit: limit) {
      let isInFile = content.source === bytes.source
      try promise(isInFile || content.count <= limit, "more than the limit")
    }
    guard dataset.byteCount <= limit, let values = try? dataset.values(limit: limit) else {
      continue
    }
    _ = try? values.floats()
    _ = try? values.integers()
    _ = try? values.texts()
  }
}
