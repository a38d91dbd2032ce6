import ModelIR

/// What was noticed while loading; docs/findings.md lists the codes.
struct Findings {
  /// The kinds of findings of this loader.
  enum Kind: Int, CaseIterable {
    case quantizationAxis, quantizationScale, zeroPoint, sparseConstant, optionsType
    case externalBuffer, unknownBuiltin, shapeSignature, metadata, longName

    var code: String {
      switch self {
      case .quantizationAxis: "F01 quantization-axis"
      case .quantizationScale: "F02 quantization-scale"
      case .zeroPoint: "F03 zero-point"
      case .sparseConstant: "F04 sparse-constant"
      case .optionsType: "F05 options-type"
      case .externalBuffer: "F06 external-buffer"
      case .unknownBuiltin: "F07 unknown-builtin"
      case .shapeSignature: "F08 shape-signature"
      case .metadata: "F09 metadata"
      case .longName: "F10 long-name"
      }
    }

    var severity: Diagnostic.Severity {
      switch self {
      case .externalBuffer: .error
      case .metadata, .longName: .note
      default: .warning
      }
    }

    var fix: String? {
      switch self {
      case .quantizationAxis:
        "convert the model again; current runtimes refuse it, microcontroller runtimes do not look"
      case .quantizationScale: "calibrate again with samples that reach every layer"
      case .zeroPoint: "convert the model again"
      case .sparseConstant: "analyze a dense version of the model"
      case .optionsType: "convert the model again; the runtime uses defaults for these options"
      case .externalBuffer: "analyze a version of the model with the weights inside"
      case .unknownBuiltin: "the file is newer than this tool"
      case .shapeSignature: "convert the model again"
      case .metadata: "write the metadata again"
      case .longName: nil
      }
    }
  }

  private var first: [Kind: Diagnostic] = [:]
  private var counts: [Kind: Int] = [:]

  /// Notes one; of each kind only the first is told in full, the others are counted.
  mutating func add(
    _ kind: Kind,
    _ message: @autoclosure () -> String,
    graph: GraphID = GraphID(0),
    node: NodeID? = nil
  ) {
    counts[kind, default: 0] += 1
    guard first[kind] == nil else { return }
    first[kind] = Diagnostic(
      kind.code,
      kind.severity,
      message(),
      fix: kind.fix,
      graph: graph,
      node: node
    )
  }

  /// All of them, in the order of their codes.
  func diagnostics() -> [Diagnostic] {
    Kind.allCases.compactMap { kind in
      guard var diagnostic = first[kind], let count = counts[kind] else { return nil }
      if count > 1 { diagnostic.message += " (and \(count - 1) more)" }
      return diagnostic
    }
  }
}
