import ModelIR

// Operations an element are those of the formula, a transcendental function being one.
extension OperatorDefinition {
  /// `1 / (1 + e^−x)`: negation, exponential, sum, quotient.
  static let sigmoid = activation(
    "sigmoid",
    "Logistic function.",
    operations: 4,
    quantized: QuantizedActivation.sigmoid,
    UnaryFunction(float: Float.sigmoid, double: Double.sigmoid)
  )

  /// `tanh(x)`.
  static let tanh = activation(
    "tanh",
    "Hyperbolic tangent.",
    quantized: QuantizedActivation.tanh,
    UnaryFunction(float: Float.tanh, double: Double.tanh)
  )

  /// `max(x, 0)`.
  static let relu = activation(
    "relu",
    "Rectified linear unit: `max(x, 0)`.",
    quantized: QuantizedActivation.relu(0, nil),
    UnaryFunction(float: Float.relu, double: Double.relu, integer: { max($0, 0) })
  )

  /// `min(max(x, 0), 6)`.
  static let relu6 = boundedRelu("relu6", 0, 6)

  /// `min(max(x, −1), 1)`.
  static let reluN1To1 = boundedRelu("reluN1To1", -1, 1)

  /// `min(max(x, 0), 1)`.
  static let relu0To1 = boundedRelu("relu0To1", 0, 1)

  private static func boundedRelu(
    _ name: String,
    _ least: Int,
    _ greatest: Int
  ) -> OperatorDefinition {
    activation(
      name,
      "Rectified linear unit between \(least) and \(greatest).",
      operations: 2,
      quantized: QuantizedActivation.relu(Float(least), Float(greatest)),
      UnaryFunction(
        float: { Float.bounded($0, Float(least), Float(greatest)) },
        double: { Double.bounded($0, Double(least), Double(greatest)) },
        integer: { min(max($0, Int64(least)), Int64(greatest)) }
      )
    )
  }

  /// `x` above zero, `alpha · x` below.
  static let leakyRelu = activation(
    "leakyRelu",
    "Rectified linear unit with a slope below zero.",
    operations: 2,
    quantized: QuantizedActivation.leakyRelu,
    parameters: [("alpha", 0.01)],
    float: { (x, p) in x < 0 ? p[0] * x : x },
    double: { (x, p) in x < 0 ? p[0] * x : x }
  )

  /// `x` above zero, `alpha · (eˣ − 1)` below.
  static let elu = activation(
    "elu",
    "Exponential linear unit.",
    operations: 4,
    quantized: QuantizedActivation.elu,
    parameters: [("alpha", 1)],
    float: { (x, p) in Float.elu(x, p[0]) },
    double: { (x, p) in Double.elu(x, p[0]) }
  )

  /// `gamma · elu(x, alpha)`.
  ///
  /// The defaults are those of G. Klambauer et al. 2017, "Self-Normalizing Neural Networks", in
  /// float32.
  static let selu = activation(
    "selu",
    "Scaled exponential linear unit.",
    operations: 5,
    parameters: [("alpha", 1.67326319217681884765625), ("gamma", 1.05070102214813232421875)],
    float: { (x, p) in p[1] * Float.elu(x, p[0]) },
    double: { (x, p) in p[1] * Double.elu(x, p[0]) }
  )

  /// `max(0, x) + min(0, alpha · (e^(x / alpha) − 1))`.
  static let celu = activation(
    "celu",
    "Continuously differentiable exponential linear unit.",
    operations: 7,
    parameters: [("alpha", 1)],
    float: { (x, p) in Float.celu(x, p[0]) },
    double: { (x, p) in Double.celu(x, p[0]) }
  )

  /// `max(0, min(1, alpha · x + beta))`.
  static let hardSigmoid = activation(
    "hardSigmoid",
    "Piecewise linear logistic function.",
    operations: 4,
    parameters: [("alpha", 0.2), ("beta", 0.5)],
    float: { (x, p) in Float.hardSigmoid(x, p[0], p[1]) },
    double: { (x, p) in Double.hardSigmoid(x, p[0], p[1]) }
  )

