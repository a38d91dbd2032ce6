import ByteIO
import ModelIR
import WireFormats

/// A constant of a graph.
///
/// Fields of `TensorProto`: 1 dtype, 2 tensor_shape, 4 tensor_content (all elements, little endian),
/// or one list a type: 5 float_val, 6 double_val, 7 int_val (also the small integers), 8 string_val,
/// 9 scomplex_val, 10 int64_val, 11 bool_val, 12 dcomplex_val, 13 half_val (bits), 16 uint32_val,
/// 17 uint64_val. A list that is shorter than the tensor repeats its last element; an empty one is
/// zeros. Source: TensorFlow, `core/framework/tensor.proto`.
struct TensorMessage: Sendable {
  var type: ElementType = .unknown
  var sizes: [Int] = []
  var count = 0
  var storage: TensorStorage = .absent
  /// Where the numbers stand in the file.
  var payloads: [Range<Int>] = []
  /// What made bytes take in memory.
  var madeBytes = 0

  /// Reads it; numbers in one piece stay where they are.
  ///
  /// - Parameters:
  ///   - message: The tensor.
  ///   - limits: How large it may be.
  ///   - allowance: The bytes that may be made.
  /// - Throws: where shape and numbers do not fit each other.
  init(
    _ message: ProtobufMessage,
    limits: TensorFlowLimits,
    allowance: Int
  ) throws(ReadError) {
    var content: Bytes?
    var values: [UInt8] = []
    var texts: [[UInt8]] = []
    var number = 0
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 1: number = try field.int("dtype")
      case 2:
        guard let known = try readShape(try field.message("shape"), limit: limits.rank).sizes else {
          throw ReadError(.modelInvalid, "a constant has an open shape", at: field.range.lowerBound)
        }
        sizes = known
      case 4: content = try field.bytes("tensor_content")
      default: break
      }
    }
    type = DataType.element(number)
    guard let elements = checkedProduct(sizes) else {
      throw ReadError(
        .modelInvalid,
        "the extents \(sizes) of a constant multiply to more than 2^63",
        at: message.bytes.offset
      )
    }
    count = elements
    if let content, !content.isEmpty, type != .string {
      guard let needed = type.byteCount(elements: elements), needed == content.count else {
        throw ReadError(
          .modelInvalid,
          "a constant of \(type.rawValue) \(Shape.fixed(sizes)) has \(content.count) bytes",
          at: content.offset
        )
      }
      storage = .mapped(content)
      payloads = [content.offset..<content.endOffset]
      return
    }
    let listed = Self.list(of: type)
    fields = message.fields
    while let field = try fields.next() {
      guard let listed, field.number == listed.field else { continue }
      if type == .string {
        let text = try field.bytes("string_val")
        texts.append(text.array)
        payloads.append(text.offset..<text.endOffset)
        continue
      }
      payloads.append(try Self.append(field, width: listed.width, isFixed: listed.isFixed, &values))
    }
    if type == .string {
      try finish(texts, at: message, allowance: allowance)
    } else if listed != nil {
      try finish(values, at: message, limits: limits, allowance: allowance)
    }
  }

  /// The field that holds a type's elements, and how.
  private static func list(of type: ElementType) -> (field: Int, width: Int, isFixed: Bool)? {
    switch type {
    case .float32: (5, 4, true)
    case .float64: (6, 8, true)
    case .int32: (7, 4, false)
    case .int16, .uint16: (7, 2, false)
    case .int8, .uint8: (7, 1, false)
    case .string: (8, 0, false)
    case .complex64: (9, 4, true)
    case .int64: (10, 8, false)
    case .bool: (11, 1, false)
    case .complex128: (12, 8, true)
    case .float16, .bfloat16: (13, 2, false)
    case .uint32: (16, 4, false)
    case .uint64: (17, 8, false)
    default: nil
    }
  }

  private static func append(
    _ field: ProtobufField,
    width: Int,
    isFixed: Bool,
    _ values: inout [UInt8]
  ) throws(ReadError) -> Range<Int> {
    func add(_ value: UInt64) {
      for place in 0..<width {
        values.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place)))
      }
    }
    switch field.value {
    case .bytes(let packed):
      if isFixed {
        values += packed.array
      } else {
        var position = 0
        while position < packed.count {
          let (value, end) = try packed.varint(at: position)
          add(value)
          position = end
        }
      }
      return packed.offset..<packed.endOffset
    case .varint(let value) where !isFixed: add(value)
    case .fixed32(let value) where isFixed && width == 4: add(UInt64(value))
    case .fixed64(let value) where isFixed && width == 8: add(value)
    default: throw field.mismatch("tensor data", "numbers")
    }
    return field.range
  }

  private mutating func finish(
    _ texts: [[UInt8]],
    at message: ProtobufMessage,
    allowance: Int
  ) throws(ReadError) {
    var texts = texts
    guard texts.count <= count, count - texts.count <= allowance / 32 else {
      throw refusal("\(texts.count) texts", message)
    }
    let last = texts.last ?? []
    guard last.isEmpty || (count - texts.count) <= allowance / (last.count + 32) else {
      throw refusal("\(texts.count) texts", message)
    }
    madeBytes = (count - texts.count) * (last.count + 32)
    texts += Array(repeating: last, count: count - texts.count)
    storage = .strings(texts, fileBytes: payloads.reduce(0) { $0 + $1.count })
  }

  private mutating func finish(
    _ values: [UInt8],
    at message: ProtobufMessage,
    limits: TensorFlowLimits,
    allowance: Int
  ) throws(ReadError) {
    guard let width = type.byteCount(elements: 1), let needed = type.byteCount(elements: count),
      values.count <= needed, values.count % width == 0
    else { throw refusal("\(values.count) bytes", message) }
    guard needed == values.count || needed <= min(allowance, limits.tensorBytes) else {
      throw ReadError(
        .limitExceeded,
        "a constant of \(type.rawValue) \(Shape.fixed(sizes)) would take \(needed) bytes, which the"
          + " file does not hold",
        at: message.bytes.offset,
        hint: "--limit dense-alloc=BYTES allows it"
      )
    }
    var bytes = values
    let pattern = values.isEmpty ? Array(repeating: 0, count: width) : Array(values.suffix(width))
    bytes.reserveCapacity(needed)
    if pattern.allSatisfy({ $0 == 0 }) {
      bytes += Array(repeating: 0, count: needed - bytes.count)
    } else {
      while bytes.count < needed { bytes += pattern }
    }
    madeBytes = needed
    storage = .owned(ByteSource(bytes).bytes, fileBytes: payloads.reduce(0) { $0 + $1.count })
  }

  private func refusal(_ what: String, _ message: ProtobufMessage) -> ReadError {
    ReadError(
      .modelInvalid,
      "a constant of \(type.rawValue) \(Shape.fixed(sizes)) has \(what)",
      at: message.bytes.offset
    )
  }

  /// The elements as integers, where they are few integers.
  var integers: [Int]? {
    guard count <= 1_024, let bytes = storage.bytes else { return nil }
    return readIntegers(bytes, type, count)
  }
}

/// Few integers of a constant.
func readIntegers(_ bytes: Bytes, _ type: ElementType, _ count: Int) -> [Int]? {
  var result: [Int] = []
  for index in 0..<count {
    let value: Int? =
      switch type {
      case .int64: (try? bytes.int64(at: index * 8)).map { Int($0) }
      case .int32: (try? bytes.int32(at: index * 4)).map { Int($0) }
      case .int8: (try? bytes.int8(at: index)).map { Int($0) }
      case .uint8, .bool: (try? bytes.uint8(at: index)).map { Int($0) }
      case .int16: (try? bytes.uint16(at: index * 2)).map { Int(Int16(bitPattern: $0)) }
      default: nil
      }
    guard let value else { return nil }
    result.append(value)
  }
  return result
}
