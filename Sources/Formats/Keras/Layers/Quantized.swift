import ModelIR
import WireFormats

/// Layers whose weights Keras 3 made 8-bit integers (`model.quantize("int8")`).
///
/// Source: Keras 3.15, `quantizers.AbsMaxQuantizer` and `_int8_call` of Dense, EinsumDense, Embedding.
extension LayerConfig {
  /// How Keras quantized the layer's weights: `int8`, `int4/128`, `gptq/4/128`; `nil` where it did not.
  var quantization: String? {
    guard let type = config["dtype"] else { return nil }
    if let mode = type["config"]?["mode"]?.text { return mode }
    let name = type.text ?? type["config"]?["name"]?.text ?? ""
    guard let range = name.firstRange(of: "_from_") else { return nil }
    return String(name[..<range.lowerBound])
  }

  /// Whether the layer is one that Keras quantizes.
  private var canBeQuantized: Bool {
    ["Dense", "EinsumDense", "Embedding", "ReversibleEmbedding"].contains(className)
  }

  /// Whether the weights are 8-bit integers with scales.
  var isInt8: Bool { canBeQuantized && quantization == "int8" }

  /// Whether the weights are quantized in a way that has no meaning here.
  var isUnknownQuantization: Bool {
    canBeQuantized && quantization.map { $0 != "int8" } ?? false
  }
}

extension LayerDefinition {
  /// The weights of a layer; of a quantized one with scales, in the order in which Keras lists them.
  static func quantizable(
    _ config: LayerConfig,
    _ name: String,
    hasBias: Bool
  ) -> [WeightSlot] {
    var slots = [WeightSlot(name)] + (hasBias ? [WeightSlot("bias")] : [])
    guard config.isInt8 else { return slots }
    slots[0].isTrainable = false
    slots.append(WeightSlot(name + "_scale", isTrainable: false))
    for index in slots.indices { slots[index].isListed = true }
    return slots
  }
}

extension LayerContext {
  /// What the layer does with its operand before the product.
  private enum OperandForm {
    /// It makes integers of it; the number keeps the divisor from 0.
    case integers(epsilon: Double)
    case real
  }

  private func operandForm() throws(LayerProblem) -> OperandForm {
    guard let stated = config.config["quantization_config"], !stated.isNull else {
      return .integers(epsilon: 1e-7)
    }
    guard let quantizer = stated["config"]?["activation_quantizer"], !quantizer.isNull else {
      return .real
    }
    let settings = quantizer["config"]
    guard quantizer["class_name"]?.text == "AbsMaxQuantizer",
      settings?["value_range"]?.integers ?? [-127, 127] == [-127, 127],
      settings?["output_dtype"]?.text ?? "int8" == "int8"
    else { throw .unsupported("another quantizer of operands than AbsMaxQuantizer") }
    return .integers(epsilon: settings?["epsilon"]?.number ?? 1e-7)
  }

  /// The operand as 8-bit integers, and the scales that made them so: `127 / (max|x| + ε)`.
  private func quantized(
    _ x: ValueID,
    axes: [Int],
    _ epsilon: Double
  ) -> (value: ValueID, scale: ValueID) {
    let over: Attributes = ["axes": .ints(axes), "keepDimensions": .bool(true)]
    let greatest = emit("reduceMax", [emit("abs", [x])], over)
    let scale = emit("div", [scalar(127), emit("add", [greatest, scalar(epsilon)])])
    let rounded = emit("round", [emit("mul", [x, scale])])
    let bounded = emit("clip", [rounded, scalar(-127), scalar(127)])
    return (emit("cast", [bounded], ["to": .type(.int8)]), scale)
  }

  private func real(integers value: ValueID) -> ValueID {
    emit("cast", [value], ["to": .type(elementType)])
  }

  /// The product of a `Dense` layer with integers, without its bias.
  func integerDense(_ x: KerasTensor) throws(LayerProblem) -> ValueID {
    let kernel = try weight("kernel")
    var scale = try weight("kernel_scale")
    let product: ValueID
    switch try operandForm() {
    case .integers(let epsilon):
      let operand = quantized(x.value, axes: [-1], epsilon)
      product = real(integers: emit("matMulInteger", [operand.value, kernel]))
      scale = emit("mul", [operand.scale, scale])
    case .real:
      product = emit("matMul", [x.value, real(integers: kernel)])
    }
    return emit("div", [product, scale])
  }

  /// The product of an `EinsumDense` layer with integers, without its bias.
  func integerEinsum(_ x: KerasTensor, _ equation: String) throws(LayerProblem) -> ValueID {
    let kernel = try weight("kernel")
    var scale = try weight("kernel_scale")
    let stated: Attributes = ["equation": .string(equation)]
    let product: ValueID
    switch try operandForm() {
    case .integers(let epsilon):
      let terms = equation.filter { $0 != " " }.split { ",->".contains($0) }.map(Array.init)
      guard terms.count == 3, !equation.contains("."), Set(terms[0]).count == terms[0].count else {
        throw .unsupported("the equation \(equation) with integers")
      }
      let (input, result) = (terms[0], terms[2])
      let reduced = input.indices.filter { !result.contains(input[$0]) }
      let operand = quantized(x.value, axes: reduced, epsilon)
      let wide = [operand.value, kernel].map { emit("cast", [$0], ["to": .type(.int32)]) }
      product = real(integers: emit("einsum", wide, stated))
      let aligned = aligned(operand.scale, input, reduced, to: result)
      scale = emit("mul", [aligned, scale])
    case .real:
      product = emit("einsum", [x.value, real(integers: kernel)], stated)
    }
    return emit("div", [product, scale])
  }

  /// Scales of an operand with the axes of the result: in its order, 1 where the operand has none.
  private func aligned(
    _ scale: ValueID,
    _ input: [Character],
    _ reduced: [Int],
    to result: [Character]
  ) -> ValueID {
    var value = scale
    if !reduced.isEmpty { value = emit("squeeze", [value], ["axes": .ints(reduced)]) }
    let left = input.filter { result.contains($0) }
    let order = result.compactMap { left.firstIndex(of: $0) }
    if order != Array(order.indices) {
      value = emit("transpose", [value], ["permutation": .ints(order)])
    }
    let missing = result.indices.filter { !left.contains(result[$0]) }
    return missing.isEmpty
      ? value : emit("expandDims", [value], ["axes": .ints(Array(missing))])
  }

  /// Rows of a table of integers, each divided by its scale.
  func integerRows(_ ids: ValueID) throws(LayerProblem) -> ValueID {
    let rows = emit("gather", [try weight("embeddings"), ids], ["axis": .int(0)])
    let scales = emit("gather", [try weight("embeddings_scale"), ids], ["axis": .int(0)])
    let wide = emit("expandDims", [scales], ["axes": .ints([-1])])
    return emit("div", [real(integers: rows), wide])
  }
}
