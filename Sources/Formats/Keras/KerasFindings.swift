import ModelIR

/// What was noticed while loading; docs/findings.md lists the codes.
struct KerasFindings {
  /// The kinds of findings of this loader.
  enum Kind: Int, CaseIterable {
    case lambda, unknownLayer, weightsOnly, trainingState, statefulLayer, unplacedWeights
    case missingWeights, compressedWeights, optionNotFollowed, mixedPrecision

    var code: String {
      switch self {
      case .lambda: "K01 lambda-layer"
      case .unknownLayer: "K02 unknown-layer"
      case .weightsOnly: "K03 weights-only"
      case .trainingState: "K04 training-state"
      case .statefulLayer: "K05 stateful-layer"
      case .unplacedWeights: "K06 unplaced-weights"
      case .missingWeights: "K07 missing-weights"
      case .compressedWeights: "K08 compressed-weights"
      case .optionNotFollowed: "K09 option-not-followed"
      case .mixedPrecision: "K10 mixed-precision"
      }
    }

    var severity: Diagnostic.Severity {
      switch self {
      case .weightsOnly, .trainingState, .statefulLayer, .compressedWeights, .mixedPrecision: .note
      default: .warning
      }
    }

    var fix: String? {
      switch self {
      case .lambda: "replace it by layers of Keras; code in a model file is never run here"
      case .unknownLayer: "use layers of Keras where the figures matter"
      case .weightsOnly: "save the whole model (`model.save`) to see its graph"
      case .trainingState: "save with `include_optimizer=False`"
      case .statefulLayer, .mixedPrecision: nil
      case .unplacedWeights, .missingWeights: "save the whole model again"
      case .compressedWeights: "save without compression"
      case .optionNotFollowed: nil
      }
    }
  }

  private var first: [Kind: Diagnostic] = [:]
  private var counts: [Kind: Int] = [:]

  /// Notes one; of each kind only the first is told in full, the others are counted.
  mutating func add(_ kind: Kind, _ message: @autoclosure () -> String, node: NodeID? = nil) {
    counts[kind, default: 0] += 1
    guard first[kind] == nil else { return }
    first[kind] = Diagnostic(kind.code, kind.severity, message(), fix: kind.fix, node: node)
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
