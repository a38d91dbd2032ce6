import Profiling

extension TextReport {
  /// Above this ratio of the whole to the sum of its parts, runs were interrupted: inputs and outputs
  /// take little.
  private static let busyRatio = 2.0

  /// `all 31 operators`, or how many of how many.
  func runnable() -> String {
    let rows = profile.operators
    let able = rows.count { $0.isRunnable }
    guard able < rows.count else { return "all " + plural(rows.count, "operator") }
    return "\(Quantity.grouped(able)) of \(plural(rows.count, "operator"))"
  }

  /// The types that do not run, the most frequent first.
  func runnableParts() -> [String] {
    var counts: [String: Int] = [:]
    for row in profile.operators where !row.isRunnable { counts[row.sourceType, default: 0] += 1 }
    guard !counts.isEmpty else { return ["with analyze run"] }
    let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = sorted.prefix(4).map {
      Columns.shortened($0.key, to: 32) + ($0.value > 1 ? " × \($0.value)" : "")
    }
    let rest = sorted.count - shown.count
    return [
      "no kernel for " + shown.joined(separator: ", ")
        + (rest > 0 ? " and \(plural(rest, "more type"))" : "")
    ]
  }

  /// `1.23 ms an inference`.
  func time(_ measurement: ModelProfile.Measurement) -> String {
    Quantity.time(microseconds: measurement.totalMicroseconds) + " an inference"
  }

  /// What the time says, and of what it is the median.
  func timeParts(_ measurement: ModelProfile.Measurement) -> [String] {
    var parts: [String] = []
    if let rate = measurement.multiplyAddsPerSecond, rate > 0 {
      parts.append(
        "\(Quantity.significant(rate / 1e9)) GMAC/s, "
          + Quantity.percent(
            measurement.peakMultiplyAddsPerSecond > 0
              ? rate / measurement.peakMultiplyAddsPerSecond : 0
          ) + " of the peak"
      )
    }
    if !measurement.boundShares.isEmpty {
      parts.append(
        measurement.boundShares.map {
          "\($0.bound.rawValue) bounds \(Quantity.percent($0.share))"
        }.joined(separator: ", ")
      )
    }
    parts.append(
      "this machine's peak: \(Quantity.significant(measurement.peakMultiplyAddsPerSecond / 1e9))"
        + " GMAC/s float32 (\(measurement.instructionSet)),"
        + " \(Quantity.significant(measurement.peakBytesPerSecond / 1e9)) GB/s"
    )
    parts.append(
      "median of \(plural(measurement.runs, "run")), "
        + (measurement.threads == 1 ? "one thread" : plural(measurement.threads, "thread")) + ", "
        + (measurement.input == "random"
          ? "random inputs" : "inputs of \(Columns.shortened(measurement.input, to: 32))")
    )
    parts.append(
      "the operators' medians add up to \(Quantity.time(microseconds: measurement.sumMicroseconds))"
    )
    if measurement.totalMicroseconds > Self.busyRatio * measurement.sumMicroseconds {
      parts.append(style.paint("the machine was busy with other work", .warning))
    }
    return parts
  }
}

extension Quantity {
  /// A time in the unit that keeps it between 1 and 1,000: `12.3 µs`, `4.56 ms`, `1.20 s`.
  package static func time(microseconds: Double) -> String {
    if microseconds < 999.5 { return significant(microseconds) + " µs" }
    if microseconds < 999_500 { return significant(microseconds / 1e3) + " ms" }
    return significant(microseconds / 1e6) + " s"
  }
}
