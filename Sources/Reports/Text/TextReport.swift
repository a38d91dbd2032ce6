import ByteIO
import ModelIR
import Profiling

/// The report for a person at a terminal: the answer first, then where it comes from, then what is not
/// known.
package struct TextReport {
  /// By what the hotspot table is sorted.
  package enum Order: String, Sendable, CaseIterable {
    case macs, weights, memory, run, time
  }

  /// What to show.
  package struct Options: Sendable {
    /// Rows of the hotspot table.
    package var top: Int
    package var order: Order
    package var style: TextStyle
    /// Whether to show the arena buffer by buffer.
    package var showsMemory: Bool

    package init(
      top: Int = 10,
      order: Order = .macs,
      style: TextStyle = TextStyle(),
      showsMemory: Bool = false
    ) {
      self.top = top
      self.order = order
      self.style = style
      self.showsMemory = showsMemory
    }
  }

  let profile: ModelProfile
  let options: Options
  var style: TextStyle { options.style }

  package init(_ profile: ModelProfile, options: Options = Options()) {
    self.profile = profile
    self.options = options
  }

  /// The text; it ends in a newline.
  package func text() -> String {
    let hotspots =
      profile.measurement == nil ? HotspotTable(self).lines() : TimeTable(self).lines()
    let sections =
      [header(), summary(), hotspots, typeLines()] + arenaSections()
      + [targetFindings(), findings(), outlookLines()]
    return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
      .joined(separator: "\n\n") + "\n"
  }

  // MARK: - What it is

  private func header() -> [String] {
    let model = profile.model
    let facts = [
      model.format.title + (weightKind.map { ", \($0)" } ?? ""),
      Quantity.bytes(model.fileBytes),
      plural(profile.totals.operators, "operator"),
    ].joined(separator: " · ")
    let path = Columns.shortened(model.path, to: style.width)
    let title =
      Columns.width(path) + 3 + Columns.width(facts) <= style.width
      ? [style.paint(path, .strong) + " · " + facts]
      : [style.paint(path, .strong)] + indented(facts, by: 2)
    let names = (model.inputs + model.outputs).map {
      Columns.width(Columns.shortened($0.name, to: Self.nameColumns))
    }
    let nameColumns = max(12, names.max() ?? 0)
    return title + model.inputs.flatMap { boundary("in", $0, nameColumns) }
      + model.outputs.flatMap { boundary("out", $0, nameColumns) }
  }

  /// Room for the names of inputs and outputs.
  private static let nameColumns = 40
  /// What a name, a shape or a message may take where a line does not say.
  static let mostMessageColumns = 600

  /// The text in lines behind `columns` spaces.
  func indented(_ text: String, by columns: Int) -> [String] {
    Columns.wrapped(text, to: style.width - columns).map {
      String(repeating: " ", count: columns) + $0
    }
  }

  /// The type of most weights.
  private var weightKind: String? {
    // Biases of an integer model are 32 bits wide; they do not make it a mixed one.
    let wide: Set<ElementType> = [.int32, .int64]
    let all = profile.model.weightTypes
    let narrow = all.filter { !wide.contains($0.type) }
    let types = narrow.isEmpty ? all : narrow
    guard let most = types.first else { return nil }
    let total = types.reduce(0) { $0 + $1.parameters }
    return most.parameters * 10 >= total * 9 ? most.type.rawValue : "mixed \(most.type.rawValue)"
  }

  private func boundary(
    _ label: String,
    _ boundary: ModelProfile.Boundary,
    _ nameColumns: Int
  ) -> [String] {
    let name = Columns.shortened(boundary.name, to: Self.nameColumns)
    let lead = "  " + Columns.left(label, 4) + Columns.left(name, nameColumns)
    var line = shape(boundary.shape) + "  \(boundary.type.rawValue)"
    if boundary.effectiveShape != boundary.shape {
      line += "  counted as " + shape(boundary.effectiveShape)
    }
    if let quantization = boundary.quantization, quantization.scales.count == 1 {
      line +=
        "  (scale \(Quantity.significant(Double(quantization.scales[0]))), zero point"
        + " \(quantization.zeroPoint(0)))"
    }
    guard Columns.width(lead) + 2 + Columns.width(line) > style.width else {
      return [lead + "  " + line]
    }
    return [trimmed(lead)] + indented(line, by: 8)
  }

  private func shape(_ shape: Shape) -> String {
    Columns.shortened(shape.description, to: Self.nameColumns)
  }

  // MARK: - What it costs

  private func summary() -> [String] {
    let totals = profile.totals
    var lines: [String] = []
    lines += item("Size", Quantity.bytes(totals.fileBytes), byteParts())
    lines += item(
      "Weights",
      Quantity.count(totals.parameters) + " parameters",
      weightParts(totals)
    )
    lines += item("Compute", compute(totals), countParts(totals))
    let memories = memoryItems()
    for (index, memory) in memories.enumerated() {
      lines += item(index == 0 ? "Memory" : "", memory.answer, memory.parts)
    }
    if memories.isEmpty { lines += item("Memory", memory(totals), memoryParts(totals)) }
    lines += item("Runs", runnable(), runnableParts())
    var times = latencyItems()
    if let measurement = profile.measurement {
      times.insert((time(measurement), timeParts(measurement)), at: 0)
    }
    for (index, time) in times.enumerated() {
      lines += item(index == 0 ? "Time" : "", time.answer, time.parts)
    }
    lines += runsOn()
    return lines
  }

  /// A label, the answer, and what it is made of; wrapped under the answer's column.
  private func item(_ label: String, _ answer: String, _ parts: [String]) -> [String] {
    let labelColumns = 10
    let answerColumns = 22
    let indent = labelColumns + answerColumns + 2
    let room = style.width - indent
    let wrapped = Columns.wrapped(parts.joined(separator: " · "), to: room)
    let first =
      "  " + style.paint(Columns.left(label, labelColumns - 2), .heading)
      + style.paint(Columns.left(answer, answerColumns), .strong)
    var lines = [first + (wrapped.first.map { "  " + $0 } ?? "")]
    lines += wrapped.dropFirst().map { String(repeating: " ", count: indent) + $0 }
    return lines.map { trimmed($0) }
  }

  private func byteParts() -> [String] {
    profile.bytes.map { "\($0.category.title) \(Quantity.bytes($0.bytes))" }
  }

  private func weightParts(_ totals: ModelProfile.Totals) -> [String] {
    var parts = profile.model.weightTypes.prefix(4).map {
      "\($0.type.rawValue) \(Quantity.count($0.parameters)) (\(Quantity.bytes($0.bytes)))"
    }
    if let sparsity = totals.sparsity { parts.append("\(Quantity.percent(sparsity)) are zero") }
    return parts
  }

  private func compute(_ totals: ModelProfile.Totals) -> String {
    if let macs = totals.multiplyAdds { return Quantity.count(macs) + " MACs" }
    return totals.countedMultiplyAdds > 0
      ? "≥ " + Quantity.count(totals.countedMultiplyAdds) + " MACs" : "unknown"
  }

  private func countParts(_ totals: ModelProfile.Totals) -> [String] {
    var parts: [String] = []
    if let flops = totals.flops { parts.append(Quantity.count(flops) + " FLOPs") }
    if totals.uncounted == 0, totals.approximated == 0 {
      parts.append("every operator counted")
    } else {
      parts.append("\(totals.counted) operators counted")
      if totals.approximated > 0 { parts.append("\(totals.approximated) approximated") }
      if totals.uncounted > 0 {
        parts.append(style.paint("\(totals.uncounted) not counted", .warning))
      }
    }
    return parts
  }

  private func memory(_ totals: ModelProfile.Totals) -> String {
    totals.peakLowerBoundBytes.map { "≥ " + Quantity.bytes($0) } ?? "unknown"
  }

  private func memoryParts(_ totals: ModelProfile.Totals) -> [String] {
    var parts: [String] = []
    if let peak = totals.peakOperator {
      let row = profile.operators[peak]
      parts.append(
        "activations alive at once, set by operator \(row.index) (\(row.sourceType),"
          + " \(Columns.shortened(row.title, to: 32)))"
      )
    }
    parts.append("weights are not in it")
    return parts
  }

  // MARK: - By type

  private func typeLines() -> [String] {
    let total = profile.totals.countedMultiplyAdds
    let types = profile.operatorTypes
    guard types.count > 1 else { return [] }
    let widest = types.map { Columns.width(escapedForTerminal($0.sourceType)) }.max() ?? 0
    let cumulativeColumns = style.width >= 85 ? 12 : 0
    let name = max(7, min(28, widest, style.width - 45 - cumulativeColumns))
    var cumulative = 0
    var lines = [
      style.paint("By type", .heading)
        + style.paint(
          "  " + Columns.left("", max(0, name - 7)) + Columns.right("count", 7)
            + Columns.right("MACs", 12) + Columns.right("share", 10)
            + (cumulativeColumns > 0 ? Columns.right("cumulative", cumulativeColumns) : "")
            + Columns.right("weights", 14),
          .faint
        )
    ]
    let shown = types.prefix(12)
    for type in shown {
      cumulative += type.multiplyAdds ?? 0
      let share = total > 0 ? Double(type.multiplyAdds ?? 0) / Double(total) : 0
      lines.append(
        "  " + Columns.left(Columns.shortened(type.sourceType, to: name), name)
          + Columns.right(String(type.count), 7)
          + Columns.right(type.multiplyAdds.map { Quantity.count($0) } ?? "?", 12)
          + Columns.right(type.multiplyAdds == nil ? "?" : Quantity.percent(share), 10)
          + (cumulativeColumns > 0
            ? Columns.right(
              total > 0 ? Quantity.percent(Double(cumulative) / Double(total)) : "",
              cumulativeColumns
            ) : "")
          + Columns.right(Quantity.bytes(type.weightBytes), 14)
      )
    }
    if types.count > shown.count {
      let rest = types.dropFirst(shown.count)
      lines.append(
        style.paint(
          "  … \(rest.count) more types, \(plural(rest.reduce(0) { $0 + $1.count }, "operator"))",
          .faint
        )
      )
    }
    return lines.map { trimmed($0) }
  }

  // MARK: - Findings

  private func findings() -> [String] {
    guard !profile.findings.isEmpty else { return [] }
    var lines = [style.paint("Findings", .heading)]
    let shown = profile.findings.prefix(20)
    let codeColumns = max(18, shown.map { $0.code.count }.max() ?? 0)
    for finding in shown {
      let severity = Columns.left(finding.severity.rawValue, 9)
      let head = "  " + style.paint(severity, finding.severity.role)
      let beside = 2 + 9 + codeColumns + 2
      // Too narrow for two columns: the message goes below.
      let isNarrow = style.width - beside < 50
      let lead = isNarrow ? 4 : beside
      let text = indented(
        Columns.shortened(finding.message, to: Self.mostMessageColumns),
        by: lead
      )
      if isNarrow {
        lines.append(head + finding.code)
        lines += text
      } else {
        lines.append(
          head + Columns.left(finding.code, codeColumns) + "  "
            + (text.first.map { String($0.dropFirst(lead)) } ?? "")
        )
        lines += text.dropFirst()
      }
      if let fix = fix(finding) {
        lines += indented(
          "Fix: " + Columns.shortened(fix, to: Self.mostMessageColumns),
          by: lead
        ).map { style.paint($0, .faint) }
      }
    }
    if profile.findings.count > shown.count {
      lines.append(
        "  … \(profile.findings.count - shown.count) more (--format json has them all)"
      )
    }
    return lines
  }

  /// What to do about a finding, and what it saves where that is known.
  private func fix(_ finding: ModelProfile.Finding) -> String? {
    var parts: [String] = []
    if let bytes = finding.savingBytes { parts.append("saves " + Quantity.bytes(bytes)) }
    if let macs = finding.savingMacs { parts.append("saves " + Quantity.count(macs) + " MACs") }
    let saving = parts.isEmpty ? "" : " (" + parts.joined(separator: ", ") + ")"
    return finding.fix.map { $0 + saving }
  }

  func plural(_ count: Int, _ noun: String) -> String {
    "\(Quantity.grouped(count)) \(noun)" + (count == 1 ? "" : "s")
  }
}

/// A line without the spaces at its end.
func trimmed(_ line: String) -> String {
  var line = Substring(line)
  while line.last == " " { line = line.dropLast() }
  return String(line)
}

extension Diagnostic.Severity {
  var role: TextStyle.Role {
    switch self {
    case .error: .error
    case .warning: .warning
    case .note: .faint
    }
  }
}

extension ByteCategory {
  /// The name for people.
  package var title: String {
    switch self {
    case .weights: "weights"
    case .quantization: "quantization parameters"
    case .graph: "graph"
    case .names: "names"
    case .metadata: "metadata"
    case .customOptions: "custom options"
    case .sparsityIndex: "sparsity index"
    case .duplicates: "duplicates"
    case .deadWeights: "dead weights"
    case .optimizerState: "optimizer state"
    case .otherGraphs: "other graphs"
    case .container: "container"
    case .padding: "padding"
    case .unattributed: "unattributed"
    }
  }
}
