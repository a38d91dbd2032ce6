import ModelIR
import TargetRules

extension Profiler {
  /// Fills in times and what of the outlook pays on each target.
  package func addTargets(_ targets: [DeploymentTarget], to profile: inout ModelProfile) {
    let models = targets.map { target in
      LatencyModel(model: model, types: types, rows: profile.operators, target: target)
    }
    for (index, latency) in models.enumerated() {
      guard let estimate = latency.estimate() else { continue }
      profile.latency.append(estimate)
      if profile.targets.indices.contains(index) {
        profile.targets[index].estimatedMilliseconds = estimate.milliseconds
      }
    }
    for index in profile.outlook.indices where profile.outlook[index].fileBytes != nil {
      let mode = profile.outlook[index].mode
      profile.outlook[index].estimatedMilliseconds =
        models.lazy.compactMap { Self.changed($0, mode).estimate()?.milliseconds }.first
      profile.outlook[index].effects = targets.compactMap { target in
        target.compression.first { $0.action.rawValue == mode.rawValue }.map {
          .init(target: target.name, effect: $0.effect.rawValue, reason: $0.reason)
        }
      }
    }
  }

  /// What measured steps asked of the machine, for a fit.
  ///
  /// Steps with an operator whose figures are unknown are left out.
  ///
  /// - Parameters:
  ///   - profile: A profile with measured times.
  ///   - target: Any target: its figures are not looked at.
  /// - Returns: One sample for each step with a time of its own.
  package func latencySamples(
    _ profile: ModelProfile,
    _ target: DeploymentTarget
  ) -> [LatencyFit.Sample] {
    let latency = LatencyModel(
      model: model,
      types: types,
      rows: profile.operators,
      target: target
    )
    var demands: [Int: [LatencyFit.Demand]] = [:]
    var unknown: Set<Int> = []
    for (index, row) in profile.operators.enumerated() where row.graph == Model.mainGraph {
      let step: Int
      switch row.time?.place {
      case .own: step = index
      case .within(let other): step = other
      case .beforehand, nil: continue
      }
      if let (type, work, bytes) = latency.demand(row) {
        demands[step, default: []].append(
          .init(type: type, work: work, bytes: Double(bytes.activations + bytes.weights))
        )
      } else {
        unknown.insert(step)
      }
    }
    return demands.keys.sorted().compactMap { step in
      guard !unknown.contains(step), let demands = demands[step],
        let microseconds = profile.operators[step].time?.medianMicroseconds
      else { return nil }
      return LatencyFit.Sample(demands: demands, seconds: microseconds / 1e6)
    }
  }

  private static func changed(_ model: LatencyModel, _ mode: OutlookEntry.Mode) -> LatencyModel {
    var model = model
    switch mode {
    case .original, .pruned: break
    // On CPUs float16 weights are unpacked before they are used.
    case .float16: break
    case .dynamicRange, .prunedDynamicRange: model.weightType = .int8
    case .int4Weights: model.weightType = .int8
    case .fullInteger: (model.weightType, model.activationType) = (.int8, .int8)
    case .int16Activations: (model.weightType, model.activationType) = (.int8, .int16)
    }
    return model
  }
}
