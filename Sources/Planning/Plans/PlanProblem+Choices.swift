/// How channel groups shape the weights of a group: what each way to treat it takes for each
/// combination of the channel groups' choices.
package struct ChannelCoupling: Sendable, Equatable {
  /// The group of weights.
  package var group: Int
  /// The groups of channels, with the number of their choices.
  package var channels: [(group: Int, choices: Int)]
  /// By the group's own choice, then by the combination.
  package var bytes: [[Int]]
  /// By the combination.
  package var savedMultiplyAdds: [Int]

  package init(
    group: Int,
    channels: [(group: Int, choices: Int)],
    bytes: [[Int]],
    savedMultiplyAdds: [Int]
  ) {
    self.group = group
    self.channels = channels
    self.bytes = bytes
    self.savedMultiplyAdds = savedMultiplyAdds
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.group == right.group && left.bytes == right.bytes
      && left.savedMultiplyAdds == right.savedMultiplyAdds
      && left.channels.map(\.group) == right.channels.map(\.group)
  }

  /// The number of combinations.
  package var combinations: Int { channels.reduce(1) { $0 * $1.choices } }

  /// The choices of the channel groups in a combination; the first group's change fastest.
  package func choices(of combination: Int) -> [Int] {
    var rest = combination
    return channels.map { channel in
      defer { rest /= channel.choices }
      return rest % channel.choices
    }
  }

  /// The combination of a plan.
  func combination(_ chosen: [Int]) -> Int {
    var place = 1
    var result = 0
    for channel in channels {
      result += place * chosen[channel.group]
      place *= channel.choices
    }
    return result
  }
}

extension PlanProblem {
  /// A plan's problem as one of choices, where weights that channel groups shape have a choice for
  /// each combination.
  struct Expanded {
    var problem: ChoiceProblem
    /// For each choice of a group: the group's own choice.
    fileprivate var owners: [[Int]]

    /// The groups' own choices.
    func decisions(_ solution: ChoiceSolution) -> ChoiceSolution {
      guard !solution.chosen.isEmpty else { return solution }
      var result = solution
      result.chosen = zip(owners, solution.chosen).map { $0[$1] }
      return result
    }

    /// A cut over the groups' own choices as one over all.
    func cut(_ cut: ChoiceProblem.Cut) -> ChoiceProblem.Cut {
      ChoiceProblem.Cut(
        members: cut.members.flatMap { member in
          owners[member.group].indices.filter { owners[member.group][$0] == member.choice }
            .map { ChoiceProblem.Member(group: member.group, choice: $0) }
        },
        most: cut.most
      )
    }
  }

  /// The goal under the budgets.
  package func choiceProblem() -> ChoiceProblem { expanded().problem }

  func expanded(allows: (_ group: Int, _ choice: Int) -> Bool = { _, _ in true }) -> Expanded {
    let entries = additive
    return expanded(
      limits: entries.map(limit),
      cost: { group, choice, bytes, _ in
        goal == .size ? Double(bytes) : divergence(group, choice)
      },
      uses: { group, choice, bytes, saved in
        entries.map { use($0.budget.figure, group, choice, bytes, saved) }
      },
      allows: allows
    )
  }

  /// Whether a choice leaves the channels as they are.
  func keepsChannels(_ group: Int, _ choice: Int) -> Bool {
    choice == 0 || groups[group].kind != .channels
  }

  /// What a choice takes of a figure that is a sum.
  func use(_ figure: BudgetFigure, _ group: Int, _ choice: Int, _ bytes: Int, _ saved: Int)
    -> Double
  {
    switch figure {
    case .size, .weights: Double(bytes)
    case .macs: Double(-saved)
    case .divergence: divergence(group, choice)
    case .accuracy: groups[group].choices[choice].accuracyDrop ?? 0
    case .arena, .latency: 0
    }
  }

