import ModelIR
import WireFormats

/// Layers that move elements.
extension LayerDefinition {
  static let reshaping: [LayerDefinition] =
    [
      LayerDefinition("Reshape") { (context) throws(LayerProblem) in
        let x = try context.input()
        guard let target = context.config.config["target_shape"]?.list else {
          throw .invalid("target_shape is missing")
        }
        // An extent that is left open follows from the others, as -1 does.
        let sizes = target.map { $0.integer ?? -1 }
        let value = context.emit("reshape", [x.value], ["shape": .ints([0] + sizes)])
        return [context.like(x, value, rank: sizes.count + 1)]
      },
      LayerDefinition("Flatten") { (context) throws(LayerProblem) in
        let x = try context.input()
        var value = x.value
        if context.isChannelsFirst {
          guard let rank = x.rank else {
            throw .unsupported("flattening channels first without a known rank")
          }
          if rank > 2 {
            // Keras flattens in the order of channels last.
            let order = [0] + Array(2..<rank) + [1]
            value = context.emit("transpose", [value], ["permutation": .ints(order)])
          }
        }
        return [context.like(x, context.emit("flatten", [value], ["axis": .int(1)]), rank: 2)]
      },
      LayerDefinition("Permute") { (context) throws(LayerProblem) in
        let x = try context.input()
        guard let dims = context.config.config["dims"]?.integers else {
          throw .invalid("dims is missing")
        }
        let value = context.emit("transpose", [x.value], ["permutation": .ints([0] + dims)])
        return [context.like(x, value)]
      },
      LayerDefinition("RepeatVector") { (context) throws(LayerProblem) in
        let x = try context.input()
        let count = context.int("n", default: 1)
        let wide = context.emit("expandDims", [x.value], ["axes": .ints([1])])
        let repeats = context.builder.constant([1, Double(count), 1], .int64, [3])
        return [context.like(x, context.emit("tile", [wide, repeats]), rank: 3)]
      },
    ]
    + (1...3).flatMap { [zeroPadding($0), cropping($0), upsampling($0)] }

  private static func zeroPadding(_ axes: Int) -> LayerDefinition {
    LayerDefinition("ZeroPadding\(axes)D") { (context) throws(LayerProblem) in
      let x = try context.input()
      let pairs = try context.pairs("padding", axes)
      let value = context.emit(
        "pad",
        [x.value],
        [
          "pads": .ints(pairs.map(\.before) + pairs.map(\.after)),
          "axes": .ints(context.spatialAxes(axes)),
        ]
      )
      return [context.like(x, value)]
    }
  }

  private static func cropping(_ axes: Int) -> LayerDefinition {
    LayerDefinition("Cropping\(axes)D") { (context) throws(LayerProblem) in
      let x = try context.input()
      let pairs = try context.pairs("cropping", axes)
      let value = context.emit(
        "slice",
        [x.value],
        [
          "starts": .ints(pairs.map(\.before)),
          "ends": .ints(pairs.map { $0.after == 0 ? Int(Int32.max) : -$0.after }),
          "axes": .ints(context.spatialAxes(axes)),
        ]
      )
      return [context.like(x, value)]
    }
  }

  private static func upsampling(_ axes: Int) -> LayerDefinition {
    LayerDefinition("UpSampling\(axes)D") { (context) throws(LayerProblem) in
      let x = try context.input()
      let factors = try context.ints("size", axes, default: 2)
      var attributes = try context.interpolation(
        context.string("interpolation", default: "nearest"),
        nearest: "asymmetric"
      )
      attributes["scales"] = .floats(factors.map(Double.init))
      attributes["axes"] = .ints(context.spatialAxes(axes))
      return [context.like(x, context.emit("resize", [x.value], attributes))]
    }
  }
}

extension LayerContext {
  /// Numbers of positions before and after each axis: one number, one an axis, or pairs.
  fileprivate func pairs(_ name: String, _ axes: Int) throws(LayerProblem)
    -> [(before: Int, after: Int)]
  {
    guard let node = config.config[name] else {
      return Array(repeating: (before: 1, after: 1), count: axes)
    }
    func pair(_ node: JSON5Node) throws(LayerProblem) -> (before: Int, after: Int) {
      guard let values = node.integers, let first = values.first, let last = values.last,
        values.count <= 2, values.allSatisfy({ $0 >= 0 && $0 <= Int(Int32.max) })
      else { throw .invalid("\(name) is no list of pairs") }
      return (before: first, after: last)
    }
    if node.integer != nil || axes == 1 && node.integers != nil {
      return Array(repeating: try pair(node), count: axes)
    }
    let list = node.list ?? []
    guard list.count == axes else { throw .invalid("\(name) is not for \(axes) axes") }
    var result: [(before: Int, after: Int)] = []
    for element in list { result.append(try pair(element)) }
    return result
  }

  /// How TensorFlow resamples images: half-pixel centres; cubic with Keys' a = −1/2.
  func interpolation(_ name: String, nearest: String) throws(LayerProblem) -> Attributes {
    switch name {
    case "nearest":
      return [
        "mode": .string("nearest"), "coordinateMode": .string(nearest),
        "nearestMode": .string("floor"),
      ]
    case "bilinear": return ["mode": .string("linear"), "coordinateMode": .string("half_pixel")]
    case "bicubic":
      return [
        "mode": .string("cubic"), "coordinateMode": .string("half_pixel"),
        "cubicCoefficient": .float(-0.5), "excludeOutside": .bool(true),
      ]
    case let other: throw .unsupported("the interpolation \(other)")
    }
  }
}
