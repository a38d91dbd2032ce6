/// A decision: which action on which layer, what it brings and what it is expected to cost.
package struct Plan: Sendable {
  /// How a plan ended.
  package enum Status: String, Sendable {
    case optimal, feasible, infeasible
  }

  /// One site and what is done to it.
  package struct Layer: Sendable, Equatable {
    package var site: String
    package var layer: String?
    package var tensor: String
    /// The first output of the operator, by which tools find it; `nil` where it has none.
    package var output: String?
    /// The operator's name and its type in the file.
    package var operatorName: String
    package var sourceType: String
    /// `nil` leaves it as it is.
    package var action: String?
    package var bytesBefore: Int
    package var bytesAfter: Int
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
  /// Where the divergence lies if the sites' confidence limits add up.
  package var divergence: SensitivityTable.Interval?
  package var marginals: [PlanSolver.Marginal]
  package var infeasibility: PlanSolver.Infeasibility?
  package var front: [PlanSolver.Point]
  /// What reports have to say beside the figures: lower case, no full stop.
  package var notes: [String]

  /// The budgets that bind.
  package var binding: [BudgetFigure] {
    if let infeasibility {
      let alone = infeasibility.figures.filter(\.isBinding).map(\.figure)
      return alone.isEmpty ? infeasibility.figures.map(\.figure) : alone
    }
    return marginals.filter(\.binds).map(\.figure)
  }

  /// Whether any figure was measured on samples.
  package var isVerified: Bool { false }

  /// Layers by action, in the order of first use.
  package var actions: [(action: String, layers: [Layer])] {
    var names: [String] = []
    for layer in layers {
      if let action = layer.action, !names.contains(action) { names.append(action) }
    }
    return names.map { name in (name, layers.filter { $0.action == name }) }
  }
}
