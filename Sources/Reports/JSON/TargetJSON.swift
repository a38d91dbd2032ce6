import TargetRules
import WireFormats

/// The targets known, for programs: `analyze.targets/1`.
package enum TargetJSON {
  /// The document.
  ///
  /// - Parameters:
  ///   - targets: The targets, in the order of the result.
  ///   - tool: Who writes.
  ///   - withRules: Whether to write the rules, sources and figures, too.
  /// - Returns: The document.
  package static func document(
    _ targets: [DeploymentTarget],
    tool: ToolIdentity,
    withRules: Bool
  ) -> JSONValue {
    [
      "schema": "analyze.targets/1",
      "tool": tool.json,
      "targets": .array(targets.map { .object(summary($0) + (withRules ? details($0) : [])) }),
    ]
  }

  private static func summary(_ target: DeploymentTarget) -> [JSONValue.Member] {
    [
      .init("name", .string(target.name)),
      .init("title", .string(target.title)),
      .init("version", .string(target.version)),
      .init("runtime", .string(target.runtime)),
      .init("formats", JSONValue(target.formats.map(\.rawValue))),
      .init("complete", .bool(target.isComplete)),
      .init("operators", .int(target.operatorNames.count)),
      .init(
        "operatorsOf",
        .array(
          target.operators.borrowed.map {
            ["format": .string($0.format.rawValue), "target": .string($0.target)]
          }
        )
      ),
    ]
  }

  private static func details(_ target: DeploymentTarget) -> [JSONValue.Member] {
    [
      .init("operatorNames", JSONValue(target.operatorNames)),
      .init(
        "partition",
        [
          "kind": .string(target.partition.kind.rawValue),
          "fallback": JSONValue(target.partition.fallback),
        ]
      ),
      .init("memory", target.memory.map(memory) ?? nil),
      .init("arithmetic", target.arithmetic.map(arithmetic) ?? nil),
      .init("bandwidth", target.bandwidth.map(bandwidth) ?? nil),
      .init("overhead", target.overhead.map(overhead) ?? nil),
      .init(
        "compression",
        .array(
          target.compression.map {
            [
              "action": .string($0.action.rawValue), "effect": .string($0.effect.rawValue),
              "reason": .string($0.reason), "source": .string($0.source),
            ]
          }
        )
      ),
      .init(
        "sources",
        .array(
          target.sources.map {
            [
              "key": .string($0.key), "project": .string($0.project), "file": .string($0.file),
              "version": .string($0.version), "date": .string($0.date),
            ]
          }
        )
      ),
    ]
  }

  private static func memory(_ rule: MemoryRule) -> JSONValue {
    [
      "flashBytes": JSONValue(rule.flashBytes), "ramBytes": JSONValue(rule.ramBytes),
      "arenaPlanner": JSONValue(rule.arenaPlanner?.rawValue),
      "arenaAlignmentBytes": JSONValue(rule.arenaAlignmentBytes), "source": .string(rule.source),
    ]
  }

  private static func arithmetic(_ rule: ArithmeticRule) -> JSONValue {
    [
      "basis": .string(rule.basis.rawValue), "clockHertz": JSONValue(rule.clockHertz),
      "cores": JSONValue(rule.cores),
      "rates": .array(
        rule.rates.map {
          [
            "type": .string($0.type.rawValue), "macsPerSecond": JSONValue($0.multiplyAddsPerSecond),
            "source": .string($0.source),
          ]
        }
      ),
      "source": .string(rule.source),
    ]
  }

  private static func bandwidth(_ rule: BandwidthRule) -> JSONValue {
    [
      "bytesPerSecond": JSONValue(rule.bytesPerSecond),
      "weightBytesPerSecond": JSONValue(rule.weightBytesPerSecond),
      "types": .array(
        rule.byType.map {
          ["type": .string($0.type.rawValue), "bytesPerSecond": .int($0.bytesPerSecond)]
        }
      ),
      "source": .string(rule.source),
    ]
  }

  private static func overhead(_ rule: OverheadRule) -> JSONValue {
    [
      "perOperatorNanoseconds": JSONValue(rule.perOperatorNanoseconds),
      "perPartitionNanoseconds": JSONValue(rule.perPartitionNanoseconds),
      "operators": .array(
        rule.byOperator.map { ["name": .string($0.name), "nanoseconds": .int($0.nanoseconds)] }
      ),
      "source": .string(rule.source),
    ]
  }
}
