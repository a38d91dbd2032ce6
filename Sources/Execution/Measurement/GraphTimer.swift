import Kernels
import ModelIR
import Operators

/// How long a compiled graph and its steps take.
package struct GraphTiming: Equatable, Sendable {
  /// The median of each step, in microseconds, by its node.
  package var steps: [NodeID: Double]
  /// The median of a whole run without a clock inside, in microseconds.
  package var whole: Double
  /// The runs that the medians are of.
  package var runs: Int
  /// The runs before them.
  package var warmUps: Int
  package var threads: Int
}

/// Runs a graph again and again and looks at the clock.
package struct GraphTimer {
  /// The runs that are asked for.
  package var runs: Int
  /// Threads that share the work of one operator.
  package var threads: Int
  /// Nanoseconds of a clock that never goes back.
  package var now: () -> Int
  /// No further runs are started after this many nanoseconds, once there are `fewestRuns`.
  package var timeLimit = 60_000_000_000

  /// A median of fewer says little.
  private static let fewestRuns = 3
  /// The first runs touch memory and code for the first time.
  private static let warmUps = 2

  package init(runs: Int, threads: Int, now: @escaping () -> Int = Self.monotonicNanoseconds) {
    self.runs = runs
    self.threads = threads
    self.now = now
  }

  /// The machine's clock.
  package static func monotonicNanoseconds() -> Int {
    let (seconds, attoseconds) = start.duration(to: .now).components
    return Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
  }

  private static let start = ContinuousClock.now

  /// Measures a graph.
  ///
  /// Runs with a clock around each step take turns with runs that have none, so that what disturbs the
  /// machine disturbs both alike.
  ///
  /// - Parameters:
  ///   - compiled: The graph.
  ///   - inputs: One tensor each input.
  ///   - progress: Told how many runs of how many are done.
  /// - Returns: The medians.
  /// - Throws: where an operator cannot be run.
  package func measure(
    _ compiled: CompiledGraph,
    inputs: [Tensor],
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(ExecutionError) -> GraphTiming {
    let queue = threads > 1 ? WorkQueue(threadCount: threads) : nil
    let executor = try CompiledGraph.Executor(compiled, queue: queue)
    let begin = now()
    var done = 0
    var warmUps = 0
    while warmUps < Self.warmUps, warmUps == 0 || now() - begin < timeLimit / 4 {
      _ = try executor.run(inputs: inputs)
      warmUps += 1
    }
    var whole: [Int] = []
    var steps: [NodeID: [Int]] = [:]
    let wanted = max(runs, 1)
    while done < wanted, done < Self.fewestRuns || now() - begin < timeLimit {
      let start = now()
      _ = try executor.run(inputs: inputs)
      whole.append(now() - start)
      var last = now()
      try executor.run(inputs: inputs) { node in
        let end = now()
        steps[node, default: []].append(end - last)
        // The bookkeeping is in nobody's time.
        last = now()
      }
      done += 1
      progress(done, wanted)
    }
    return GraphTiming(
      steps: steps.mapValues { Self.median($0) / 1000 },
      whole: Self.median(whole) / 1000,
      runs: done,
      warmUps: warmUps,
      threads: queue?.threadCount ?? 1
    )
  }

  /// The middle value; the mean of the two middle ones of an even number.
  static func median(_ values: [Int]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1
      ? Double(sorted[middle]) : (Double(sorted[middle - 1]) + Double(sorted[middle])) / 2
  }
}
