import ModelIR
import Operators
import Profiling
import WireFormats

/// The report for programs: `analyze.report/1`.
package struct JSONReport {
  let profile: ModelProfile
  private let tool: ToolIdentity

  package init(_ profile: ModelProfile, tool: ToolIdentity) {
    self.profile = profile
    self.tool = tool
  }

  /// The document.
  package func value() -> JSONValue {
    let report: JSONValue = [
      "schema": "analyze.report/1",
      "tool": tool.json,
      "model": model(),
      "totals": totals(),
      "bytes": .array(
        profile.bytes.map { ["category": .string($0.category.rawValue), "bytes": .int($0.bytes)] }
      ),
      "operators": .array(profile.operators.map(row)),
      "constants": .array(profile.constants.map(constant)),
      "memory": Self.memory(profile.memory),
      "targets": targets(),
      "findings": .array(profile.findings.map(finding)),
      "latency": Self.latency(profile.latency),
      "outlook": Self.outlook(profile.outlook),
    ]
    guard let measurement = profile.measurement else { return report }
    return report.with([JSONValue.Member("measurement", self.measurement(measurement))])
  }

  private func model() -> JSONValue {
    let model = profile.model
    return [
      "path": .string(model.path),
      "format": .string(model.format.rawValue),
      "bytes": .int(model.fileBytes),
      "sha256": JSONValue(model.sha256),
      "inputs": .array(model.inputs.map(boundary)),
      "outputs": .array(model.outputs.map(boundary)),
      "signatures": JSONValue(model.signatures),
      "files": .array(
        model.files.map { ["path": .string($0.path), "bytes": .int($0.byteCount)] }
      ),
      "metadata": .array(
        model.metadata.map { ["name": .string($0.name), "value": .string($0.value)] }
      ),
      "assumedBatch": JSONValue(model.assumedBatch),
    ]
  }

  private func boundary(_ boundary: ModelProfile.Boundary) -> JSONValue {
    [
      "name": .string(boundary.name), "shape": shape(boundary.shape),
      "countedShape": shape(boundary.effectiveShape), "type": .string(boundary.type.rawValue),
      "quantization": quantization(boundary.quantization),
    ]
  }

  /// Unknown extents are −1; an unknown rank is null.
  private func shape(_ shape: Shape) -> JSONValue {
    guard let dimensions = shape.dimensions else { return nil }
    return JSONValue(dimensions.map { $0.size ?? -1 })
  }

  private func quantization(_ quantization: Quantization?) -> JSONValue {
    guard let quantization else { return nil }
    var axis: Int?
    var blockSize: Int?
    switch quantization.granularity {
    case .perTensor: break
    case .perAxis(let value): axis = value
    case .blockwise(let value, let size, _, _): (axis, blockSize) = (value, size)
    }
    return [
      "scales": .array(quantization.scales.map { JSONValue(Double($0)) }),
      "zeroPoints": JSONValue(quantization.zeroPoints), "axis": JSONValue(axis),
      "blockSize": JSONValue(blockSize),
    ]
  }

  private func totals() -> JSONValue {
    let totals = profile.totals
    return [
      "operators": .int(totals.operators),
      "parameters": .int(totals.parameters),
      "constantElements": .int(totals.constantElements),
      "weightBytes": .int(totals.weightBytes),
      "fileBytes": .int(totals.fileBytes),
      "macs": JSONValue(totals.multiplyAdds),
      "flops": JSONValue(totals.flops),
      "countedMacs": .int(totals.countedMultiplyAdds),
      "countedOperators": .int(totals.counted),
      "approximatedOperators": .int(totals.approximated),
      "uncountedOperators": .int(totals.uncounted),
      "activationBytes": JSONValue(totals.activationBytes),
      "peakActivationBytes": JSONValue(profile.memory.first?.arenaBytes),
      "peakRuntime": JSONValue(profile.memory.first?.planner.rawValue),
      "peakLowerBoundBytes": JSONValue(totals.peakLowerBoundBytes),
      "peakOperator": JSONValue(totals.peakOperator),
      "sparsity": JSONValue(totals.sparsity),
      "quantizedShare": JSONValue(totals.quantizedShare),
    ]
  }

  private func row(_ row: ModelProfile.OperatorRow) -> JSONValue {
    let value: JSONValue = [
      "index": .int(row.index),
      "graph": .int(row.graph.index),
      "name": .string(row.name),
      "type": .string(row.type),
      "sourceType": .string(row.sourceType),
      "sourceVersion": JSONValue(row.sourceVersion),
      "layer": JSONValue(row.layer),
      "inputs": JSONValue(row.inputs),
      "outputs": JSONValue(row.outputs),
      "outputShapes": .array(row.outputShapes.map(shape)),
      "outputTypes": JSONValue(row.outputTypes.map(\.rawValue)),
      "parameters": .int(row.parameters),
      "weightBytes": .int(row.weightBytes),
      "weightTypes": JSONValue(row.weightTypes.map(\.rawValue)),
      "weightHash": JSONValue(row.weightHash.map { String($0, radix: 16) }),
      "macs": JSONValue(row.multiplyAdds),
      "flops": JSONValue(row.flops),
      "countStatus": .string(row.cost.status.rawValue),
      "activationBytes": JSONValue(row.activationBytes),
      "liveBytes": JSONValue(row.liveBytes),
      "runnable": .bool(row.isRunnable),
    ]
    return profile.measurement == nil ? value : value.with(times(row))
  }

  private func constant(_ row: ModelProfile.ConstantRow) -> JSONValue {
    [
      "name": .string(row.name),
      "operator": JSONValue(row.operatorIndex),
      "type": .string(row.type.rawValue),
      "shape": shape(row.shape),
      "elements": .int(row.elements),
      "bytes": JSONValue(row.bytes),
      "isParameter": .bool(row.isParameter),
      "minimum": JSONValue(row.statistics?.minimum),
      "maximum": JSONValue(row.statistics?.maximum),
      "zeros": JSONValue(row.statistics?.zeros),
      "nonFinite": JSONValue(row.statistics?.nonFinite),
    ]
  }

  private func finding(_ finding: ModelProfile.Finding) -> JSONValue {
    [
      "code": .string(finding.code), "severity": .string(finding.severity.rawValue),
      "operator": JSONValue(finding.operatorIndex), "message": .string(finding.message),
      "fix": JSONValue(finding.fix), "savingBytes": JSONValue(finding.savingBytes),
      "savingMacs": JSONValue(finding.savingMacs),
    ]
  }
}

/// Which tool wrote a document.
package struct ToolIdentity: Sendable {
  package var name: String
  package var version: String

  package init(name: String, version: String) {
    self.name = name
    self.version = version
  }

  package var json: JSONValue { ["name": .string(name), "version": .string(version)] }
}
