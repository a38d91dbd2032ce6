import ModelIR

extension ModelProfile {
  /// What measuring the model on this machine gave.
  package struct Measurement: Sendable, Equatable {
    /// The runs that the medians are of.
    package var runs: Int
    /// The runs before them.
    package var warmUps: Int
    package var threads: Int
    /// Where the inputs came from: `random`, or the path of a file.
    package var input: String
    package var instructionSet: String
    /// The most multiply-adds of float32 that the machine was seen to do in a second.
    package var peakMultiplyAddsPerSecond: Double
    /// The most bytes that it was seen to read and write in a second.
    package var peakBytesPerSecond: Double
    /// The median of a whole run.
    package var totalMicroseconds: Double
    /// The medians of all steps together.
    package var sumMicroseconds: Double
    /// MACs of the timed operators in the time of a whole run; `nil` where some are not counted.
    package var multiplyAddsPerSecond: Double?
    /// The shares of the steps' time by what bounds them, the greatest first.
    package var boundShares: [BoundShare] = []

    package init(
      runs: Int,
      warmUps: Int,
      threads: Int,
      input: String,
      instructionSet: String,
      peakMultiplyAddsPerSecond: Double,
      peakBytesPerSecond: Double,
      totalMicroseconds: Double
    ) {
      self.runs = runs
      self.warmUps = warmUps
      self.threads = threads
      self.input = input
      self.instructionSet = instructionSet
      self.peakMultiplyAddsPerSecond = peakMultiplyAddsPerSecond
      self.peakBytesPerSecond = peakBytesPerSecond
      self.totalMicroseconds = totalMicroseconds
      sumMicroseconds = 0
    }
  }

  /// How much of the time something bounds.
  package struct BoundShare: Sendable, Equatable {
    package var bound: OperatorTime.Bound
    package var share: Double
  }

  /// What measuring gave of one operator of the main graph.
  package enum NodeSample: Sendable, Equatable {
    /// It ran in a step of its own, by a kernel or by the plain reference.
    case timed(microseconds: Double, movedBytes: Int?, usesKernel: Bool)
    /// It depends on constants alone and was computed before the runs.
    case beforehand
    /// It ran as part of another operator's step.
    case within(NodeID)
  }

  /// How an operator's time comes about.
  package struct OperatorTime: Sendable, Equatable {
    /// Where the time stands.
    package enum Place: Sendable, Equatable {
      case own
      /// Computed once, before the runs.
      case beforehand
      /// On another operator, an index into `operators`.
      case within(Int)
    }

    /// What bounds an operator (roofline model).
    package enum Bound: String, Sendable, CaseIterable {
      case compute, memory, overhead
    }

    package var place: Place
    /// `nil` where the time stands elsewhere.
    package var medianMicroseconds: Double?
    /// Its share of all steps' time.
    package var share: Double?
    /// Whether a kernel ran it; the others are evaluated by the plain reference.
    package var usesKernel = false
    /// The multiply-adds of the step: its own and those of operators within it.
    package var multiplyAdds: Int?
    /// Bytes that the step reads and writes at least.
    package var movedBytes: Int?
    package var multiplyAddsPerSecond: Double?
    package var shareOfPeak: Double?
    package var bytesPerSecond: Double?
    package var shareOfBandwidth: Double?
    /// Arithmetic intensity: MACs a byte moved.
    package var intensity: Double?
    package var bound: Bound?
  }

  /// An operator that reaches less than this share of both roofs spends its time on neither arithmetic
  /// nor memory: calls, layout changes, arithmetic that is not multiply-adds, or a plain loop.
  package static let overheadShare = 0.2

