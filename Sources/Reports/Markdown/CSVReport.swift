import ByteIO
import Profiling

/// Every operator as comma-separated values (RFC 4180): for spreadsheets and scripts.
///
/// All cells are quoted, and a cell that a spreadsheet would take for a formula starts with an
/// apostrophe (CWE-1236). Unknown figures are empty cells.
package struct CSVReport {
  private let profiles: [ModelProfile]

  package init(_ profiles: [ModelProfile]) { self.profiles = profiles }

  private static let titles = [
    "model", "index", "operator", "type", "layer", "name", "result_shape", "result_type", "macs",
    "flops", "count_status", "parameters", "weight_bytes", "activation_bytes", "live_bytes",
    "runnable", "median_microseconds", "bound",
  ]

  /// The file, with a line of titles.
  package func text() -> String {
    var text = Self.line(Self.titles)
    for profile in profiles {
      for row in profile.operators { text += Self.line(Self.cells(row, profile)) }
    }
    return text
  }

  private static func cells(_ row: ModelProfile.OperatorRow, _ profile: ModelProfile) -> [String] {
    [
      profile.model.path, String(row.index), row.sourceType, row.type, row.layer ?? "", row.name,
      row.outputShapes.first?.description ?? "", row.outputTypes.first?.rawValue ?? "",
      number(row.multiplyAdds), number(row.flops), row.cost.status.rawValue,
      number(row.parameters), number(row.weightBytes), number(row.activationBytes),
      number(row.liveBytes), row.isRunnable ? "true" : "false",
      row.time?.medianMicroseconds.map { "\(($0 * 1000).rounded() / 1000)" } ?? "",
      row.time?.bound?.rawValue ?? "",
    ]
  }

  private static func number(_ value: Int?) -> String { value.map(String.init) ?? "" }

  private static func line(_ cells: [String]) -> String {
    cells.map(cell).joined(separator: ",") + "\r\n"
  }

  /// A quoted cell on one line.
  static func cell(_ text: String) -> String {
    var safe = escapedForTerminal(text)
    if let first = safe.unicodeScalars.first, "=+-@".unicodeScalars.contains(first) {
      safe = "'" + safe
    }
    var result = "\""
    for scalar in safe.unicodeScalars {
      if scalar == "\"" { result += "\"" }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }
}
