import WireFormats

/// How much a file may ask for before it is refused with `LIMIT_EXCEEDED`.
package struct TFLiteLimits: Sendable {
  /// Subgraphs of a model.
  package var subgraphs = 10_000
  /// Operators of all subgraphs together.
  package var nodes = 2_000_000
  /// Members of an archive that is appended to the model.
  package var archiveEntries = ZIPArchive.standardEntries
  /// Axes of a tensor.
  package var rank = 64
  /// The bytes of a name that are kept; the rest is replaced by a hash.
  package var nameBytes = 4_096
  /// Tables inside tables; `nil` is what FlatBuffers' own verifier allows.
  package var flatBufferDepth: Int?
  /// Tables that may be visited; `nil` is what the file's size justifies.
  package var flatBufferTables: Int?
  /// What the model's structure may take in memory; `nil` is 32 times the file and 16 MiB.
  package var structureBytes: Int?
  /// What sparse constants may take when they are dense; `nil` is 256 times the file.
  package var denseBytes: Int?

  /// The defaults.
  package init() {}
}
