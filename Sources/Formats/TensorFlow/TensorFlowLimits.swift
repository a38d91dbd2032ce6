/// How much a model may ask for before it is refused with `LIMIT_EXCEEDED`.
package struct TensorFlowLimits: Sendable {
  /// Nodes of all graphs after functions are inlined, whatever the size of the file.
  package var nodes = 50_000
  /// So many bytes of the graph's structure allow one node more.
  package var bytesPerNode = 8
  /// Graphs: the main one, and the branches and bodies of loops.
  package var graphs = 4_096
  /// Functions inside functions.
  package var callDepth = 64
  /// Axes of a tensor; TensorFlow itself has 254 at most, networks 8.
  package var rank = 64
  /// The bytes of a constant that has to be made because the file does not hold them in one piece.
  package var tensorBytes = 1 << 30
  /// How many times the size of the file all made constants may take.
  package var madeFactor = 64
  /// What they may take whatever the size of the file.
  package var madeBytes = 16 << 20
  /// Files of a SavedModel's directory.
  package var directoryEntries = 10_000
  /// The bytes of all of them.
  package var directoryBytes = 64 << 30
  /// The bytes of a name that are kept.
  package var nameBytes = 4_096

  /// The defaults.
  package init() {}
}
