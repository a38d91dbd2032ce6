import Techniques

/// What a sweep found: everything that reports say.
package struct SensitivityResult: Sendable {
  /// Which samples were used.
  package struct Calibration: Equatable, Sendable {
    package var samples: Int
    package var sha256: String
    package var preprocessing: String
    package var preprocessingOrigin: String
    /// What chose the samples; `nil` where they are all or the first ones.
    package var seed: UInt64?
    package var hasLabels: Bool

    package init(
      samples: Int,
      sha256: String,
      preprocessing: String,
      preprocessingOrigin: String,
      seed: UInt64?,
      hasLabels: Bool
    ) {
      self.samples = samples
      self.sha256 = sha256
      self.preprocessing = preprocessing
      self.preprocessingOrigin = preprocessingOrigin
      self.seed = seed
      self.hasLabels = hasLabels
    }
  }

  /// A place where actions were taken.
  package struct SiteFacts: Equatable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
      case weights, activations, channels
    }

    package var id: String
    package var kind: Kind
    /// The operator's place in the graph; `nil` for a model's input.
    package var operatorIndex: Int?
    /// The operator's name.
    package var name: String
    /// The layer of the user's own model; `nil` where the file does not tell.
    package var layer: String?
    package var tensor: String
    package var parameters: Int
    package var bytes: Int?

    init(
      id: String,
      kind: Kind,
      operatorIndex: Int? = nil,
      name: String,
      layer: String? = nil,
      tensor: String,
      parameters: Int,
      bytes: Int? = nil
    ) {
      self.id = id
      self.kind = kind
      self.operatorIndex = operatorIndex
      self.name = name
      self.layer = layer
      self.tensor = tensor
      self.parameters = parameters
      self.bytes = bytes
    }

    init(_ site: Site) {
      id = site.id
      kind =
        switch site.kind {
        case .weights: .weights
        case .activations: .activations
        case .channels: .channels
        }
      operatorIndex = site.node?.index
      name = site.operatorName
      layer = site.layer
      tensor = site.tensor
      parameters = site.parameters
      bytes = site.bytes
    }
  }

  /// The effect of one change.
  package struct Effect: Sendable {
    /// `nil` where nothing finite was measured.
    package var divergence: Interval?
    /// `10 log₁₀(Σ y² / Σ (y − ŷ)²)`; `nil` where the outputs are the same or nothing was measured.
    package var sqnrDecibels: Double?
    package var cosine: Double?
    package var top1Agreement: Double?
    package var accuracy: Double?
    package var top5Accuracy: Double?
    /// The samples that it was measured on.
    package var samples: Int
    /// Samples with outputs that are no finite numbers; they are in no mean.
    package var notFinite: Int
    /// What the user's metric says; `nil` where it was not asked, or gave no number.
    package var own: Double?
  }

  /// An action at a site.
  package struct Measurement: Sendable {
    package enum Method: String, Sendable {
      case exact, screened
    }

    /// The place in `sites`.
    package var site: Int
    package var action: String
    package var bytes: Int?
    package var sparseBytes: Int?
    package var multiplyAdds: Int?
    package var effect: Effect
    package var method: Method
    /// What screening says, where it was done.
    package var estimate: Double?
    /// The divergence of each sample, in order; NaN where it is not finite, empty where estimated.
    package var perSample: [Double]
  }

  /// A converter's mode for the whole model.
  package struct Mode: Sendable {
    /// `float16`, `dynamic-range`, `full-integer`, `int16x8`.
    package var mode: String
    package var weightBytes: Int?
    package var effect: Effect
  }

  /// A site's place among those of its kind: 1 loses most.
  package struct Rank: Equatable, Sendable {
    package var site: Int
    package var rank: Int
    /// The mean over the actions of where the site stands: 1 is always last, 0 always first.
    package var score: Double
  }

  /// Whether there were enough samples to rank the sites.
  package struct Adequacy: Equatable, Sendable {
    package var isEnough: Bool
    /// Spearman's, of the ranking by the odd and by the even samples; `nil` where unknown.
    package var halvesCorrelation: Double?
    /// What it comes to for all samples together (Spearman-Brown).
    package var reliability: Double?
    /// Samples for a reliability of 0.95; `nil` where unknown.
    package var samplesNeeded: Int?
    /// Why there is no number, or over what it was taken.
    package var note: String
  }

  /// Two layers changed together.
  package struct Interaction: Equatable, Sendable {
    package var first: Int
    package var second: Int
    package var action: String
    package var sum: Double
    package var together: Double
    /// `together / sum`: 1 where costs add up.
    package var ratio: Double?
  }

  /// How well estimates order sites, for one action.
  package struct ScreeningQuality: Equatable, Sendable {
    package var action: String
    /// Sites that were both estimated and measured on all samples.
    package var sites: Int
    /// Spearman's; `nil` for fewer than three sites.
    package var correlation: Double?
    /// Whether the action was run on a few samples at some sites, which the estimates take in.
    package var isRun: Bool
  }

  /// A trial that gave nothing.
  package struct Failure: Equatable, Sendable {
    package var site: Int?
    package var name: String
    package var reason: String
  }

  package var calibration: Calibration
  package var metric: OutputMeasure.Metric
  package var metricReason: String
  /// The values that were looked at.
  package var measuredAt: [String]
  package var effort: SweepOptions.Effort
  package var isComplete: Bool
  /// The float model's own figures; accuracy where labels are given.
  package var baselineAccuracy: Double?
  package var baselineTop5: Double?
  /// The user's metric, and what it says of the float model.
  package var ownMetric: (command: String, baseline: Double?)?
  /// Samples on which the float model itself gives no finite numbers.
  package var baselineNotFinite: Int
  package var sites: [SiteFacts]
  package var unreachable: [SiteFacts]
  /// In the order of sites, then actions.
  package var measurements: [Measurement]
  package var modes: [Mode]
  package var ranking: [Rank]
  package var adequacy: Adequacy
  package var interactions: [Interaction]
  package var screening: [ScreeningQuality]
  package var failures: [Failure]
  /// Trials that were not run for lack of time.
  package var missing: Int
}
