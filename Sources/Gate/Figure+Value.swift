import Differences

extension Figure {
  /// The figure of a report.
  ///
  /// - Parameters:
  ///   - report: The report.
  ///   - scope: What it is taken of.
  /// - Returns: The value, or why it is unknown; what a report lacks is never 0.
  package func value(of report: ReportSnapshot, scope: FigureScope) -> FigureValue {
    if let layer = scope.layer { return layerValue(of: report, layer) }
    let totals = report.totals
    switch self {
    case .fileBytes: return .known(totals.fileBytes)
    case .gzipBytes: return known(totals.gzipBytes, "the size after gzip was not measured")
    case .zstdBytes:
      return known(totals.zstdBytes, "zstd is not installed (Debian: libzstd1)")
    case .weightBytes: return known(totals.weightBytes, "the report does not state it")
    case .parameters: return known(totals.parameters, "the report does not state them")
    case .operators: return .known(totals.operators)
    case .macs:
      return known(totals.multiplyAdds, uncountedReason(totals))
    case .flops: return known(totals.flops, uncountedReason(totals))
    case .activationBytes:
      return known(totals.activationBytes, "some shapes are open; fix them with --shape")
    case .peakActivationBytes:
      return known(totals.peakActivationBytes, "no planner could place the activations")
    case .peakLowerBoundBytes:
      return known(totals.peakLowerBoundBytes, "some shapes are open; fix them with --shape")
    case .uncounted: return known(totals.uncounted, "the report does not state them")
    case .sparsity: return share(totals.sparsity, "the weights were not read")
    case .quantizedShare: return share(totals.quantizedShare, "the model has no weights")
    case .arena: return arena(report, scope)
    case .latency, .unsupported, .unknown: return target(report, scope)
    case .findings: return .known(findings(report, scope))
    case .accuracy, .divergence: return quality(report, scope)
    }
  }

  private func known(_ value: Int?, _ reason: String) -> FigureValue {
    value.map(FigureValue.known) ?? .unknown(reason)
  }

  /// Hundredths of a percent, rounded down: a floor is not met by rounding.
  private func share(_ value: Double?, _ reason: String) -> FigureValue {
    guard let value, value >= 0, value <= 1 else { return .unknown(reason) }
    return .known(Int((value * 10_000).rounded(.down)))
  }

  private func uncountedReason(_ totals: ReportSnapshot.Totals) -> String {
    let count = totals.uncounted ?? 0
    return count > 0
      ? "\(count) of \(totals.operators) operators are not counted"
      : "the arithmetic is not counted"
  }

  private func layerValue(of report: ReportSnapshot, _ layer: String) -> FigureValue {
    let rows = report.operators.filter { $0.layer == layer || $0.name == layer }
    guard !rows.isEmpty else { return .unknown("the model has no layer \"\(layer)\"") }
    let values: [Int?] =
      switch self {
      case .weightBytes: rows.map(\.weightBytes)
      case .parameters: rows.map(\.parameters)
      case .macs: rows.map(\.multiplyAdds)
      case .activationBytes: rows.map(\.activationBytes)
      default: [nil]
      }
    var sum = 0
    for value in values {
      guard let value else { return .unknown("not counted for layer \"\(layer)\"") }
      let (next, overflow) = sum.addingReportingOverflow(value)
      guard !overflow else { return .unknown("the sum does not fit 64 bits") }
      sum = next
    }
    return .known(sum)
  }

  private func arena(_ report: ReportSnapshot, _ scope: FigureScope) -> FigureValue {
    let planner = scope.planner ?? ""
    guard let arena = report.arenas.first(where: { $0.planner == planner }) else {
      return .unknown("no planner \"\(planner)\" was asked for this model")
    }
    return known(arena.bytes, "the planner \(planner) cannot tell for this model")
  }

  private func target(_ report: ReportSnapshot, _ scope: FigureScope) -> FigureValue {
    let name = scope.target ?? ""
    guard let target = report.targets.first(where: { $0.name == name }) else {
      return .unknown("the target \(name) was not asked")
    }
    switch self {
    case .latency:
      return known(target.estimatedNanoseconds, "\(name) has too few figures for a time")
    case .unknown: return .known(target.unknownOperators)
    default:
      // What nobody can tell may be unsupported, too.
      guard target.unknownOperators == 0, target.verdict != "unknown" else {
        let count = target.unknownOperators
        return .unknown(
          count > 0
            ? "\(name) cannot be told for \(count) operators"
            : "\(name) cannot be told for this model"
        )
      }
      return .known(target.unsupportedOperators)
    }
  }

  private func findings(_ report: ReportSnapshot, _ scope: FigureScope) -> Int {
    let ranks = ["note": 0, "warning": 1, "error": 2]
    let least = scope.severity.flatMap { ranks[$0] } ?? 0
    return report.findings.count { finding in
      let matches = scope.code.map { code in
        finding.code == code || finding.code.hasPrefix(code + " ")
          || (code.count == 1 && finding.code.hasPrefix(code))
      }
      return (matches ?? true) && (ranks[finding.severity] ?? 0) >= least
    }
  }

  private func quality(_ report: ReportSnapshot, _ scope: FigureScope) -> FigureValue {
    let file = scope.file ?? ""
    guard let quality = report.quality[file] else { return .unknown("\(file) was not read") }
    let value = self == .accuracy ? quality.accuracy : quality.divergence
    return known(value, "\(file): \(quality.reason ?? "it does not state it")")
  }
}
