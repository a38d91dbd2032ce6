import Differences
import WireFormats

/// What changed, for programs: `analyze.diff/1`.
package struct DifferenceJSON {
  private let difference: ModelDifference
  private let tool: ToolIdentity

  package init(_ difference: ModelDifference, tool: ToolIdentity) {
    self.difference = difference
    self.tool = tool
  }

  /// The document.
  package func value() -> JSONValue {
    [
      "schema": "analyze.diff/1",
      "tool": tool.json,
      "old": model(difference.old),
      "new": model(difference.new),
      "totals": .array(difference.totals.map(total)),
      "bytes": .array(difference.bytes.map(total)),
      "otherBytes": .array(difference.otherBytes.map(total)),
      "operators": .array(difference.operators.map(row)),
    ]
  }

  private func model(_ report: ReportSnapshot) -> JSONValue {
    [
      "path": .string(report.path), "format": .string(report.format),
      "bytes": .int(report.totals.fileBytes), "sha256": JSONValue(report.sha256),
    ]
  }

  private func total(_ total: ModelDifference.TotalChange) -> JSONValue {
    [
      "name": .string(total.name), "old": JSONValue(total.old), "new": JSONValue(total.new),
      "delta": JSONValue(total.delta),
    ]
  }

  private func row(_ change: ModelDifference.OperatorChange) -> JSONValue {
    [
      "status": .string(change.status.rawValue),
      "old": summary(change.old.map { difference.old.operators[$0] }),
      "new": summary(change.new.map { difference.new.operators[$0] }),
      "changes": JSONValue(change.changes.map(\.rawValue)),
      "deltaBytes": .int(change.deltaBytes),
      "deltaMacs": JSONValue(change.deltaMultiplyAdds),
      "deltaParameters": .int(change.deltaParameters),
      "deltaPeak": JSONValue(change.deltaPeak),
    ]
  }

  private func summary(_ row: ReportSnapshot.OperatorSummary?) -> JSONValue {
    guard let row else { return nil }
    return [
      "index": .int(row.index), "name": .string(row.name), "layer": JSONValue(row.layer),
      "type": .string(row.type), "sourceType": .string(row.sourceType),
      "weightTypes": JSONValue(row.weightTypes), "outputTypes": JSONValue(row.outputTypes),
    ]
  }
}
