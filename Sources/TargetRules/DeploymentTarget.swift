import ModelIR

/// A place where a model is to run: what it takes, and how fast and how large it is.
///
/// It is what one file of `rules/targets` says; `rules/README.md` explains each field. What the file
/// leaves out is `nil`: unknown, never 0.
package struct DeploymentTarget: Sendable {
  /// The name by which people ask for it: `tflite-micro`.
  package var name: String
  /// One line for people.
  package var title: String
  /// The version of the runtime or the revision of the hardware that the facts are about.
  package var version: String
  /// Who runs the operators: `TensorFlow Lite Micro`.
  package var runtime: String
  /// The formats that the runtime loads as they are.
  package var formats: [ModelFormat]
  /// Whether an operator that is not listed is known to be unsupported.
  package var isComplete: Bool
  /// Where the facts come from, in the order of the file.
  package var sources: [RuleSource]
  /// What the runtime can do, operator by operator.
  package var operators: OperatorRules
  /// What happens to the operators that the target does not run.
  package var partition: PartitionRule
  package var memory: MemoryRule?
  package var arithmetic: ArithmeticRule?
  package var bandwidth: BandwidthRule?
  package var overhead: OverheadRule?
  /// What compression is worth there, in the order of the file.
  package var compression: [CompressionRule]

  /// The source of a key.
  package func source(_ key: String) -> RuleSource? { sources.first { $0.key == key } }
}

/// Where a fact was read.
package struct RuleSource: Sendable, Equatable {
  /// The word by which the rule file refers to it.
  package var key: String
  /// Who says it: `tensorflow/tflite-micro`.
  package var project: String
  /// Where: a path in the project, or a chapter of a document.
  package var file: String
  /// Which state of it: a commit, a release, a revision.
  package var version: String
  /// The date of that state, or the day of reading: `2025-11-03`.
  package var date: String
}

/// What happens to the operators that a target does not run.
package struct PartitionRule: Sendable, Equatable {
  /// The ways that runtimes have.
  package enum Kind: String, Sendable, CaseIterable {
    /// The model is refused as a whole.
    case whole
    /// Everything from the first unsupported operator on runs elsewhere.
    case prefix
    /// Each group of supported operators runs there, the rest elsewhere.
    case islands
  }

  package var kind: Kind
  /// Where the rest runs, for people: `the CPU`; `nil` where nothing takes it.
  package var fallback: String?
}

/// What memory there is and how a runtime lays it out.
package struct MemoryRule: Sendable, Equatable {
  /// Bytes for the program and the model.
  package var flashBytes: Int?
  /// Bytes for everything that changes.
  package var ramBytes: Int?
  /// Which planner lays out the activations.
  package var arenaPlanner: ArenaPlanner?
  /// What every tensor's offset in the arena is a multiple of.
  package var arenaAlignmentBytes: Int?
  package var source: String

  /// The planners that are known here.
  package enum ArenaPlanner: String, Sendable, CaseIterable {
    case tflite
    case tfliteMicro = "tflite-micro"
    /// Any other: a lower bound and a generic plan are all that can be told.
    case generic
  }
}

/// How many multiply-adds a target does at most.
package struct ArithmeticRule: Sendable, Equatable {
  /// Where the rates come from.
  package enum Basis: String, Sendable, CaseIterable {
    /// What the hardware can do at most.
    case peak
    /// What explains measured operators best.
    case fitted
  }

  /// The clock in hertz, where rates are given by cycle.
  package var clockHertz: Int?
  /// The cores that the rates are for.
  package var cores: Int?
  /// The peaks, by the type of the operands, in the order of the file.
  package var rates: [Rate]
  package var basis = Basis.peak
  package var source: String

  /// The peak for one type of operands.
  package struct Rate: Sendable, Equatable {
    package var type: ElementType
    /// Multiply-adds a second on all cores together.
    package var multiplyAddsPerSecond: Double
    package var source: String
  }

  /// The peak for operands of a type; `nil` where no figure is known.
  ///
  /// Instructions for signed bytes have twins for unsigned ones: what is not stated of those is as of
  /// these.
  package func multiplyAddsPerSecond(_ type: ElementType) -> Double? {
    let stated =
      rates.first { $0.type == type } ?? rates.first { $0.type == .int8 && type == .uint8 }
    return stated?.multiplyAddsPerSecond
  }
}

