import ByteIO

/// What a sweep has found so far: what its journal holds.
package struct SweepRecords: Sendable {
  /// What an action makes of a site, besides its effect.
  package struct Cost: Equatable, Sendable {
    package var bytes: Int?
    package var sparseBytes: Int?
    package var multiplyAdds: Int?
    /// The divergence that the derivative says; `nil` where it was not looked for or there is none.
    package var linear: Double?
    /// The relative variance of that mean over samples: 1 where one sample makes it alone.
    package var linearVariance: Double?
  }

  /// By trial and sample.
  package fileprivate(set) var figures: [Int: [SampleFigures?]] = [:]
  package fileprivate(set) var costs: [Int: Cost] = [:]
  /// What the user's metric says of a trial.
  package fileprivate(set) var ownFigures: [Int: OwnMetric.Value] = [:]
  /// What it says of the float model.
  package fileprivate(set) var ownBaseline: OwnMetric.Value?
  /// Why a trial could not be run.
  package fileprivate(set) var failures: [Int: String] = [:]
  /// The float model compared with itself: whether it is right.
  package fileprivate(set) var baseline: [SampleFigures?]
  /// How much each sample's divergence grows with the square of a change (`OutputMeasure.curvature`).
  package fileprivate(set) var curvatures: [Double?]
  private let trialByKey: [String: Int]
  private let plan: SweepPlan
  private let sampleCount: Int

  package init(_ plan: SweepPlan, sampleCount: Int) {
    self.plan = plan
    self.sampleCount = sampleCount
    baseline = Array(repeating: nil, count: sampleCount)
    curvatures = Array(repeating: nil, count: sampleCount)
    trialByKey = Dictionary(
      plan.trials.enumerated().map { ($1.key, $0) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  /// Whether a trial needs nothing more on these samples.
  func isDone(_ trial: Int, _ positions: some Sequence<Int>) -> Bool {
    if failures[trial] != nil { return true }
    guard let figures = figures[trial] else { return false }
    return positions.allSatisfy { figures[$0] != nil }
  }

  // MARK: - Records
  //
  // 1. One byte: the kind.
  // 2. 64 bytes: the key of the sweep (header, the user's metric of the float model) or of the trial (all
  //    others but the baseline and the curvatures).
  // 3. What the kind needs; numbers little-endian, 8 bytes, two's complement.

  /// The kinds of records.
  private enum Kind: UInt8 {
    case header = 1
    case baseline, figures, cost, failure, curvatures, own
  }

  /// The first record: which sweep it is.
  package var header: [UInt8] { [Kind.header.rawValue] + Array(plan.key.utf8) }

  static func baseline(_ figures: [(position: Int, figures: SampleFigures)]) -> [UInt8] {
    [Kind.baseline.rawValue] + encode(figures)
  }

  static func curvatures(_ curvatures: [(position: Int, curvature: Double)]) -> [UInt8] {
    curvatures.reduce(into: [Kind.curvatures.rawValue]) { bytes, entry in
      bytes += encode(entry.position)
      bytes += encode(Int(truncatingIfNeeded: entry.curvature.bitPattern))
    }
  }

  func figures(_ trial: Int, _ figures: [(position: Int, figures: SampleFigures)]) -> [UInt8] {
    [Kind.figures.rawValue] + Array(plan.trials[trial].key.utf8) + Self.encode(figures)
  }

  func cost(_ trial: Int, _ cost: Cost) -> [UInt8] {
    var bytes = [Kind.cost.rawValue] + Array(plan.trials[trial].key.utf8)
    for number in [cost.bytes, cost.sparseBytes, cost.multiplyAdds] {
      bytes += Self.encode(number ?? -1)
    }
    for number in [cost.linear, cost.linearVariance] {
      bytes += Self.encode(Int(truncatingIfNeeded: (number ?? .nan).bitPattern))
    }
    return bytes
  }

  func failure(_ trial: Int, _ reason: String) -> [UInt8] {
    [Kind.failure.rawValue] + Array(plan.trials[trial].key.utf8) + Array(reason.utf8)
  }

  /// What the user's metric says of a trial, or of the float model.
  func own(_ trial: Int?, _ value: OwnMetric.Value) -> [UInt8] {
    let bytes = [Kind.own.rawValue] + Array((trial.map { plan.trials[$0].key } ?? plan.key).utf8)
    switch value {
    case .number(let number):
      return bytes + Self.encode(Int(truncatingIfNeeded: number.bitPattern))
    case .trouble(let reason):
      let none = Self.encode(Int(truncatingIfNeeded: Double.nan.bitPattern))
      return bytes + none + Array(reason.utf8)
    }
  }

  /// Takes a record over.
  ///
  /// - Throws: where it is of another sweep, or does not decode.
  package mutating func add(_ record: [UInt8]) throws(ReadError) {
    let invalid = ReadError(.dataInvalid, "a record of the journal does not decode")
    guard let first = record.first, let kind = Kind(rawValue: first) else { throw invalid }
    var rest = record.dropFirst()
    if kind == .baseline {
      for entry in try Self.decode(rest, sampleCount) { baseline[entry.position] = entry.figures }
      return
    }
    if kind == .curvatures {
      guard rest.count % 16 == 0 else { throw invalid }
      for offset in stride(from: 0, to: rest.count, by: 16) {
        let position = Self.number(rest, at: offset)
        let bits = UInt64(bitPattern: Int64(Self.number(rest, at: offset + 8)))
        guard (0..<sampleCount).contains(position), Double(bitPattern: bits).isFinite else {
          throw invalid
        }
        curvatures[position] = Double(bitPattern: bits)
      }
      return
    }
    guard rest.count >= 64 else { throw invalid }
    let key = String(decoding: rest.prefix(64), as: UTF8.self)
    rest = rest.dropFirst(64)
    if kind == .header {
      guard key == plan.key else {
        throw ReadError(
          .baselineMismatch,
          "the journal is of another sweep",
          hint: "model, data, options, tool version or processor differ; --restart begins anew"
        )
      }
      return
    }
    if kind == .own {
      guard rest.count >= 8 else { throw invalid }
      let number = Double(bitPattern: UInt64(bitPattern: Int64(Self.number(rest, at: 0))))
      let value: OwnMetric.Value =
        number.isFinite
        ? .number(number) : .trouble(String(decoding: rest.dropFirst(8), as: UTF8.self))
      if let trial = trialByKey[key] {
        ownFigures[trial] = value
      } else if key == plan.key {
        ownBaseline = value
      } else {
        throw invalid
      }
      return
    }
    guard let trial = trialByKey[key] else { throw invalid }
    switch kind {
    case .header, .baseline, .curvatures, .own: break
    case .figures:
      var known = figures[trial] ?? Array(repeating: nil, count: sampleCount)
      for entry in try Self.decode(rest, sampleCount) { known[entry.position] = entry.figures }
      figures[trial] = known
    case .cost:
      guard rest.count == 40 else { throw invalid }
      let numbers = (0..<5).map { Self.number(rest, at: 8 * $0) }
      func known(_ number: Int) -> Int? { number < 0 ? nil : number }
      func real(_ number: Int) -> Double? {
        let value = Double(bitPattern: UInt64(bitPattern: Int64(number)))
        return value.isNaN ? nil : value
      }
      costs[trial] = Cost(
        bytes: known(numbers[0]),
        sparseBytes: known(numbers[1]),
        multiplyAdds: known(numbers[2]),
        linear: real(numbers[3]),
        linearVariance: real(numbers[4])
      )
    case .failure: failures[trial] = String(decoding: rest, as: UTF8.self)
    }
  }

  private static func encode(_ number: Int) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  private static func encode(_ figures: [(position: Int, figures: SampleFigures)]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(figures.count * (8 + SampleFigures.byteCount))
    for entry in figures { bytes += encode(entry.position) + entry.figures.encoded }
    return bytes
  }

  private static func decode(
    _ bytes: ArraySlice<UInt8>,
    _ sampleCount: Int
  ) throws(ReadError) -> [(position: Int, figures: SampleFigures)] {
    let size = 8 + SampleFigures.byteCount
    var result: [(position: Int, figures: SampleFigures)] = []
    var rest = bytes
    while rest.count >= size {
      let position = number(rest, at: 0)
      guard (0..<sampleCount).contains(position),
        let figures = SampleFigures(rest.dropFirst(8).prefix(SampleFigures.byteCount))
      else { break }
      result.append((position, figures))
      rest = rest.dropFirst(size)
    }
    guard rest.isEmpty else {
      throw ReadError(.dataInvalid, "a record of the journal does not decode")
    }
    return result
  }

  private static func number(_ bytes: ArraySlice<UInt8>, at offset: Int) -> Int {
    let start = bytes.startIndex + offset
    return (0..<8).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
  }
}

/// The records of a sweep and the file that keeps them.
package struct SweepJournal {
  package private(set) var records: SweepRecords
  private let log: RecordLog?

  /// Records that no file keeps.
  package init(_ records: SweepRecords) {
    self.records = records
    log = nil
  }

  /// Begins a new file.
  package init(_ records: SweepRecords, creating path: String) throws(WriteError) {
    self.records = records
    let log = try RecordLog.create(path)
    try log.append(records.header)
    self.log = log
  }

  /// Goes on with a file that an earlier run left.
  ///
  /// - Throws: `ReadError` where it is of another sweep, `WriteError` where it cannot be written.
  package init(_ records: SweepRecords, resuming path: String) throws {
    var records = records
    let found = try Self.read(path, into: &records)
    let log = try RecordLog.append(to: path, after: found.byteCount)
    if found.isEmpty { try log.append(records.header) }
    self.log = log
    self.records = records
  }

  /// Adds what another file holds.
  ///
  /// - Throws: where it is of another sweep.
  package mutating func merge(_ path: String) throws(ReadError) {
    let found = try Self.read(path, into: &records)
    guard !found.isEmpty else {
      throw ReadError(.dataInvalid, "the journal is empty", file: path)
    }
  }

  private static func read(
    _ path: String,
    into records: inout SweepRecords
  ) throws(ReadError) -> (byteCount: Int, isEmpty: Bool) {
    let found = try RecordLog.read(path)
    guard let first = found.records.first else { return (found.byteCount, true) }
    do throws(ReadError) {
      guard first.first == records.header.first else {
        throw ReadError(.dataInvalid, "the journal does not say of which sweep it is")
      }
      for record in found.records { try records.add(record) }
    } catch {
      var error = error
      error.file = error.file ?? path
      throw error
    }
    return (found.byteCount, false)
  }

  /// Keeps a record, in the file first.
  mutating func append(_ record: [UInt8]) throws(SweepError) {
    do throws(WriteError) {
      try log?.append(record)
    } catch {
      throw .write(error)
    }
    do throws(ReadError) {
      try records.add(record)
    } catch {
      throw .read(error)
    }
  }
}

/// Why a sweep could not go on.
package enum SweepError: Error {
  case read(ReadError)
  case write(WriteError)
  /// The user's metric gives no number for the float model.
  case metric(String)
}
