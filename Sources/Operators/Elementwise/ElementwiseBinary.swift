import ModelIR

/// A function of two numbers of one type, in the precisions that operators are evaluated in.
struct BinaryFunction: Sendable {
  var float: @Sendable (Float, Float) -> Float
  var double: @Sendable (Double, Double) -> Double
  /// `nil` where the operator does not take integers.
  var integer: (@Sendable (Int64, Int64) -> Int64)?
  /// For uint64, where the bits mean another number than for int64; `nil` where that is the same.
  var unsigned: (@Sendable (UInt64, UInt64) -> UInt64)?
  /// Whether integers must not be divided by zero.
  var refusesZeroDivisor = false

  init(
    float: @escaping @Sendable (Float, Float) -> Float,
    double: @escaping @Sendable (Double, Double) -> Double,
    integer: (@Sendable (Int64, Int64) -> Int64)? = nil,
    unsigned: (@Sendable (UInt64, UInt64) -> UInt64)? = nil,
    refusesZeroDivisor: Bool = false
  ) {
    self.float = float
    self.double = double
    self.integer = integer
    self.unsigned = unsigned
    self.refusesZeroDivisor = refusesZeroDivisor
  }

  /// Applies it to every pair of elements.
  func callAsFunction(_ left: Tensor, _ right: Tensor) throws(OperatorError) -> Tensor {
    let plan = try BroadcastPlan([left, right])
    var result = Tensor(type: left.type, sizes: plan.sizes, elements: left.elements)
    switch (left.elements, right.elements) {
    case (.floats(let a), .floats(let b)): result.elements = .floats(plan.map(a, b, float))
    case (.doubles(let a), .doubles(let b)): result.elements = .doubles(plan.map(a, b, double))
    case (.integers(let a), .integers(let b)):
      if refusesZeroDivisor, plan.count > 0, b.contains(0) {
        throw .invalid("an integer is divided by zero")
      }
      if left.type == .uint64, let unsigned {
        result.elements = .integers(
          plan.map(a, b) {
            Int64(bitPattern: unsigned(UInt64(bitPattern: $0), UInt64(bitPattern: $1)))
          }
        )
      } else if let integer {
        result.elements = .integers(plan.map(a, b, integer))
      } else {
        throw .invalid("\(left.type) operands are not taken")
      }
    default: throw .invalid("operands of types \(left.type) and \(right.type) are not taken")
    }
    return result.normalized()
  }
}

extension OperatorDefinition {
  /// An operator that maps pairs of elements, broadcasting as NumPy does, and then applies a fused
  /// activation.
  ///
  /// - Parameters:
  ///   - name: The canonical name.
  ///   - summary: One sentence.
  ///   - operations: Operations an element of the result.
  ///   - dimensions: What it computes on extents; `nil` where shapes do not pass through it.
  ///   - quantized: What it computes on quantized integers; `nil` where the runtime has no such
  ///     kernel.
  ///   - parameterized: Reads the attributes and gives the function.
  /// - Returns: The definition.
  static func elementwiseBinary(
    _ name: String,
    _ summary: String,
    operations: Int = 1,
    dimensions: ExtentArithmetic.Function? = nil,
    quantized: QuantizedEvaluation? = nil,
    parameterized: @escaping @Sendable (AttributeReader) throws(OperatorError) -> BinaryFunction
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .arithmetic,
      inputs: 2...2,
      inferTypes: { (context) throws(OperatorError) in [try context.broadcastType()] },
      inferDimensions: ExtentArithmetic.inference(dimensions),
      cost: .elementwise(operations: operations),
      evaluate: { (context) throws(OperatorError) in
        if context.isQuantized {
          guard let quantized else { throw context.noQuantizedKernel(name) }
          return [try quantized(context)]
        }
        let function = try parameterized(context.attributes)
        let result = try function(try context.input(0), try context.broadcastOperand(1))
        return [try FusedActivation(context.attributes)(result)]
      }
    )
  }

  /// An operator that maps pairs of elements with a function that no attribute shapes.
  ///
  /// - Parameters:
  ///   - name: The canonical name.
  ///   - summary: One sentence.
  ///   - operations: Operations an element of the result.
  ///   - dimensions: What it computes on extents.
  ///   - quantized: What it computes on quantized integers.
  ///   - function: What it computes.
  /// - Returns: The definition.
  static func elementwiseBinary(
    _ name: String,
    _ summary: String,
    operations: Int = 1,
    dimensions: ExtentArithmetic.Function? = nil,
    quantized: QuantizedEvaluation? = nil,
    _ function: BinaryFunction
  ) -> OperatorDefinition {
    elementwiseBinary(
      name,
      summary,
      operations: operations,
      dimensions: dimensions,
      quantized: quantized,
      parameterized: { _ in function }
    )
  }
}

