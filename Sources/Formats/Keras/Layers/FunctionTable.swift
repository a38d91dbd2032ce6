import ModelIR
import WireFormats

/// Functions on tensors, as `keras.ops` and TensorFlow name them.
///
/// Operands are found by place or by name; what a class keeps as an option counts as named.
enum FunctionTable {
  typealias Function = @Sendable (LayerContext) throws(LayerProblem) -> [KerasTensor]

  private static func unary(_ op: String, _ attributes: Attributes = [:]) -> Function {
    { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x", "input", "features", "input_tensor", "a"])
      return [KerasTensor(value: context.emit(op, [x.value], attributes), rank: x.rank)]
    }
  }

  private static func named(_ activation: String) -> Function {
    { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x", "features", "logits", "input"])
      return [KerasTensor(value: try context.apply(activation, x.value), rank: x.rank)]
    }
  }

  private static func binary(_ op: String) -> Function {
    { (context) throws(LayerProblem) in
      let first = context.tensor(0, ["x1", "x", "a"])
      let other = context.tensor(1, ["x2", "y", "b"])
      // A number beside integers is one of their type.
      let type = (first ?? other).flatMap { context.integerType($0) }
      let x = try context.operand(0, ["x1", "x", "a"], type)
      let y = try context.operand(1, ["x2", "y", "b"], type)
      let rank = x.rank.flatMap { first in y.rank.map { max(first, $0) } }
      return [KerasTensor(value: context.emit(op, [x.value, y.value]), rank: rank)]
    }
  }

  private static func reduction(_ op: String) -> Function {
    { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x", "input_tensor"])
      let axes = try context.axes()
      let keeps =
        (context.option(["keepdims", "keep_dims"], 2) ?? .absent).truth ?? false
      var attributes: Attributes = ["keepDimensions": .bool(keeps)]
      if let axes { attributes["axes"] = .ints(axes) }
      let rank = keeps ? x.rank : axes == nil ? 0 : x.rank.map { $0 - (axes?.count ?? 0) }
      return [KerasTensor(value: context.emit(op, [x.value], attributes), rank: rank)]
    }
  }

