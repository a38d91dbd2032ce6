import Planning

// Times the solver on random plans of 500 sites with 12 actions and three budgets.

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers everywhere.
struct Numbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

func instance(groups: Int, choices: Int, share: Double, seed: UInt64) -> ChoiceProblem {
  var numbers = Numbers(state: seed)
  let all = (0..<groups).map { _ -> [ChoiceProblem.Choice] in
    let size = Double.random(in: 1e3...1e6, using: &numbers)
    let sensitivity = Double.random(in: 0...1, using: &numbers)
    return (0..<choices).map { index in
      let kept = 1 - Double(index) / Double(choices)
      return ChoiceProblem.Choice(
        cost: sensitivity * (1 - kept) * (1 - kept) * Double.random(in: 0.5...1.5, using: &numbers),
        uses: [
          (size * kept * Double.random(in: 0.8...1.2, using: &numbers)).rounded(),
          (size * kept * Double.random(in: 0.3...1.7, using: &numbers)).rounded(),
          (size * 9 * Double.random(in: 0.1...1, using: &numbers)).rounded(),
        ]
      )
    }
  }
  var problem = ChoiceProblem(groups: all, limits: [.infinity, .infinity, .infinity])
  for resource in 0..<3 {
    let least = problem.least(resource)
    let most = all.reduce(0) { $0 + ($1.map { $0.uses[resource] }.max() ?? 0) }
    problem.limits[resource] = least + share * (most - least)
  }
  return problem
}

let clock = ContinuousClock()
for (name, share) in [("loose", 0.6), ("medium", 0.45), ("tight", 0.35)] {
  for seed in [UInt64(1), 2, 3] {
    let problem = instance(groups: 500, choices: 12, share: share, seed: seed)
    var solution = ChoiceSolver(gap: 1e-3).solve(problem)
    let time = clock.measure { solution = ChoiceSolver(gap: 1e-3).solve(problem) }
    print(name, seed, solution.status.rawValue, "gap", solution.gap, "cost", solution.cost, time)
  }
}
