import ModelIR
import WireFormats

/// Layers in front of a network that are arithmetic.
extension LayerDefinition {
  static let preprocessing: [LayerDefinition] = [
    LayerDefinition("Rescaling", keepsMask: true) { (context) throws(LayerProblem) in
      let x = try context.input()
      let scale = try context.numbers("scale", default: 1)
      let offset = try context.numbers("offset", default: 0)
      // Bytes of an image become real numbers first.
      let real = context.real(x.value)
      return [context.like(x, context.emit("add", [context.emit("mul", [real, scale]), offset]))]
    },
    // (x − mean) / max(√variance, 1e-7), or back with `invert`.
    LayerDefinition(
      "Normalization",
      slots: { config in
        guard config.config["mean"]?.isNull ?? true else { return [] }
        return ["mean", "variance", "count"].map { WeightSlot($0, isTrainable: false) }
      },
      keepsMask: true
    ) { (context) throws(LayerProblem) in
      let x = try context.input()
      let axes = context.config.config["axis"]?.integers ?? []
      guard axes.count <= 1, axes.allSatisfy({ $0 == -1 || $0 + 1 == x.rank }) else {
        throw .unsupported("a normalization of axes that are not the last")
      }
      let isGiven = !(context.config.config["mean"]?.isNull ?? true)
      let mean = isGiven ? try context.numbers("mean", default: 0) : try context.weight("mean")
      let variance =
        isGiven ? try context.numbers("variance", default: 1) : try context.weight("variance")
      let deviation = context.emit(
        "maximum",
        [context.emit("sqrt", [variance]), context.scalar(1e-7)]
      )
      let real = context.real(x.value)
      let value =
        context.bool("invert")
        ? context.emit("add", [context.emit("mul", [real, deviation]), mean])
        : context.emit("div", [context.emit("sub", [real, mean]), deviation])
      return [context.like(x, value)]
    },
    LayerDefinition("Resizing") { (context) throws(LayerProblem) in
      let x = try context.input()
      let size = try context.imageSize()
      guard !context.bool("pad_to_aspect_ratio"), !context.bool("antialias") else {
        throw .unsupported("a resizing that pads, or smooths")
      }
      let name = context.string("interpolation", default: "bilinear").lowercased()
      guard context.bool("crop_to_aspect_ratio") else {
        return [try context.resized(x, size, interpolation: name)]
      }
      guard let extents = context.imageExtents(x) else {
        throw .unsupported("a resizing that crops images whose size the file does not state")
      }
      return [try context.resizedPart(x, extents, size, interpolation: name)]
    },
    LayerDefinition("CenterCrop") { (context) throws(LayerProblem) in
      let x = try context.input()
      let size = try context.imageSize()
      guard let extents = context.imageExtents(x) else {
        // Keras 2 crops or resizes as each image demands.
        let sizes = context.builder.constant(
          [Double(size.height), Double(size.width)],
          .int64,
          [2]
        )
        let attributes: Attributes = [
          "axes": .ints(context.imageAxes(x)), "cropOnly": .bool(true),
        ]
        return [context.like(x, context.emit("centerCropPad", [x.value, sizes], attributes))]
      }
      // Images smaller than the crop are resized.
      guard extents.height >= size.height, extents.width >= size.width else {
        return [try context.resizedPart(x, extents, size, interpolation: "bilinear")]
      }
      return [context.cropped(x, extents, size)]
    },
    // Strings and integers by FarmHash64 or, with a salt, SipHash.
    LayerDefinition("Hashing") { (_) throws(LayerProblem) in
      throw .unsupported("hashing has no meaning here; hash before the model")
    },
    // How many boundaries a number has reached.
    LayerDefinition("Discretization") { (context) throws(LayerProblem) in
      let x = try context.input()
      guard let node = context.config.config["bin_boundaries"], let bounds = node.numbers else {
        throw .unsupported("a discretization without boundaries")
      }
      let wide = context.emit("expandDims", [x.value], ["axes": .ints([-1])])
      let limits = context.builder.constant(bounds, context.elementType, [bounds.count])
      let reached = context.emit("greaterEqual", [wide, limits])
      let counts = context.emit("cast", [reached], ["to": .type(.int64)])
      let value = context.emit(
        "reduceSum",
        [counts],
        ["axes": .ints([-1]), "keepDimensions": .bool(false)]
      )
      let mode = context.string("output_mode", default: "int")
      guard mode == "int" else {
        return [try context.encoded(context.like(x, value), bounds.count + 1, mode)]
      }
      return [context.like(x, context.emit("cast", [value], ["to": .type(.int32)]))]
    },
    LayerDefinition("CategoryEncoding") { (context) throws(LayerProblem) in
      let x = try context.input()
      guard let count = context.int("num_tokens"), count > 0, context.inputs.count == 1 else {
        throw .unsupported("a category encoding with weights")
      }
      let ids = context.emit("cast", [x.value], ["to": .type(.int64)])
      let mode = context.string("output_mode", default: "multi_hot")
      return [try context.encoded(context.like(x, ids), count, mode)]
    },
  ]
}

extension LayerContext {
  /// Categories as ones among zeros.
  fileprivate func encoded(
    _ ids: KerasTensor,
    _ count: Int,
    _ mode: String
  ) throws(LayerProblem) -> KerasTensor {
    let codes = emit(
      "oneHot",
      [ids.value, scalar(Double(count), .int64), builder.constant([0, 1], elementType, [2])],
      ["axis": .int(-1), "operandOrder": .string("onnx")]
    )
    let fold: Attributes = ["axes": .ints([-2]), "keepDimensions": .bool(false)]
    switch mode {
    // An axis of one category makes room for the code.
    case "one_hot": return like(ids, emit("squeeze", [codes], ["axes": .ints([-2])]))
    case "multi_hot": return like(ids, emit("reduceMax", [codes], fold))
    case "count": return like(ids, emit("reduceSum", [codes], fold))
    case let other: throw .unsupported("the output_mode \(other)")
    }
  }

  /// Numbers of the configuration: one without axes, or a list for the last axis.
  fileprivate func numbers(
    _ name: String,
    default value: Double
  ) throws(LayerProblem) -> ValueID {
    guard let node = config.config[name], !node.isNull else { return scalar(value) }
    guard let numbers = node.numbers else { throw .invalid("\(name) is no list of numbers") }
    if node.number != nil { return scalar(numbers[0]) }
    return numbers.count == 1
      ? scalar(numbers[0]) : builder.constant(numbers, elementType, [numbers.count])
  }
}
