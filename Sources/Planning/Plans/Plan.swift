/// A decision: which action on which layer, what it brings and what it is expected to cost.
package struct Plan: Sendable {
  /// How a plan ended.
  package enum Status: String, Sendable {
    case optimal, feasible, infeasible
  }

  /// One site and what is done to it.
  package struct Layer: Sendable, Equatable {
    package var site: String
    /// What is changed there.
    package var kind = PlanGroup.Kind.weights
    package var layer: String?
    package var tensor: String
    /// The first output of the operator, by which tools find it; `nil` where it has none.
    package var output: String?
    /// The operator's name and its type in the file.
    package var operatorName: String
    package var sourceType: String
    /// `nil` leaves it as it is.
    package var action: String?
    /// Of weights as they are stored, of activations in memory, of channels all weights of their layers.
    package var bytesBefore: Int
    package var bytesAfter: Int
    /// Of the layer that has the weights; `nil` where unknown, and for other kinds.
    package var multiplyAddsBefore: Int?
    package var multiplyAddsAfter: Int?
    package var predictedDivergence: Double
  }

  package var goal: PlanProblem.Goal
  package var target: String?
  package var scenario: String?
  package var preset: String?
  package var budgets: BudgetSet
  package var status: Status
  package var gap: Double
  package var origin: SensitivityTable.Origin
  package var metric: String
  package var layers: [Layer]
  package var originals: [BudgetFigure: Double]
  package var predicted: [BudgetFigure: Double]
  /// Where the divergence is expected: if the sites' confidence limits add up, or, where the whole plan
  /// was simulated, where the mean over the samples held out lies with 95 % confidence.
  package var divergence: SensitivityTable.Interval?
  /// The share of samples whose answer is expected to stay; `nil` where nothing was simulated.
  package var predictedAgreement: Double?
  /// How the search went; `nil` where nothing was simulated.
  package var search: PlanSearch?
  /// What the samples showed that the search did not see.
  package var verified: PlanVerification?
  package var marginals: [PlanSolver.Marginal]
  package var infeasibility: PlanSolver.Infeasibility?
  package var front: [PlanSolver.Point]
  /// What reports have to say beside the figures: lower case, no full stop.
  package var notes: [String]
  /// Steps that could win back what is lost, each with its measurement.
  package var training: [TrainingAdvice] = []

  /// The budgets that bind.
  package var binding: [BudgetFigure] {
    if let infeasibility {
      let alone = infeasibility.figures.filter(\.isBinding).map(\.figure)
      return alone.isEmpty ? infeasibility.figures.map(\.figure) : alone
    }
    return marginals.filter(\.binds).map(\.figure)
  }

  /// Whether any figure was measured on samples.
  package var isVerified: Bool { verified != nil }

  /// The weights and what is done to them.
  package var weightLayers: [Layer] { layers.filter { $0.kind == .weights } }

  /// Layers by action, in the order of first use.
  package var actions: [(action: String, layers: [Layer])] {
    var names: [String] = []
    for layer in layers {
      if let action = layer.action, !names.contains(action) { names.append(action) }
    }
    return names.map { name in (name, layers.filter { $0.action == name }) }
  }
}
