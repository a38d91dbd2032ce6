import ByteIO

/// Budgets that were checked against each other and against the model as it is.
package struct BudgetSet: Sendable, Equatable {
  /// A budget with its limit as a number.
  package struct Entry: Sendable, Equatable {
    package var budget: Budget
    /// In bytes, multiply-adds, nanoseconds, a share of right answers, or a divergence.
    package var limit: Double
    /// The original's figure; `nil` where it is unknown.
    package var original: Double?
    /// Whether the original keeps it already.
    package var isMet: Bool
  }

  /// In the order of figures.
  package var entries: [Entry]

  /// Checks and resolves budgets.
  ///
  /// - Parameters:
  ///   - budgets: As asked for.
  ///   - originals: The original's figures, as far as they are known.
  /// - Throws: `USAGE` where two limits for one figure differ, or weights may not be more than the
  ///   whole file is allowed less than; a figure that is unknown; or where all budgets are already met.
  package init(_ budgets: [Budget], originals: [BudgetFigure: Double]) throws(PlanningError) {
    var entries: [Entry] = []
    for budget in budgets {
      let original = originals[budget.figure]
      guard let limit = budget.resolved(original: original),
        original != nil || budget.figure == .divergence
      else {
        throw PlanningError(
          .usage,
          "\(jsonQuoted(budget.text)): the model's \(budget.figure.rawValue) is unknown",
          hint: Self.missing(budget.figure)
        )
      }
      if let other = entries.first(where: { $0.budget.figure == budget.figure }) {
        guard other.limit == limit else {
          throw PlanningError(
            .usage,
            "\(jsonQuoted(other.budget.text)) and \(jsonQuoted(budget.text)) contradict each other",
            hint: "give one limit for each figure"
          )
        }
        continue
      }
      let isMet: Bool =
        budget.figure == .divergence
        ? true : original.map { budget.figure.isFloor ? $0 >= limit : $0 <= limit } ?? false
      entries.append(Entry(budget: budget, limit: limit, original: original, isMet: isMet))
    }
    self.entries = entries.sorted { $0.budget.figure < $1.budget.figure }
  }

  /// Refuses budgets that ask for nothing.
  ///
  /// - Throws: `USAGE` where the original keeps every ceiling, so that the best plan is no change.
  package func requireWork() throws(PlanningError) {
    let ceilings = entries.filter { !$0.budget.figure.isFloor && $0.budget.figure != .divergence }
    guard let first = ceilings.first, ceilings.allSatisfy(\.isMet) else { return }
    let texts = ceilings.map { jsonQuoted($0.budget.text) }.joined(separator: ", ")
    throw PlanningError(
      .usage,
      "the model already meets \(texts)",
      hint: "its \(first.budget.figure.rawValue) is \(Int(first.original ?? 0)); ask for less"
    )
  }

  /// The limit of a figure.
  package func limit(_ figure: BudgetFigure) -> Double? {
    entries.first { $0.budget.figure == figure }?.limit
  }

  private static func missing(_ figure: BudgetFigure) -> String {
    switch figure {
    case .latency: "name a --target that states rates; analyze targets lists them"
    case .arena: "the arena needs every activation's shape: --shape fixes open dimensions"
    case .accuracy: "accuracy needs labelled samples: --calibration DATA with --labels PATH"
    case .macs: "an operator has no known cost: see analyze report"
    case .size, .weights, .divergence: "see analyze report"
    }
  }
}
