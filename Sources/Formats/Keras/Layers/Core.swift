import ModelIR
import WireFormats

/// Layers without space and time: dense, embedding, identity.
extension LayerDefinition {
  /// `kernel` and, unless `use_bias` is false, `bias`.
  static func kernelAndBias(_ config: LayerConfig) -> [WeightSlot] {
    let hasBias = config.config["use_bias"]?.truth ?? true
    return quantizable(config, "kernel", hasBias: hasBias)
  }

  /// A layer that gives its operand back when nothing is trained.
  private static func idle(_ name: String) -> LayerDefinition {
    LayerDefinition(name, keepsMask: true) { (context) throws(LayerProblem) in
      let x = try context.input()
      return [context.like(x, context.emit("identity", [x.value]))]
    }
  }

  static let core: [LayerDefinition] =
    [
      LayerDefinition("Dense", slots: kernelAndBias, keepsMask: true) {
        (context) throws(LayerProblem) in
        let x = try context.input()
        let kernel = try context.weight("kernel")
        let bias = try context.weight("bias", if: context.bool("use_bias", default: true))
        var value: ValueID
        if context.config.isInt8 {
          value = try context.integerDense(x)
          if let bias { value = context.emit("add", [value, bias]) }
        } else if x.rank == 2 {
          value = context.emit("gemm", [x.value, kernel] + (bias.map { [$0] } ?? []))
        } else {
          value = context.emit("matMul", [x.value, kernel])
          if let bias { value = context.emit("add", [value, bias]) }
        }
        return [context.like(x, try context.activation("activation", value))]
      },
      LayerDefinition(
        "EinsumDense",
        slots: { config in
          let hasBias = !(config.config["bias_axes"]?.isNull ?? true)
          return quantizable(config, "kernel", hasBias: hasBias)
        }
      ) { (context) throws(LayerProblem) in
        let x = try context.input()
        let equation = context.string("equation")
        let result = equation.split(separator: ">").last.map { $0.filter { $0 != " " } } ?? ""
        var value =
          context.config.isInt8
          ? try context.integerEinsum(x, equation)
          : context.emit(
            "einsum",
            [x.value, try context.weight("kernel")],
            ["equation": .string(equation)]
          )
        if let axes = context.config.config["bias_axes"], !axes.isNull {
          value = context.emit("add", [value, try context.weight("bias")])
        }
        value = try context.activation("activation", value)
        return [context.like(x, value, rank: result.contains(".") ? x.rank : result.count)]
      },
      LayerDefinition(
        "Embedding",
        slots: { quantizable($0, "embeddings", hasBias: false) }
      ) {
        (context) throws(LayerProblem) in
        let x = try context.input()
        let stated = context.builder.graph[x.value].type
        let type = stated.isInteger ? stated : .int32
        let ids = stated.isInteger ? x.value : context.emit("cast", [x.value], ["to": .type(type)])
        let value =
          context.config.isInt8
          ? try context.integerRows(ids)
          : context.emit("gather", [try context.weight("embeddings"), ids], ["axis": .int(0)])
        var result = context.like(x, value, rank: x.rank.map { $0 + 1 })
        if context.bool("mask_zero") {
          result.mask = context.emit("notEqual", [ids, context.scalar(0, type)])
        }
        return [result]
      },
      // Steps whose features all equal a value do not count, and become 0.
      LayerDefinition("Masking") { (context) throws(LayerProblem) in
        let x = try context.input()
        let other = context.scalar(context.number("mask_value", default: 0))
        let differs = context.emit("notEqual", [x.value, other])
        let axes: Attributes = ["axes": .ints([-1]), "keepDimensions": .bool(true)]
        let counts = context.emit("reduceAny", [differs], axes)
        let factor = context.emit("cast", [counts], ["to": .type(context.elementType)])
        var result = context.like(x, context.emit("mul", [x.value, factor]))
        result.mask = context.emit("squeeze", [counts], ["axes": .ints([-1])])
        return [result]
      },
    ]
    + [
      "Identity", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
      "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization", "RandomFlip",
      "RandomRotation", "RandomZoom", "RandomContrast", "RandomBrightness", "RandomTranslation",
      "RandomHeight", "RandomWidth", "RandomSaturation", "RandomHue", "RandomShear",
      "RandomGrayscale",
      "RandomColorJitter", "RandomSharpness", "RandomPosterization", "RandomInvert",
      "RandomErasing",
      "RandomGaussianBlur", "RandomPerspective", "RandomElasticTransform",
      "RandomColorDegeneration",
      "RandAugment",
    ].map(idle)
}
