/// Plans that differ from one in a group or two: where a limit binds, one group can only get more where
/// another one gets less.
struct PlanExchange {
  /// The groups that are made gentler, and those that are made harsher: the most promising ones.
  var mostGroups = 24

  let problem: PlanProblem
  var evaluator: (any FigureEvaluator)?

  /// A group's other choice, with what it changes.
  private struct Move {
    var group: Int
    var choice: Int
    var divergence: Double
    /// By the budgets that are sums, as their limits count them.
    var uses: [Double]
  }

  /// The plans around one that keep the budgets, by what they are predicted to lose.
  ///
  /// - Parameters:
  ///   - chosen: The plan.
  ///   - known: Plans that are not given again.
  ///   - count: The most plans.
  /// - Returns: The first of those that are not known.
  /// - Throws: where a figure cannot be computed.
  /// - Complexity: O((groups · choices)²) in the groups that are looked at.
  func neighbours(of chosen: [Int], except known: Set<[Int]>, count: Int)
    throws(PlanningError) -> [[Int]]
  {
    let entries = problem.additive.filter { $0.budget.figure != .divergence }
    let slack = entries.map { entry in
      (problem.predicted(entry.budget.figure, chosen) ?? .infinity) - entry.limit
    }
    let moves = moves(chosen, entries)
    func fits(_ uses: [Double]) -> Bool {
      zip(uses, slack).allSatisfy { $0 + $1 <= 0 }
    }
    var found: [(divergence: Double, moves: [Move])] = []
    for move in moves.gentler + moves.harsher where fits(move.uses) {
      found.append((move.divergence, [move]))
    }
    for gentler in moves.gentler {
      for harsher in moves.harsher where harsher.group != gentler.group {
        guard fits(zip(gentler.uses, harsher.uses).map { $0 + $1 }) else { continue }
        found.append((gentler.divergence + harsher.divergence, [gentler, harsher]))
      }
    }
    let order = found.indices.sorted { (found[$0].divergence, $0) < (found[$1].divergence, $1) }
    var result: [[Int]] = []
    for index in order {
      guard result.count < count else { break }
      var plan = chosen
      for move in found[index].moves { plan[move.group] = move.choice }
      guard !known.contains(plan), !result.contains(plan), try keeps(plan) else { continue }
      result.append(plan)
    }
    return result
  }

  private func moves(_ chosen: [Int], _ entries: [BudgetSet.Entry]) -> (
    gentler: [Move], harsher: [Move]
  ) {
    let before = entries.map { problem.predicted($0.budget.figure, chosen) ?? 0 }
    var gentler: [Move] = []
    var harsher: [Move] = []
    for group in chosen.indices {
      let now = problem.divergence(group, chosen[group])
      for choice in problem.groups[group].choices.indices where choice != chosen[group] {
        var plan = chosen
        plan[group] = choice
        let uses = zip(entries, before).map { entry, before in
          (problem.predicted(entry.budget.figure, plan) ?? .infinity) - before
        }
        let change = problem.divergence(group, choice) - now
        let move = Move(group: group, choice: choice, divergence: change, uses: uses)
        if change < 0 { gentler.append(move) } else { harsher.append(move) }
      }
    }
    // Of each group its best moves count: the greatest gain, the least loss for what it frees.
    func best(_ moves: [Move], _ rank: (Move) -> Double) -> [Move] {
      var ranks: [Int: Double] = [:]
      for move in moves { ranks[move.group] = max(ranks[move.group] ?? -.infinity, rank(move)) }
      let kept = ranks.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(mostGroups)
      let groups = Set(kept.map(\.key))
      return moves.filter { groups.contains($0.group) }
    }
    return (
      best(gentler) { -$0.divergence },
      best(harsher) { move in
        let freed = zip(move.uses, entries).reduce(0) { $0 - $1.0 / max($1.1.limit.magnitude, 1) }
        return -move.divergence / max(freed, 1e-9)
      }
    )
  }

  /// Whether a plan keeps the budgets that can be told without running it.
  func keeps(_ chosen: [Int]) throws(PlanningError) -> Bool {
    guard problem.isConsistent(chosen), problem.keepsSums(chosen) else { return false }
    for entry in problem.nonAdditive {
      guard let value = try evaluator?.figure(entry.budget.figure, of: chosen),
        value <= entry.limit
      else { return false }
    }
    return true
  }
}
