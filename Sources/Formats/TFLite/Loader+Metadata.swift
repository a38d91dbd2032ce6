import ByteIO
import ModelIR
import WireFormats

extension Loader {
  /// Reads the model's description.
  func readDescription() throws(ReadError) {
    guard let description = try root.string(slot: Slot.Model.description) else { return }
    claim(description.offset..<description.endOffset, as: .metadata)
    let text = try text(description)
    if !text.isEmpty { metadata.append(MetadataEntry("description", text)) }
  }

  /// Reads what converters and authors left in metadata buffers.
  ///
  /// None of it changes what the model computes: what cannot be read is a finding.
  func readMetadata() throws(ReadError) {
    if let old = try root.vector(slot: Slot.Model.metadataBuffers, of: Int32.self) {
      for place in 0..<old.count {
        let buffer = Int(try old.at(place))
        if buffers.indices.contains(buffer) { metadataBuffers.insert(buffer) }
      }
    }
    let tables = try located("metadata") { () throws(ReadError) in
      try root.tables(slot: Slot.Model.metadata)
    }
    for place in 0..<tables.count {
      try located("metadata[\(place)]") { () throws(ReadError) in
        let table = try tables.table(at: place)
        let nameBytes = try table.string(slot: Slot.Metadata.name)
        if let nameBytes { claim(nameBytes.offset..<nameBytes.endOffset, as: .metadata) }
        let name = try text(nameBytes)
        let buffer = try index(
          Int64(try table.uint32(slot: Slot.Metadata.buffer)),
          below: buffers.count,
          "buffer"
        )
        metadataBuffers.insert(buffer)
        guard let content = buffers[buffer] else { return }
        try allocation.charge(256)
        readMetadata(name, content)
      }
    }
  }

  private func readMetadata(_ name: String, _ content: Bytes) {
    do throws(ReadError) {
      switch name {
      case "min_runtime_version":
        metadata.append(MetadataEntry(name, try paddedText(content)))
      case "CONVERSION_METADATA":
        metadata += try ConversionMetadata.entries(content)
      case "TFLITE_METADATA":
        metadata += try AuthorMetadata.entries(content)
      case "OfflineMemoryAllocation":
        metadata.append(MetadataEntry(name, try offlinePlan(content)))
      default:
        metadata.append(MetadataEntry(name, "\(content.count) bytes"))
      }
    } catch {
      metadata.append(MetadataEntry(name, "\(content.count) bytes"))
      findings.add(.metadata, "the metadata \"\(name)\" cannot be read: \(error.explanation)")
    }
  }

  /// Text in a field of fixed length, up to the first zero.
  private func paddedText(_ content: Bytes) throws(ReadError) -> String {
    let start = try content.slice(at: 0, count: min(content.count, 64)).string
    return String(start.prefix { $0 != "\0" })
  }

  /// A memory plan: version, subgraph, number of tensors, then an offset for each, −1 for none.
  ///
  /// Source: TensorFlow Lite Micro, "Offline planned tensor allocations".
  private func offlinePlan(_ content: Bytes) throws(ReadError) -> String {
    let subgraph = try content.int32(at: 4)
    let stated = try content.uint32(at: 8)
    let count = try content.count(UInt64(stated), elementSize: 4, from: 12, "a memory plan")
    try allocation.charge(count * 16)
    var offsets: [Int?] = []
    for index in 0..<count {
      let offset = Int(try content.int32(at: 12 + index * 4))
      offsets.append(offset >= 0 ? offset : nil)
    }
    plannedOffsets = offsets
    let planned = offsets.count { $0 != nil }
    return "\(planned) of \(count) tensors of subgraph \(subgraph) have a planned place"
  }

  /// Lists the files that are appended to the model.
  func readArchive(_ archive: ZIPArchive) throws(ReadError) {
    for member in archive.members.sorted(by: { $0.headerOffset < $1.headerOffset }) {
      try allocation.charge(256 + member.name.utf8.count)
      let entry = "file \(member.name)"
      let content = member.stored
      guard member.isUncompressed, content.count <= 65536, member.name.hasSuffix(".txt") else {
        metadata.append(MetadataEntry(entry, "\(member.byteCount) bytes"))
        continue
      }
      try allocation.charge(content.count)
      metadata.append(MetadataEntry(entry, content.string))
    }
  }
}

/// What TensorFlow's converter notes of a conversion.
///
/// Source: the slots of TensorFlow Lite's `conversion_metadata.fbs`.
enum ConversionMetadata {
  static func entries(_ content: Bytes) throws(ReadError) -> [MetadataEntry] {
    let root = try FlatBuffer(content).root()
    var entries: [MetadataEntry] = []
    if let environment = try root.table(slot: 0) {
      if let version = try environment.string(slot: 0), version.count <= 256 {
        entries.append(MetadataEntry("tensorflow_version", version.string))
      }
      let source = Int(try environment.int32(slot: 2))
      if source > 0, sources.indices.contains(source) {
        entries.append(MetadataEntry("converted_from", sources[source]))
      }
    }
    if let options = try root.table(slot: 1),
      let modes = try options.vector(slot: 0, of: Int32.self), modes.count <= 64, !modes.isEmpty
    {
      let names = try modes.array().map { self.modes[$0] ?? String($0) }
      entries.append(MetadataEntry("optimizations", names.joined(separator: ", ")))
    }
    return entries
  }

  private static let sources = [
    "", "TensorFlow SavedModel", "Keras model", "TensorFlow concrete functions",
    "TensorFlow GraphDef", "TensorFlow session", "JAX", "PyTorch",
  ]

  private static let modes: [Int32: String] = [
    1001: "post-training float16", 1002: "post-training dynamic range",
    1003: "post-training full integer", 1004: "post-training int16",
    2000: "quantization-aware training", 3001: "random sparsity", 3002: "block sparsity",
    3003: "structured sparsity",
  ]
}
