import ModelIR
import WireFormats

/// The functions that Keras names, as operators.
enum ActivationTable {
  typealias Function = @Sendable (LayerContext, ValueID) -> ValueID

  /// One operator without options.
  private static func plain(_ op: String, _ attributes: Attributes = [:]) -> Function {
    { context, x in context.emit(op, [x], attributes) }
  }

  /// Sources: keras.io, "Layer activation functions"; TensorFlow `nn` for the piecewise ones.
  static let functions: [String: Function] = [
    "relu": plain("relu"),
    "relu6": plain("relu6"),
    "sigmoid": plain("sigmoid"),
    "tanh": plain("tanh"),
    "softmax": plain("softmax", ["axis": .int(-1)]),
    "log_softmax": plain("logSoftmax", ["axis": .int(-1)]),
    "elu": plain("elu", ["alpha": .float(1)]),
    "celu": plain("celu", ["alpha": .float(1)]),
    "selu": plain(
      "selu",
      ["alpha": .float(1.6732632423543772), "gamma": .float(1.0507009873554805)]
    ),
    "softplus": plain("softplus"),
    "softsign": plain("softsign"),
    "soft_sign": plain("softsign"),
    "swish": plain("swish"),
    "silu": plain("swish"),
    "gelu": plain("gelu", ["approximate": .string("none")]),
    "exponential": plain("exp"),
    "mish": plain("mish"),
    "hard_silu": plain("hardSwish"),
    "hard_swish": plain("hardSwish"),
    "hard_tanh": plain("clip", ["min": .float(-1), "max": .float(1)]),
    "hard_shrink": plain("shrink", ["bias": .float(0), "lambd": .float(0.5)]),
    "soft_shrink": plain("shrink", ["bias": .float(0.5), "lambd": .float(0.5)]),
    "leaky_relu": plain("leakyRelu", ["alpha": .float(0.2)]),
    "sparse_sigmoid": plain("hardSigmoid", ["alpha": .float(0.5), "beta": .float(0.5)]),
    "tanh_shrink": { context, x in context.emit("sub", [x, context.emit("tanh", [x])]) },
    "log_sigmoid": { context, x in
      context.emit("neg", [context.emit("softplus", [context.emit("neg", [x])])])
    },
    // (x + √(x² + 4)) / 2
    "squareplus": { context, x in
      let root = context.emit(
        "sqrt",
        [context.emit("add", [context.emit("square", [x]), context.scalar(4)])]
      )
      return context.emit("mul", [context.emit("add", [x, root]), context.scalar(0.5)])
    },
    // 0 up to −1, x from 1 on, (x + 1)² / 4 between: a clipped square and what is above.
    "sparse_plus": { context, x in
      let inside = context.emit("clip", [x], ["min": .float(-1), "max": .float(1)])
      let square = context.emit(
        "square",
        [context.emit("add", [inside, context.scalar(1)])]
      )
      let above = context.emit("relu", [context.emit("sub", [x, context.scalar(1)])])
      return context.emit("add", [context.emit("mul", [square, context.scalar(0.25)]), above])
    },
    "glu": { context, x in
      let halves = context.emit("split", [x], ["axis": .int(-1), "count": .int(2)], outputs: 2)
      return context.emit("mul", [halves[0], context.emit("sigmoid", [halves[1]])])
    },
  ]

  /// `min(max(alpha·x + beta, 0), 1)`: 0.2 and 0.5 in Keras 2, 1/6 and 0.5 in Keras 3.
  static func hardSigmoid(_ generation: Int) -> (alpha: Double, beta: Double) {
    (generation >= 3 ? 1.0 / 6 : 0.2, 0.5)
  }
}

extension LayerContext {
  /// Applies the function that an option names; `nil` and `linear` leave the operand as it is.
  func activation(_ option: String, _ x: ValueID) throws(LayerProblem) -> ValueID {
    guard let name = try activationName(option) else { return x }
    return try apply(name, x)
  }

