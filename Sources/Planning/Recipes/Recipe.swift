import ModelIR

/// A script that carries a plan out with one of the field's own tools.
///
/// Recipes read `plan.json` beside them: the plan is written once. Each header says what the tool
/// expresses and what it does not, and each names at run time the layers that it leaves as they are.
package struct Recipe: Sendable, Equatable {
  /// The file's name.
  package var name: String
  package var content: [UInt8]
  /// What its tool is expected to write; empty where that cannot be computed.
  package var expected: [Expectation] = []

  /// The recipes that can carry out something of a plan for a model's format.
  ///
  /// None for a plan that changes nothing. Training scripts are there where the plan prunes, or where a
  /// measurement calls for training.
  package static func all(for plan: Plan, format: ModelFormat) -> [Recipe] {
    let actions = plan.layers.compactMap(\.action)
    let steps = plan.training.map(\.step)
    guard !actions.isEmpty || !steps.isEmpty else { return [] }
    let hasBytes = actions.contains { $0.hasPrefix("int8-channel") || $0.hasPrefix("int8-tensor") }
    var names: [String] = []
    switch format {
    case .tflite:
      if actions.contains(where: isKnownToEdgeQuantizer) { names.append("edge_quantizer") }
      if hasBytes || actions.contains("float16") { names.append("tflite_converter") }
    case .onnx:
      if hasBytes { names += ["nncf_weights", "onnxruntime_quantize"] }
    default:
      if hasBytes || actions.contains("float16") { names.append("tflite_converter") }
    }
    // Keras trains; a file of another framework has a model of Keras behind it, or none.
    let isKeras = format != .onnx
    if isKeras,
      steps.contains(.quantizationAware) || actions.contains(where: { $0.hasPrefix("prune-") })
    {
      names.append("tfmot_training")
    }
    if isKeras, steps.contains(.binary) || actions.contains(where: isBinary) {
      names.append("binary_training")
    }
    if isKeras,
      steps.contains(.distillation) || actions.contains(where: { $0.hasPrefix("channels-") })
    {
      names.append("keras_distillation")
    }
    return names.sorted().compactMap { name in
      PlanRules.recipe(name).map { Recipe(name: name + ".py", content: $0) }
    }
  }

  private static func isBinary(_ action: String) -> Bool {
    action.hasPrefix("binary") || action.hasPrefix("ternary")
  }

  private static func isKnownToEdgeQuantizer(_ action: String) -> Bool {
    var stem = action
    if stem.hasSuffix("+refit") { stem.removeLast(6) }
    if stem.hasSuffix("-mse") { stem.removeLast(4) }
    let scopes = ["channel", "tensor", "group32", "group64", "group128"]
    return stem == "float16" || scopes.contains { stem == "int8-" + $0 || stem == "int4-" + $0 }
  }
}
