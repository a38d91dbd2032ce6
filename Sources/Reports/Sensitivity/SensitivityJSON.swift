import ModelIR
import Sensitivity
import WireFormats

/// What a sweep found, for programs: `analyze.sensitivity/1`.
package struct SensitivityJSON {
  /// The model as the document names it.
  package struct ModelFacts: Sendable {
    package var model: Model
    package var byteCount: Int
    package var sha256: String

    package init(model: Model, byteCount: Int, sha256: String) {
      self.model = model
      self.byteCount = byteCount
      self.sha256 = sha256
    }
  }

  private let result: SensitivityResult
  private let facts: ModelFacts
  private let tool: ToolIdentity

  package init(_ result: SensitivityResult, of facts: ModelFacts, tool: ToolIdentity) {
    self.result = result
    self.facts = facts
    self.tool = tool
  }

  /// The document.
  package func value() -> JSONValue {
    let baseline: [JSONValue.Member] = [
      .init("accuracy", JSONValue(result.baselineAccuracy)),
      .init("top5Accuracy", JSONValue(result.baselineTop5)),
      .init("notFinite", .int(result.baselineNotFinite)),
    ]
    let own = result.ownMetric.map { [JSONValue.Member("ownMetric", JSONValue($0.baseline))] } ?? []
    return [
      "schema": "analyze.sensitivity/1",
      "tool": tool.json,
      "model": model(),
      "status": .string(result.isComplete ? "complete" : "incomplete"),
      "missingTrials": .int(result.missing),
      "calibration": calibration(),
      "metric": .string(result.metric.rawValue),
      "metricReason": .string(result.metricReason),
      "metricCommand": JSONValue(result.ownMetric?.command),
      "measuredAt": JSONValue(result.measuredAt),
      "effort": .string(result.effort.rawValue),
      "baseline": .object(baseline + own),
      "sites": .array(result.sites.map(site)),
      "measurements": .array(result.measurements.map(measurement)),
      "modes": .array(result.modes.map(mode)),
      "ranking": .array(result.ranking.map(rank)),
      "adequacy": adequacy(),
      "interactions": .array(result.interactions.map(interaction)),
      "screening": .array(result.screening.map(quality)),
      "failures": .array(result.failures.map(failure)),
      "unreachable": .array(result.unreachable.map { .string($0.id) }),
    ]
  }

  private func model() -> JSONValue {
    let graph = facts.model.main
    return [
      "path": .string(facts.model.path), "format": .string(facts.model.format.rawValue),
      "bytes": .int(facts.byteCount), "sha256": .string(facts.sha256),
      "inputs": .array(graph.inputs.filter { !graph[$0].isConstant }.map { boundary($0, graph) }),
      "outputs": .array(graph.outputs.map { boundary($0, graph) }),
    ]
  }

  /// Unknown extents are −1; an unknown rank is null.
  private func boundary(_ value: ValueID, _ graph: Graph) -> JSONValue {
    let sizes = graph[value].shape.dimensions?.map { $0.size ?? -1 }
    return [
      "name": .string(graph[value].name), "shape": sizes.map { JSONValue($0) } ?? nil,
      "type": .string(graph[value].type.rawValue),
    ]
  }

  private func calibration() -> JSONValue {
    let calibration = result.calibration
    return [
      "samples": .int(calibration.samples), "sha256": .string(calibration.sha256),
      "preprocess": .string(calibration.preprocessing),
      "preprocessOrigin": .string(calibration.preprocessingOrigin),
      // A seed may be above what a JSON reader keeps exactly.
      "seed": calibration.seed.map { Int(exactly: $0).map { .int($0) } ?? .string("\($0)") } ?? nil,
      "labels": .bool(calibration.hasLabels),
    ]
  }

  private func site(_ site: SensitivityResult.SiteFacts) -> JSONValue {
    [
      "id": .string(site.id), "operator": JSONValue(site.operatorIndex),
      "name": .string(site.name), "layer": JSONValue(site.layer), "tensor": .string(site.tensor),
      "kind": .string(site.kind.rawValue), "parameters": .int(site.parameters),
      "bytes": JSONValue(site.bytes),
    ]
  }

  private func interval(_ interval: Interval?) -> JSONValue {
    guard let interval else { return nil }
    return [
      "mean": JSONValue(interval.mean), "low": JSONValue(interval.low),
      "high": JSONValue(interval.high),
    ]
  }

  private func effect(_ effect: SensitivityResult.Effect) -> [JSONValue.Member] {
    [
      .init("divergence", interval(effect.divergence)),
      .init("sqnrDb", JSONValue(effect.sqnrDecibels)), .init("cosine", JSONValue(effect.cosine)),
      .init("top1Agreement", JSONValue(effect.top1Agreement)),
      .init("accuracy", JSONValue(effect.accuracy)),
      .init("top5Accuracy", JSONValue(effect.top5Accuracy)),
      .init("samples", .int(effect.samples)), .init("notFinite", .int(effect.notFinite)),
    ] + (result.ownMetric == nil ? [] : [.init("ownMetric", JSONValue(effect.own))])
  }

  private func measurement(_ measurement: SensitivityResult.Measurement) -> JSONValue {
    .object(
      [
        .init("site", .string(result.sites[measurement.site].id)),
        .init("action", .string(measurement.action)),
        .init("bytes", JSONValue(measurement.bytes)),
        .init("sparseBytes", JSONValue(measurement.sparseBytes)),
        .init("macs", JSONValue(measurement.multiplyAdds)),
      ] + effect(measurement.effect) + [
        .init("method", .string(measurement.method.rawValue)),
        .init("estimate", JSONValue(measurement.estimate)),
      ]
    )
  }

  private func mode(_ mode: SensitivityResult.Mode) -> JSONValue {
    .object(
      [
        .init("mode", .string(mode.mode)), .init("weightBytes", JSONValue(mode.weightBytes)),
      ] + effect(mode.effect)
    )
  }

  private func rank(_ rank: SensitivityResult.Rank) -> JSONValue {
    [
      "site": .string(result.sites[rank.site].id),
      "kind": .string(result.sites[rank.site].kind.rawValue), "rank": .int(rank.rank),
      "score": .double(rank.score),
    ]
  }

  private func adequacy() -> JSONValue {
    let adequacy = result.adequacy
    return [
      "verdict": .string(adequacy.isEnough ? "enough" : "not-enough"),
      "rankCorrelation": JSONValue(adequacy.halvesCorrelation),
      "reliability": JSONValue(adequacy.reliability),
      "samplesNeeded": JSONValue(adequacy.samplesNeeded), "note": .string(adequacy.note),
    ]
  }

  private func interaction(_ pair: SensitivityResult.Interaction) -> JSONValue {
    [
      "first": .string(result.sites[pair.first].id),
      "second": .string(result.sites[pair.second].id), "action": .string(pair.action),
      "sum": .double(pair.sum), "together": .double(pair.together), "ratio": JSONValue(pair.ratio),
    ]
  }

  private func quality(_ quality: SensitivityResult.ScreeningQuality) -> JSONValue {
    [
      "action": .string(quality.action), "sites": .int(quality.sites),
      "rankCorrelation": JSONValue(quality.correlation), "run": .bool(quality.isRun),
    ]
  }

  private func failure(_ failure: SensitivityResult.Failure) -> JSONValue {
    [
      "site": JSONValue(failure.site.map { result.sites[$0].id }), "trial": .string(failure.name),
      "reason": .string(failure.reason),
    ]
  }
}
