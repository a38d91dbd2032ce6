/// What changed between two versions of a model, operator by operator.
///
/// The operators' byte changes and `otherBytes` sum exactly to the change of the file size.
package struct ModelDifference: Sendable, Equatable {
  package var old: ReportSnapshot
  package var new: ReportSnapshot
  /// In the new model's order; removed operators stand where they were.
  package var operators: [OperatorChange]
  /// The report's totals, in its order.
  package var totals: [TotalChange]
  /// The categories of the ledger; their deltas sum to the change of the file size.
  package var bytes: [TotalChange]
  /// Bytes of the change that are no operator's weights, by category.
  package var otherBytes: [TotalChange]

  /// What happened to an operator.
  package enum Status: String, Sendable, CaseIterable {
    case added, removed, changed, same
  }

  /// What is different about an operator that both models have.
  package enum Change: String, Sendable, CaseIterable {
    case renamed, moved, type, shape, weights, weightType, activationType, cost
  }

  /// One operator.
  package struct OperatorChange: Sendable, Equatable {
    package var status: Status
    /// The row of the old report; `nil` for an added operator.
    package var old: Int?
    /// The row of the new report; `nil` for a removed one.
    package var new: Int?
    package var changes: [Change]
    /// Of the weights that it is the first to use.
    package var deltaBytes: Int
    package var deltaParameters: Int
    /// `nil` where one side is unknown.
    package var deltaMultiplyAdds: Int?
    /// Of the bytes alive while it runs; `nil` where one side is unknown.
    package var deltaPeak: Int?
  }

  /// A figure before and after.
  package struct TotalChange: Sendable, Equatable {
    package var name: String
    package var old: Int?
    package var new: Int?

    /// `nil` where a side is unknown.
    package var delta: Int? {
      guard let old, let new else { return nil }
      return new - old
    }

    package init(name: String, old: Int?, new: Int?) {
      self.name = name
      self.old = old
      self.new = new
    }
  }

  /// Compares two models.
  package init(_ old: ReportSnapshot, _ new: ReportSnapshot) {
    self.old = old
    self.new = new
    operators = Self.operators(old, new)
    totals = Self.totals(old.totals, new.totals)
    bytes = Self.categories(old, new)
    otherBytes = Self.others(bytes, old, new)
  }

  /// Whether nothing that a report states is different.
  package var isEmpty: Bool {
    operators.allSatisfy { $0.status == .same } && totals.allSatisfy { $0.old == $0.new }
      && bytes.allSatisfy { $0.old == $0.new }
  }

  /// The summary on either side; one exists.
  package func summary(of change: OperatorChange) -> ReportSnapshot.OperatorSummary? {
    change.new.map { new.operators[$0] } ?? change.old.map { old.operators[$0] }
  }

  // MARK: - Operators

  private static func operators(_ old: ReportSnapshot, _ new: ReportSnapshot) -> [OperatorChange] {
    var matcher = OperatorMatcher(old.operators, new.operators)
    let pairs = matcher.match()
    let stable = Set(OperatorMatcher.inOrder(pairs.map { ($0.old, $0.new) }).map(\.0))
    var partners: [Int: Int] = [:]
    for pair in pairs { partners[pair.new] = pair.old }
    let kept = Set(pairs.map(\.old))
    var result: [OperatorChange] = []
    var nextRemoved = 0
    func appendRemoved(before place: Int) {
      while nextRemoved < place {
        if !kept.contains(nextRemoved) {
          result.append(removed(old.operators[nextRemoved], nextRemoved))
        }
        nextRemoved += 1
      }
    }
    for (place, summary) in new.operators.enumerated() {
      guard let partner = partners[place] else {
        result.append(added(summary, place))
        continue
      }
      if stable.contains(partner) { appendRemoved(before: partner) }
      result.append(
        compared(
          old.operators[partner],
          partner,
          summary,
          place,
          isMoved: !stable.contains(partner)
        )
      )
    }
    appendRemoved(before: old.operators.count)
    return result
  }

  private static func added(_ row: ReportSnapshot.OperatorSummary, _ place: Int) -> OperatorChange {
    OperatorChange(
      status: .added,
      old: nil,
      new: place,
      changes: [],
      deltaBytes: row.weightBytes,
      deltaParameters: row.parameters,
      deltaMultiplyAdds: row.multiplyAdds,
      deltaPeak: row.liveBytes
    )
  }

  private static func removed(_ row: ReportSnapshot.OperatorSummary, _ place: Int) -> OperatorChange
  {
    OperatorChange(
      status: .removed,
      old: place,
      new: nil,
      changes: [],
      deltaBytes: -row.weightBytes,
      deltaParameters: -row.parameters,
      deltaMultiplyAdds: row.multiplyAdds.map { -$0 },
      deltaPeak: row.liveBytes.map { -$0 }
    )
  }

  private static func compared(
    _ before: ReportSnapshot.OperatorSummary,
    _ oldPlace: Int,
    _ after: ReportSnapshot.OperatorSummary,
    _ newPlace: Int,
    isMoved: Bool
  ) -> OperatorChange {
    let multiplyAdds = difference(before.multiplyAdds, after.multiplyAdds)
    var changes: [Change] = []
    if before.title != after.title { changes.append(.renamed) }
    if isMoved { changes.append(.moved) }
    if before.type != after.type { changes.append(.type) }
    if before.outputShapes != after.outputShapes { changes.append(.shape) }
    if before.weightTypes != after.weightTypes {
      changes.append(.weightType)
    } else if before.weightHash != after.weightHash || before.parameters != after.parameters {
      changes.append(.weights)
    }
    if before.outputTypes != after.outputTypes { changes.append(.activationType) }
    if before.multiplyAdds != after.multiplyAdds { changes.append(.cost) }
    return OperatorChange(
      status: changes.isEmpty ? .same : .changed,
      old: oldPlace,
      new: newPlace,
      changes: changes,
      deltaBytes: after.weightBytes - before.weightBytes,
      deltaParameters: after.parameters - before.parameters,
      deltaMultiplyAdds: multiplyAdds,
      deltaPeak: difference(before.liveBytes, after.liveBytes)
    )
  }

  private static func difference(_ old: Int?, _ new: Int?) -> Int? {
    guard let old, let new else { return nil }
    return new - old
  }

  // MARK: - Totals

  private static func totals(
    _ old: ReportSnapshot.Totals,
    _ new: ReportSnapshot.Totals
  ) -> [TotalChange] {
    [
      TotalChange(name: "fileBytes", old: old.fileBytes, new: new.fileBytes),
      TotalChange(name: "weightBytes", old: old.weightBytes, new: new.weightBytes),
      TotalChange(name: "parameters", old: old.parameters, new: new.parameters),
      TotalChange(name: "macs", old: old.multiplyAdds, new: new.multiplyAdds),
      TotalChange(name: "flops", old: old.flops, new: new.flops),
      TotalChange(name: "operators", old: old.operators, new: new.operators),
      TotalChange(name: "uncountedOperators", old: old.uncounted, new: new.uncounted),
      TotalChange(name: "activationBytes", old: old.activationBytes, new: new.activationBytes),
      TotalChange(
        name: "peakActivationBytes",
        old: old.peakActivationBytes,
        new: new.peakActivationBytes
      ),
      TotalChange(
        name: "peakLowerBoundBytes",
        old: old.peakLowerBoundBytes,
        new: new.peakLowerBoundBytes
      ),
    ]
  }

  /// The category of operators' weights.
  private static let weightCategory = "weights"

  private static func categories(_ old: ReportSnapshot, _ new: ReportSnapshot) -> [TotalChange] {
    var names = new.bytes.map(\.category)
    for entry in old.bytes where !names.contains(entry.category) { names.append(entry.category) }
    func bytes(_ name: String, _ report: ReportSnapshot) -> Int {
      report.bytes.first { $0.category == name }?.bytes ?? 0
    }
    return names.map { TotalChange(name: $0, old: bytes($0, old), new: bytes($0, new)) }
  }

  private static func others(
    _ categories: [TotalChange],
    _ old: ReportSnapshot,
    _ new: ReportSnapshot
  ) -> [TotalChange] {
    let before = old.operators.reduce(0) { $0 + $1.weightBytes }
    let after = new.operators.reduce(0) { $0 + $1.weightBytes }
    var rows = categories
    if let index = rows.firstIndex(where: { $0.name == weightCategory }) {
      rows[index].old = (rows[index].old ?? 0) - before
      rows[index].new = (rows[index].new ?? 0) - after
    } else {
      rows.insert(TotalChange(name: weightCategory, old: -before, new: -after), at: 0)
    }
    return rows.filter { $0.old != 0 || $0.new != 0 }
  }
}
