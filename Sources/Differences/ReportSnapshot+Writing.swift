import WireFormats

extension ReportSnapshot {
  /// A baseline of several reports: what a later comparison needs of each.
  package static func baseline(_ reports: [ReportSnapshot], tool: JSONValue) -> JSONValue {
    [
      "schema": .string(baselineSchema),
      "tool": tool,
      "models": .array(reports.sorted { $0.path < $1.path }.map { $0.json(tool: tool) }),
    ]
  }

  /// The report in the names of `analyze.report/1`, without what comparisons do not use.
  package func json(tool: JSONValue) -> JSONValue {
    [
      "schema": .string(Self.reportSchema),
      "tool": tool,
      "model": [
        "path": .string(path), "format": .string(format), "bytes": .int(totals.fileBytes),
        "sha256": JSONValue(sha256),
      ],
      "totals": [
        "operators": .int(totals.operators),
        "fileBytes": .int(totals.fileBytes),
        "gzipBytes": JSONValue(totals.gzipBytes),
        "zstdBytes": JSONValue(totals.zstdBytes),
        "parameters": JSONValue(totals.parameters),
        "weightBytes": JSONValue(totals.weightBytes),
        "macs": JSONValue(totals.multiplyAdds),
        "flops": JSONValue(totals.flops),
        "uncountedOperators": JSONValue(totals.uncounted),
        "activationBytes": JSONValue(totals.activationBytes),
        "peakActivationBytes": JSONValue(totals.peakActivationBytes),
        "peakLowerBoundBytes": JSONValue(totals.peakLowerBoundBytes),
        "sparsity": JSONValue(totals.sparsity),
        "quantizedShare": JSONValue(totals.quantizedShare),
      ],
      "bytes": .array(
        bytes.map { ["category": .string($0.category), "bytes": .int($0.bytes)] }
      ),
      "operators": .array(operators.map(\.json)),
      "findings": .array(
        findings.map { finding in
          [
            "code": .string(finding.code), "severity": .string(finding.severity),
            "operator": JSONValue(finding.operatorIndex),
          ]
        }
      ),
      "memory": .object(
        arenas.map { .init($0.planner, ["arenaBytes": JSONValue($0.bytes)]) }
      ),
      "targets": .array(targets.map(\.json)),
      "quality": .array(
        quality.sorted { $0.key < $1.key }.map { file, quality in
          [
            "file": .string(file),
            "accuracy": JSONValue(quality.accuracy.map { Double($0) / 10_000 }),
            "divergence": JSONValue(quality.divergence.map { Double($0) / 1e6 }),
          ]
        }
      ),
    ]
  }
}

extension ReportSnapshot.OperatorSummary {
  fileprivate var json: JSONValue {
    [
      "index": .int(index),
      "graph": .int(graph),
      "name": .string(name),
      "type": .string(type),
      "sourceType": .string(sourceType),
      "layer": JSONValue(layer),
      "inputs": JSONValue(inputs),
      "outputs": JSONValue(outputs),
      "outputShapes": .array(outputShapes.map { $0.map { JSONValue($0) } ?? nil }),
      "outputTypes": JSONValue(outputTypes),
      "parameters": .int(parameters),
      "weightBytes": .int(weightBytes),
      "weightTypes": JSONValue(weightTypes),
      "weightHash": JSONValue(weightHash.map { String($0, radix: 16) }),
      "macs": JSONValue(multiplyAdds),
      "activationBytes": JSONValue(activationBytes),
      "liveBytes": JSONValue(liveBytes),
    ]
  }
}

extension ReportSnapshot.Target {
  fileprivate var json: JSONValue {
    [
      "name": .string(name),
      "verdict": .string(verdict),
      "unsupportedOperators": .int(unsupportedOperators),
      "unknownOperators": .int(unknownOperators),
      "estimatedMilliseconds": JSONValue(estimatedNanoseconds.map { Double($0) / 1e6 }),
    ]
  }
}
