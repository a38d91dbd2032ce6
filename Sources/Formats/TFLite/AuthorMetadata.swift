import ByteIO
import ModelIR
import WireFormats

/// What the author of a model says of it: names, normalisation, label files.
///
/// A FlatBuffer with the identifier `M001`. Slots of the tables that are read:
/// 1. model: name 0, description 1, version 2, subgraphs 3, author 4, license 5, files 6,
///    least version of the parser 7;
/// 2. subgraph: inputs 2, outputs 3, files 4;
/// 3. tensor: name 0, description 1, process units 4, statistics 5, files 6;
/// 4. process unit: type of options 0 (1 is normalisation: mean 0, standard deviation 1);
/// 5. statistics: greatest 0, least 1;
/// 6. file: name 0, description 1, type 2.
///
/// Source: TensorFlow Lite Support, metadata schema 1.1.
enum AuthorMetadata {
  /// What it says, as entries whose names begin with the part that they are about.
  ///
  /// - Parameter content: The metadata buffer.
  /// - Returns: Entries such as `input[0].mean`.
  /// - Throws: Where it is not such a FlatBuffer, or longer than anyone would read.
  static func entries(_ content: Bytes) throws(ReadError) -> [MetadataEntry] {
    guard content.has("M001", at: 4) else {
      throw ReadError(.modelUnsupported, "not metadata of a known kind", at: content.offset)
    }
    var reader = Reader()
    let root = try FlatBuffer(content).root()
    for (slot, name) in [
      (0, "name"), (1, "description"), (2, "version"), (4, "author"),
      (5, "license"), (7, "min_parser_version"),
    ] {
      try reader.add(name, try root.string(slot: slot))
    }
    try reader.addFiles(root, slot: 6, "")
    let subgraphs = try root.tables(slot: 3)
    for number in 0..<subgraphs.count {
      let subgraph = try subgraphs.table(at: number)
      let prefix = number == 0 ? "" : "subgraph[\(number)]."
      for (slot, what) in [(2, "input"), (3, "output")] {
        let tensors = try subgraph.tables(slot: slot)
        for index in 0..<tensors.count {
          try reader.addTensor(try tensors.table(at: index), "\(prefix)\(what)[\(index)].")
        }
      }
      try reader.addFiles(subgraph, slot: 4, prefix)
    }
    return reader.entries
  }

  private struct Reader {
    var entries: [MetadataEntry] = []
    private var bytesLeft = 1 << 20

    private static let fileTypes = [
      "file", "descriptions", "axis labels", "value labels", "score calibration", "vocabulary",
    ]

    mutating func add(_ name: String, _ value: Bytes?) throws(ReadError) {
      guard let value, !value.isEmpty else { return }
      try charge(value.count + 64)
      entries.append(MetadataEntry(name, value.string))
    }

    mutating func addTensor(_ table: FlatBufferTable, _ prefix: String) throws(ReadError) {
      try add(prefix + "name", try table.string(slot: 0))
      try add(prefix + "description", try table.string(slot: 1))
      let units = try table.tables(slot: 4)
      for index in 0..<units.count {
        guard let options = try units.table(at: index).union(typeSlot: 0), options.type == 1
        else { continue }
        try add(prefix + "mean", try options.table.vector(slot: 0, of: Float.self))
        try add(prefix + "std", try options.table.vector(slot: 1, of: Float.self))
      }
      if let statistics = try table.table(slot: 5) {
        try add(prefix + "max", try statistics.vector(slot: 0, of: Float.self))
        try add(prefix + "min", try statistics.vector(slot: 1, of: Float.self))
      }
      try addFiles(table, slot: 6, prefix)
    }

    mutating func addFiles(_ table: FlatBufferTable, slot: Int, _ prefix: String)
      throws(ReadError)
    {
      let files = try table.tables(slot: slot)
      for index in 0..<files.count {
        let file = try files.table(at: index)
        let type = Int(try file.int8(slot: 2))
        let kind = Self.fileTypes.indices.contains(type) ? Self.fileTypes[type] : "file"
        try add(prefix + kind, try file.string(slot: 0))
      }
    }

    private mutating func add(_ name: String, _ numbers: FlatBufferVector<Float>?)
      throws(ReadError)
    {
      guard let numbers, !numbers.isEmpty else { return }
      try charge(numbers.count * 24 + 64)
      let values = try numbers.array().map { "\($0)" }
      entries.append(MetadataEntry(name, values.joined(separator: ", ")))
    }

    private mutating func charge(_ byteCount: Int) throws(ReadError) {
      guard byteCount <= bytesLeft else {
        throw ReadError(.limitExceeded, "metadata of more than 1 MiB of text")
      }
      bytesLeft -= byteCount
    }
  }
}
