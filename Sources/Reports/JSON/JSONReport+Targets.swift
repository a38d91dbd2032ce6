import ModelIR
import Profiling
import TargetRules
import WireFormats

/// What targets make of the model, for programs.
extension JSONReport {
  /// One entry a target that was asked for.
  func targets() -> JSONValue { .array(profile.targets.map(target)) }

  private func target(_ report: TargetReport) -> JSONValue {
    [
      "name": .string(report.name),
      "title": .string(report.title),
      "version": .string(report.version),
      "runtime": .string(report.runtime),
      "verdict": .string(report.verdict.rawValue),
      "checkedAs": JSONValue(report.checkedAs?.rawValue),
      "supportedOperators": .int(report.supported),
      "unsupportedOperators": .int(report.unsupported),
      "unknownOperators": .int(report.unknown),
      "findings": .array(report.findings.map(targetFinding)),
      "fallback": JSONValue(report.fallback),
      "fallbackOperators": report.fallbackOperators.map { JSONValue($0) } ?? nil,
      "partitions": JSONValue(report.partitions),
      "boundaryBytes": JSONValue(report.boundaryBytes),
      "crossings": .array(report.crossings.map(crossing)),
      "estimatedMilliseconds": JSONValue(report.estimatedMilliseconds),
      "estimateIsLowerBound": .bool(
        profile.latency.first { $0.target == report.name }?.isLowerBound ?? false
      ),
    ]
  }

  private func targetFinding(_ finding: TargetFinding) -> JSONValue {
    [
      "operator": JSONValue(finding.operatorIndex),
      "sourceType": JSONValue(finding.sourceType),
      "sourceVersion": JSONValue(finding.sourceVersion),
      "layer": JSONValue(finding.layer),
      "checkedAs": JSONValue(finding.checkedAs),
      "rule": .string(finding.rule),
      "message": .string(finding.message),
      "severity": .string(finding.severity.rawValue),
      "fix": JSONValue(finding.fix),
      "source": JSONValue(finding.source),
    ]
  }

  private func crossing(_ crossing: TargetReport.Crossing) -> JSONValue {
    [
      "tensor": .string(crossing.tensor), "from": .int(crossing.from), "to": .int(crossing.to),
      "bytes": JSONValue(crossing.bytes),
    ]
  }
}
