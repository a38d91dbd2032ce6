import WireFormats

/// A figure that a budget can bound.
package enum BudgetFigure: String, Sendable, CaseIterable, Comparable {
  /// Bytes of the file.
  case size
  /// Bytes of the weights.
  case weights
  /// Bytes of the activations' arena, by the target's planner.
  case arena
  /// Multiply-adds of a run.
  case macs
  /// Nanoseconds of a run on the target, estimated.
  case latency
  /// Share of answers that are right; budgets are relative to the original.
  case accuracy
  /// The measured distance of the outputs from the original's.
  case divergence

  package static func < (left: Self, right: Self) -> Bool {
    (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
  }

  /// Whether more is better: its budget is a floor.
  package var isFloor: Bool { self == .accuracy }

  /// The kind of quantity of an absolute limit; `nil` where it is a plain number or a share.
  var quantity: DecodedQuantity.Kind? {
    switch self {
    case .size, .weights, .arena: .byteCount
    case .macs: .count
    case .latency: .duration
    case .accuracy, .divergence: nil
    }
  }

  /// The names by which people ask: `memory` is the arena.
  static let names: [(String, BudgetFigure)] =
    allCases.map { ($0.rawValue, $0) } + [("memory", .arena)]
}