  /// A problem with the groups' choices, ties and exclusions.
  func expanded(
    limits: [Double],
    cost: (_ group: Int, _ choice: Int, _ bytes: Int, _ saved: Int) -> Double,
    uses: (_ group: Int, _ choice: Int, _ bytes: Int, _ saved: Int) -> [Double],
    allows: (_ group: Int, _ choice: Int) -> Bool = { _, _ in true }
  ) -> Expanded {
    var all: [[ChoiceProblem.Choice]] = []
    var owners: [[Int]] = []
    // The combination of each choice of a coupled group.
    var combinations: [Int: [Int]] = [:]
    for group in groups.indices {
      var choices: [ChoiceProblem.Choice] = []
      var own: [Int] = []
      func append(_ choice: Int, _ bytes: Int, _ saved: Int) {
        own.append(choice)
        choices.append(
          .init(
            cost: cost(group, choice, bytes, saved),
            uses: uses(group, choice, bytes, saved)
          )
        )
      }
      for (choice, content) in groups[group].choices.enumerated() where allows(group, choice) {
        guard let coupling = couplingOf[group] else {
          append(choice, content.bytes, content.savedMultiplyAdds)
          continue
        }
        for combination in 0..<coupling.combinations {
          let around = zip(coupling.channels, coupling.choices(of: combination))
          guard around.allSatisfy({ allows($0.group, $1) }) else { continue }
          combinations[group, default: []].append(combination)
          append(
            choice,
            coupling.bytes[choice][combination],
            coupling.savedMultiplyAdds[combination]
          )
        }
      }
      all.append(choices)
      owners.append(own)
    }
    var problem = ChoiceProblem(groups: all, limits: limits)
    // Where a group of channels makes a choice, no layer that it shapes has another combination.
    for coupling in couplings {
      let own = (combinations[coupling.group] ?? []).map { coupling.choices(of: $0) }
      for (place, channel) in coupling.channels.enumerated() {
        for (index, choice) in owners[channel.group].enumerated() {
          var members = [ChoiceProblem.Member(group: channel.group, choice: index)]
          for (column, choices) in own.enumerated() where choices[place] != choice {
            members.append(.init(group: coupling.group, choice: column))
          }
          if members.count > 1 { problem.cuts.append(.init(members: members, most: 1)) }
        }
      }
    }
    var expanded = Expanded(problem: problem, owners: owners)
    expanded.problem.cuts += exclusions.map(expanded.cut)
    return expanded
  }

  /// The ceiling for the divergence that was asked for.
  package var askedDivergence: Double? {
    budgets.entries.first { $0.budget.figure == .divergence && $0.budget.text != Self.implied }?
      .limit
  }

  private static let implied = "divergence, for the accuracy"

  /// Sets a ceiling for the divergence that nobody asked for; a lower one that was asked for stays.
  mutating func imply(divergence limit: Double) {
    let limit = min(limit, askedDivergence ?? .infinity)
    budgets.entries.removeAll { $0.budget.figure == .divergence && $0.budget.text == Self.implied }
    if askedDivergence.map({ $0 <= limit }) ?? false { return }
    let budget = Budget(figure: .divergence, limit: .absolute(limit), text: Self.implied)
    budgets.entries.append(.init(budget: budget, limit: limit, original: nil, isMet: true))
  }

  /// Whether a plan keeps every budget that is a sum, and no choices that exclude each other.
  package func allows(_ chosen: [Int]) -> Bool {
    for entry in additive {
      guard let value = predicted(entry.budget.figure, chosen) else { return false }
      let slack = ChoiceProblem.slack(entry.limit)
      let figure = entry.budget.figure
      if figure.isFloor ? value < entry.limit - slack : value > entry.limit + slack { return false }
    }
    return isConsistent(chosen)
  }

  /// Whether a plan's sizes and counts stay within their budgets.
  func keepsSums(_ chosen: [Int]) -> Bool {
    additive.allSatisfy { entry in
      switch entry.budget.figure {
      case .size, .weights, .macs:
        predicted(entry.budget.figure, chosen).map { $0 <= entry.limit } ?? false
      default: true
      }
    }
  }

  /// Whether no choices of a plan exclude each other.
  package func isConsistent(_ chosen: [Int]) -> Bool {
    exclusions.allSatisfy { cut in
      cut.members.count { chosen[$0.group] == $0.choice } <= cut.most
    }
  }
}
