import ModelIR
import Operators
import Profiling

extension Recipe {
  /// A file that the script's tool is expected to write.
  package struct Expectation: Sendable, Equatable {
    /// What the tool is asked for, such as `full-integer`.
    package var variant: String
    package var fileBytes: Int

    package init(variant: String, fileBytes: Int) {
      self.variant = variant
      self.fileBytes = fileBytes
    }
  }
}

/// How many bytes the recipes' tools write: what the plan leaves of the weights, and what each tool
/// adds to its container for it.
package struct RecipeForecast {
  private let plan: Plan
  private let model: Model
  private let profile: ModelProfile

  package init(_ plan: Plan, of model: Model, _ profile: ModelProfile) {
    self.plan = plan
    self.model = model
    self.profile = profile
  }

  /// The recipe with what it is expected to write, where that can be computed.
  package func expecting(_ recipe: Recipe) -> Recipe {
    var recipe = recipe
    switch (recipe.name, model.format) {
    case ("edge_quantizer.py", .tflite): recipe.expected = edgeQuantizer()
    case ("tflite_converter.py", .tflite): recipe.expected = converter()
    case ("onnxruntime_quantize.py", .onnx): recipe.expected = runtime()
    default: break
    }
    return recipe
  }

  private func runtime() -> [Recipe.Expectation] {
    let outputs = plan.weightLayers.filter { $0.action?.hasPrefix("int8-") ?? false }
      .compactMap(\.output)
    // Extents that are open in the file stay open in what the tool writes.
    guard !outputs.isEmpty, let types = GraphInference().infer(model).first?.types else {
      return []
    }
    let forecast = ONNXRuntimeForecast(
      model.main,
      types: types,
      fileBytes: profile.totals.fileBytes,
      outputs: Set(outputs)
    )
    return [
      .init(variant: "static", fileBytes: forecast.staticBytes()),
      .init(variant: "dynamic", fileBytes: forecast.dynamicBytes()),
    ]
  }

  private func edgeQuantizer() -> [Recipe.Expectation] {
    guard let bytes = plan.predicted[.size] else { return [] }
    return [.init(variant: "as planned", fileBytes: Int(bytes.rounded()))]
  }

  /// The converter writes whole modes: the outlook of the file knows them.
  private func converter() -> [Recipe.Expectation] {
    profile.outlook.compactMap { entry in
      switch entry.mode {
      case .float16, .dynamicRange, .fullInteger:
        entry.fileBytes.map { .init(variant: entry.mode.rawValue, fileBytes: $0) }
      default: nil
      }
    }
  }
}
