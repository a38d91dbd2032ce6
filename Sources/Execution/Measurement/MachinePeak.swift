import Kernels

/// What the machine can do at most: the two roofs of the roofline model.
///
/// Source: Williams, Waterman, Patterson, "Roofline: an insightful visual performance model for
/// multicore architectures", CACM 52 (2009). Measured by short loops, the best of several: a shared
/// machine only ever makes them slower.
package struct MachinePeak: Equatable, Sendable {
  /// Multiply-adds of float32 without memory accesses.
  package var multiplyAddsPerSecond: Double
  /// Bytes read and written by copies far larger than the caches.
  package var bytesPerSecond: Double
  /// The instruction set of the kernels: `avx512`, `avx2`, `portable`.
  package var instructionSet: String

  /// Each attempt lasts at least this long, for the clock's sake.
  private static let attemptNanoseconds = 4_000_000
  private static let attempts = 7
  /// Source and target of a copy; together above the last-level cache of common machines.
  private static let copyBytes = 1 << 26

  package init(multiplyAddsPerSecond: Double, bytesPerSecond: Double, instructionSet: String) {
    self.multiplyAddsPerSecond = multiplyAddsPerSecond
    self.bytesPerSecond = bytesPerSecond
    self.instructionSet = instructionSet
  }

  /// Measures the machine, in about a tenth of a second.
  ///
  /// - Parameters:
  ///   - threads: How many threads compute and copy at once.
  ///   - now: Nanoseconds of a clock that never goes back.
  /// - Returns: The best of several attempts.
  package static func measure(
    threads: Int,
    now: () -> Int = GraphTimer.monotonicNanoseconds
  ) -> MachinePeak {
    let queue = WorkQueue(threadCount: threads)
    return MachinePeak(
      multiplyAddsPerSecond: arithmetic(queue, now),
      bytesPerSecond: bandwidth(queue, now),
      instructionSet: "\(InstructionSet.active)"
    )
  }

  private static func arithmetic(_ queue: WorkQueue, _ now: () -> Int) -> Double {
    /// Multiply-adds a second of all threads.
    func rate(_ rounds: Int) -> (rate: Double, nanoseconds: Int) {
      // Each thread has a place of its own.
      let counts = AlignedBuffer(byteCount: queue.threadCount * MemoryLayout<Int>.stride)
      let start = now()
      queue.run(jobCount: queue.threadCount, chunk: 1) { jobs, _ in
        for job in jobs {
          let count = Peak.float32MultiplyAdds(rounds: rounds)
          counts.pointer.storeBytes(of: count, toByteOffset: job * 8, as: Int.self)
        }
      }
      let nanoseconds = max(now() - start, 1)
      let total = (0..<queue.threadCount).reduce(0) {
        $0 + counts.pointer.load(fromByteOffset: $1 * 8, as: Int.self)
      }
      return (Double(total) / Double(nanoseconds) * 1e9, nanoseconds)
    }
    var rounds = 1 << 12
    while rounds < 1 << 30, rate(rounds).nanoseconds < attemptNanoseconds { rounds *= 2 }
    return (0..<attempts).map { _ in rate(rounds).rate }.max() ?? 0
  }

  private static func bandwidth(_ queue: WorkQueue, _ now: () -> Int) -> Double {
    let share = copyBytes / queue.threadCount / 64 * 64
    let source = AlignedBuffer(byteCount: share * queue.threadCount)
    let target = AlignedBuffer(byteCount: share * queue.threadCount)
    var best = 0.0
    for _ in 0..<attempts {
      let start = now()
      queue.run(jobCount: queue.threadCount, chunk: 1) { jobs, _ in
        for job in jobs {
          (target.pointer + job * share).copyMemory(
            from: source.pointer + job * share,
            byteCount: share
          )
        }
      }
      let nanoseconds = max(now() - start, 1)
      best = max(best, Double(2 * share * queue.threadCount) / Double(nanoseconds) * 1e9)
    }
    return best
  }
}
