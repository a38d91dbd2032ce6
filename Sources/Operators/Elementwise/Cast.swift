import ModelIR

extension OperatorDefinition {
  /// The same numbers in another type.
  ///
  /// Integers lose their upper bits; reals are cut to integers; narrow floats round to nearest even,
  /// and 8-bit floats stop at their greatest value unless `saturate` is 0. A conversion is one
  /// operation. Sources: ONNX Cast-28; TensorFlow Lite `cast.cc`.
  static let cast = OperatorDefinition(
    "cast",
    "Converts the element type.",
    family: .movement,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let target =
        try context.attributes.type("to") ?? context.statedOutputs.first??.element ?? input.element
      return [TensorType(target, input.shape)]
    },
    inferDimensions: { context in
      guard let target = try? context.attributes.type("to"), target.isInteger else { return nil }
      return ExtentArithmetic.list(context, 0)
    },
    cost: .perOutputElement(),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let target = try context.attributes.type("to") ?? context.outputElement(0) ?? input.type
      return [try input.converted(to: target, attributes: context.attributes)]
    }
  )

  /// The first operand's numbers in the type of the second.
  static let castLike = OperatorDefinition(
    "castLike",
    "Converts the element type to that of another tensor.",
    family: .movement,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      [TensorType(try context.input(1).element, try context.input(0).shape)]
    },
    inferDimensions: { context in
      guard let target = context.optionalInput(1)?.element, target.isInteger else { return nil }
      return ExtentArithmetic.list(context, 0)
    },
    cost: .perOutputElement(),
    evaluate: { (context) throws(OperatorError) in
      let target = try context.input(1).type
      return [try context.input(0).converted(to: target, attributes: context.attributes)]
    }
  )
}

extension Tensor {
  /// The same numbers in another type.
  ///
  /// - Parameters:
  ///   - target: The new type.
  ///   - attributes: May hold `saturate` (8-bit floats) and `roundMode` (E8M0).
  /// - Returns: The converted tensor.
  /// - Throws: where text is no number, or there is no conversion.
  func converted(
    to target: ElementType,
    attributes: AttributeReader = AttributeReader([:])
  ) throws(OperatorError) -> Tensor {
    if target == type { return self }
    var result = Tensor(type: target, sizes: sizes, elements: elements)
    if type == .string { return try parsed(to: target, attributes) }
    switch target {
    case .string: result.elements = .strings(try texts())
    case .bool: result.elements = .booleans(try numbers().map { $0 != 0 })
    case .float64: result.elements = .doubles(try numbers())
    case _ where target.isFloat:
      result.elements = .floats(try narrowed(to: target, attributes))
    case _ where target.isInteger:
      if case .integers(let values) = elements {
        result.elements = .integers(values)
        return result.normalized()
      }
      result.elements = .integers(try numbers().map { NumberConversion.integer($0, target) })
    case .complex64: result.elements = .floats(try numbers().flatMap { [Float($0), 0] })
    case .complex128: result.elements = .doubles(try numbers().flatMap { [$0, 0] })
    default: throw .unsupported("\(type) elements cannot become \(target)")
    }
    return result
  }

  /// The elements as doubles; of complex numbers the real parts.
  private func numbers() throws(OperatorError) -> [Double] {
    guard let values = doubleValues else {
      throw .unsupported("\(type) elements are no numbers")
    }
    guard type == .complex64 || type == .complex128 else { return values }
    return stride(from: 0, to: values.count, by: 2).map { values[$0] }
  }

  private func narrowed(
    to target: ElementType,
    _ attributes: AttributeReader
  ) throws(OperatorError) -> [Float] {
    let values: [Float]
    if case .floats(let floats) = elements, type != .complex64 {
      values = floats
    } else if case .integers(let integers) = elements, type != .uint64 {
      // Straight from the integer, so that it is rounded once.
      values = integers.map { Float($0) }
    } else {
      values = try numbers().map { Float($0) }
    }
    if target == .float32 { return values }
    let isNarrowest = target.bitWidth ?? 16 <= 8
    let saturates = try attributes.bool("saturate", default: true) && isNarrowest
    if target == .float8e8m0 {
      let mode = try attributes.string("roundMode", default: "up")
      return values.map { PowerOfTwoScale.rounded($0, mode: mode, saturates: saturates) }
    }
    return values.map {
      NarrowFloat.decode(NarrowFloat.encode($0, as: target, saturates: saturates), as: target)
    }
  }

  private func texts() throws(OperatorError) -> [String] {
    switch elements {
    case .floats(let values): values.map { NumberText.text($0) }
    case .doubles(let values): values.map { NumberText.text($0) }
    case .integers(let values):
      type == .uint64 ? values.map { "\(UInt64(bitPattern: $0))" } : values.map { "\($0)" }
    case .booleans(let values): values.map { $0 ? "True" : "False" }
    case .strings(let values): values
    case .tensors: throw .invalid("a sequence has no text")
    }
  }

  private func parsed(
    to target: ElementType,
    _ attributes: AttributeReader
  ) throws(OperatorError) -> Tensor {
    guard case .strings(let texts) = elements else {
      throw .invalid("the elements are not text")
    }
    if target.isInteger {
      var integers: [Int64] = []
      for text in texts {
        if let value = Int64(text) {
          integers.append(value)
        } else {
          integers.append(NumberConversion.integer(try NumberText.number(text), target))
        }
      }
      return Tensor(type: target, sizes: sizes, elements: .integers(integers)).normalized()
    }
    var numbers: [Double] = []
    for text in texts { numbers.append(try NumberText.number(text)) }
    let tensor = Tensor(type: .float64, sizes: sizes, elements: .doubles(numbers))
    return try tensor.converted(to: target, attributes: attributes)
  }
}

/// Numbers as text, as ONNX Cast reads and writes them.
private enum NumberText {
  /// A decimal numeral, or infinity and NaN in any case.
  static func number(_ text: String) throws(OperatorError) -> Double {
    let trimmed = text.filter { !$0.isWhitespace }
    switch trimmed.lowercased() {
    case "+inf", "inf", "+infinity", "infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    case "nan", "+nan", "-nan": return .nan
    default:
      guard let value = Double(trimmed) else { throw .invalid("text is no number") }
      return value
    }
  }

  /// The shortest numeral that reads back as the same number.
  static func text(_ value: some BinaryFloatingPoint & CustomStringConvertible) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "INF" : "-INF" }
    return value.description
  }
}

/// Powers of two, which is all that E8M0 holds.
private enum PowerOfTwoScale {
  /// The power of two that a number rounds to.
  ///
  /// Source: ONNX Cast-28, `round_mode` `up`, `down` or `nearest` (halves go up).
  static func rounded(_ value: Float, mode: String, saturates: Bool) -> Float {
    let magnitude = value.magnitude
    guard !magnitude.isNaN else { return .nan }
    let least = Float(sign: .plus, exponent: -127, significand: 1)
    let greatest = Float(sign: .plus, exponent: 127, significand: 1)
    if magnitude < least { return saturates ? least : .nan }
    guard magnitude.isFinite else { return saturates ? greatest : .nan }
    let below = Float(sign: .plus, exponent: Int(magnitude.exponent), significand: 1)
    if magnitude == below { return below }
    let goesUp = mode == "up" || mode == "nearest" && magnitude.significand >= 1.5
    guard goesUp else { return below }
    if magnitude.exponent == 127 { return saturates ? greatest : .nan }
    return below * 2
  }
}
