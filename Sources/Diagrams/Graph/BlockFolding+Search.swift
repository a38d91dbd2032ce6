extension BlockFolding {
  /// Looks for repetitions in the sequence of boxes.
  struct Search {
    private let labels: [Int]
    private let items: [OperatorGraph.Item]
    /// What each box reads: the sources in a fixed order.
    private var sources: [[Int]]
    /// The boxes that read each box's results.
    private var users: [[Int]]
    /// Boxes may only be folded together within one block that is folded already.
    private let blocks: [[OperatorGraph.Step]]

    init(_ graph: OperatorGraph, labels: [Int]) {
      self.labels = labels
      items = graph.items
      sources = Array(repeating: [], count: graph.items.count)
      users = sources
      blocks = graph.items.map { item in
        item.path.filter { step in
          if case .fold = step { return true }
          return false
        }
      }
      // Links are sorted by source: the order in which a box reads is the order of its sources.
      for link in graph.links {
        sources[link.target].append(link.source)
        users[link.source].append(link.target)
      }
    }

    /// Runs that do not overlap, those that save most first.
    func chosen(longest: Int, leastSaving: Int) -> [Run] {
      let count = labels.count
      // Bounded work also for the largest graphs.
      let longestPeriod = min(longest, count / 2, max(8, 40_000_000 / max(count, 1)))
      guard longestPeriod >= 1 else { return [] }
      var candidates: [Run] = []
      // The shortest period that each box is known to repeat in, and the candidate that says so.
      var known = Array(repeating: (period: 0, run: -1), count: count)
      for period in 1...longestPeriod {
        for run in runs(of: period, known) where run.saving >= leastSaving {
          for place in run.range where known[place].period == 0 {
            known[place] = (period, candidates.count)
          }
          candidates.append(run)
        }
      }
      candidates.sort { left, right in
        (right.saving, left.period, left.start) < (left.saving, right.period, right.start)
      }
      var isTaken = Array(repeating: false, count: count)
      var result: [Run] = []
      for run in candidates where !run.range.contains(where: { isTaken[$0] }) {
        for place in run.range { isTaken[place] = true }
        result.append(run)
      }
      return result.sorted { $0.start < $1.start }
    }

    /// All runs of one period, except where a shorter one divides it: that saves more.
    private func runs(of period: Int, _ known: [(period: Int, run: Int)]) -> [Run] {
      var result: [Run] = []
      var start = 0
      let last = labels.count - period
      while start < last {
        guard labels[start] == labels[start + period] else {
          start += 1
          continue
        }
        var end = start
        while end < last, matches(end, period, runStart: start) { end += 1 }
        let length = end - start
        let (head, tail) = (known[start], known[end > start ? end - 1 + period : start])
        let isCovered = head.period > 0 && head.run == tail.run && period % head.period == 0
        if length >= period, !isCovered { result += aligned(start, length, period) }
        start = max(end, start + 1)
      }
      return result
    }

    /// Whether the box `period` later does the same with what comes from the same places.
    private func matches(_ place: Int, _ period: Int, runStart: Int) -> Bool {
      let other = place + period
      guard labels[place] == labels[other], blocks[place] == blocks[other],
        sources[place].count == sources[other].count
      else { return false }
      for (first, second) in zip(sources[place], sources[other]) {
        let isCarried = second - first == period
        let isShared = second == first && first < runStart
        guard isCarried || isShared else { return false }
      }
      return true
    }

    /// The runs in a stretch of equal boxes: blocks may begin at several places.
    private func aligned(_ start: Int, _ length: Int, _ period: Int) -> [Run] {
      // A few beginnings are tried: the work stays bounded by the boxes.
      let spare = min(length % period, 16)
      var best: [Run] = []
      var bestKey = (-1, -1, -1)
      for shift in 0...spare {
        let whole = extendedToFront(
          Run(start: start + shift, period: period, count: length / period + 1)
        )
        let parts = closed(whole)
        let saving = parts.reduce(0) { $0 + $1.saving }
        // Blocks between which little flows, and which begin where a scope does, are the natural ones.
        let key = (saving, beginsScope(whole.start) ? 1 : 0, -crossing(whole))
        if key > bestKey {
          best = parts
          bestKey = key
        }
      }
      return best
    }

    /// Takes in one more repetition at the front whose outer operands come from elsewhere.
    private func extendedToFront(_ run: Run) -> Run {
      let start = run.start - run.period
      guard start >= 0 else { return run }
      for place in start..<run.start {
        let other = place + run.period
        guard labels[place] == labels[other], blocks[place] == blocks[other],
          sources[place].count == sources[other].count
        else { return run }
        for (first, second) in zip(sources[place], sources[other]) {
          let isOuter = first < start && second < run.start
          guard second - first == run.period || isOuter else { return run }
        }
      }
      return Run(start: start, period: run.period, count: run.count + 1)
    }

    /// The stretches of a run in which only the last repetition is read from outside.
    private func closed(_ run: Run) -> [Run] {
      var result: [Run] = []
      var first = 0
      for repetition in 0..<run.count {
        let from = run.start + repetition * run.period
        let isRead = (from..<from + run.period).contains { place in
          users[place].contains { $0 >= run.range.upperBound }
        }
        guard isRead || repetition == run.count - 1 else { continue }
        if repetition > first {
          let start = run.start + first * run.period
          result.append(Run(start: start, period: run.period, count: repetition - first + 1))
        }
        first = repetition + 1
      }
      return result
    }

    private func beginsScope(_ place: Int) -> Bool {
      guard place > 0 else { return true }
      return items[place].path.first != items[place - 1].path.first
        || items[place].path.dropLast() != items[place - 1].path.dropLast()
    }

    /// The tensors that go from the first repetition to the second.
    private func crossing(_ run: Run) -> Int {
      (run.start..<run.start + run.period).count { place in
        users[place].contains { $0 >= run.start + run.period }
      }
    }
  }
}
