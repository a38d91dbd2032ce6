/// One choice from each group, the least cost, and no resource above its limit.
///
/// The multiple-choice knapsack problem with several resources (Kellerer, Pferschy, Pisinger,
/// "Knapsack Problems", 2004, chapter 11). Sites that have to be treated alike are one group.
package struct ChoiceProblem: Sendable {
  /// One way to treat a group.
  package struct Choice: Sendable, Equatable {
    package var cost: Double
    /// How much of each resource it takes, in the order of the limits.
    package var uses: [Double]

    package init(cost: Double, uses: [Double]) {
      self.cost = cost
      self.uses = uses
    }
  }

  /// At most `most` of the members may be chosen together.
  package struct Cut: Sendable, Equatable {
    package var members: [Member]
    package var most: Int

    package init(members: [Member], most: Int) {
      self.members = members
      self.most = most
    }
  }

  /// A choice of a group.
  package struct Member: Sendable, Hashable {
    package var group: Int
    package var choice: Int

    package init(group: Int, choice: Int) {
      self.group = group
      self.choice = choice
    }
  }

  /// At least one choice in each.
  package var groups: [[Choice]]
  /// The most of each resource.
  package var limits: [Double]
  /// What was learnt from figures that are no sums.
  package var cuts: [Cut] = []

  package init(groups: [[Choice]], limits: [Double]) {
    self.groups = groups
    self.limits = limits
  }

  /// The cost of a choice for each group.
  package func cost(_ chosen: [Int]) -> Double {
    zip(groups, chosen).reduce(0) { $0 + $1.0[$1.1].cost }
  }

  /// What it takes of a resource.
  package func use(_ resource: Int, _ chosen: [Int]) -> Double {
    zip(groups, chosen).reduce(0) { $0 + $1.0[$1.1].uses[resource] }
  }

  /// The least that can be reached of a resource, whatever the others take.
  package func least(_ resource: Int) -> Double {
    groups.reduce(0) { $0 + ($1.map { $0.uses[resource] }.min() ?? 0) }
  }

  /// Whether limits and cuts are kept.
  package func allows(_ chosen: [Int]) -> Bool {
    limits.indices.allSatisfy { use($0, chosen) <= limits[$0] + Self.slack(limits[$0]) }
      && cuts.allSatisfy { cut in
        cut.members.count { chosen[$0.group] == $0.choice } <= cut.most
      }
  }

  /// Sums of doubles in another order differ by this much.
  static func slack(_ limit: Double) -> Double { 1e-12 * limit.magnitude }
}

/// What a search found.
package struct ChoiceSolution: Sendable, Equatable {
  /// How sure the result is.
  package enum Status: String, Sendable {
    /// No better one is further away than the gap that was asked for.
    case optimal
    /// It keeps the limits; time ran out before it was proven the best.
    case feasible
    case infeasible
    /// Time ran out before one was found.
    case unknown
  }

  package var status: Status
  /// A choice for each group; empty where there is none.
  package var chosen: [Int]
  package var cost: Double
  /// No choice costs less.
  package var bound: Double

  /// How far the cost may be above the best, as a share of it.
  package var gap: Double {
    let distance = cost - bound
    guard distance > 0 else { return 0 }
    return distance / max(cost.magnitude, .leastNormalMagnitude)
  }
}
