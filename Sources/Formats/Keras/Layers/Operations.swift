import ModelIR
import WireFormats

/// Operations of `keras.ops` and functions of TensorFlow that stand between layers.
extension LayerDefinition {
  /// The classes of `keras.ops`, and the functions that they are.
  static let operations: [LayerDefinition] = [
    ("Add", "add"), ("Subtract", "subtract"), ("Multiply", "multiply"), ("Divide", "divide"),
    ("TrueDivide", "divide"), ("Power", "power"), ("Maximum", "maximum"), ("Minimum", "minimum"),
    ("Equal", "equal"), ("NotEqual", "not_equal"), ("Less", "less"), ("LessEqual", "less_equal"),
    ("Greater", "greater"), ("GreaterEqual", "greater_equal"), ("LogicalAnd", "logical_and"),
    ("LogicalOr", "logical_or"), ("LogicalNot", "logical_not"), ("FloorDivide", "floor_divide"),
    ("Mod", "mod"), ("Absolute", "absolute"), ("Abs", "absolute"), ("Negative", "negative"),
    ("Exp", "exp"), ("Log", "log"), ("Sqrt", "sqrt"), ("Rsqrt", "rsqrt"), ("Square", "square"),
    ("Sin", "sin"), ("Cos", "cos"), ("Tan", "tan"), ("Tanh", "tanh"), ("Floor", "floor"),
    ("Ceil", "ceil"), ("Round", "round"), ("Sign", "sign"), ("Erf", "erf"),
    ("Reciprocal", "reciprocal"), ("Relu", "relu"), ("Relu6", "relu6"), ("Sigmoid", "sigmoid"),
    ("Softmax", "softmax"), ("Softplus", "softplus"), ("Softsign", "softsign"), ("Silu", "silu"),
    ("LeakyRelu", "leaky_relu"), ("Elu", "elu"), ("Selu", "selu"), ("Gelu", "gelu"),
    ("HardSigmoid", "hard_sigmoid"), ("HardSilu", "hard_silu"), ("Mean", "mean"), ("Sum", "sum"),
    ("Max", "max"), ("Min", "min"), ("Prod", "prod"), ("Any", "any"), ("All", "all"),
    ("Clip", "clip"), ("Matmul", "matmul"), ("Reshape", "reshape"), ("Transpose", "transpose"),
    ("ExpandDims", "expand_dims"), ("Squeeze", "squeeze"), ("Concatenate", "concatenate"),
    ("Stack", "stack"), ("Cast", "cast"), ("GetItem", "getitem"),
  ].map { className, function in
    LayerDefinition(className) { (context) throws(LayerProblem) in
      try context.function(function)
    }
  }

  /// The names of TensorFlow's functions where they differ from those of the table.
  private static let tensorFlowNames: [String: String] = [
    "abs": "absolute", "truediv": "divide", "sub": "subtract", "mul": "multiply", "pow": "power",
    "neg": "negative", "reduce_mean": "mean", "reduce_sum": "sum", "reduce_max": "max",
    "reduce_min": "min", "reduce_prod": "prod", "reduce_any": "any", "reduce_all": "all",
    "concat": "concatenate", "clip_by_value": "clip", "linalg.matmul": "matmul", "swish": "silu",
    "floordiv": "floor_divide", "floormod": "mod", "real_divide": "divide", "div": "divide",
    "eq": "equal", "ne": "not_equal", "gt": "greater", "ge": "greater_equal", "lt": "less",
    "le": "less_equal",
  ]

  /// TensorFlow's functions as tf.keras records them.
  static let tensorFlow: [LayerDefinition] = [
    LayerDefinition("TFOpLambda", "SlicingOpLambda") { (context) throws(LayerProblem) in
      let name = context.string("function")
      let last = name.split(separator: ".").last.map(String.init) ?? name
      // `__operators__.radd` has its operands the other way round.
      guard !(name.contains("__operators__") && last.hasPrefix("r")) else {
        throw .unsupported("the function \(name)")
      }
      return try context.function(tensorFlowNames[last] ?? last)
    }
  ]
}

extension LayerContext {
  /// Lowers a function of the table.
  fileprivate func function(_ name: String) throws(LayerProblem) -> [KerasTensor] {
    guard let function = FunctionTable.all[name] else {
      throw .unsupported("the function \(name) has no meaning here")
    }
    return try function(self)
  }
}