  /// Applies a function of a name.
  func apply(_ name: String, _ x: ValueID) throws(LayerProblem) -> ValueID {
    if name == "hard_sigmoid" {
      let (alpha, beta) = ActivationTable.hardSigmoid(builder.generation)
      return emit("hardSigmoid", [x], ["alpha": .float(alpha), "beta": .float(beta)])
    }
    guard let function = ActivationTable.functions[name] else {
      throw .unsupported("the activation \(name) has no meaning here")
    }
    return function(self, x)
  }

  /// The name of an activation, however the file spells it; `nil` where it is none.
  func activationName(_ option: String, default standard: String? = nil) throws(LayerProblem)
    -> String?
  {
    guard let node = config.config[option] else { return standard }
    if node.isNull { return nil }
    guard let name = node.text ?? Self.functionName(node) else {
      throw .unsupported("\(option) is no activation of Keras")
    }
    return name == "linear" ? nil : name
  }

  /// A function as Keras 3 writes it.
  private static func functionName(_ node: JSON5Node) -> String? {
    guard node["class_name"]?.text == "function" else { return nil }
    let module = node["module"]?.text ?? "builtins"
    guard module == "builtins" || module.hasPrefix("keras") else { return nil }
    return node["config"]?.text
  }
}

extension LayerDefinition {
  /// Layers that are one function.
  static let activations: [LayerDefinition] = [
    LayerDefinition("Activation", keepsMask: true) { (context) throws(LayerProblem) in
      let x = try context.input()
      guard let name = try context.activationName("activation") else {
        return [context.like(x, context.emit("identity", [x.value]))]
      }
      return [context.like(x, try context.apply(name, x.value))]
    },
    // max_value, negative_slope, threshold: f(x) = max_value from there on, x from the threshold
    // on, negative_slope · (x − threshold) below.
    LayerDefinition("ReLU", keepsMask: true) { (context) throws(LayerProblem) in
      let x = try context.input()
      let most = context.number("max_value")
      let slope = context.number("negative_slope", default: 0)
      let threshold = context.number("threshold", default: 0)
      var value: ValueID
      if threshold == 0, slope == 0 {
        if most == 6 { return [context.like(x, context.emit("relu6", [x.value]))] }
        value = context.emit("relu", [x.value])
      } else if threshold == 0 {
        value = context.emit("leakyRelu", [x.value], ["alpha": .float(slope)])
      } else {
        let limit = context.scalar(threshold)
        let isAbove = context.emit("greaterEqual", [x.value, limit])
        let below = context.emit(
          "mul",
          [context.emit("sub", [x.value, limit]), context.scalar(slope)]
        )
        value = context.emit("select", [isAbove, x.value, below])
      }
      if let most { value = context.emit("clip", [value], ["max": .float(most)]) }
      return [context.like(x, value)]
    },
    LayerDefinition("LeakyReLU", keepsMask: true) { (context) throws(LayerProblem) in
      let x = try context.input()
      let slope = context.number("negative_slope") ?? context.number("alpha", default: 0.3)
      return [context.like(x, context.emit("leakyRelu", [x.value], ["alpha": .float(slope)]))]
    },
    LayerDefinition("ThresholdedReLU", keepsMask: true) { (context) throws(LayerProblem) in
      let x = try context.input()
      let theta = context.number("theta", default: 1)
      let value = context.emit("thresholdedRelu", [x.value], ["alpha": .float(theta)])
      return [context.like(x, value)]
    },
    LayerDefinition("PReLU", slots: { _ in [WeightSlot("alpha")] }, keepsMask: true) {
      (context) throws(LayerProblem) in
      let x = try context.input()
      return [context.like(x, context.emit("prelu", [x.value, try context.weight("alpha")]))]
    },
    LayerDefinition("ELU", keepsMask: true) { (context) throws(LayerProblem) in
      let x = try context.input()
      let alpha = context.number("alpha", default: 1)
      return [context.like(x, context.emit("elu", [x.value], ["alpha": .float(alpha)]))]
    },
    LayerDefinition("Softmax", keepsMask: true) { (context) throws(LayerProblem) in
      let x = try context.input()
      guard context.inputs.count == 1, let axis = context.axis(default: -1) else {
        throw .unsupported("a softmax over several axes, or with a mask")
      }
      return [context.like(x, context.emit("softmax", [x.value], ["axis": .int(axis)]))]
    },
  ]
}
