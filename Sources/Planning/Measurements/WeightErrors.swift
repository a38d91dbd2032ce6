import ModelIR
import Techniques

/// What actions do to weights alone: a plan without data.
///
/// The figure is the relative error `Σ (w − ŵ)² / Σ w²` of a site's weights, which is the noise that the
/// action adds to the layer's output for inputs without a direction of their own. It orders actions at
/// one layer well and layers among each other badly: which layer the output depends on only data tells.
/// Nothing is run, so every figure made from it is unverified.
package enum WeightErrors {
  /// The metric's name in documents.
  package static let metric = "relative-weight-error"

  /// Actions that are tried where nobody says which: those that a recipe for the format can carry out.
  package static func standardActions(_ format: ModelFormat) -> [String] {
    switch format {
    case .tflite: ["int8-channel", "int8-tensor", "int4-channel", "int4-tensor", "float16"]
    case .onnx: ["int8-channel"]
    default: ["int8-channel", "float16"]
    }
  }

  /// Takes every action at every weight site.
  ///
  /// - Parameters:
  ///   - context: The model.
  ///   - actions: Names of actions on weights.
  ///   - progress: Told how many sites are done, of how many.
  /// - Returns: A table without measured figures; actions that cannot be taken somewhere are left out
  ///   there.
  /// - Throws: for a name that is no action.
  package static func table(
    in context: ActionContext,
    actions: [String],
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws(PlanningError) -> SensitivityTable {
    var known: [Action] = []
    do throws(TechniqueError) {
      for name in actions { known.append(try Action(name)) }
    } catch {
      throw PlanningError(error.code, error.message)
    }
    let graph = context.model.main
    let sites = context.sites.sites(.weights)
    var measurements: [SensitivityTable.Measurement] = []
    for (index, site) in sites.enumerated() {
      progress(index, sites.count)
      guard let layer = context.layer(site), let original = layer.matrix(in: graph) else {
        continue
      }
      let power = original.reduce(0.0) { $0 + Double($1) * Double($1) }
      for action in known where action.applies(to: site, in: context) {
        guard let coded = try? action.apply(to: site, in: context).coded,
          coded.values.count == original.count
        else { continue }
        let noise = zip(original, coded.values).reduce(0.0) { sum, pair in
          sum + (Double(pair.0) - Double(pair.1)) * (Double(pair.0) - Double(pair.1))
        }
        let error = power > 0 ? noise / power : 0
        measurements.append(
          .init(
            site: index,
            action: action.name,
            bytes: coded.bytes,
            divergence: .init(mean: error, low: error, high: error)
          )
        )
      }
    }
    return SensitivityTable(
      origin: .weightsAlone,
      metric: metric,
      baselineAccuracy: nil,
      sites: sites.map { site in
        .init(
          id: site.id,
          kind: site.kind.rawValue,
          operatorIndex: site.node?.index,
          name: site.operatorName,
          layer: site.layer,
          tensor: site.tensor,
          parameters: site.parameters,
          bytes: site.bytes
        )
      },
      measurements: measurements
    )
  }
}