  /// `x · relu6(x + 3) / 6`.
  static let hardSwish = activation(
    "hardSwish",
    "Piecewise quadratic swish.",
    operations: 5,
    quantized: QuantizedActivation.hardSwish,
    UnaryFunction(float: Float.hardSwish, double: Double.hardSwish)
  )

  /// `x · Φ(x)`, Φ the normal distribution; with `approximate` = `tanh` by a hyperbolic tangent.
  static let gelu = elementwiseUnary(
    "gelu",
    "Gaussian error linear unit.",
    family: .activation,
    operations: 5,
    quantized: QuantizedActivation.gelu
  ) { (attributes) throws(OperatorError) in
    switch try attributes.string("approximate", default: "none") {
    case "none": UnaryFunction(float: Float.gelu, double: Double.gelu)
    case "tanh": UnaryFunction(float: Float.tanhGelu, double: Double.tanhGelu)
    case let other: throw .invalid("approximate \"\(other)\" is neither none nor tanh")
    }
  }

  /// `ln(1 + eˣ)`.
  static let softplus = activation(
    "softplus",
    "Smooth rectified linear unit.",
    operations: 3,
    UnaryFunction(float: Float.softplus, double: Double.softplus)
  )

  /// `x / (1 + |x|)`.
  static let softsign = activation(
    "softsign",
    "Sign that saturates slowly.",
    operations: 3,
    UnaryFunction(float: { $0 / (1 + $0.magnitude) }, double: { $0 / (1 + $0.magnitude) })
  )

  /// `x · tanh(ln(1 + eˣ))`.
  static let mish = activation(
    "mish",
    "Self-regularized activation.",
    operations: 5,
    UnaryFunction(float: Float.mish, double: Double.mish)
  )

  /// `x · sigmoid(alpha · x)`.
  static let swish = activation(
    "swish",
    "The operand times its logistic function.",
    operations: 6,
    parameters: [("alpha", 1)],
    float: { (x, p) in Float.swish(x, p[0]) },
    double: { (x, p) in Double.swish(x, p[0]) }
  )

  /// `x` above alpha, otherwise 0.
  static let thresholdedRelu = activation(
    "thresholdedRelu",
    "The operand where it exceeds a threshold.",
    parameters: [("alpha", 1)],
    float: { (x, p) in x > p[0] || x.isNaN ? x : 0 },
    double: { (x, p) in x > p[0] || x.isNaN ? x : 0 }
  )

  /// Moves numbers toward zero by `bias`, and those within `lambd` to zero.
  static let shrink = elementwiseUnary(
    "shrink",
    "Moves numbers toward zero.",
    family: .activation,
    operations: 3
  ) { (attributes) throws(OperatorError) in
    let bias = try attributes.float("bias", default: 0)
    let limit = try attributes.float("lambd", default: 0.5)
    return UnaryFunction(
      float: { Float.shrink($0, Float(bias), Float(limit)) },
      double: { Double.shrink($0, bias, limit) },
      integer: { NumberConversion.integer(Double.shrink(Double($0), bias, limit), .int64) }
    )
  }
}

extension OperatorDefinition {
  /// An activation that no attribute shapes.
  private static func activation(
    _ name: String,
    _ summary: String,
    operations: Int = 1,
    quantized: QuantizedEvaluation? = nil,
    _ function: UnaryFunction
  ) -> OperatorDefinition {
    elementwiseUnary(
      name,
      summary,
      family: .activation,
      operations: operations,
      quantized: quantized,
      function
    )
  }

  /// An activation with real attributes.
  private static func activation(
    _ name: String,
    _ summary: String,
    operations: Int = 1,
    quantized: QuantizedEvaluation? = nil,
    parameters: [(name: String, standard: Double)],
    float: @escaping @Sendable (Float, [Float]) -> Float,
    double: @escaping @Sendable (Double, [Double]) -> Double
  ) -> OperatorDefinition {
    elementwiseUnary(
      name,
      summary,
      family: .activation,
      operations: operations,
      quantized: quantized
    ) { (attributes) throws(OperatorError) in
      var values: [Double] = []
      for parameter in parameters {
        values.append(try attributes.float(parameter.name, default: parameter.standard))
      }
      let doubles = values
      let floats = values.map { Float($0) }
      return UnaryFunction(float: { float($0, floats) }, double: { double($0, doubles) })
    }
  }
}
