/// What the caller decides about reading an ONNX model.
package struct ONNXLoadOptions: Sendable {
  /// How much a model may ask for.
  package var limits = ONNXLimits()
  /// Whether files with external data may have several hard links.
  package var allowsHardLinks = false
  /// Whether files that the model names are opened; otherwise their weights are unknown.
  package var readsExternalData = true

  /// The defaults.
  package init() {}
}

/// How much a model may ask for before it is refused with `LIMIT_EXCEEDED`.
package struct ONNXLimits: Sendable {
  /// Nodes of all graphs, after functions are inlined.
  package var nodes = 2_000_000
  /// Values of all graphs.
  package var tensors = 2_000_000
  /// Functions of a model.
  package var functions = 100_000
  /// Graphs of a model, with those inside nodes.
  package var graphs = 10_000
  /// Attributes of a node: they are looked for one by one.
  package var attributes = 512
  /// Axes of a tensor.
  package var rank = 64
  /// The bytes of a tensor that has to be made: decoded, or dense from sparse.
  package var tensorBytes = 2 << 30
  /// The bytes of a name that are kept; the rest is replaced by a hash.
  package var nameBytes = 4_096
  /// The bytes of all names together.
  package var allNameBytes = 256 << 20
  /// How many times the size of the file's structure inlined functions may take in memory.
  package var inlinedFactor = 32
  /// What inlined functions may take in memory whatever the size of the file.
  package var inlinedBytes = 16 << 20
  /// How many times the size of the file all sparse tensors may take when they are dense.
  package var denseFactor = 64
  /// What they may take whatever the size of the file.
  package var denseBytes = 16 << 20

  /// The defaults.
  package init() {}
}
