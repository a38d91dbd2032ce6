import ModelIR

extension OperatorDefinition {
  /// `a^b`; the result has the type of `a`, whatever the type of `b`.
  ///
  /// Integers to non-negative integer powers wrap; a negative or real power of an integer is computed
  /// in float64 and cut. Source: ONNX Pow-15; TensorFlow Lite `pow.cc` refuses negative powers.
  static let power = OperatorDefinition(
    "pow",
    "Power.",
    family: .arithmetic,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in [try context.broadcastType()] },
    cost: .perOutputElement(),
    evaluate: { (context) throws(OperatorError) in
      guard !context.isQuantized else { throw context.noQuantizedKernel("pow") }
      return [try powers(try context.input(0), try context.broadcastOperand(1))]
    }
  )
}

private func powers(_ base: Tensor, _ exponent: Tensor) throws(OperatorError) -> Tensor {
  let plan = try BroadcastPlan([base, exponent])
  guard let exponents = exponent.doubleValues else {
    throw .invalid("an exponent of type \(exponent.type) is not taken")
  }
  var result = Tensor(type: base.type, sizes: plan.sizes, elements: base.elements)
  switch (base.elements, exponent.elements) {
  case (.floats(let values), .floats(let powers)):
    result.elements = .floats(plan.map(values, powers, Float.pow))
  case (.floats(let values), _):
    result.elements = .floats(plan.map(values, exponents) { Float.pow($0, Float($1)) })
  case (.doubles(let values), _):
    result.elements = .doubles(plan.map(values, exponents, Double.pow))
  case (.integers(let values), .integers(let powers)):
    result.elements = .integers(plan.map(values, powers, integerPower))
  case (.integers(let values), _):
    result.elements = .integers(
      plan.map(values, exponents) { NumberConversion.integer(Double.pow(Double($0), $1), .int64) }
    )
  default: throw .invalid("a base of type \(base.type) is not taken")
  }
  return result.normalized()
}

/// Repeated squaring, wrapping.
private func integerPower(_ base: Int64, _ exponent: Int64) -> Int64 {
  guard exponent >= 0 else {
    // 1 and −1 stay, 0 would be infinite, all others vanish.
    return NumberConversion.integer(Double.pow(Double(base), Double(exponent)), .int64)
  }
  var result: Int64 = 1
  var factor = base
  var remaining = exponent
  while remaining > 0 {
    if remaining & 1 == 1 { result = result &* factor }
    factor = factor &* factor
    remaining >>= 1
  }
  return result
}
