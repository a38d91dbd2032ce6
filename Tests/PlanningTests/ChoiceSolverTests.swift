import Testing

@testable import Planning

/// SplitMix64 (Steele, Lea, Flood 2014).
struct TestNumbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

@Suite struct ChoiceSolverTests {
  static func random(seed: UInt64, share: Double, groups: Int = 6, choices: Int = 4)
    -> ChoiceProblem
  {
    var numbers = TestNumbers(state: seed)
    let all = (0..<groups).map { _ in
      (0..<choices).map { _ in
        ChoiceProblem.Choice(
          cost: Double.random(in: 0...1, using: &numbers),
          uses: (0..<3).map { _ in Double(Int.random(in: 0...100, using: &numbers)) }
        )
      }
    }
    var problem = ChoiceProblem(groups: all, limits: [0, 0, 0])
    for resource in 0..<3 {
      let least = problem.least(resource)
      problem.limits[resource] = (least + share * (Double(groups) * 100 - least)).rounded()
    }
    return problem
  }

  /// Every combination, one after the other; `nil` where none keeps the limits.
  static func bestByTrying(_ problem: ChoiceProblem) -> Double? {
    var chosen = [Int](repeating: 0, count: problem.groups.count)
    var best: Double?
    while true {
      if problem.allows(chosen) { best = min(best ?? .infinity, problem.cost(chosen)) }
      var group = 0
      while group < chosen.count {
        chosen[group] += 1
        if chosen[group] < problem.groups[group].count { break }
        chosen[group] = 0
        group += 1
      }
      if group == chosen.count { return best }
    }
  }

  @Test(arguments: [0.05, 0.2, 0.35, 0.6])
  func `no combination is better than the solver's`(share: Double) {
    for seed in UInt64(1)...12 {
      let problem = Self.random(seed: seed, share: share)
      let solution = ChoiceSolver(gap: 0).solve(problem)
      guard let best = Self.bestByTrying(problem) else {
        #expect(solution.status == .infeasible, "seed \(seed)")
        continue
      }
      #expect(solution.status == .optimal, "seed \(seed)")
      // 1e-6 relative: the solver's own tolerance on objectives.
      #expect(abs(solution.cost - best) <= 1e-6 * max(best, 1), "seed \(seed)")
      #expect(problem.allows(solution.chosen), "seed \(seed)")
      #expect(solution.gap < 1e-6, "seed \(seed)")
    }
  }

  @Test func `a cut forbids what it names and nothing else`() {
    var problem = Self.random(seed: 3, share: 0.6)
    let first = ChoiceSolver(gap: 0).solve(problem)
    let members = first.chosen.enumerated().map {
      ChoiceProblem.Member(group: $0.offset, choice: $0.element)
    }
    problem.cuts = [.init(members: members, most: members.count - 1)]
    let second = ChoiceSolver(gap: 0).solve(problem)
    #expect(second.chosen != first.chosen)
    #expect(abs(second.cost - (Self.bestByTrying(problem) ?? .nan)) < 1e-6)
  }

  @Test func `the same problem gives the same choices`() {
    let problem = Self.random(seed: 9, share: 0.3, groups: 40, choices: 8)
    let first = ChoiceSolver().solve(problem)
    for _ in 0..<3 { #expect(ChoiceSolver().solve(problem) == first) }
  }

  @Test func `a limit is inclusive to the last byte`() {
    let groups: [[ChoiceProblem.Choice]] = [
      [.init(cost: 0, uses: [1_000_000_001]), .init(cost: 1, uses: [1_000_000_000])]
    ]
    var problem = ChoiceProblem(groups: groups, limits: [1_000_000_001])
    #expect(ChoiceSolver().solve(problem).chosen == [0])
    problem.limits = [1_000_000_000]
    #expect(ChoiceSolver().solve(problem).chosen == [1])
    problem.limits = [999_999_999]
    #expect(ChoiceSolver().solve(problem).status == .infeasible)
  }

  @Test func `the nearest limits have the least greatest excess`() throws {
    // By hand: the pairs of uses are (10, 2), (6, 6), (2, 10); limits 4 and 4. Excesses as shares:
    // 1.5, 0.5, 1.5.
    let problem = ChoiceProblem(
      groups: [
        [
          .init(cost: 0, uses: [10, 2]), .init(cost: 9, uses: [6, 6]),
          .init(cost: 0, uses: [2, 10]),
        ]
      ],
      limits: [4, 4]
    )
    #expect(ChoiceSolver().solve(problem).status == .infeasible)
    let nearest = try #require(ChoiceSolver().nearest(problem, elastic: [0, 1]))
    #expect(nearest.chosen == [1])
  }
}
