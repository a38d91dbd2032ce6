import ModelIR
import WireFormats

/// Normalization by stored statistics, or by those of the operand.
extension LayerDefinition {
  /// `gamma` and `beta` as the options `scale` and `center` have them.
  private static func scaleAndCenter(_ config: LayerConfig) -> [WeightSlot] {
    (config.config["scale"]?.truth ?? true ? [WeightSlot("gamma")] : [])
      + (config.config["center"]?.truth ?? true ? [WeightSlot("beta")] : [])
  }

  static let normalization: [LayerDefinition] = [
    LayerDefinition(
      "BatchNormalization",
      "BatchNormalizationV1",
      "BatchNormalizationV2",
      "SyncBatchNormalization",
      slots: { config in
        scaleAndCenter(config) + [
          WeightSlot("moving_mean", isTrainable: false),
          WeightSlot("moving_variance", isTrainable: false),
        ]
      },
      keepsMask: true
    ) { (context) throws(LayerProblem) in
      let x = try context.input()
      guard !context.bool("renorm"), let axis = context.axis(default: -1) else {
        throw .unsupported("a batch normalization over several axes, or with renormalization")
      }
      let isLast = axis == -1 || x.rank.map { axis == $0 - 1 } ?? false
      guard isLast || axis == 1 else {
        throw .unsupported("a batch normalization of axis \(axis)")
      }
      let value = context.emit(
        "batchNormalization",
        [
          x.value, try context.weight("gamma", if: context.bool("scale", default: true)),
          try context.weight("beta", if: context.bool("center", default: true)),
          try context.weight("moving_mean"), try context.weight("moving_variance"),
        ],
        [
          "epsilon": .float(context.number("epsilon", default: 1e-3)),
          "dataLayout": .string(isLast ? "nhwc" : "nchw"),
        ]
      )
      return [context.like(x, value)]
    },
    LayerDefinition("LayerNormalization", slots: scaleAndCenter, keepsMask: true) {
      (context) throws(LayerProblem) in
      let x = try context.input()
      let axis = try context.trailingAxis(x)
      let gamma = try context.weight("gamma", if: context.bool("scale", default: true))
      let attributes: Attributes = [
        "axis": .int(axis), "epsilon": .float(context.number("epsilon", default: 1e-3)),
      ]
      if context.bool("rms_scaling") {
        throw .unsupported("a layer normalization with rms_scaling")
      }
      let beta = try context.weight("beta", if: context.bool("center", default: true))
      let value = context.emit("layerNormalization", [x.value, gamma, beta], attributes)
      return [context.like(x, value)]
    },
    LayerDefinition("RMSNormalization", slots: { _ in [WeightSlot("scale")] }, keepsMask: true) {
      (context) throws(LayerProblem) in
      let x = try context.input()
      let value = context.emit(
        "rmsNormalization",
        [x.value, try context.weight("scale")],
        [
          "axis": .int(try context.trailingAxis(x)),
          "epsilon": .float(context.number("epsilon", default: 1e-6)),
        ]
      )
      return [context.like(x, value)]
    },
    LayerDefinition("GroupNormalization", slots: scaleAndCenter, keepsMask: true) {
      (context) throws(LayerProblem) in
      let x = try context.input()
      let axis = context.axis(default: -1) ?? 0
      let isLast = axis == -1 || x.rank.map { axis == $0 - 1 } ?? false
      guard isLast || axis == 1 else {
        throw .unsupported("a group normalization of axis \(axis)")
      }
      let value = context.emit(
        "groupNormalization",
        [
          x.value, try context.weight("gamma", if: context.bool("scale", default: true)),
          try context.weight("beta", if: context.bool("center", default: true)),
        ],
        [
          // -1 is one group a channel.
          "numGroups": .int(context.int("groups", default: 32)),
          "epsilon": .float(context.number("epsilon", default: 1e-3)),
          "dataLayout": .string(isLast ? "nhwc" : "nchw"),
        ]
      )
      return [context.like(x, value)]
    },
    // x / max(√Σx², 1e-6): Keras 3 `ops.normalize` with epsilon 1e-12 under the root.
    LayerDefinition("UnitNormalization", keepsMask: true) { (context) throws(LayerProblem) in
      let x = try context.input()
      let axes = context.config.config["axis"]?.integers ?? [-1]
      let squares = context.emit(
        "reduceSum",
        [context.emit("square", [x.value])],
        ["axes": .ints(axes), "keepDimensions": .bool(true)]
      )
      let bounded = context.emit("maximum", [squares, context.scalar(1e-12)])
      return [
        context.like(x, context.emit("mul", [x.value, context.emit("rsqrt", [bounded])]))
      ]
    },
  ]
}

extension LayerContext {
  /// The first of the axes that are normalized, which must be the last of the operand.
  fileprivate func trailingAxis(_ x: KerasTensor) throws(LayerProblem) -> Int {
    let axes = config.config["axis"]?.integers ?? [-1]
    let count = axes.count
    if let rank = x.rank {
      let places = Set(axes.map { $0 < 0 ? $0 + rank : $0 })
      if places == Set(max(0, rank - count)..<rank) { return -count }
    } else if Set(axes) == Set(-count..<0) {
      return -count
    }
    throw .unsupported("a normalization of axes that are not the last")
  }
}
