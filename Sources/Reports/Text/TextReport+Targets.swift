import ByteIO
import ModelIR
import Profiling
import TargetRules

/// What targets make of the model, for a person.
extension TextReport {
  /// One line a target: whether it runs there.
  func runsOn() -> [String] {
    let reports = profile.targets
    guard !reports.isEmpty else { return [] }
    let names = reports.map { Columns.shortened($0.name, to: 32) }
    let columns = max(20, names.map { Columns.width($0) }.max() ?? 0)
    let indent = 10 + columns + 2
    var lines: [String] = []
    for (index, (name, report)) in zip(names, reports).enumerated() {
      let label = index == 0 ? style.paint(Columns.left("Runs on", 8), .heading) : "        "
      let answer = Columns.wrapped(answer(report), to: max(20, style.width - indent))
      for (row, text) in answer.enumerated() {
        let painted = style.paint(text, report.verdict.role)
        lines.append(
          row == 0
            ? "  " + label + style.paint(Columns.left(name, columns), .strong) + "  " + painted
            : String(repeating: " ", count: indent) + painted
        )
      }
    }
    return lines
  }

  /// `yes`, or how many operators do not run and what becomes of them.
  private func answer(_ report: TargetReport) -> String {
    let total = report.supported + report.unsupported + report.unknown
    var parts: [String] = []
    switch report.verdict {
    case .supported: parts.append("yes, \(all(total))")
    case .unknown:
      parts.append("unknown: nothing tells for \(report.unknown) of \(plural(total, "operator"))")
    case .unsupported where report.unsupported == 0:
      parts.append("no: it does not fit")
    case .unsupported:
      if let fallback = report.fallback {
        parts.append(
          "\(Quantity.grouped(report.supported)) of \(plural(total, "operator"));"
            + " \(Quantity.grouped(offTarget(report))) on \(escapedForTerminal(fallback))"
        )
      } else {
        parts.append(
          "no: \(Quantity.grouped(report.unsupported)) of \(plural(total, "operator"))"
            + " \(report.unsupported == 1 ? "is" : "are") not supported"
        )
      }
      if report.unknown > 0 { parts.append("\(Quantity.grouped(report.unknown)) unknown") }
    }
    if let partitions = report.partitions, partitions > 1 {
      parts.append(
        "\(plural(partitions, "partition")), "
          + (report.boundaryBytes.map { Quantity.bytes($0) } ?? "an unknown number of bytes")
          + " cross"
      )
    }
    if let format = report.checkedAs { parts.append("once converted to \(format.title)") }
    return parts.joined(separator: " · ")
  }

  /// The operators that do not run on the target; more than the unsupported ones where those after
  /// them follow.
  private func offTarget(_ report: TargetReport) -> Int {
    max(report.fallbackOperators?.count ?? 0, report.unsupported)
  }

  private func all(_ total: Int) -> String {
    total == 1 ? "the operator" : "all \(Quantity.grouped(total)) operators"
  }

  // MARK: - Findings

  /// How many different things are said of one target.
  private static let mostGroups = 12

  /// What keeps operators from running, equal things together.
  func targetFindings() -> [String] {
    var lines: [String] = []
    for report in profile.targets where !report.findings.isEmpty {
      let groups = FindingGroup.groups(report.findings)
      lines.append(
        style.paint(escapedForTerminal(report.name), .heading)
          + style.paint(
            "  \(escapedForTerminal(report.title)) · \(escapedForTerminal(report.version))",
            .faint
          )
      )
      for group in groups.prefix(Self.mostGroups) { lines += groupLines(group) }
      if groups.count > Self.mostGroups {
        lines.append("  … \(groups.count - Self.mostGroups) more (--format json has them all)")
      }
      lines.append("")
    }
    if !lines.isEmpty { lines.removeLast() }
    return lines
  }

  private func groupLines(_ group: FindingGroup) -> [String] {
    let severity = Columns.left(group.first.severity.rawValue, 9)
    var text = Columns.shortened(group.first.detail, to: Self.mostMessageColumns)
    if group.members.count == 1, let name = group.first.checkedAs {
      text = "as \(Columns.shortened(name, to: 40)), " + text
    }
    if let places = group.places { text = places + ": " + text }
    let body = indented(text, by: 11)
    var lines = ["  " + style.paint(severity, group.first.severity.role) + body[0].dropFirst(11)]
    lines += body.dropFirst()
    if let fix = group.first.fix {
      lines += indented("Fix: " + Columns.shortened(fix, to: Self.mostMessageColumns), by: 11)
        .map { style.paint($0, .faint) }
    }
    return lines
  }
}

/// Findings that say the same of several operators.
private struct FindingGroup {
  let first: TargetFinding
  var members: [TargetFinding]

  /// The groups, in the order of their first members.
  static func groups(_ findings: [TargetFinding]) -> [FindingGroup] {
    struct Key: Hashable {
      var severity: String
      var rule: String
      var detail: String
      var fix: String?
    }
    var places: [Key: Int] = [:]
    var groups: [FindingGroup] = []
    for finding in findings {
      let key = Key(
        severity: finding.severity.rawValue,
        rule: finding.rule,
        detail: finding.detail,
        fix: finding.fix
      )
      if let place = places[key] {
        groups[place].members.append(finding)
      } else {
        places[key] = groups.count
        groups.append(FindingGroup(first: finding, members: [finding]))
      }
    }
    return groups
  }

  /// `operator 3 (CONV_2D, stem)`, or `14 CONV_2D, 2 ADD (operators 0, 2, 4, …)`; nothing where it is
  /// about the model.
  var places: String? {
    guard let index = first.operatorIndex, let type = first.sourceType else { return nil }
    func safe(_ text: String) -> String { Columns.shortened(text, to: 40) }
    guard members.count > 1 else {
      let version = first.sourceVersion.map { first.rule == "version" ? " version \($0)" : "" }
      let layer = first.layer.map { ", " + safe($0) } ?? ""
      return "operator \(index) (\(safe(type))\(version ?? "")\(layer))"
    }
    var order: [String] = []
    var counts: [String: Int] = [:]
    for case .some(let name) in members.map(\.sourceType) {
      if counts[name] == nil { order.append(name) }
      counts[name, default: 0] += 1
    }
    let named = order.prefix(4).map { name in
      let count = counts[name] ?? 0
      return count > 1 ? "\(count) \(safe(name))" : safe(name)
    }
    let others = order.count > 4 ? ", \(order.count - 4) more types" : ""
    let indices = members.compactMap(\.operatorIndex)
    let shown = indices.prefix(4).map(String.init).joined(separator: ", ")
    return named.joined(separator: ", ") + others + " (operators \(shown)"
      + (indices.count > 4 ? ", …)" : ")")
  }
}

extension TargetReport.Verdict {
  fileprivate var role: TextStyle.Role {
    switch self {
    case .supported: .good
    case .unsupported, .unknown: .warning
    }
  }
}
