import CCbc
import Synchronization

/// Solves choice problems exactly, through the branch and cut of COIN-OR CBC.
///
/// Costs and rows are scaled to about 1,000 before, and what comes back is checked with the problem's
/// own numbers: the solver's tolerance (1e-6 of a row) must not let a plan miss its budget.
package struct ChoiceSolver: Sendable {
  /// The gap at which a search may end, as a share of the cost.
  package var gap: Double
  /// Seconds after which it ends anyway.
  package var seconds: Double

  package init(gap: Double = 1e-6, seconds: Double = 10) {
    self.gap = gap
    self.seconds = seconds
  }

  /// Solves a problem.
  ///
  /// - Complexity: exponential at worst; 500 groups of 12 with three limits take below a second.
  package func solve(_ problem: ChoiceProblem) -> ChoiceSolution {
    guard problem.groups.allSatisfy({ !$0.isEmpty }) else { return .none(.infeasible) }
    for resource in problem.limits.indices
    where problem.least(resource)
      > problem.limits[resource] + ChoiceProblem.slack(problem.limits[resource])
    {
      return .none(.infeasible)
    }
    let kept = Self.undominated(problem)
    var tightened = problem
    // Each round takes what the tolerance let through off the limit.
    for _ in 0..<4 {
      let solution = search(tightened, kept)
      guard !solution.chosen.isEmpty else { return solution }
      let isAllowed = problem.allows(solution.chosen)
      if isAllowed {
        return ChoiceSolution(
          status: solution.status,
          chosen: solution.chosen,
          cost: problem.cost(solution.chosen),
          bound: min(solution.bound, problem.cost(solution.chosen))
        )
      }
      for resource in problem.limits.indices {
        let excess = problem.use(resource, solution.chosen) - problem.limits[resource]
        if excess > 0 { tightened.limits[resource] -= 2 * excess }
      }
    }
    return .none(.unknown)
  }

  /// The choices of each group that no other one of it beats in everything; all where cuts name the
  /// group, as those ask for more than the resources tell.
  static func undominated(_ problem: ChoiceProblem) -> [[Int]] {
    let named = Set(problem.cuts.lazy.flatMap(\.members).map(\.group))
    return problem.groups.enumerated().map { index, group in
      guard !named.contains(index) else { return Array(group.indices) }
      return group.indices.filter { index in
        !group.indices.contains { other in
          guard other != index else { return false }
          let (mine, theirs) = (group[index], group[other])
          let isNoWorse =
            theirs.cost <= mine.cost && zip(theirs.uses, mine.uses).allSatisfy { $0 <= $1 }
          // Of equal ones the first stays.
          return isNoWorse && (theirs != mine || other < index)
        }
      }
    }
  }

  private func search(_ problem: ChoiceProblem, _ kept: [[Int]]) -> ChoiceSolution {
    let rowCount = problem.groups.count + problem.limits.count + problem.cuts.count
    var builder = ColumnBuilder(rowCount: rowCount)
    let (offsets, limits) = rows(problem, &builder)
    let costScale = 1_000 / max(problem.groups.joined().map(\.cost.magnitude).max() ?? 1, 1e-300)
    var cutRows: [ChoiceProblem.Member: [Int]] = [:]
    for (index, cut) in problem.cuts.enumerated() {
      let row = problem.groups.count + problem.limits.count + index
      for member in cut.members { cutRows[member, default: []].append(row) }
    }
    var members: [ChoiceProblem.Member] = []
    for (group, choices) in kept.enumerated() {
      for choice in choices {
        let member = ChoiceProblem.Member(group: group, choice: choice)
        let values = problem.groups[group][choice]
        var entries: [(Int, Double)] = [(group, 1)]
        for (resource, use) in values.uses.enumerated() {
          let scaled = (use - offsets[group][resource]) * limits[resource]
          if scaled != 0 { entries.append((problem.groups.count + resource, scaled)) }
        }
        for row in cutRows[member] ?? [] { entries.append((row, 1)) }
        builder.append(values.cost * costScale, entries)
        members.append(member)
      }
    }
    let raw = builder.solve(integers: members.count, gap: gap, seconds: seconds)
    var chosen = [Int](repeating: 0, count: problem.groups.count)
    switch raw.result.status {
    case ccbc_infeasible: return .none(.infeasible)
    case ccbc_unsolved: return .none(.unknown)
    default: break
    }
    for (member, value) in zip(members, raw.solution) where value > 0.5 {
      chosen[member.group] = member.choice
    }
    return ChoiceSolution(
      status: raw.result.status == ccbc_optimal ? .optimal : .feasible,
      chosen: chosen,
      cost: problem.cost(chosen),
      bound: raw.result.bound / costScale
    )
  }

  /// Writes the rows' limits; each group's least use is taken out of them, so that what is left has
  /// the size of the decision.
  ///
  /// - Returns: The least uses by group and resource, and the factor of each resource.
  private func rows(_ problem: ChoiceProblem, _ builder: inout ColumnBuilder) -> (
    offsets: [[Double]], scales: [Double]
  ) {
    let offsets = problem.groups.map { group in
      problem.limits.indices.map { resource in group.map { $0.uses[resource] }.min() ?? 0 }
    }
    for _ in problem.groups { builder.limit(1, 1) }
    var scales: [Double] = []
    for (resource, limit) in problem.limits.enumerated() {
      let room = limit - offsets.reduce(0) { $0 + $1[resource] }
      let greatest =
        zip(problem.groups, offsets).flatMap { group, offset in
          group.map { $0.uses[resource] - offset[resource] }
        }.max() ?? 0
      let scale = 1_000 / max(greatest, 1e-300)
      scales.append(scale)
      // What is left of each use is at least 0.
      builder.limit(-1, max(room, 0) * scale)
    }
    for cut in problem.cuts { builder.limit(-1, Double(cut.most)) }
    return (offsets, scales)
  }

  /// The smallest factor by which all limits have to grow for a choice to exist, and that choice.
  ///
  /// Only limits named in `elastic` grow; `nil` where no factor is enough.
  package func nearest(_ problem: ChoiceProblem, elastic: [Int]) -> ChoiceSolution? {
    var builder = ColumnBuilder(
      rowCount: problem.groups.count + problem.limits.count + problem.cuts.count
    )
    for _ in problem.groups { builder.limit(1, 1) }
    var most = 1.0
    for (resource, limit) in problem.limits.enumerated() {
      let scale = limit == 0 ? 1 : 1 / limit.magnitude
      let sizes = problem.groups.reduce(0) { sum, group in
        sum + (group.map { $0.uses[resource].magnitude }.max() ?? 0)
      }
      most = max(most, 2 * (sizes * scale + 1))
    }
    for limit in problem.limits {
      builder.limit(-2 * most, limit == 0 ? 0 : limit / limit.magnitude)
    }
    for cut in problem.cuts { builder.limit(-1, Double(cut.most)) }
    var members: [ChoiceProblem.Member] = []
    let greatest = max(problem.groups.joined().map(\.cost.magnitude).max() ?? 1, 1e-300)
    for (group, choices) in problem.groups.enumerated() {
      for (choice, values) in choices.enumerated() {
        let member = ChoiceProblem.Member(group: group, choice: choice)
        var entries: [(Int, Double)] = [(group, 1)]
        for (resource, use) in values.uses.enumerated() {
          let limit = problem.limits[resource]
          entries.append(
            (problem.groups.count + resource, use / (limit == 0 ? 1 : limit.magnitude))
          )
        }
        for (index, cut) in problem.cuts.enumerated() where cut.members.contains(member) {
          entries.append((problem.groups.count + problem.limits.count + index, 1))
        }
        // Of equally near ones the cheapest: too little to move the factor.
        builder.append(1e-6 * values.cost / greatest / Double(problem.groups.count), entries)
        members.append(member)
      }
    }
    builder.append(1, elastic.map { (problem.groups.count + $0, -1) })
    let raw = builder.solve(integers: members.count, most: most, gap: 1e-4, seconds: seconds)
    guard raw.result.status == ccbc_optimal || raw.result.status == ccbc_feasible else {
      return nil
    }
    var chosen = [Int](repeating: 0, count: problem.groups.count)
    for (member, value) in zip(members, raw.solution) where value > 0.5 {
      chosen[member.group] = member.choice
    }
    return ChoiceSolution(
      status: .feasible,
      chosen: chosen,
      cost: problem.cost(chosen),
      bound: -.infinity
    )
  }
}

