import ModelIR

/// What a comparison needs to know of a model: made from a fresh profile or read from a saved report.
package struct ReportSnapshot: Sendable, Equatable {
  /// The path as it was given.
  package var path: String
  /// `tflite`, `onnx` …: the report's `model.format`.
  package var format: String
  /// The digest of the model's files, where it was made.
  package var sha256: String?
  /// The report's totals.
  package var totals: Totals
  /// The bytes of the file by what they are for; they sum to `totals.fileBytes`.
  package var bytes: [CategoryBytes]
  package var operators: [OperatorSummary]
  package var findings: [FindingSummary]
  /// What the memory planners say, by planner.
  package var arenas: [Arena]
  /// What the targets say, where some were asked.
  package var targets: [Target]
  /// What sensitivity and plan files say of the model's answers, by the file's path.
  package var quality: [String: Quality] = [:]
  /// What standard modes of compression would bring, the gentlest first; not of saved reports.
  package var modes: [Mode] = []

  /// The figures of the whole model; `nil` is unknown.
  package struct Totals: Sendable, Equatable {
    package var operators = 0
    package var fileBytes = 0
    /// The size after gzip, where somebody asked for it.
    package var gzipBytes: Int?
    /// The size after zstd, where somebody asked for it and zstd is there.
    package var zstdBytes: Int?
    package var parameters: Int?
    package var weightBytes: Int?
    package var multiplyAdds: Int?
    package var flops: Int?
    package var uncounted: Int?
    package var activationBytes: Int?
    package var peakActivationBytes: Int?
    package var peakLowerBoundBytes: Int?
    /// The share of zeros among the weights, 0 to 1.
    package var sparsity: Double?
    /// The share of parameters that are stored in 8 bits or fewer, 0 to 1.
    package var quantizedShare: Double?

    package init() {}
  }

  /// Bytes of one category of the ledger.
  package struct CategoryBytes: Sendable, Equatable {
    package var category: String
    package var bytes: Int

    package init(category: String, bytes: Int) {
      self.category = category
      self.bytes = bytes
    }
  }

  /// One operator.
  package struct OperatorSummary: Sendable, Equatable {
    package var index: Int
    package var graph: Int
    package var name: String
    package var type: String
    package var sourceType: String
    package var layer: String?
    package var inputs: [String]
    package var outputs: [String]
    /// Extents, −1 where unknown; `nil` where not even the rank is known.
    package var outputShapes: [[Int]?]
    package var outputTypes: [String]
    package var parameters: Int
    package var weightBytes: Int
    package var multiplyAdds: Int?
    package var activationBytes: Int?
    package var liveBytes: Int?
    /// Of the constants that it is the first to use; `nil` where it has none or they were not read.
    package var weightHash: UInt64?
    /// The types of its weights, such as `int8`.
    package var weightTypes: [String]

    package init(
      index: Int,
      graph: Int,
      name: String,
      type: String,
      sourceType: String,
      layer: String?,
      inputs: [String],
      outputs: [String],
      outputShapes: [[Int]?],
      outputTypes: [String],
      parameters: Int,
      weightBytes: Int,
      multiplyAdds: Int?,
      activationBytes: Int?,
      liveBytes: Int?,
      weightHash: UInt64?,
      weightTypes: [String]
    ) {
      self.index = index
      self.graph = graph
      self.name = name
      self.type = type
      self.sourceType = sourceType
      self.layer = layer
      self.inputs = inputs
      self.outputs = outputs
      self.outputShapes = outputShapes
      self.outputTypes = outputTypes
      self.parameters = parameters
      self.weightBytes = weightBytes
      self.multiplyAdds = multiplyAdds
      self.activationBytes = activationBytes
      self.liveBytes = liveBytes
      self.weightHash = weightHash
      self.weightTypes = weightTypes
    }

    /// The name to show.
    package var title: String { layer ?? name }
  }

  /// One finding.
  package struct FindingSummary: Sendable, Equatable {
    package var code: String
    package var severity: String
    package var operatorIndex: Int?

    package init(code: String, severity: String, operatorIndex: Int?) {
      self.code = code
      self.severity = severity
      self.operatorIndex = operatorIndex
    }
  }

  /// What a memory planner needs.
  package struct Arena: Sendable, Equatable {
    package var planner: String
    package var bytes: Int?

    package init(planner: String, bytes: Int?) {
      self.planner = planner
      self.bytes = bytes
    }
  }

  /// What a deployment target says.
  package struct Target: Sendable, Equatable {
    package var name: String
    /// `supported`, `unsupported` or `unknown`.
    package var verdict: String
    /// How many operators it refuses.
    package var unsupportedOperators: Int
    /// How many operators nobody can tell about.
    package var unknownOperators: Int
    /// `nil` where the target's figures do not suffice, also for what is only a lower bound.
    package var estimatedNanoseconds: Int?

    package init(
      name: String,
      verdict: String,
      unsupportedOperators: Int,
      unknownOperators: Int,
      estimatedNanoseconds: Int?
    ) {
      self.name = name
      self.verdict = verdict
      self.unsupportedOperators = unsupportedOperators
      self.unknownOperators = unknownOperators
      self.estimatedNanoseconds = estimatedNanoseconds
    }
  }

  /// How well the model answers, as somebody measured it.
  package struct Quality: Sendable, Equatable {
    /// Hundredths of a percent.
    package var accuracy: Int?
    /// Millionths.
    package var divergence: Int?
    /// Why a figure is missing.
    package var reason: String?

    package init(accuracy: Int? = nil, divergence: Int? = nil, reason: String? = nil) {
      self.accuracy = accuracy
      self.divergence = divergence
      self.reason = reason
    }
  }

  /// What the model would be after a standard mode of compression.
  package struct Mode: Sendable, Equatable {
    /// Such as `float16`.
    package var name: String
    package var fileBytes: Int?
    package var weightBytes: Int?
    /// By `planner`.
    package var arenaBytes: Int?
    package var planner: String?
    /// On `target`.
    package var nanoseconds: Int?
    package var target: String?

    package init(name: String) { self.name = name }
  }

  package init(
    path: String,
    format: String,
    sha256: String? = nil,
    totals: Totals = Totals(),
    bytes: [CategoryBytes] = [],
    operators: [OperatorSummary] = [],
    findings: [FindingSummary] = [],
    arenas: [Arena] = [],
    targets: [Target] = []
  ) {
    self.path = path
    self.format = format
    self.sha256 = sha256
    self.totals = totals
    self.bytes = bytes
    self.operators = operators
    self.findings = findings
    self.arenas = arenas
    self.targets = targets
  }
}
