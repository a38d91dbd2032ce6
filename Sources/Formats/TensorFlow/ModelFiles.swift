import ByteIO
import ModelIR
import WireFormats

/// The files of a SavedModel directory beside `saved_model.pb`.
struct ModelFiles {
  private static let index = "variables/variables.index"

  /// What each file is, by its number in the ledger.
  private(set) var members: [(path: String, bytes: Bytes, file: Int)] = []
  private(set) var missingShards: [String] = []
  private(set) var skipped: [String] = []

  /// Maps every file of the directory and gives it a place in the ledger.
  mutating func read(
    _ directory: DirectoryHandle,
    limits: TensorFlowLimits,
    ledger: inout ByteLedger.Builder
  ) throws(ReadError) {
    let listing = try directory.files(limit: limits.directoryEntries)
    skipped = listing.others
    var total = 0
    for path in listing.files where path != TensorFlowFormat.savedModelFile {
      guard let source = try directory.mapping(path) else {
        throw ReadError(
          .ioRead,
          "the file went away while the directory was being read",
          hint: "run again",
          file: path
        )
      }
      total += source.count
      guard total <= limits.directoryBytes else {
        throw ReadError(
          .limitExceeded,
          "the directory's files have more than \(limits.directoryBytes) bytes",
          hint: "--limit dir-bytes=SIZE allows more"
        )
      }
      let file = ledger.add(
        LedgerFile(path: path, byteCount: source.count),
        bytes: source.bytes
      )
      members.append((path, source.bytes, file))
    }
  }

  /// The checkpoint; an empty one where there is none.
  mutating func variables() throws(ReadError) -> VariableBook {
    guard let index = members.first(where: { $0.path == Self.index }) else { return VariableBook() }
    do throws(ReadError) {
      let table = try CheckpointTable(index.bytes)
      var shards: [(bytes: Bytes?, file: Int)] = []
      var names: [String] = []
      for shard in 0..<table.shardCount {
        let name = table.dataFileName(prefix: "variables/variables", shard: shard)
        let member = members.first { $0.path == name }
        if member == nil { missingShards.append(name) }
        shards.append((member?.bytes, member?.file ?? 0))
        names.append(name)
      }
      return try VariableBook(table: table, shards: shards, shardNames: names)
    } catch {
      var error = error
      if error.file == nil { error.file = Self.index }
      throw error
    }
  }

  /// Gives the bytes of all files their labels, those of tensors excepted.
  func claim(_ ledger: inout ByteLedger.Builder) {
    for member in members {
      let whole = 0..<member.bytes.count
      if member.path == Self.index {
        ledger.claim(whole, of: member.file, as: .container)
      } else if Self.isDescription(member.path) {
        ledger.claim(whole, of: member.file, as: .metadata)
      }
    }
  }

  private static func isDescription(_ path: String) -> Bool {
    ["fingerprint.pb", "keras_metadata.pb", "saved_model.pbtxt"].contains(path)
      || ["assets/", "assets.extra/", "debug/"].contains { path.hasPrefix($0) }
      || path.hasSuffix(".json")
  }
}
