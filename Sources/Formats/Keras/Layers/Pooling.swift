import ModelIR
import WireFormats

/// Pooling: windows, the whole of space, and as many windows as are wanted.
extension LayerDefinition {
  static let pooling: [LayerDefinition] = (1...3).flatMap { axes in
    [
      pool("MaxPooling\(axes)D", "MaxPool\(axes)D", "maxPool", axes),
      pool("AveragePooling\(axes)D", "AvgPool\(axes)D", "averagePool", axes),
      global("GlobalMaxPooling\(axes)D", "GlobalMaxPool\(axes)D", "reduceMax", axes),
      global("GlobalAveragePooling\(axes)D", "GlobalAvgPool\(axes)D", "reduceMean", axes),
      adaptive("AdaptiveMaxPooling\(axes)D", "adaptiveMaxPool", axes),
      adaptive("AdaptiveAveragePooling\(axes)D", "adaptiveAveragePool", axes),
    ]
  }

  private static func pool(_ name: String, _ alias: String, _ op: String, _ axes: Int)
    -> LayerDefinition
  {
    LayerDefinition(name, alias) { (context) throws(LayerProblem) in
      let x = try context.input()
      let size = try context.ints("pool_size", axes, default: 2)
      var strides = size
      if let given = context.config.config["strides"], !given.isNull {
        strides = try context.ints("strides", axes)
      }
      let attributes: Attributes = [
        "kernel": .ints(size), "strides": .ints(strides),
        "padding": .string(context.string("padding", default: "valid")),
        "dataLayout": context.dataLayout,
      ]
      return [context.like(x, context.emit(op, [x.value], attributes), rank: axes + 2)]
    }
  }

  private static func global(_ name: String, _ alias: String, _ op: String, _ axes: Int)
    -> LayerDefinition
  {
    LayerDefinition(name, alias) { (context) throws(LayerProblem) in
      let x = try context.input()
      let keeps = context.bool("keepdims")
      let attributes: Attributes = [
        "axes": .ints(context.spatialAxes(axes)), "keepDimensions": .bool(keeps),
      ]
      let rank = keeps ? axes + 2 : 2
      guard op == "reduceMean", axes == 1, let mask = x.mask else {
        return [context.like(x, context.emit(op, [x.value], attributes), rank: rank)]
      }
      // The mean over the steps that count.
      let weights = context.emit("cast", [mask], ["to": .type(context.elementType)])
      let axis = context.isChannelsFirst ? 1 : -1
      let factor = context.emit("expandDims", [weights], ["axes": .ints([axis])])
      let sum = context.emit(
        "reduceSum",
        [context.emit("mul", [x.value, factor])],
        attributes
      )
      let count = context.emit("reduceSum", [factor], attributes)
      return [context.like(x, context.emit("div", [sum, count]), rank: rank)]
    }
  }

  private static func adaptive(_ name: String, _ op: String, _ axes: Int) -> LayerDefinition {
    LayerDefinition(name) { (context) throws(LayerProblem) in
      let x = try context.input()
      let value = context.emit(
        op,
        [x.value],
        [
          "outputSize": .ints(try context.ints("output_size", axes)),
          "dataLayout": context.dataLayout,
        ]
      )
      return [context.like(x, value, rank: axes + 2)]
    }
  }
}
