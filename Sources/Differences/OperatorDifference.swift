import Profiling

/// What became of an operator from an old model to a new one.
package struct OperatorDifference: Sendable, Equatable {
  /// Whether it is in one model or both, and whether anything that is counted changed.
  package enum Status: String, Sendable, CaseIterable {
    case added, removed, changed, same
  }

  package var status: Status
  /// Rows of the profiles.
  package var old: Int?
  package var new: Int?
  package var deltaBytes: Int
  package var deltaParameters: Int
  /// `nil` where one side is unknown.
  package var deltaMultiplyAdds: Int?
  package var deltaPeakBytes: Int?
  /// What else is different: types, shapes.
  package var remarks: [String]

  /// The differences of two models, in the order of the match.
  package static func all(
    _ match: ModelMatch,
    old: ModelProfile,
    new: ModelProfile
  ) -> [OperatorDifference] {
    match.pairs.map { pair in
      difference(
        pair,
        pair.old.map { old.operators[$0] },
        pair.new.map { new.operators[$0] }
      )
    }
  }

  private static func difference(
    _ pair: ModelMatch.Pair,
    _ before: ModelProfile.OperatorRow?,
    _ after: ModelProfile.OperatorRow?
  ) -> OperatorDifference {
    var difference = OperatorDifference(
      status: before == nil ? .added : after == nil ? .removed : .same,
      old: pair.old,
      new: pair.new,
      deltaBytes: (after?.weightBytes ?? 0) - (before?.weightBytes ?? 0),
      deltaParameters: (after?.parameters ?? 0) - (before?.parameters ?? 0),
      deltaMultiplyAdds: delta(before.map(\.multiplyAdds), after.map(\.multiplyAdds)),
      deltaPeakBytes: delta(before.map(\.liveBytes), after.map(\.liveBytes)),
      remarks: []
    )
    guard let before, let after else { return difference }
    if before.sourceType != after.sourceType {
      difference.remarks.append("\(before.sourceType) → \(after.sourceType)")
    }
    if before.outputShapes != after.outputShapes,
      let old = before.outputShapes.first, let new = after.outputShapes.first
    {
      difference.remarks.append("\(old) → \(new)")
    }
    if before.outputTypes != after.outputTypes,
      let old = before.outputTypes.first, let new = after.outputTypes.first
    {
      difference.remarks.append("\(old.rawValue) → \(new.rawValue)")
    }
    let isEqual =
      difference.remarks.isEmpty && difference.deltaBytes == 0 && difference.deltaParameters == 0
      && before.multiplyAdds == after.multiplyAdds
    difference.status = isEqual ? .same : .changed
    return difference
  }

  /// The change; an operator that is missing on one side has none of it there.
  private static func delta(_ old: Int??, _ new: Int??) -> Int? {
    guard let before = old ?? .some(0), let after = new ?? .some(0) else { return nil }
    let (delta, overflow) = after.subtractingReportingOverflow(before)
    return overflow ? nil : delta
  }
}