  /// Takes in what measuring gave.
  ///
  /// - Parameters:
  ///   - measurement: The whole; sums are made here.
  ///   - samples: One an operator of the main graph, in its order.
  package mutating func add(_ measurement: Measurement, samples: [NodeSample]) {
    var whole = measurement
    // MACs of fused operators are done in the step that bears the time.
    var stepMultiplyAdds: [Int: Int?] = [:]
    for index in samples.indices where operators.indices.contains(index) {
      let own = operators[index].multiplyAdds
      let step: Int
      switch samples[index] {
      case .timed: step = index
      case .within(let node): step = node.index
      case .beforehand: continue
      }
      let before = stepMultiplyAdds[step] ?? 0
      stepMultiplyAdds[step] = .some(Self.sum(before, own))
    }
    let total = samples.reduce(0.0) { sum, sample in
      if case .timed(let time, _, _) = sample { sum + time } else { sum }
    }
    whole.sumMicroseconds = total
    let all = stepMultiplyAdds.keys.sorted().reduce(Int?.some(0)) { sum, step in
      Self.sum(sum, stepMultiplyAdds[step] ?? nil)
    }
    if whole.totalMicroseconds > 0 {
      whole.multiplyAddsPerSecond = all.map { Double($0) / whole.totalMicroseconds * 1e6 }
    }
    for index in samples.indices where operators.indices.contains(index) {
      switch samples[index] {
      case .beforehand: operators[index].time = OperatorTime(place: .beforehand)
      case .within(let node): operators[index].time = OperatorTime(place: .within(node.index))
      case .timed(let microseconds, let bytes, let usesKernel):
        operators[index].time = OperatorTime(
          microseconds: microseconds,
          share: total > 0 ? microseconds / total : nil,
          usesKernel: usesKernel,
          multiplyAdds: stepMultiplyAdds[index] ?? nil,
          movedBytes: bytes,
          peaks: whole
        )
      }
    }
    let times = operators.compactMap(\.time)
    whole.boundShares = OperatorTime.Bound.allCases.map { bound in
      let shares = times.filter { $0.bound == bound }.compactMap(\.share)
      return BoundShare(bound: bound, share: shares.reduce(0, +))
    }
    .filter { $0.share > 0 }.sorted { $0.share > $1.share }
    self.measurement = whole
  }

  private static func sum(_ left: Int?, _ right: Int?) -> Int? {
    guard let left, let right else { return nil }
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? nil : sum
  }
}

extension ModelProfile.OperatorTime {
  /// Derives rates and the verdict.
  ///
  /// The roof that the operator is nearer to bounds it; far below both it is overhead.
  /// Source: Williams, Waterman, Patterson, CACM 52 (2009).
  init(
    microseconds: Double,
    share: Double?,
    usesKernel: Bool,
    multiplyAdds: Int?,
    movedBytes: Int?,
    peaks: ModelProfile.Measurement
  ) {
    self.init(place: .own)
    medianMicroseconds = microseconds
    self.share = share
    self.usesKernel = usesKernel
    self.multiplyAdds = multiplyAdds
    self.movedBytes = movedBytes
    let seconds = microseconds / 1e6
    if let multiplyAdds, multiplyAdds > 0 {
      if seconds > 0 { multiplyAddsPerSecond = Double(multiplyAdds) / seconds }
      if let movedBytes, movedBytes > 0 {
        intensity = Double(multiplyAdds) / Double(movedBytes)
      }
    }
    if let movedBytes, seconds > 0 { bytesPerSecond = Double(movedBytes) / seconds }
    if peaks.peakMultiplyAddsPerSecond > 0 {
      shareOfPeak = multiplyAddsPerSecond.map { $0 / peaks.peakMultiplyAddsPerSecond }
    }
    if peaks.peakBytesPerSecond > 0 {
      shareOfBandwidth = bytesPerSecond.map { $0 / peaks.peakBytesPerSecond }
    }
    let compute = multiplyAdds == nil ? nil : shareOfPeak ?? 0
    guard let compute, let memory = shareOfBandwidth else { return }
    if max(compute, memory) < ModelProfile.overheadShare {
      bound = .overhead
    } else {
      bound = compute >= memory ? .compute : .memory
    }
  }
}