extension ChoiceSolution {
  static func none(_ status: Status) -> ChoiceSolution {
    ChoiceSolution(status: status, chosen: [], cost: .infinity, bound: -.infinity)
  }
}

/// A matrix column by column.
private struct ColumnBuilder {
  let rowCount: Int
  private var starts: [Int32] = [0]
  private var indices: [Int32] = []
  private var values: [Double] = []
  private var objective: [Double] = []
  private var lower: [Double] = []
  private var upper: [Double] = []

  init(rowCount: Int) { self.rowCount = rowCount }

  mutating func limit(_ least: Double, _ most: Double) {
    lower.append(least)
    upper.append(most)
  }

  mutating func append(_ cost: Double, _ entries: [(row: Int, value: Double)]) {
    objective.append(cost)
    for entry in entries {
      indices.append(Int32(entry.row))
      values.append(entry.value)
    }
    starts.append(Int32(indices.count))
  }

  /// Columns from `integers` on are real numbers up to `most`.
  func solve(integers: Int, most: Double = 1, gap: Double, seconds: Double) -> (
    result: ccbc_result, solution: [Double]
  ) {
    var solution = [Double](repeating: 0, count: max(objective.count, 1))
    let result = solution.withUnsafeMutableBufferPointer { buffer -> ccbc_result in
      guard let target = buffer.baseAddress else {
        return ccbc_result(status: ccbc_unsolved, objective: 0, bound: 0)
      }
      return solverLock.withLock { _ in
        ccbc_solve(
          Int32(objective.count),
          Int32(integers),
          Int32(rowCount),
          starts,
          indices,
          values,
          objective,
          lower,
          upper,
          most,
          gap,
          seconds,
          target
        )
      }
    }
    return (result, solution)
  }
}

extension ChoiceSolver {
  /// Why there can be no search on this machine; `nil` where there can.
  package static func fault() -> String? {
    solverLock.withLock { _ in ccbc_open().map { String(cString: $0) } }
  }
}

/// CBC keeps state outside its models: one search at a time.
private let solverLock = Mutex(())
