import ByteIO
import ModelIR

extension OperatorDefinition {
  /// The same bytes under another type.
  ///
  /// Where the widths differ the last axis appears or vanishes (TensorFlow Lite BITCAST); ONNX BitCast-26
  /// wants equal widths. Bytes are in little-endian order.
  static let bitCast = OperatorDefinition(
    "bitCast",
    "Reinterprets bytes as another type.",
    family: .movement,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let target =
        try context.attributes.type("to") ?? context.statedOutputs.first??.element ?? input.element
      guard let dimensions = input.shape.dimensions else {
        return [TensorType(target, .unknownRank)]
      }
      return [TensorType(target, .ranked(try castDimensions(dimensions, input.element, target)))]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let target = try context.attributes.type("to") ?? context.outputElement(0) ?? input.type
      let sizes = try castDimensions(input.sizes.map(Dimension.fixed), input.type, target)
        .compactMap(\.size)
      let storage = TensorStorage.owned(ByteSource(try input.packedBytes()).bytes, fileBytes: 0)
      guard let result = Tensor(type: target, sizes: sizes, storage: storage) else {
        throw .invalid("the bytes of \(input.type) elements do not fit \(target)")
      }
      return [result]
    }
  )

  private static func castDimensions(
    _ dimensions: [Dimension],
    _ source: ElementType,
    _ target: ElementType
  ) throws(OperatorError) -> [Dimension] {
    guard let from = source.bitWidth, let to = target.bitWidth else {
      throw .invalid("\(source) elements cannot be reinterpreted as \(target)")
    }
    if from == to { return dimensions }
    if from > to, from % to == 0 { return dimensions + [.fixed(from / to)] }
    guard to % from == 0, let last = dimensions.last, (last.size ?? to / from) == to / from else {
      throw .invalid(
        "a last axis of \(Shape.ranked(dimensions)) does not hold the bits of one \(target)"
      )
    }
    return dimensions.dropLast()
  }
}

extension Tensor {
  /// The elements in packed little-endian form, as files keep constants.
  ///
  /// - Throws: where the elements have no fixed size.
  func packedBytes() throws(OperatorError) -> [UInt8] {
    guard let width = type.bitWidth else { throw .invalid("\(type) elements have no fixed size") }
    let patterns: [UInt64]
    var bits = width
    switch elements {
    case .floats(let values):
      if type == .complex64 { bits = 32 }
      let scalar = type == .complex64 ? .float32 : type
      patterns = values.map { UInt64(NarrowFloat.encode($0, as: scalar)) }
    case .doubles(let values):
      bits = 64
      patterns = values.map(\.bitPattern)
    case .integers(let values): patterns = values.map { UInt64(bitPattern: $0) }
    case .booleans(let values): patterns = values.map { $0 ? 1 : 0 }
    case .strings, .tensors: throw .invalid("\(type) elements have no fixed size")
    }
    return bits < 8 ? Self.packFields(patterns, bits) : Self.packBytes(patterns, bits / 8)
  }

  private static func packBytes(_ patterns: [UInt64], _ byteCount: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(patterns.count * byteCount)
    for pattern in patterns {
      for index in 0..<byteCount { bytes.append(UInt8(truncatingIfNeeded: pattern >> (8 * index))) }
    }
    return bytes
  }

  /// Sub-byte fields, the first one in the lowest bits.
  private static func packFields(_ patterns: [UInt64], _ bits: Int) -> [UInt8] {
    let perByte = 8 / bits
    var bytes = Array(repeating: UInt8(0), count: (patterns.count + perByte - 1) / perByte)
    let mask = UInt8((1 << bits) - 1)
    for (index, pattern) in patterns.enumerated() {
      let field = UInt8(truncatingIfNeeded: pattern) & mask
      bytes[index / perByte] |= field << UInt8(index % perByte * bits)
    }
    return bytes
  }
}
