import Profiling

extension TextReport {
  /// The estimated times, an answer for each target with figures.
  func latencyItems() -> [(answer: String, parts: [String])] {
    profile.latency.map { estimate in
      var parts = [
        estimate.isLowerBound
          ? "at peak rates; no figure for \(missing(estimate))" : "roofline at peak rates"
      ]
      if let slowest = estimate.operators.max(by: { $0.milliseconds < $1.milliseconds }),
        estimate.milliseconds > 0, profile.operators.indices.contains(slowest.index)
      {
        let row = profile.operators[slowest.index]
        parts.insert(
          "\(Quantity.percent(slowest.milliseconds / estimate.milliseconds)) in operator"
            + " \(row.index) (\(row.sourceType), \(Columns.shortened(row.title, to: 32)))",
          at: 0
        )
      }
      let least = estimate.isLowerBound ? "≥ " : ""
      parts.insert("on \(estimate.target)", at: 0)
      return ("\(least)\(Quantity.significant(estimate.milliseconds)) ms", parts)
    }
  }

  private func missing(_ estimate: LatencyEstimate) -> String {
    switch (estimate.lacksBandwidth, estimate.lacksOverhead) {
    case (true, true): "bandwidth and overhead"
    case (true, false): "bandwidth"
    default: "overhead"
    }
  }
}
