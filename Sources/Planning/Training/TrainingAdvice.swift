/// A step that wins back what compression loses, with the measurement that calls for it.
package struct TrainingAdvice: Sendable, Equatable {
  /// What is advised.
  package enum Step: String, Sendable, CaseIterable {
    /// Measure again with more samples before anything is decided.
    case moreSamples = "more-samples"
    /// One scale for each output channel instead of one for all.
    case perChannelScales = "per-channel-scales"
    case quantizationAware = "quantization-aware"
    case gradualPruning = "gradual-pruning"
    case distillation
    case binary
    /// Members of an ensemble that answer alike: one serves for both.
    case mergeMembers = "merge-members"
    /// A member without which the ensemble answers as well.
    case dropMember = "drop-member"

    /// Whether it changes weights by training.
    package var isTraining: Bool {
      switch self {
      case .quantizationAware, .gradualPruning, .distillation, .binary: true
      case .moreSamples, .perChannelScales, .mergeMembers, .dropMember: false
      }
    }

    /// A few words for people.
    package var title: String {
      switch self {
      case .moreSamples: "more calibration samples"
      case .perChannelScales: "scales by channel"
      case .quantizationAware: "quantization-aware training"
      case .gradualPruning: "gradual pruning"
      case .distillation: "distillation"
      case .binary: "binary training"
      case .mergeMembers: "members to merge"
      case .dropMember: "a member to drop"
      }
    }
  }

  /// The measurement without which the advice would not be.
  package struct Evidence: Sendable, Equatable {
    /// Where the value comes from.
    package enum Origin: String, Sendable {
      /// Samples that the search did not see.
      case verified
      /// The sum of what each action cost alone, or the simulated plan.
      case predicted
      /// One action at one site.
      case sensitivity
      /// The halves of the calibration data.
      case adequacy
      /// Answers of several models.
      case members
    }

    package var origin: Origin
    /// What was measured, such as `accuracy`.
    package var figure: String
    package var value: Double
    /// What it is held against.
    package var limit: Double
    /// Whether a budget set the limit; the tool's own default otherwise.
    package var isBudget: Bool
    /// Where it was measured, if at one site.
    package var site: String?

    package init(
      origin: Origin,
      figure: String,
      value: Double,
      limit: Double,
      isBudget: Bool,
      site: String? = nil
    ) {
      self.origin = origin
      self.figure = figure
      self.value = value
      self.limit = limit
      self.isBudget = isBudget
      self.site = site
    }
  }

  /// A setting of the step, by the name that the recipes read.
  package struct Setting: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
      case whole(Int)
      case number(Double)
      case text(String)
      case texts([String])
    }

    package var name: String
    package var value: Value

    package init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }
  }

  package var step: Step
  package var evidence: Evidence
  /// Why, in a sentence: lower case, no full stop.
  package var reason: String
  /// The sites that it is about, the one that loses most first.
  package var sites: [String]
  package var settings: [Setting]

  package init(
    _ step: Step,
    evidence: Evidence,
    reason: String,
    sites: [String] = [],
    settings: [Setting] = []
  ) {
    self.step = step
    self.evidence = evidence
    self.reason = reason
    self.sites = sites
    self.settings = settings
  }
}
