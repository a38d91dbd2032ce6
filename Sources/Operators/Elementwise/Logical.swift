import ModelIR

// Sources: ONNX And-7, Or-7, Xor-7, BitwiseAnd-18 …, BitShift-11; TensorFlow Lite `logical.cc`,
// `bitwise_xor.cc`, `right_shift.cc`.
extension OperatorDefinition {
  /// True where both are.
  static let logicalAnd = logical("logicalAnd", "Logical conjunction.") { $0 && $1 }

  /// True where either is.
  static let logicalOr = logical("logicalOr", "Logical disjunction.") { $0 || $1 }

  /// True where one and only one is.
  static let logicalXor = logical("logicalXor", "Logical exclusive disjunction.") { $0 != $1 }

  /// Bits that are set in both.
  static let bitwiseAnd = bitwise("bitwiseAnd", "Bitwise conjunction.") { $0 & $1 }

  /// Bits that are set in either.
  static let bitwiseOr = bitwise("bitwiseOr", "Bitwise disjunction.") { $0 | $1 }

  /// Bits that differ.
  static let bitwiseXor = bitwise("bitwiseXor", "Bitwise exclusive disjunction.") { $0 ^ $1 }

  /// Bits moved to the `left` or `right`; zeros follow, or the sign for signed types to the right.
  ///
  /// A shift by the width of the type or more leaves no bit of the number, as in NumPy.
  static let bitShift = OperatorDefinition(
    "bitShift",
    "Shifts bits to the left or right.",
    family: .arithmetic,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in [try context.broadcastType()] },
    cost: .perOutputElement(),
    evaluate: { (context) throws(OperatorError) in
      let left = try context.input(0)
      let isLeft: Bool
      switch try context.attributes.string("direction", default: "right").lowercased() {
      case "left": isLeft = true
      case "right": isLeft = false
      case let other: throw .invalid("direction \"\(other)\" is neither left nor right")
      }
      return [try integerPairs(left, try context.input(1), shift(isLeft, left.type))]
    }
  )

  private static func shift(
    _ isLeft: Bool,
    _ type: ElementType
  ) -> @Sendable (Int64, Int64) -> Int64 {
    // Swift's shifts take counts beyond the width; a negative count is as good as a huge one.
    if isLeft { return { $1 < 0 ? 0 : $0 << $1 } }
    if type == .uint64 {
      return { $1 < 0 ? 0 : Int64(bitPattern: UInt64(bitPattern: $0) >> UInt64($1)) }
    }
    return { $0 >> ($1 < 0 ? 64 : $1) }
  }

  private static func bitwise(
    _ name: String,
    _ summary: String,
    _ function: @escaping @Sendable (Int64, Int64) -> Int64
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .arithmetic,
      inputs: 2...2,
      inferTypes: { (context) throws(OperatorError) in [try context.broadcastType()] },
      cost: .perOutputElement(),
      evaluate: { (context) throws(OperatorError) in
        [try integerPairs(try context.input(0), try context.input(1), function)]
      }
    )
  }

  private static func integerPairs(
    _ left: Tensor,
    _ right: Tensor,
    _ function: @Sendable (Int64, Int64) -> Int64
  ) throws(OperatorError) -> Tensor {
    guard case .integers(let a) = left.elements, case .integers(let b) = right.elements else {
      throw .invalid("operands of types \(left.type) and \(right.type) are not taken")
    }
    let plan = try BroadcastPlan([left, right])
    return Tensor(type: left.type, sizes: plan.sizes, elements: .integers(plan.map(a, b, function)))
      .normalized()
  }

  private static func logical(
    _ name: String,
    _ summary: String,
    _ function: @escaping @Sendable (Bool, Bool) -> Bool
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .comparison,
      inputs: 2...2,
      inferTypes: { (context) throws(OperatorError) in [try context.broadcastType()] },
      cost: .perOutputElement(),
      evaluate: { (context) throws(OperatorError) in
        let left = try context.input(0)
        let right = try context.broadcastOperand(1)
        guard case .booleans(let a) = left.elements, case .booleans(let b) = right.elements else {
          throw .invalid("operands of types \(left.type) and \(right.type) are not taken")
        }
        let plan = try BroadcastPlan([left, right])
        let values = plan.map(a, b, function)
        return [Tensor(type: .bool, sizes: plan.sizes, elements: .booleans(values))]
      }
    )
  }
}
