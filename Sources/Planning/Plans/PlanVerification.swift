/// What a plan does to samples that its search did not see.
package struct PlanVerification: Sendable, Equatable {
  /// An action that was taken back or exchanged because the plan lost more than was predicted.
  package struct Repair: Sendable, Equatable {
    package var site: String
    package var action: String
    /// What the action was before; where the site goes is `replacement`, `nil` as it was in the model.
    package var replacement: String?
    /// Bytes of the file that this costs; below 0 where the site pays for another one's.
    package var bytes: Int
    /// On the samples held out.
    package var divergenceBefore: Double
    package var divergenceAfter: Double
  }

  /// Why a plan was repaired, or would have had to be.
  package enum Excess: String, Sendable {
    /// It lost more than the prediction's interval holds.
    case interval
    /// It missed the floor for accuracy or the ceiling for divergence.
    case floor
  }

  /// The samples held out.
  package var samples: Int
  /// Every figure of the plan as it now is: sizes exact, the rest measured on these samples.
  package var figures: [BudgetFigure: Double]
  package var divergence: SensitivityTable.Interval
  /// The share of samples whose most likely class stayed; `nil` where there are no classes.
  package var top1Agreement: Double?
  /// The share of right answers of the model as it is, on these samples.
  package var originalAccuracy: Double?
  /// Half the width of the 95 % interval of the accuracy.
  package var accuracyMargin: Double?
  /// What was wrong before the repair; `nil` where nothing was.
  package var excess: Excess?
  /// The divergence before the repair; the plan's where there was none.
  package var divergenceBefore: SensitivityTable.Interval
  package var repairs: [Repair]
  /// Whether the plan as it now is keeps what was predicted and asked for.
  package var isKept: Bool
}

/// How the search for a plan went.
package struct PlanSearch: Sendable, Equatable {
  /// One solution and what its simulation showed.
  package struct Round: Sendable, Equatable {
    package var predicted: Double
    package var simulated: Double
    /// Simulations of parts of the plan afterwards.
    package var trials: Int
    /// Sites that it changes.
    package var changed: Int
    package var keepsBudgets: Bool
  }

  /// What joint trials made of a site's prediction: a factor on what the site costs.
  package struct Correction: Sendable, Equatable {
    package var site: String
    /// The action in the plan that was tried.
    package var action: String
    package var factor: Double
  }

  /// The samples that the search saw.
  package var samples: Int
  package var rounds: [Round]
  /// For the sites that were tried, in the order of sites.
  package var corrections: [Correction]
  /// Whether the last prediction and its simulation agreed.
  package var agrees: Bool
  /// Whether the time was up before they did.
  package var isCutShort: Bool
  /// One action for all sites that was better than every solution; `nil` where none was.
  package var uniform: String?
}
