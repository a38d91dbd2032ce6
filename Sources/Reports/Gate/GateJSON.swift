import Gate
import WireFormats

/// The gate's answer for programs: `analyze.gate/1`.
package struct GateJSON {
  private let result: GateResult
  private let policy: PolicyIdentity
  private let tool: ToolIdentity

  package init(_ result: GateResult, policy: PolicyIdentity, tool: ToolIdentity) {
    self.result = result
    self.policy = policy
    self.tool = tool
  }

  /// The document.
  package func value() -> JSONValue {
    [
      "schema": "analyze.gate/1",
      "tool": tool.json,
      "verdict": .string(result.verdict.rawValue),
      "enforced": .bool(result.isEnforced),
      "exitCode": .int(result.exitCode),
      "policy": ["path": .string(policy.path), "sha256": .string(policy.sha256)],
      "models": JSONValue(result.models),
      "checks": .array(result.checks.map(check)),
      "explanations": .array(result.explanations.map(explanation)),
    ]
  }

  private func check(_ check: GateResult.Check) -> JSONValue {
    let figure = check.figure
    return [
      "model": .string(check.model),
      "budget": JSONValue(check.budget),
      "figure": JSONValue(figure?.rawValue),
      "unit": JSONValue(figure.map { unit($0.unit) }),
      "scope": JSONValue(check.scope.title),
      "kind": .string(check.kind.rawValue),
      "limit": number(check.limit, figure),
      "value": number(check.value, figure),
      "baseline": number(check.baseline, figure),
      "verdict": .string(check.verdict.rawValue),
      "advisory": .bool(check.isAdvisory),
      "code": JSONValue(check.code),
      "message": .string(GateSentences.message(check)),
    ]
  }

  private func number(_ value: Int?, _ figure: Figure?) -> JSONValue {
    guard let value, let figure else { return nil }
    switch figure.unit {
    case .bytes, .count: return .int(value)
    case .share: return .double(Double(value) / 10_000)
    case .time: return .double(Double(value) / 1e6)
    case .ratio: return .double(Double(value) / 1e6)
    }
  }

  private func unit(_ unit: Figure.Unit) -> String {
    switch unit {
    case .bytes: "bytes"
    case .count: "count"
    case .share: "share"
    case .time: "milliseconds"
    case .ratio: "divergence"
    }
  }

  private func explanation(_ explanation: GateResult.Explanation) -> JSONValue {
    [
      "model": .string(explanation.model),
      "figure": .string(explanation.figure.rawValue),
      "kind": .string(explanation.isChange ? "change" : "largest"),
      "operators": .array(
        explanation.causes.map { cause in
          [
            "name": .string(cause.title),
            "status": JSONValue(cause.status?.rawValue),
            "changes": JSONValue(cause.changes.map(\.rawValue)),
            "amount": .int(cause.amount),
          ]
        }
      ),
      "rest": .int(explanation.rest),
      "wayBack": explanation.wayBack.map { wayBack($0, explanation.figure) } ?? nil,
    ]
  }

  private func wayBack(_ way: WayBack, _ figure: Figure) -> JSONValue {
    var mode: String?
    var actions: [MeasurementFile.Action] = []
    switch way.source {
    case .mode(let name): mode = name
    case .layers(let layers): actions = layers
    }
    return [
      "mode": JSONValue(mode),
      "layers": .array(
        actions.map { action in
          [
            "site": .string(action.site), "layer": .string(action.layer),
            "action": .string(action.action), "before": .int(action.before),
            "after": .int(action.after), "divergence": JSONValue(Double(action.divergence) / 1e6),
          ]
        }
      ),
      "value": number(way.value, figure),
      "divergence": JSONValue(way.divergence.map { Double($0) / 1e6 }),
      "enough": .bool(way.isEnough),
    ]
  }
}
