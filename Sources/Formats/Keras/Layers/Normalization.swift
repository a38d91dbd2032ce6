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
      if context.bool("renorm") { throw .unsupported("a batch normalization with renormalization") }
      guard let axis = context.axis(default: -1) else {
        return [context.like(x, try context.normalizedBySeveralAxes(x.value))]
      }
      let isLast = axis == -1 || x.rank.map { axis == $0 - 1 } ?? false
      if !isLast, axis != 1 {
        // The axis of the channels becomes the last for the time being.
        return [
          try context.withLast([axis], x) { (turned) throws(LayerProblem) in
            try context.batchNormalized(turned, isLast: true)
          }
        ]
      }
      return [context.like(x, try context.batchNormalized(x.value, isLast: isLast))]
    },
    LayerDefinition("LayerNormalization", slots: scaleAndCenter, keepsMask: true) {
      (context) throws(LayerProblem) in
      let x = try context.input()
      if context.bool("rms_scaling") { return [try context.scaledByDeviation(x)] }
      let gamma = try context.weight("gamma", if: context.bool("scale", default: true))
      let beta = try context.weight("beta", if: context.bool("center", default: true))
      return [
        try context.overTrailingAxes(x) { (value, axis) in
          context.emit(
            "layerNormalization",
            [value, gamma, beta],
            ["axis": .int(axis), "epsilon": .float(context.number("epsilon", default: 1e-3))]
          )
        }
      ]
    },
    LayerDefinition("RMSNormalization", slots: { _ in [WeightSlot("scale")] }, keepsMask: true) {
      (context) throws(LayerProblem) in
      let x = try context.input()
      let scale = try context.weight("scale")
      return [
        try context.overTrailingAxes(x) { (value, axis) in
          context.emit(
            "rmsNormalization",
            [value, scale],
            ["axis": .int(axis), "epsilon": .float(context.number("epsilon", default: 1e-6))]
          )
        }
      ]
    },
    LayerDefinition("GroupNormalization", slots: scaleAndCenter, keepsMask: true) {
      (context) throws(LayerProblem) in
      let x = try context.input()
      let axis = context.axis(default: -1) ?? 0
      let isLast = axis == -1 || x.rank.map { axis == $0 - 1 } ?? false
      if !isLast, axis != 1 {
        // The axis of the groups becomes the last for the time being.
        return [
          try context.withLast([axis], x) { (turned) throws(LayerProblem) in
            try context.groupNormalized(turned, isLast: true)
          }
        ]
      }
      return [context.like(x, try context.groupNormalized(x.value, isLast: isLast))]
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
  fileprivate func batchNormalized(
    _ x: ValueID,
    isLast: Bool
  ) throws(LayerProblem) -> ValueID {
    emit(
      "batchNormalization",
      [
        x, try weight("gamma", if: bool("scale", default: true)),
        try weight("beta", if: bool("center", default: true)), try weight("moving_mean"),
        try weight("moving_variance"),
      ],
      [
        "epsilon": .float(number("epsilon", default: 1e-3)),
        "dataLayout": .string(isLast ? "nhwc" : "nchw"),
      ]
    )
  }

  /// `(x − mean) · γ / √(variance + ε) + β` with weights that have every axis, 1 where none is named.
  ///
  /// Source: Keras 2 `BatchNormalization`, whose `axis` may be a list.
  fileprivate func normalizedBySeveralAxes(_ x: ValueID) throws(LayerProblem) -> ValueID {
    let epsilon = scalar(number("epsilon", default: 1e-3))
    var factor = emit("rsqrt", [emit("add", [try weight("moving_variance"), epsilon])])
    if bool("scale", default: true) { factor = emit("mul", [factor, try weight("gamma")]) }
    let value = emit("mul", [emit("sub", [x, try weight("moving_mean")]), factor])
    guard bool("center", default: true) else { return value }
    return emit("add", [value, try weight("beta")])
  }

  fileprivate func groupNormalized(
    _ x: ValueID,
    isLast: Bool
  ) throws(LayerProblem) -> ValueID {
    emit(
      "groupNormalization",
      [
        x, try weight("gamma", if: bool("scale", default: true)),
        try weight("beta", if: bool("center", default: true)),
      ],
      [
        // -1 is one group a channel.
        "numGroups": .int(int("groups", default: 32)),
        "epsilon": .float(number("epsilon", default: 1e-3)),
        "dataLayout": .string(isLast ? "nhwc" : "nchw"),
      ]
    )
  }

  /// Does something with the given axes as the last ones, and puts them back.
  fileprivate func withLast(
    _ axes: [Int],
    _ x: KerasTensor,
    _ work: (ValueID) throws(LayerProblem) -> ValueID
  ) throws(LayerProblem) -> KerasTensor {
    guard let rank = x.rank else {
      throw .unsupported("a normalization of axes that are not the last, of an unknown rank")
    }
    let places = axes.map { $0 < 0 ? $0 + rank : $0 }
    guard Set(places).count == places.count, places.allSatisfy({ $0 >= 0 && $0 < rank }) else {
      throw .invalid("axis names no axis of \(rank)")
    }
    let order = (0..<rank).filter { !places.contains($0) } + places.sorted()
    guard order != Array(0..<rank) else { return like(x, try work(x.value)) }
    var back = order
    for (place, axis) in order.enumerated() { back[axis] = place }
    let turned = emit("transpose", [x.value], ["permutation": .ints(order)])
    let result = try work(turned)
    return like(x, emit("transpose", [result], ["permutation": .ints(back)]))
  }

  /// Normalizes the axes of the configuration: as the last ones, counted from the end.
  fileprivate func overTrailingAxes(
    _ x: KerasTensor,
    _ work: (ValueID, Int) -> ValueID
  ) throws(LayerProblem) -> KerasTensor {
    let axes = config.config["axis"]?.integers ?? [-1]
    guard !axes.isEmpty else { throw .invalid("axis is empty") }
    // Without a rank only axes that are counted from the end are known to be the last.
    if Set(axes) == Set(-axes.count..<0) { return like(x, work(x.value, -axes.count)) }
    return try withLast(axes, x) { (value) throws(LayerProblem) in work(value, -axes.count) }
  }

  /// x / √(variance + ε) · γ: what Keras calls `rms_scaling`; β is not added.
  fileprivate func scaledByDeviation(_ x: KerasTensor) throws(LayerProblem) -> KerasTensor {
    let gamma = try weight("gamma", if: bool("scale", default: true))
    return try overTrailingAxes(x) { (value, axis) in
      let over: Attributes = ["axes": .ints(Array(axis..<0)), "keepDimensions": .bool(true)]
      let mean = emit("reduceMean", [value], over)
      let squares = emit("square", [emit("sub", [value, mean])])
      let variance = emit("reduceMean", [squares], over)
      let epsilon = scalar(number("epsilon", default: 1e-3))
      let scaled = emit("mul", [value, emit("rsqrt", [emit("add", [variance, epsilon])])])
      return gamma.map { emit("mul", [scaled, $0]) } ?? scaled
    }
  }
}