  static let all: [String: Function] = [
    "add": binary("add"), "subtract": binary("sub"), "multiply": binary("mul"),
    "divide": binary("div"), "power": binary("pow"), "maximum": binary("maximum"),
    "minimum": binary("minimum"), "equal": binary("equal"), "not_equal": binary("notEqual"),
    "less": binary("less"), "less_equal": binary("lessEqual"), "greater": binary("greater"),
    "greater_equal": binary("greaterEqual"), "logical_and": binary("logicalAnd"),
    "logical_or": binary("logicalOr"), "floor_divide": binary("floorDiv"),
    "mod": binary("floorMod"),
    "squared_difference": binary("squaredDifference"),

    "absolute": unary("abs"), "negative": unary("neg"), "exp": unary("exp"), "log": unary("log"),
    "sqrt": unary("sqrt"), "rsqrt": unary("rsqrt"), "square": unary("square"), "sin": unary("sin"),
    "cos": unary("cos"), "tan": unary("tan"), "tanh": unary("tanh"), "floor": unary("floor"),
    "ceil": unary("ceil"), "round": unary("round"), "sign": unary("sign"), "erf": unary("erf"),
    "reciprocal": unary("reciprocal"), "logical_not": unary("logicalNot"),
    "identity": unary("identity"),

    "relu": named("relu"), "relu6": named("relu6"), "sigmoid": named("sigmoid"),
    "elu": named("elu"), "selu": named("selu"), "softplus": named("softplus"),
    "softsign": named("softsign"), "silu": named("silu"),
    "hard_sigmoid": named("hard_sigmoid"), "hard_silu": named("hard_silu"),

    "mean": reduction("reduceMean"), "sum": reduction("reduceSum"), "max": reduction("reduceMax"),
    "min": reduction("reduceMin"), "prod": reduction("reduceProd"), "any": reduction("reduceAny"),
    "all": reduction("reduceAll"),

    "softmax": { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x", "logits"])
      let axis = (context.option(["axis"], 1) ?? .absent).integer ?? -1
      return [
        KerasTensor(value: context.emit("softmax", [x.value], ["axis": .int(axis)]), rank: x.rank)
      ]
    },
    "gelu": { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x", "features"])
      // `keras.ops.gelu` approximates unless told otherwise, `tf.nn.gelu` does not.
      let standard = context.config.isOperation
      let isNear = (context.option(["approximate"], 1) ?? .absent).truth ?? standard
      let attributes: Attributes = ["approximate": .string(isNear ? "tanh" : "none")]
      return [KerasTensor(value: context.emit("gelu", [x.value], attributes), rank: x.rank)]
    },
    "leaky_relu": { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x", "features"])
      let slope = (context.option(["negative_slope", "alpha"], 1) ?? .absent).number ?? 0.2
      let attributes: Attributes = ["alpha": .float(slope)]
      return [KerasTensor(value: context.emit("leakyRelu", [x.value], attributes), rank: x.rank)]
    },
    "clip": { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x", "t"])
      guard
        let least = (context.option(["x_min", "clip_value_min"], 1) ?? .absent).number,
        let most = (context.option(["x_max", "clip_value_max"], 2) ?? .absent).number
      else { throw .unsupported("bounds that are computed") }
      let attributes: Attributes = ["min": .float(least), "max": .float(most)]
      return [KerasTensor(value: context.emit("clip", [x.value], attributes), rank: x.rank)]
    },
    "matmul": { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x1", "a"])
      let y = try context.operand(1, ["x2", "b"])
      let value = context.emit(
        "matMul",
        [x.value, y.value],
        [
          "transposeA": .bool((context.option(["transpose_a"], 2) ?? .absent).truth ?? false),
          "transposeB": .bool((context.option(["transpose_b"], 3) ?? .absent).truth ?? false),
        ]
      )
      return [KerasTensor(value: value, rank: x.rank)]
    },
    "reshape": { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x", "tensor"])
      guard let node = context.option(["newshape", "shape"], 1), let list = node.list else {
        throw .unsupported("a shape that is computed")
      }
      let sizes = list.map { $0.integer ?? -1 }
      let attributes: Attributes = ["shape": .ints(sizes), "allowZero": .bool(true)]
      return [
        KerasTensor(value: context.emit("reshape", [x.value], attributes), rank: sizes.count)
      ]
    },
    "transpose": { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x", "a"])
      let order = (context.option(["axes", "perm"], 1) ?? .absent).integers
      let attributes: Attributes = order.map { ["permutation": .ints($0)] } ?? [:]
      return [KerasTensor(value: context.emit("transpose", [x.value], attributes), rank: x.rank)]
    },
    "expand_dims": { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x", "input"])
      guard let axes = try context.axes() else { throw .invalid("axis is missing") }
      let value = context.emit("expandDims", [x.value], ["axes": .ints(axes)])
      return [KerasTensor(value: value, rank: x.rank.map { $0 + axes.count })]
    },
    "squeeze": { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x", "input"])
      let axes = try context.axes()
      let attributes: Attributes = axes.map { ["axes": .ints($0)] } ?? [:]
      let value = context.emit("squeeze", [x.value], attributes)
      return [
        KerasTensor(value: value, rank: axes.flatMap { axes in x.rank.map { $0 - axes.count } })
      ]
    },
    "concatenate": { (context) throws(LayerProblem) in
      let parts = context.inputs
      guard let first = parts.first else { throw .invalid("nothing to join") }
      let axis =
        (context.option(["axis"], 1) ?? .absent).integer ?? (context.config.isOperation ? 0 : -1)
      let value = context.emit("concat", parts.map(\.value), ["axis": .int(axis)])
      return [KerasTensor(value: value, rank: first.rank)]
    },
    "stack": { (context) throws(LayerProblem) in
      let parts = context.inputs
      guard let first = parts.first else { throw .invalid("nothing to stack") }
      let axis = (context.option(["axis"], 1) ?? .absent).integer ?? 0
      let value = context.emit("pack", parts.map(\.value), ["axis": .int(axis)])
      return [KerasTensor(value: value, rank: first.rank.map { $0 + 1 })]
    },
    "cast": { (context) throws(LayerProblem) in
      let x = try context.operand(0, ["x"])
      let name = (context.option(["dtype"], 1) ?? .absent).text ?? ""
      guard let type = ElementType(rawValue: name) else {
        throw .unsupported("the type \"\(name)\"")
      }
      return [
        KerasTensor(value: context.emit("cast", [x.value], ["to": .type(type)]), rank: x.rank)
      ]
    },
    "getitem": { (context) throws(LayerProblem) in try context.indexed() },
  ]
}

