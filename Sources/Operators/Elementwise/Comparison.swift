import ModelIR

/// A test of two elements, for each kind of element that it takes.
private struct Comparison: Sendable {
  var float: @Sendable (Float, Float) -> Bool
  var double: @Sendable (Double, Double) -> Bool
  var integer: @Sendable (Int64, Int64) -> Bool
  var unsigned: @Sendable (UInt64, UInt64) -> Bool
  /// `nil` where only equality makes sense for the type.
  var boolean: (@Sendable (Bool, Bool) -> Bool)?
  var string: (@Sendable (String, String) -> Bool)?
  /// Whether quantized 16-bit operands are brought to one scale first, as 8-bit ones always are.
  var rescalesInt16 = false
}

// Sources: ONNX Equal-19, Less-13 …; TensorFlow Lite `comparisons.cc`. Comparisons with NaN are false,
// except `notEqual`.
extension OperatorDefinition {
  /// `a = b`.
  static let equal = comparison(
    "equal",
    "Whether elements are equal.",
    dimensions: ExtentArithmetic.equal,
    Comparison(
      float: { $0 == $1 },
      double: { $0 == $1 },
      integer: { $0 == $1 },
      unsigned: { $0 == $1 },
      boolean: { $0 == $1 },
      string: { $0 == $1 },
      rescalesInt16: true
    )
  )

  /// `a ≠ b`.
  static let notEqual = comparison(
    "notEqual",
    "Whether elements differ.",
    Comparison(
      float: { $0 != $1 },
      double: { $0 != $1 },
      integer: { $0 != $1 },
      unsigned: { $0 != $1 },
      boolean: { $0 != $1 },
      string: { $0 != $1 },
      rescalesInt16: true
    )
  )

  /// `a < b`.
  static let less = comparison(
    "less",
    "Whether elements are less.",
    Comparison(
      float: { $0 < $1 },
      double: { $0 < $1 },
      integer: { $0 < $1 },
      unsigned: { $0 < $1 }
    )
  )

  /// `a ≤ b`.
  static let lessEqual = comparison(
    "lessEqual",
    "Whether elements are less or equal.",
    Comparison(
      float: { $0 <= $1 },
      double: { $0 <= $1 },
      integer: { $0 <= $1 },
      unsigned: { $0 <= $1 }
    )
  )

  /// `a > b`.
  static let greater = comparison(
    "greater",
    "Whether elements are greater.",
    Comparison(
      float: { $0 > $1 },
      double: { $0 > $1 },
      integer: { $0 > $1 },
      unsigned: { $0 > $1 }
    )
  )

  /// `a ≥ b`.
  static let greaterEqual = comparison(
    "greaterEqual",
    "Whether elements are greater or equal.",
    Comparison(
      float: { $0 >= $1 },
      double: { $0 >= $1 },
      integer: { $0 >= $1 },
      unsigned: { $0 >= $1 }
    )
  )

  private static func comparison(
    _ name: String,
    _ summary: String,
    dimensions: ExtentArithmetic.Function? = nil,
    _ comparison: Comparison
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .comparison,
      inputs: 2...2,
      inferTypes: { (context) throws(OperatorError) in
        [TensorType(.bool, try context.broadcastType().shape)]
      },
      inferDimensions: ExtentArithmetic.inference(dimensions),
      cost: .perOutputElement(),
      evaluate: { (context) throws(OperatorError) in
        [try compare(context, comparison)]
      }
    )
  }

  private static func compare(
    _ context: EvaluationContext,
    _ comparison: Comparison
  ) throws(OperatorError) -> Tensor {
    let left = try context.input(0)
    let right = try context.broadcastOperand(1)
    let plan = try BroadcastPlan([left, right])
    let result: [Bool]
    switch (left.elements, right.elements) {
    case (.floats(let a), .floats(let b)): result = plan.map(a, b, comparison.float)
    case (.doubles(let a), .doubles(let b)): result = plan.map(a, b, comparison.double)
    case (.integers(var a), .integers(var b)):
      let includesInt16 = comparison.rescalesInt16
      if let rescaled = try QuantizedComparison.rescale(context, includesInt16: includesInt16) {
        (a, b) = rescaled
      }
      if left.type == .uint64 {
        result = plan.map(a, b) {
          comparison.unsigned(UInt64(bitPattern: $0), UInt64(bitPattern: $1))
        }
      } else {
        result = plan.map(a, b, comparison.integer)
      }
    case (.booleans(let a), .booleans(let b)):
      guard let test = comparison.boolean else { throw .invalid("bool operands have no order") }
      result = plan.map(a, b, test)
    case (.strings(let a), .strings(let b)):
      guard let test = comparison.string else { throw .invalid("string operands have no order") }
      result = plan.map(a, b, test)
    default: throw .invalid("operands of types \(left.type) and \(right.type) are not taken")
    }
    return Tensor(type: .bool, sizes: plan.sizes, elements: .booleans(result))
  }
}
