import ByteIO
import Profiling
import ModelIR
import Profiling
import TargetRules

/// Targets for a person at a terminal.
package enum TargetText {
  /// One line for each.
  package static func list(_ targets: [DeploymentTarget], style: TextStyle) -> String {
    let names = targets.map { Columns.shortened($0.name, to: 32) }
    let columns = (names.map { Columns.width($0) }.max() ?? 0) + 2
    let counts = targets.map { operators($0) }
    let countColumns = (counts.map { Columns.width($0) }.max() ?? 0) + 2
    let room = max(20, style.width - 2 - columns - countColumns)
    let lines = targets.indices.map { index in
      trimmed(
        "  " + style.paint(Columns.left(names[index], columns), .strong)
          + Columns.left(counts[index], countColumns)
          + Columns.shortened(targets[index].title, to: room)
      )
    }
    return lines.joined(separator: "\n") + "\n\n"
      + style.paint("analyze report MODEL --target NAME    analyze targets NAME", .faint) + "\n"
  }

  /// `120 operators`, or whose they are.
  private static func operators(_ target: DeploymentTarget) -> String {
    let borrowed = target.operators.borrowed
    guard borrowed.isEmpty else {
      return "as " + escapedForTerminal(borrowed.map(\.target).joined(separator: ", "))
    }
    let open = target.operators.entries.filter { $0.support == .unknown }.flatMap(\.names).count
    let sure = target.operatorNames.count
    if sure == 0, open > 0 { return "\(open) operators, perhaps" }
    return "\(sure) operators" + (target.isComplete ? "" : " at least")
  }

  /// What `--check` says of a file that is sound.
  package static func soundness(_ target: DeploymentTarget, path: String) -> String {
    let conditions = target.operators.entries.reduce(0) { $0 + $1.conditions.count }
    return "\(escapedForTerminal(path)): sound: \(operators(target)),"
      + " \(conditions + target.operators.everywhere.count) conditions,"
      + " \(target.sources.count) source\(target.sources.count == 1 ? "" : "s")\n"
  }

  /// Everything about one.
  package static func page(_ target: DeploymentTarget, style: TextStyle) -> String {
    var lines = [
      style.paint(target.name, .strong) + " · " + escapedForTerminal(target.title) + " · "
        + escapedForTerminal(target.version), "",
    ]
    func add(_ label: String, _ text: String) {
      let wrapped = Columns.wrapped(escapedForTerminal(text), to: max(20, style.width - 16))
      for (row, line) in wrapped.enumerated() {
        let lead = row == 0 ? style.paint(Columns.left(label, 12), .heading) : Columns.left("", 12)
        lines.append("  " + lead + "  " + line)
      }
    }
    add(
      "Runtime",
      target.runtime + ", takes " + target.formats.map(\.title).joined(separator: ", ")
    )
    let borrowed = target.operators.borrowed.map { "\($0.target) (for \($0.format.title) models)" }
    if borrowed.isEmpty {
      add(
        "Operators",
        "\(target.operatorNames.count), "
          + (target.isComplete ? "all there are: " : "others are unknown: ")
          + target.operatorNames.joined(separator: " ")
      )
    } else {
      add("Operators", "those of " + borrowed.joined(separator: ", "))
    }
    add("Others", fate(target))
    if let memory = target.memory { add("Memory", text(memory)) }
    if let arithmetic = target.arithmetic { add("Arithmetic", text(arithmetic)) }
    if let bandwidth = target.bandwidth { add("Bandwidth", text(bandwidth)) }
    if let overhead = target.overhead { add("Overhead", text(overhead)) }
    for (index, rule) in target.compression.enumerated() {
      let effect =
        switch rule.effect {
        case .pays: "pays"
        case .nothing: "brings nothing"
        case .refused: "is refused"
        }
      add(
        index == 0 ? "Compression" : "",
        "\(rule.action.rawValue) \(effect): \(rule.reason) [\(rule.source)]"
      )
    }
    for (index, source) in target.sources.enumerated() {
      add(index == 0 ? "Sources" : "", "[\(source.key)] \(source.citation)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func fate(_ target: DeploymentTarget) -> String {
    guard target.operators.borrowed.isEmpty else { return "as there" }
    let fallback = target.partition.fallback ?? ""
    return switch target.partition.kind {
    case .whole: "a model with an unsupported operator is refused"
    case .prefix: "from the first unsupported operator on, everything runs on \(fallback)"
    case .islands: "unsupported operators run on \(fallback)"
    }
  }

  private static func text(_ rule: MemoryRule) -> String {
    let parts = [
      rule.flashBytes.map { "\(Quantity.bytes($0)) flash" },
      rule.ramBytes.map { "\(Quantity.bytes($0)) RAM" },
      rule.arenaPlanner.map { "arena by \($0.rawValue)" },
      rule.arenaAlignmentBytes.map { "tensors at multiples of \($0) bytes" },
    ]
    return parts.compactMap { $0 }.joined(separator: " · ") + " [\(rule.source)]"
  }

  private static func text(_ rule: ArithmeticRule) -> String {
    let rates = rule.rates.map {
      "\($0.type.rawValue) \(rate($0.multiplyAddsPerSecond, "MAC/s")) [\($0.source)]"
    }
    let clock = rule.clockHertz.map { ["at " + rate(Double($0), "Hz")] } ?? []
    let cores = rule.cores.map { ["\($0) core\($0 == 1 ? "" : "s")"] } ?? []
    let basis = rule.basis == .fitted ? ["fitted to measured operators"] : []
    return (rates + clock + cores + basis).joined(separator: " · ")
  }

  private static func text(_ rule: BandwidthRule) -> String {
    let parts = [
      rule.bytesPerSecond.map { rate(Double($0), "B/s") },
      rule.weightBytesPerSecond.map { "weights " + rate(Double($0), "B/s") },
    ]
    let types = rule.byType.map { "\($0.type.rawValue) \(rate(Double($0.bytesPerSecond), "B/s"))" }
    return (parts.compactMap { $0 } + types).joined(separator: " · ") + " [\(rule.source)]"
  }

  private static func text(_ rule: OverheadRule) -> String {
    func time(_ nanoseconds: Int) -> String {
      Quantity.significant(Double(nanoseconds) / 1_000) + " µs"
    }
    let parts = [
      rule.perOperatorNanoseconds.map { "\(time($0)) an operator" },
      rule.perPartitionNanoseconds.map { "\(time($0)) a partition" },
    ]
    let own = rule.byOperator.map { "\($0.name) \(time($0.nanoseconds))" }
    return (parts.compactMap { $0 } + own).joined(separator: " · ") + " [\(rule.source)]"
  }

  /// A rate with the decimal prefix that fits: `3.2 GB/s`.
  private static func rate(_ value: Double, _ unit: String) -> String {
    for (factor, prefix) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= factor
    {
      return Quantity.significant(value / factor) + " \(prefix)\(unit)"
    }
    return Quantity.significant(value) + " \(unit)"
  }
}