extension LayerContext {
  private func given(_ index: Int, _ names: [String]) -> Argument? {
    if call.arguments.indices.contains(index) { return call.arguments[index] }
    return names.lazy.compactMap { self.named($0) }.first
  }

  /// An operand that is a tensor.
  fileprivate func tensor(_ index: Int, _ names: [String]) -> KerasTensor? {
    guard case .tensor(let tensor)? = given(index, names) else { return nil }
    return tensor
  }

  /// The type of a tensor that is known to hold integers.
  fileprivate func integerType(_ tensor: KerasTensor) -> ElementType? {
    let type = builder.graph[tensor.value].type
    return type.isInteger ? type : nil
  }

  /// An operand: a tensor or a number, by place or by one of its names.
  fileprivate func operand(
    _ index: Int,
    _ names: [String],
    _ type: ElementType? = nil
  ) throws(LayerProblem) -> (value: ValueID, rank: Int?) {
    let given = given(index, names)
    switch given {
    case .tensor(let tensor)?: return (tensor.value, tensor.rank)
    case .literal(let node)?:
      guard let numbers = node.numbers, !numbers.isEmpty else { break }
      if node.number != nil { return (scalar(numbers[0], type), 0) }
      // Lists inside lists would need their shape.
      guard node.list?.allSatisfy({ $0.number != nil }) ?? false else { break }
      return (builder.constant(numbers, elementType, [numbers.count]), 1)
    default: break
    }
    throw .unsupported("operand \(index) is no tensor and no number")
  }

  /// An option: an argument of the call, or of the class.
  fileprivate func option(_ names: [String], _ index: Int) -> JSON5Node? {
    for name in names {
      if let node = named(name)?.literal ?? config.config[name], !node.isNull { return node }
    }
    guard call.arguments.indices.contains(index) else { return nil }
    return call.arguments[index].literal
  }

  /// The option `axis`; `nil` where it is not given, which means all.
  fileprivate func axes() throws(LayerProblem) -> [Int]? {
    guard let node = option(["axis", "axes"], 1) else { return nil }
    guard let axes = node.integers else { throw .unsupported("axes that are computed") }
    return axes
  }

  /// NumPy's indexing: slices, numbers and new axes.
  fileprivate func indexed() throws(LayerProblem) -> [KerasTensor] {
    let x = try operand(0, ["tensor", "x"])
    guard let node = option(["slice_spec", "key"], 1) else {
      throw .unsupported("an index that is computed")
    }
    var starts: [Int] = []
    var ends: [Int] = []
    var steps: [Int] = []
    var axes: [Int] = []
    var dropped: [Int] = []
    var added: [Int] = []
    var axis = 0
    let entries = node.list ?? [node]
    for entry in entries {
      if entry.isNull {
        added.append(axis - dropped.count + added.count)
        continue
      }
      let bounds = entry["config"] ?? entry
      if let place = entry.integer {
        starts.append(place)
        ends.append(place == -1 ? Int(Int32.max) : place + 1)
        steps.append(1)
        dropped.append(axis)
      } else if bounds.members != nil, entry["class_name"]?.text != "__ellipsis__",
        let start = bounds["start"], let stop = bounds["stop"]
      {
        let step = bounds["step"]?.integer ?? 1
        guard step > 0, start.isNull || start.integer != nil, stop.isNull || stop.integer != nil
        else { throw .unsupported("an index that goes backwards or is computed") }
        starts.append(start.integer ?? 0)
        ends.append(stop.integer ?? Int(Int32.max))
        steps.append(step)
      } else {
        throw .unsupported("an index with an ellipsis or a tensor")
      }
      axes.append(axis)
      axis += 1
    }
    var value = emit(
      "slice",
      [x.value],
      ["starts": .ints(starts), "ends": .ints(ends), "axes": .ints(axes), "steps": .ints(steps)]
    )
    if !dropped.isEmpty { value = emit("squeeze", [value], ["axes": .ints(dropped)]) }
    if !added.isEmpty { value = emit("expandDims", [value], ["axes": .ints(added)]) }
    return [KerasTensor(value: value, rank: x.rank.map { $0 - dropped.count + added.count })]
  }
}
