extension ModelDifference {
  /// What is different about an operator that both models have, in a few words each.
  package func remarks(on change: OperatorChange) -> [String] {
    guard change.status == .changed, let old = change.old.map({ old.operators[$0] }),
      let new = change.new.map({ new.operators[$0] })
    else { return [] }
    return change.changes.map { kind -> String in
      switch kind {
      case .renamed: "was \(old.title)"
      case .moved: "moved"
      case .type: "\(old.sourceType) → \(new.sourceType)"
      case .shape: "\(Self.shapes(old)) → \(Self.shapes(new))"
      case .weights: "weights"
      case .weightType: "weights \(Self.types(old.weightTypes)) → \(Self.types(new.weightTypes))"
      case .activationType:
        "results \(Self.types(old.outputTypes)) → \(Self.types(new.outputTypes))"
      case .cost: "MACs"
      }
    }
  }

  private static func shapes(_ row: ReportSnapshot.OperatorSummary) -> String {
    row.outputShapes.map { shape in
      shape.map { $0.map { $0 < 0 ? "?" : String($0) }.joined(separator: "×") } ?? "unknown"
    }.joined(separator: " ")
  }

  private static func types(_ types: [String]) -> String {
    types.isEmpty ? "none" : types.joined(separator: "+")
  }
}
