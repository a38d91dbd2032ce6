import Execution
import FormatKeras
import FormatONNX
import FormatTFLite
import FormatTensorFlow
import WireFormats

/// A bound that `--limit NAME=VALUE` changes.
struct Limit: Sendable {
  /// What the value counts.
  enum Unit: String, Sendable {
    case bytes, count, seconds
  }

  var name: String
  var unit: Unit
  /// The value that holds where none is given, as the list shows it.
  var standard: String
  /// What is bounded, and where.
  var purpose: String

  init(_ name: String, _ unit: Unit, _ standard: String, _ purpose: String) {
    self.name = name
    self.unit = unit
    self.standard = standard
    self.purpose = purpose
  }

  /// All of them, in the order of the list.
  static let all: [Limit] = [
    Limit("file-bytes", .bytes, "16 GiB", "a model's file"),
    Limit("dir-entries", .count, "10000", "files of a SavedModel"),
    Limit("dir-bytes", .bytes, "64 GiB", "all files of a SavedModel together"),
    Limit(
      "nodes",
      .count,
      "2000000 (ONNX, TensorFlow Lite), by file size (others)",
      "operators, inlined ones too"
    ),
    Limit("tensors", .count, "2000000", "values (ONNX)"),
    Limit("functions", .count, "100000", "local functions (ONNX)"),
    Limit("subgraphs", .count, "10000, 4096 (TensorFlow)", "graphs of a model"),
    Limit("call-depth", .count, "64", "functions inside functions (TensorFlow)"),
    Limit("attributes", .count, "512", "attributes of one node (ONNX)"),
    Limit("rank", .count, "64", "axes of a tensor"),
    Limit("flatbuffer-depth", .count, "64", "tables inside tables (TensorFlow Lite)"),
    Limit("flatbuffer-tables", .count, "1000000, or by file size", "tables (TensorFlow Lite)"),
    Limit("name-bytes", .bytes, "4 KiB", "what is kept of a name; the rest becomes a hash"),
    Limit("all-names-bytes", .bytes, "256 MiB", "all names together (ONNX)"),
    Limit("metadata-alloc", .bytes, "32 × file + 16 MiB", "memory for the structure of a model"),
    Limit("tensor-alloc", .bytes, "2 GiB, 1 GiB (TensorFlow)", "a constant that has to be decoded"),
    Limit("dense-alloc", .bytes, "64 × file + 16 MiB", "constants that are stored in fewer bytes"),
    Limit("zip-entries", .count, "100000", "members of an archive (Keras, TensorFlow Lite)"),
    Limit("inflate-total", .bytes, "16 GiB", "what an archive's members decompress to (Keras)"),
    Limit("tensor-bytes", .bytes, "2 GiB", "one tensor of a run"),
    Limit("kernel-time", .seconds, "none", "one run of a model, looked at after each operator"),
    Limit("cache", .bytes, "256 MiB", "activations that a sweep keeps"),
    Limit("metric-time", .seconds, "600 s", "one run of the command of --metric"),
    Limit("layout-nodes", .count, "20000", "boxes that are laid out"),
    Limit("layout-time", .seconds, "10 s", "time of Graphviz, in a process of its own"),
    Limit("layout-mem", .bytes, "512 MiB", "memory of Graphviz, in a process of its own"),
    Limit("process-mem", .bytes, "none", "address space of the whole program"),
    Limit("process-time", .seconds, "none", "processor time of the whole program"),
  ]

  /// The limit of a name.
  static func named(_ name: String) -> Limit? { all.first { $0.name == name } }

  /// The list for people.
  static func list() -> String {
    let width = all.map(\.name.count).max() ?? 0
    let rows = all.map { limit in
      limit.name + String(repeating: " ", count: width + 2 - limit.name.count) + limit.purpose
        + ": " + limit.standard
    }
    let head = [
      "What --limit NAME=VALUE changes, and what holds without it. Bytes may have a unit: 512MiB.",
      "Nesting (100 levels), what Snappy and deflate can expand to, policies (1 MiB) and baselines",
      "(64 MiB) have fixed bounds.", "",
    ]
    return (head + rows).joined(separator: "\n") + "\n"
  }
}

/// What the user set of the limits.
struct Limits: Sendable {
  private var values: [String: Int] = [:]

  /// The defaults.
  init() {}

  /// The last value of a name counts.
  init(_ options: [LimitOption]) {
    for option in options { values[option.name] = option.value }
  }

  /// What the user set.
  subscript(name: String) -> Int? { values[name] }

  /// The most bytes of a model's file.
  var fileBytes: Int { values["file-bytes"] ?? 16 << 30 }

  var onnx: ONNXLimits {
    var limits = ONNXLimits()
    set(&limits.nodes, "nodes")
    set(&limits.tensors, "tensors")
    set(&limits.functions, "functions")
    set(&limits.graphs, "subgraphs")
    set(&limits.attributes, "attributes")
    set(&limits.rank, "rank")
    set(&limits.nameBytes, "name-bytes")
    set(&limits.allNameBytes, "all-names-bytes")
    set(&limits.tensorBytes, "tensor-alloc")
    // What the user says holds whatever the size of the file.
    if let bytes = values["metadata-alloc"] {
      (limits.inlinedFactor, limits.inlinedBytes) = (0, bytes)
    }
    if let bytes = values["dense-alloc"] { (limits.denseFactor, limits.denseBytes) = (0, bytes) }
    return limits
  }

  var tflite: TFLiteLimits {
    var limits = TFLiteLimits()
    set(&limits.subgraphs, "subgraphs")
    set(&limits.nodes, "nodes")
    set(&limits.archiveEntries, "zip-entries")
    set(&limits.rank, "rank")
    set(&limits.nameBytes, "name-bytes")
    limits.flatBufferDepth = values["flatbuffer-depth"]
    limits.flatBufferTables = values["flatbuffer-tables"]
    limits.structureBytes = values["metadata-alloc"]
    limits.denseBytes = values["dense-alloc"]
    return limits
  }

  var tensorFlow: TensorFlowLimits {
    var limits = TensorFlowLimits()
    if let nodes = values["nodes"] { (limits.nodes, limits.bytesPerNode) = (nodes, Int.max) }
    set(&limits.graphs, "subgraphs")
    set(&limits.callDepth, "call-depth")
    set(&limits.rank, "rank")
    set(&limits.nameBytes, "name-bytes")
    set(&limits.tensorBytes, "tensor-alloc")
    set(&limits.directoryEntries, "dir-entries")
    set(&limits.directoryBytes, "dir-bytes")
    if let bytes = values["dense-alloc"] { (limits.madeFactor, limits.madeBytes) = (0, bytes) }
    return limits
  }

  var keras: KerasLimits {
    var limits = KerasLimits()
    limits.nodes = values["nodes"]
    set(&limits.rank, "rank")
    set(&limits.archiveEntries, "zip-entries")
    set(&limits.inflatedBytes, "inflate-total")
    limits.chunkedBytes = values["dense-alloc"]
    return limits
  }

  var run: Interpreter.Limits {
    var limits = Interpreter.Limits()
    set(&limits.tensorBytes, "tensor-bytes")
    limits.seconds = values["kernel-time"]
    return limits
  }

  private func set(_ limit: inout Int, _ name: String) {
    if let value = values[name] { limit = value }
  }
}