extension OperatorContext {
  /// The type of an elementwise result: operand 0's element type, all operands' shapes combined.
  ///
  /// TensorFlow Lite's MUL may narrow 16-bit operands to an 8-bit result, which the file states.
  func broadcastType() throws(OperatorError) -> TensorType {
    let first = try input(0)
    for index in 0..<inputCount { _ = try input(index) }
    var shapes = inputs().map(\.shape)
    if shapes.count > 1, let axis = try LegacyBroadcast.axis(attributes) {
      shapes[1] = try LegacyBroadcast.aligned(shapes[1], with: shapes[0], at: axis)
    }
    return TensorType(quantizedResult(of: first.element), try Broadcasting.shape(shapes))
  }

  /// The stated type of a quantized result, where it and the operand's are both such types.
  func quantizedResult(of element: ElementType) -> ElementType {
    guard element.isQuantizedActivation, let stated = statedOutputs.first??.element,
      stated.isQuantizedActivation
    else { return element }
    return stated
  }
}

extension EvaluationContext {
  /// An operand, with the axes that make it broadcast to operand 0.
  func broadcastOperand(_ index: Int) throws(OperatorError) -> Tensor {
    let tensor = try input(index)
    guard let axis = try LegacyBroadcast.axis(attributes) else { return tensor }
    let shape = try LegacyBroadcast.aligned(
      .fixed(tensor.sizes),
      with: .fixed(try input(0).sizes),
      at: axis
    )
    return tensor.reshaped(to: shape.sizes ?? tensor.sizes)
  }
}

/// Broadcasting as ONNX had it before operator set 7: the second operand's axes are those of the
/// first from `axis` on.
private enum LegacyBroadcast {
  /// The stated axis; `nil` where axes are aligned at the end.
  static func axis(_ attributes: AttributeReader) throws(OperatorError) -> Int? {
    guard try attributes.bool("broadcast") else { return nil }
    return try attributes.int("axis")
  }

  /// The second operand's shape with axes of 1 behind.
  static func aligned(_ shape: Shape, with first: Shape, at axis: Int) throws(OperatorError)
    -> Shape
  {
    guard let dimensions = shape.dimensions, let rank = first.rank else { return .unknownRank }
    let missing = rank - (axis < 0 ? axis + rank : axis) - dimensions.count
    guard missing >= 0, missing <= rank else {
      throw .invalid("\(shape) does not fit \(first) from axis \(axis) on")
    }
    return .ranked(dimensions + Array(repeating: 1, count: missing))
  }
}

extension CostRule {
  /// Operations an element of the result, and one more where an activation is fused.
  static func elementwise(operations: Int) -> CostRule {
    CostRule { context in
      .times(
        context.outputElements(),
        otherOperations: operations + context.activationOperations
      )
    }
  }
}

extension CostContext {
  /// 1 where the node fuses an activation, otherwise 0.
  var activationOperations: Int {
    let name = (try? node.attributes.string("activation", default: "none")) ?? "none"
    return name == "none" ? 0 : 1
  }
}
