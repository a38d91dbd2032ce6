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

  /// The tool writes the whole file anew: activations share one empty buffer, integers get a table of
  /// quantization, float16 weights an operator that makes them float again.
  ///
  /// Sizes of FlatBuffers: a table 4 bytes to its field list and its fields, an entry of a vector 4, a
  /// text its length, a zero and padding to 4.
  private func edgeQuantizer() -> [Recipe.Expectation] {
    guard let planned = plan.predicted[.size] else { return [] }
    let graph = model.main
    // A buffer: its entry 4, its table 8.
    var bytes = Int(planned.rounded()) - 12 * graph.values.count { !$0.isConstant }
    var hasFloat16 = false
    var hasIntegers = false
    for layer in plan.weightLayers {
      guard let action = layer.action else { continue }
      guard action == "float16" else {
        // Two vectors' lengths and offsets 16, the type 4; scales are the plan's own.
        bytes += 20
        hasIntegers = true
        continue
      }
      hasFloat16 = true
      let rank = graph.values.first { $0.name == layer.tensor }?.shape.rank ?? 4
      let name = layer.tensor.utf8.count + "_dequant".utf8.count
      // Tensor: table 24, shape 4 + 4 · rank, entry 4, name. Operator: table 12, entry 4, two lists of one
      // index 16.
      bytes += 64 + 4 * rank + 4 + (name + 1 + 3) / 4 * 4
    }
    // An operator's code; the field lists of tensors that are quantized.
    bytes += (hasFloat16 ? 24 : 0) + (hasIntegers ? 40 : 0)
    return [.init(variant: "as planned", fileBytes: bytes)]
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