/// How fast bytes come and go.
package struct BandwidthRule: Sendable, Equatable {
  /// Bytes a second for activations, and for weights where nothing else is said.
  package var bytesPerSecond: Int?
  /// Bytes a second for weights, where they are in another memory.
  package var weightBytesPerSecond: Int?
  /// Bytes a second for tensors of a type, where it differs, in the order of the file.
  package var byType: [Rate]
  package var source: String

  /// What one type of elements reaches.
  package struct Rate: Sendable, Equatable {
    package var type: ElementType
    package var bytesPerSecond: Int
  }

  /// Bytes a second for activations of a type; `nil` where no figure is known.
  package func activationBytesPerSecond(_ type: ElementType) -> Int? {
    byType.first { $0.type == type }?.bytesPerSecond ?? bytesPerSecond
  }

  /// Bytes a second for weights of a type; `nil` where no figure is known.
  package func weightBytesPerSecond(_ type: ElementType) -> Int? {
    weightBytesPerSecond ?? activationBytesPerSecond(type)
  }
}

/// Time that passes whatever an operator computes.
package struct OverheadRule: Sendable, Equatable {
  /// For each operator.
  package var perOperatorNanoseconds: Int?
  /// For each change between the target and its fallback.
  package var perPartitionNanoseconds: Int?
  /// For operators of a name of the format, where it differs, in the order of the file.
  package var byOperator: [Entry]
  package var source: String

  /// What one operator takes.
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var nanoseconds: Int
  }

  /// For an operator of the format's name; `nil` where no figure is known.
  package func nanoseconds(operator name: String) -> Int? {
    byOperator.first { $0.name == name }?.nanoseconds ?? perOperatorNanoseconds
  }
}

/// What one way of compression is worth on a target.
package struct CompressionRule: Sendable, Equatable {
  /// The ways that are told apart.
  package enum Action: String, Sendable, CaseIterable {
    /// Weights as 16-bit floats.
    case float16
    /// Weights as 8-bit integers, activations as floats.
    case dynamicRange = "dynamic-range"
    /// Weights and activations as 8-bit integers.
    case fullInteger = "full-integer"
    /// Weights as 8-bit, activations as 16-bit integers.
    case int16Activations = "int16-activations"
    /// One scale for each output channel instead of one for a tensor.
    case perChannel = "per-channel"
    /// Weights as 4-bit integers.
    case int4Weights = "int4-weights"
    /// Single weights set to zero.
    case pruneUnstructured = "prune-unstructured"
    /// Two of four neighbouring weights set to zero.
    case prune2to4 = "prune-2:4"
    /// Blocks of weights set to zero.
    case pruneBlock = "prune-block"
    /// Whole channels removed.
    case pruneChannels = "prune-channels"
    /// Weights that share few values.
    case clustering
  }

  /// What it brings.
  package enum Effect: String, Sendable, CaseIterable {
    /// The model becomes smaller or faster there.
    case pays
    /// The model runs, neither smaller nor faster.
    case nothing
    /// The model does not run there any more.
    case refused
  }

  package var action: Action
  package var effect: Effect
  /// Why, for people: lower case, no full stop.
  package var reason: String
  package var source: String
}

extension DeploymentTarget {
  /// The operators that it supports under some condition, in the order of the file, each once.
  package var operatorNames: [String] {
    var seen: Set<String> = []
    return operators.entries.filter { $0.support == .yes }.flatMap(\.names)
      .filter { seen.insert($0).inserted }
  }
}
