import ByteIO
import ModelIR
import WireFormats

/// Reads one model; holds what its parts have in common while it does.
struct ONNXLoader {
  let bytes: Bytes
  let path: String
  let options: ONNXLoadOptions

  var book: LedgerBook
  var diagnostics: [Diagnostic] = []
  var graphs: [Graph] = []
  /// The scopes of names that are open, innermost last.
  var scopes: [Scope] = []
  var functions: [FunctionProto] = []
  var functionsByKey: [FunctionKey: Int] = [:]
  var externalFiles = ExternalFiles()
  var tally = Tally()
  var layers = LayerNames()
  /// What inlined functions may still take in memory.
  var inlinedBytesLeft: Int
  /// What sparse tensors may still take when they are dense.
  var denseBytesLeft: Int

  init(_ bytes: Bytes, path: String, options: ONNXLoadOptions) {
    self.bytes = bytes
    self.path = path
    self.options = options
    book = LedgerBook(bytes, path: path)
    let limits = options.limits
    inlinedBytesLeft = Self.allowance(bytes, limits.inlinedFactor, limits.inlinedBytes)
    denseBytesLeft = min(
      limits.tensorBytes,
      Self.allowance(bytes, limits.denseFactor, limits.denseBytes)
    )
  }

  /// What a file of this size may ask for in memory.
  private static func allowance(_ bytes: Bytes, _ factor: Int, _ constant: Int) -> Int {
    let (scaled, overflow) = bytes.count.multipliedReportingOverflow(by: factor)
    let (sum, sumOverflow) = scaled.addingReportingOverflow(constant)
    return overflow || sumOverflow ? Int.max : sum
  }

  var limits: ONNXLimits { options.limits }

  /// Reads everything.
  mutating func load() throws(ReadError) -> Model {
    let header = try ModelHeader(ProtobufMessage(bytes), book: &book)
    guard let graph = header.graph else {
      throw ReadError(
        .modelInvalid,
        "the file has no graph",
        hint: "is it an ONNX model?"
      )
    }
    guard header.functions.count <= limits.functions else {
      throw limitExceeded("functions", header.functions.count, limits.functions)
    }
    let opsets = operatorSets(of: header)
    for (index, field) in header.functions.enumerated() {
      try located("functions[\(index)]") { () throws(ReadError) in
        try declareFunction(field, index: index)
      }
    }
    try located("graph") { () throws(ReadError) in
      _ = try buildGraph(graph, parent: nil, path: "graph", opsets: opsets)
    }
    for function in functions where !function.isUsed {
      book.claim(function.range, as: .otherGraphs)
    }
    for (index, graph) in graphs.enumerated() {
      try located("graphs[\(index)]") { () throws(ReadError) in
        try graph.checkInvariants(graphCount: graphs.count)
      }
    }
    report(header)
    return Model(
      format: .onnx,
      path: path,
      graphs: graphs,
      ledger: book.finish(),
      diagnostics: diagnostics,
      metadata: header.metadata(limit: limits.nameBytes)
    )
  }

  /// The version of each operator set, by normalised domain.
  private mutating func operatorSets(of header: ModelHeader) -> [String: Int] {
    var opsets = header.opsets
    if header.irVersion ?? 0 < 3, opsets[""] == nil {
      // Operator sets came with IR version 3; before it there was only the first one.
      opsets[""] = 1
    }
    noteNewer("operator set", opsets[""], NewestKnown.opset)
    noteNewer("IR version", header.irVersion, NewestKnown.irVersion)
    return opsets
  }

  private mutating func noteNewer(_ what: String, _ version: Int?, _ newest: Int) {
    guard let version, version > newest else { return }
    diagnostics.append(
      Diagnostic(
        "F36 newer-than-known",
        .note,
        "\(what) \(version) is newer than \(newest), the newest one known here; what changed since"
          + " may be misread"
      )
    )
  }

  func limitExceeded(_ name: String, _ value: Int, _ limit: Int) -> ReadError {
    ReadError(
      .limitExceeded,
      "the model has \(value) \(name), more than the limit of \(limit)",
      hint: "--limit \(name)=\(value) allows it"
    )
  }
}

/// Names that are visible while a graph or an inlined function is read.
struct Scope {
  /// The graph that nodes are added to.
  let graph: GraphID
  /// What each name stands for; `nil` for an operand that the caller of a function left out.
  var values: [NameKey: ValueID?] = [:]
  /// The scope around it, whose names can be used too; functions have none.
  var parent: Int?
  /// Which function is being inlined.
  var function: Int?
  /// What stands before the names of nodes and values: the call's name.
  var prefix = ""
  /// The place in the file's structure.
  var path: String
  /// The version of each operator set, by domain.
  var opsets: [String: Int]
  /// What the caller of a function gives for its attributes.
  var bindings: [NameKey: AttributeBinding] = [:]
  /// The layer of the call that is being inlined.
  var layer: String?
}

/// An attribute's value, and the scope that names in it are looked up in.
struct AttributeBinding {
  var attribute: AttributeProto
  var scope: Int
  /// Whether the bytes of the value have their labels already.
  var isClaimed: Bool
}

/// Which function a node calls.
struct FunctionKey: Hashable {
  var domain: String
  var name: String
  var overload: String
}

/// What is counted while reading, to be reported once.
struct Tally {
  var nodes = 0
  var values = 0
  var nameBytes = 0
  var initializersAsInputs = 0
  var inlinedCalls = 0
  var inlinedNodes = 0
  var unsortedGraphs: [GraphID] = []
  var missingFiles: [String: Int] = [:]
  var unknownExternalKeys: Set<String> = []
  var unknownOperators: [String: Int] = [:]
  var unknownTypes: [Int: Int] = [:]
  var unexpandedSparse: [String] = []
  var unusedAnnotations: [String] = []
  var domainsWithoutOpset: Set<String> = []
  var negativeDimensions = 0
}
