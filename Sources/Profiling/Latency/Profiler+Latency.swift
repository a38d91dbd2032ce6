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
