import Differences

/// Says which operators make a figure too large: those that changed, or where there is nothing to
/// compare with, the largest.
struct GateExplainer {
  let checks: [GateResult.Check]
  let models: [GatedModel]
  /// The baseline's report of a model.
  let before: (String, ReportSnapshot) -> Result<ReportSnapshot, GatedModel.Trouble>

  /// Causes that are named one by one.
  private static let mostCauses = 5

  /// One explanation for each model and figure that fails.
  func explanations() -> [GateResult.Explanation] {
    var result: [GateResult.Explanation] = []
    for model in models {
      guard case .success(let report) = model.outcome else { continue }
      let failed = checks.filter {
        $0.model == model.path && $0.verdict == .fail && $0.kind != .shrink && $0.kind != .minimum
      }
      var seen: [Figure] = []
      var difference: ModelDifference?
      for check in failed {
        guard let figure = check.figure, let attribution = figure.attribution,
          check.scope.layer == nil, !seen.contains(figure)
        else { continue }
        seen.append(figure)
        if difference == nil, case .success(let old) = before(model.path, report) {
          difference = ModelDifference(old, report)
        }
        let change = difference.map { Self.changes($0, model.path, figure, attribution) }
        // A model that was too large before has no change to blame.
        var explanation = Self.largest(report, model.path, figure, attribution)
        if let change, !change.causes.isEmpty || change.rest > 0 { explanation = change }
        let limits = failed.filter { $0.figure == figure && $0.scope == check.scope }
        if let limit = limits.compactMap(\.limit).min(), let value = check.value {
          explanation.wayBack = WayBackSearch(report: report, measurements: model.advice)
            .way(figure, check.scope, from: value, to: limit)
        }
        result.append(explanation)
      }
    }
    return result
  }

  private static func changes(
    _ difference: ModelDifference,
    _ model: String,
    _ figure: Figure,
    _ attribution: Figure.Attribution
  ) -> GateResult.Explanation {
    var causes: [GateResult.Cause] = []
    for change in difference.operators {
      let amount: Int? =
        switch attribution {
        case .bytes: change.deltaBytes
        case .parameters: change.deltaParameters
        case .multiplyAdds: change.deltaMultiplyAdds
        case .peak: change.deltaPeak
        }
      guard let amount, amount > 0, let summary = difference.summary(of: change) else { continue }
      causes.append(
        GateResult.Cause(
          title: summary.title,
          status: change.status,
          changes: change.changes,
          amount: amount,
          unit: unit(attribution)
        )
      )
    }
    let others = difference.otherBytes.reduce(0) { $0 + ($1.delta ?? 0) }
    return explanation(
      model,
      figure,
      isChange: true,
      causes,
      rest: attribution == .bytes ? others : 0
    )
  }

  private static func largest(
    _ report: ReportSnapshot,
    _ model: String,
    _ figure: Figure,
    _ attribution: Figure.Attribution
  ) -> GateResult.Explanation {
    let causes = report.operators.compactMap { row -> GateResult.Cause? in
      let amount: Int? =
        switch attribution {
        case .bytes: row.weightBytes
        case .parameters: row.parameters
        case .multiplyAdds: row.multiplyAdds
        case .peak: row.liveBytes
        }
      guard let amount, amount > 0 else { return nil }
      return GateResult.Cause(
        title: row.title,
        status: nil,
        changes: [],
        amount: amount,
        unit: unit(attribution)
      )
    }
    return explanation(model, figure, isChange: false, causes, rest: 0)
  }

  private static func unit(_ attribution: Figure.Attribution) -> Figure.Unit {
    switch attribution {
    case .bytes, .peak: .bytes
    case .parameters, .multiplyAdds: .count
    }
  }

  /// The largest causes by name; the others together with what no operator explains.
  private static func explanation(
    _ model: String,
    _ figure: Figure,
    isChange: Bool,
    _ causes: [GateResult.Cause],
    rest: Int
  ) -> GateResult.Explanation {
    let sorted = causes.enumerated().sorted { left, right in
      (right.element.amount, left.offset) < (left.element.amount, right.offset)
    }.map(\.element)
    // Bytes alive at different moments do not add up.
    let adds = figure.attribution != .peak
    var others = rest
    if adds {
      for cause in sorted.dropFirst(mostCauses) {
        others = others.addingReportingOverflow(cause.amount).partialValue
      }
    }
    return GateResult.Explanation(
      model: model,
      figure: figure,
      isChange: isChange,
      causes: Array(sorted.prefix(mostCauses)),
      rest: others
    )
  }
}
