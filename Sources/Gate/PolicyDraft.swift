import Differences
import WireFormats

/// Writes a policy from models as they are.
package struct PolicyDraft {
  private let models: [(path: String, report: ReportSnapshot)]
  private let headroom: Int

  /// - Parameters:
  ///   - models: Paths from the policy's folder, and what was measured.
  ///   - headroom: How much each figure may grow before the gate says no, in hundredths of a percent.
  package init(_ models: [(path: String, report: ReportSnapshot)], headroom: Int) {
    self.models = models.sorted { $0.path < $1.path }
    self.headroom = headroom
  }

  /// The limits of one model: figures that are known, and their greatest value.
  package func limits(of report: ReportSnapshot) -> [(
    figure: Figure, scope: FigureScope, limit: Int
  )] {
    var result: [(figure: Figure, scope: FigureScope, limit: Int)] = []
    let governed: [Figure] = [.fileBytes, .weightBytes, .macs, .peakLowerBoundBytes, .uncounted]
    for figure in governed {
      let scope = FigureScope()
      guard let value = figure.value(of: report, scope: scope).known else { continue }
      let limit = figure == .uncounted ? value : Self.raised(value, by: headroom)
      result.append((figure, scope, limit))
    }
    for arena in report.arenas {
      guard let bytes = arena.bytes else { continue }
      var scope = FigureScope()
      scope.planner = arena.planner
      result.append((.arena, scope, Self.raised(bytes, by: headroom)))
    }
    for target in report.targets where target.verdict != "unknown" {
      var scope = FigureScope()
      scope.target = target.name
      result.append((.unsupported, scope, target.unsupportedOperators))
    }
    return result
  }

  /// Rounded up, so that the model as it is always passes.
  private static func raised(_ value: Int, by hundredths: Int) -> Int {
    let product = value.multipliedFullWidth(by: 10_000 + hundredths)
    guard product.high >= 0, product.high < 10_000 else { return value }
    let (quotient, remainder) = 10_000.dividingFullWidth((product.high, product.low))
    return remainder > 0 ? quotient + 1 : quotient
  }

  /// The policy as JSON5; it ends in a newline.
  package func text() -> String {
    let percent = Self.decimal(headroom, digits: 2)
    var lines = [
      "// Limits of `analyze gate`: the models as they are, and \(percent) % more.",
      "// Limits are inclusive. B, kB, MB, GB count in 1000s; KiB, MiB, GiB in 1024s.",
      "{",
      "  schema: \(quoted(Policy.schema)),",
      "  budgets: [",
    ]
    for (path, report) in models {
      lines.append("    {")
      lines.append("      models: \(quoted(path)),")
      var arenas: [String] = []
      var targets: [String] = []
      for (figure, scope, limit) in limits(of: report) {
        let amount = Self.amount(limit, figure.unit)
        if let planner = scope.planner {
          arenas.append("{ planner: \(quoted(planner)), max: \(amount) }")
        } else if let target = scope.target {
          targets.append("{ target: \(quoted(target)), max: \(limit) }")
        } else {
          lines.append("      \(figure.rawValue): { max: \(amount) },")
        }
      }
      if !arenas.isEmpty { lines.append("      arena: [" + arenas.joined(separator: ", ") + "],") }
      if !targets.isEmpty {
        lines.append("      unsupported: [" + targets.joined(separator: ", ") + "],")
      }
      lines.append("    },")
    }
    lines += ["  ],", "}"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// JSON text is JSON5 text.
  private func quoted(_ text: String) -> String {
    let bytes = JSONValue.string(text).serialized()
    return String(decoding: bytes.dropLast(), as: UTF8.self)
  }

  /// An amount that reads back as exactly the same number.
  static func amount(_ value: Int, _ unit: Figure.Unit) -> String {
    switch unit {
    case .bytes:
      for (scale, name) in [(1 << 20, "MiB"), (1 << 10, "KiB")]
      where value >= scale && value % scale == 0 {
        return "\"\(value / scale) \(name)\""
      }
      return value >= 1000 ? "\"\(decimal(value, digits: 3)) kB\"" : "\"\(value) B\""
    case .count:
      return value >= 1_000_000
        ? "\"\(decimal(value, digits: 6)) M\""
        : value >= 1000 ? "\"\(decimal(value, digits: 3)) k\"" : "\(value)"
    case .share: return "\"\(decimal(value, digits: 2)) %\""
    case .time: return "\"\(value) ns\""
    case .ratio: return decimal(value, digits: 6)
    }
  }

  /// `value / 10^digits` without trailing zeros.
  static func decimal(_ value: Int, digits: Int) -> String {
    var text = String(value)
    while text.utf8.count <= digits { text = "0" + text }
    var fraction = Substring(text.suffix(digits))
    while fraction.hasSuffix("0") { fraction = fraction.dropLast() }
    let whole = text.dropLast(digits)
    return fraction.isEmpty ? String(whole) : whole + "." + fraction
  }
}
