/// Runs a whole plan on samples.
package protocol PlanSimulator {
  /// What the model with these choices loses; `chosen` has one choice for each group.
  func simulate(_ chosen: [Int]) throws(PlanningError) -> SimulatedFigures
}

/// What a simulation measured.
package struct SimulatedFigures: Sendable, Equatable {
  package var divergence: SensitivityTable.Interval
  package var accuracy: Double?
  package var top1Agreement: Double?
  package var samples: Int
  /// The standard deviation of the divergence over the samples; `nil` where it is not known.
  package var deviation: Double?
  /// Its skewness, `Σ (x − x̄)³ / (n s³)`; 0 where it is not known.
  package var skewness = 0.0

  package init(
    divergence: SensitivityTable.Interval,
    accuracy: Double? = nil,
    top1Agreement: Double? = nil,
    samples: Int
  ) {
    self.divergence = divergence
    self.accuracy = accuracy
    self.top1Agreement = top1Agreement
    self.samples = samples
  }
}
