import Calibration
import ModelIR
import Operators

/// How screening spends its forward passes.
///
/// All are counted in forward passes of the model. What the naive sweep takes is one for each action at
/// each site and sample; screening may take `share` of it: for samples where the derivative is taken
/// (three each: the run, the way back, and the products for the weights), and for runs of the actions
/// that bend most on a few samples.
package struct ScreeningCost: Sendable {
  /// The part of the naive sweep's passes.
  static let share = 0.02
  /// What a sample with its derivative takes.
  static let passesPerWalk = 3.0

  /// For each trial, the part of the network that runs from its change on.
  package let suffixes: [Double]
  /// Forward passes that may be taken.
  let budget: Double
  /// Samples where the derivative is taken.
  let walkSamples: Int
  /// Forward passes that the walks take.
  let walkPasses: Double
  /// Forward passes that are left for runs on few samples.
  let runBudget: Double
  let sampleCount: Int

  init(_ sweep: Sweep) {
    let graph = sweep.compiled.model.main
    let types = sweep.compiled.types
    // Products of layers stand for the work.
    var work = [Double](repeating: 0, count: graph.nodes.count + 1)
    for id in graph.nodeIDs {
      guard let layer = WeightLayer(id, in: graph) ?? WeightLayer.hybrid(id, in: graph) else {
        continue
      }
      let elements = types[layer.output.index].shape.elementCount ?? 0
      work[layer.node.index] = Double(elements) * Double(layer.taps)
    }
    for index in work.indices.reversed().dropFirst() { work[index] += work[index + 1] }
    let all = max(work[0], 1)
    func suffix(_ node: NodeID?) -> Double { node.map { work[$0.index] / all } ?? 1 }
    var suffixes: [Double] = []
    var actions = 0
    var changeBytes = 0
    for trial in sweep.plan.trials {
      switch trial.subject {
      case .action(let index, let action):
        actions += 1
        let site = sweep.plan.sites[index]
        switch site.kind {
        case .weights:
          suffixes.append(suffix(action.firstNode(at: site, in: sweep.context)))
          changeBytes += 4 * site.parameters
        case .activations:
          suffixes.append(suffix(sweep.connections.consumers(of: site.value).min()))
        case .channels: suffixes.append(1)
        }
      case .pair(let first, let second, _):
        let nodes = [first, second].flatMap { sweep.plan.sites[$0].nodes }
        suffixes.append(suffix(nodes.min()))
      case .mode: suffixes.append(1)
      }
    }
    self.suffixes = suffixes
    let count = sweep.samples.count
    sampleCount = count
    budget = Self.share * Double(actions * count)
    let rounds = Double(changeBytes / SweepOptions.plannedChangeBytes + 1)
    let wanted = budget / 8 / rounds
    walkSamples = min(max(Int(wanted), min(16, count)), count)
    walkPasses = Self.passesPerWalk * rounds * Double(walkSamples)
    runBudget = max(budget - walkPasses, budget / 4)
  }

  /// The samples where the derivative is taken: the more a sample's curvature, the likelier, and the
  /// less each counts.
  ///
  /// Systematic sampling with unequal probabilities, along the samples ordered by curvature (Madow
  /// 1949; the weights are those of Horvitz and Thompson 1952).
  func walkPositions(
    _ curvatures: [Double],
    seed: UInt64
  ) -> [(position: Int, weight: Double)] {
    let mean = curvatures.reduce(0, +) / Double(max(curvatures.count, 1))
    // Samples that look certain are drawn too: they may be in for a surprise.
    let sizes = curvatures.map { $0 + 0.1 * mean + .leastNormalMagnitude }
    var chances = [Double](repeating: 0, count: sizes.count)
    var certain = [Bool](repeating: false, count: sizes.count)
    // A chance above 1 is 1, and the others share what is left.
    while true {
      let left = Double(walkSamples - certain.count { $0 })
      let sum = zip(sizes, certain).reduce(0) { $1.1 ? $0 : $0 + $1.0 }
      var isDone = true
      for index in sizes.indices where !certain[index] {
        chances[index] = sum > 0 ? left * sizes[index] / sum : 0
        if chances[index] >= 1 {
          certain[index] = true
          chances[index] = 1
          isDone = false
        }
      }
      if isDone { break }
    }
    var generator = SeededGenerator(seed: seed &+ 0x5EED)
    var sum = generator.fraction()
    var result: [(position: Int, weight: Double)] = []
    for position in Self.order(curvatures) {
      let next = sum + chances[position]
      if next.rounded(.down) > sum.rounded(.down) || chances[position] >= 1 {
        result.append((position, 1 / chances[position] / Double(sizes.count)))
      }
      sum = next
    }
    return result.sorted { $0.position < $1.position }
  }

  /// Every so many-th sample along the curvature, so that all kinds are there in their shares.
  static func spread(_ count: Int, _ curvatures: [Double], seed: UInt64) -> [Int] {
    var generator = SeededGenerator(seed: seed &+ 0x5A3E)
    let start = generator.fraction()
    let order = order(curvatures)
    return (0..<min(count, order.count)).map { index in
      order[
        min(Int((Double(index) + start) * Double(order.count) / Double(count)), order.count - 1)
      ]
    }.sorted()
  }

  private static func order(_ curvatures: [Double]) -> [Int] {
    curvatures.indices.sorted { (curvatures[$0], $0) < (curvatures[$1], $1) }
  }
}

extension SeededGenerator {
  /// A number from 0 to below 1.
  mutating func fraction() -> Double { Double(next() >> 11) / Double(1 << 53) }
}

extension Sweep {
  /// What a sweep takes, in forward passes of the model.
  package struct Passes: Sendable {
    /// Actions at sites.
    package var actions: Int
    /// One for each action and sample.
    package var naive: Double
    /// What the actions took here.
    package var taken: Double
    /// The float model, the modes, the pairs.
    package var others: Double
  }

  /// Counts what was run, each run from its change on.
  package func passes(_ records: SweepRecords) -> Passes {
    let cost = screeningCost
    var passes = Passes(actions: 0, naive: 0, taken: 0, others: Double(samples.count))
    if options.effort != .exact {
      passes.taken = cost.walkPasses
    }
    for (trial, content) in plan.trials.enumerated() {
      let runs = Double(records.figures[trial]?.count { $0 != nil } ?? 0) * cost.suffixes[trial]
      if case .action = content.subject {
        passes.actions += 1
        passes.naive += Double(samples.count)
        passes.taken += runs
      } else {
        passes.others += runs
      }
    }
    return passes
  }
}
