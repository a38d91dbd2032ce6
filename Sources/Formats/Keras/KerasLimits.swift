import WireFormats

/// How much a model may ask for before it is refused with `LIMIT_EXCEEDED`.
package struct KerasLimits: Sendable {
  /// Operators after shared and nested models are unfolded; `nil` is 10,000 and one for each byte of
  /// the file.
  package var nodes: Int?
  /// Axes of a tensor.
  package var rank = 64
  /// Members of an archive.
  package var archiveEntries = ZIPArchive.standardEntries
  /// What the members of an archive may decompress to together.
  package var inflatedBytes = 16 << 30
  /// What weights in chunks may take in memory; `nil` is 64 times the file and 16 MiB.
  package var chunkedBytes: Int?

  /// The defaults.
  package init() {}
}
