/// What a diagram is to show of a model.
package struct DiagramOptions: Sendable {
  /// By what boxes are coloured.
  package enum Colouring: String, Sendable, CaseIterable {
    case macs, time, weights, memory, sensitivity, action, target
  }

  /// The part of a model that is shown alone.
  package enum Part: String, Sendable, CaseIterable {
    /// Operators whose results, or which themselves, are in memory at the peak.
    case peak
    /// Operators that make up most of the quantity that colours them.
    case hotspots
    /// Operators that the target or the tool cannot run.
    case unsupported
  }

  /// Whether repeated blocks are drawn once and operators share boxes.
  package enum Folding: String, Sendable, CaseIterable {
    /// Repetitions are folded where the graph is large.
    case auto
    case always
    /// Every operator has a box of its own.
    case never
  }

  package var colouring: Colouring
  package var part: Part?
  package var folding: Folding
  /// Scopes below this depth become one box.
  package var depth: Int?
  package var focus: Focus?

  /// A layer and how far around it to look.
  package struct Focus: Sendable, Equatable {
    package var layer: String
    package var radius: Int

    package init(layer: String, radius: Int) {
      self.layer = layer
      self.radius = radius
    }
  }

  package init(
    colouring: Colouring = .macs,
    part: Part? = nil,
    folding: Folding = .auto,
    depth: Int? = nil,
    focus: Focus? = nil
  ) {
    self.colouring = colouring
    self.part = part
    self.folding = folding
    self.depth = depth
    self.focus = focus
  }
}

/// Figures of operators that the profile does not hold: measured or planned elsewhere.
///
/// Each array has an entry for each row of the profile; `nil` where nothing is known of it.
package struct DiagramOverlay: Sendable, Equatable {
  /// Measured or estimated time, in microseconds; 0 where it is in another operator's time.
  package var microseconds: [Double?]?
  /// How much the model's answer suffers, by the metric that `sensitivityMetric` names.
  package var sensitivity: [Double?]?
  package var sensitivityMetric: String
  /// The action that a plan chose.
  package var actions: [String?]?
  /// What a deployment target says.
  package var support: [Support?]?
  package var targetName: String

  /// Whether a target runs an operator.
  package enum Support: String, Sendable, CaseIterable {
    case supported, unsupported, unknown
  }

  package init(
    microseconds: [Double?]? = nil,
    sensitivity: [Double?]? = nil,
    sensitivityMetric: String = "divergence",
    actions: [String?]? = nil,
    support: [Support?]? = nil,
    targetName: String = ""
  ) {
    self.microseconds = microseconds
    self.sensitivity = sensitivity
    self.sensitivityMetric = sensitivityMetric
    self.actions = actions
    self.support = support
    self.targetName = targetName
  }
}

/// Why a diagram cannot be made.
package struct DiagramError: Error, Equatable, Sendable {
  /// What is wrong: lower case, no full stop.
  package var message: String

  package init(_ message: String) { self.message = message }
}
