/// What each action does at each site: what a plan is made from.
package struct SensitivityTable: Sendable, Equatable {
  /// Where actions apply.
  package struct Site: Sendable, Equatable {
    package var id: String
    /// `weights`, `activations` or `channels`.
    package var kind: String
    package var operatorIndex: Int?
    package var name: String
    package var layer: String?
    package var tensor: String
    package var parameters: Int
    package var bytes: Int?
  }

  /// A mean and where it lies with 95 % confidence.
  package struct Interval: Sendable, Equatable {
    package var mean: Double
    package var low: Double
    package var high: Double

    package init(mean: Double, low: Double, high: Double) {
      self.mean = mean
      self.low = low
      self.high = high
    }
  }

  /// An action at a site.
  package struct Measurement: Sendable, Equatable {
    package var site: Int
    package var action: String
    package var bytes: Int?
    package var multiplyAdds: Int?
    package var divergence: Interval?
    package var accuracy: Double?
    package var top1Agreement: Double?
  }

  /// Whether the samples rank the sites alike.
  package struct Adequacy: Sendable, Equatable {
    /// The reliability from which samples are enough.
    package static let enough = 0.95

    package var isEnough: Bool
    /// Of all samples together (Spearman and Brown); `nil` where it cannot be told.
    package var reliability: Double?
    package var samplesNeeded: Int?

    package init(isEnough: Bool, reliability: Double?, samplesNeeded: Int?) {
      self.isEnough = isEnough
      self.reliability = reliability
      self.samplesNeeded = samplesNeeded
    }
  }

  /// Where the divergences come from.
  package enum Origin: Sendable, Equatable {
    /// Outputs of the model on samples.
    case measured(samples: Int)
    /// The error of the weights alone: nothing was run.
    case weightsAlone
  }

  package var origin: Origin
  /// `kl`, `relative-mse`, or `relative-weight-error`.
  package var metric: String
  package var baselineAccuracy: Double?
  /// The SHA-256 of the samples; `nil` where nothing was run.
  package var samplesDigest: String?
  package var sites: [Site]
  /// In the order of sites, then actions.
  package var measurements: [Measurement]
  /// `nil` where it was not judged.
  package var adequacy: Adequacy?

  package init(
    origin: Origin,
    metric: String,
    baselineAccuracy: Double?,
    sites: [Site],
    measurements: [Measurement]
  ) {
    self.origin = origin
    self.metric = metric
    self.baselineAccuracy = baselineAccuracy
    self.sites = sites
    self.measurements = measurements
  }
}
