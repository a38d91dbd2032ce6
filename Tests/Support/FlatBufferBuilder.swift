/// A table of a FlatBuffer as a test describes it: fields by slot.
package struct TableDescription: ExpressibleByDictionaryLiteral, Sendable {
  package var fields: [(slot: Int, value: FlatBufferField)]

  package init(dictionaryLiteral elements: (Int, FlatBufferField)...) {
    fields = elements.map { (slot: $0.0, value: $0.1) }
  }

  /// The field in a slot; setting `nil` leaves the field out.
  package subscript(slot: Int) -> FlatBufferField? {
    get { fields.first { $0.slot == slot }?.value }
    set {
      fields.removeAll { $0.slot == slot }
      if let newValue { fields.append((slot: slot, value: newValue)) }
    }
  }
}

/// A field of a table.
package indirect enum FlatBufferField: Sendable {
  case int8(Int8)
  case uint8(UInt8)
  case bool(Bool)
  case int32(Int32)
  case uint32(UInt32)
  case int64(Int64)
  case uint64(UInt64)
  case float(Float)
  case string(String)
  case table(TableDescription)
  case tables([TableDescription])
  /// A vector whose elements all refer to one table.
  case sameTable(TableDescription, Int)
  case strings([String])
  /// A vector of bytes whose first element is aligned to 16, as TFLite's buffers are.
  case bytes([UInt8])
  case int32s([Int32])
  case int64s([Int64])
  case floats([Float])
  /// A distance that points wherever the test wants.
  case rawOffset(UInt32)

  fileprivate var inlineSize: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .int64, .uint64: 8
    default: 4
    }
  }
}

/// Writes a FlatBuffer front to back: each table is followed by what it refers to.
///
/// - Parameters:
///   - root: The root table.
///   - identifier: The four characters after the root's offset.
/// - Returns: The bytes.
package func flatBuffer(_ root: TableDescription, identifier: String = "TFL3") -> [UInt8] {
  var writer = FlatBufferWriter()
  writer.append(little: UInt32(0))
  writer.bytes += Array(identifier.utf8.prefix(4))
  writer.patch(0, to: writer.write(root))
  return writer.bytes
}

private struct FlatBufferWriter {
  var bytes: [UInt8] = []

  mutating func append<Number: FixedWidthInteger>(little number: Number) {
    withUnsafeBytes(of: number.littleEndian) { bytes += Array($0) }
  }

  mutating func align(_ alignment: Int, before count: Int = 0) {
    while (bytes.count + count) % alignment != 0 { bytes.append(0) }
  }

  mutating func patch(_ place: Int, to target: Int) {
    let distance = UInt32(truncatingIfNeeded: target - place)
    withUnsafeBytes(of: distance.littleEndian) { raw in
      for index in 0..<4 { bytes[place + index] = raw[index] }
    }
  }

  mutating func write(_ table: TableDescription) -> Int {
    let slots = (table.fields.map(\.slot).max() ?? -1) + 1
    var places = Array(repeating: 0, count: slots)
    // Larger fields first, so that all are aligned when the first one is.
    let fields = table.fields.sorted { $0.value.inlineSize > $1.value.inlineSize }
    var size = 4
    for field in fields {
      let width = field.value.inlineSize
      if size % width != 0 { size += width - size % width }
      places[field.slot] = size
      size += width
    }
    align(2)
    let vtable = bytes.count
    append(little: UInt16(4 + slots * 2))
    append(little: UInt16(size))
    for place in places { append(little: UInt16(place)) }
    align(8)
    let start = bytes.count
    append(little: Int32(start - vtable))
    bytes += Array(repeating: 0, count: size - 4)
    for field in fields { store(field.value, at: start + places[field.slot]) }
    for field in table.fields {
      guard let target = writeChild(field.value) else { continue }
      patch(start + places[field.slot], to: target)
    }
    return start
  }

  private mutating func store(_ field: FlatBufferField, at place: Int) {
    func put<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { raw in
        for (index, byte) in raw.enumerated() { bytes[place + index] = byte }
      }
    }
    switch field {
    case .int8(let value): put(value)
    case .uint8(let value): put(value)
    case .bool(let value): put(UInt8(value ? 1 : 0))
    case .int32(let value): put(value)
    case .uint32(let value), .rawOffset(let value): put(value)
    case .int64(let value): put(value)
    case .uint64(let value): put(value)
    case .float(let value): put(value.bitPattern)
    default: break
    }
  }

  private mutating func writeChild(_ field: FlatBufferField) -> Int? {
    switch field {
    case .table(let table): return write(table)
    case .string(let text): return write(text)
    case .tables(let tables):
      let start = reserveOffsets(tables.count)
      for (index, table) in tables.enumerated() {
        let target = write(table)
        patch(start + 4 + index * 4, to: target)
      }
      return start
    case .sameTable(let table, let count):
      let start = reserveOffsets(count)
      let target = write(table)
      for index in 0..<count { patch(start + 4 + index * 4, to: target) }
      return start
    case .strings(let strings):
      let start = reserveOffsets(strings.count)
      for (index, text) in strings.enumerated() {
        let target = write(text)
        patch(start + 4 + index * 4, to: target)
      }
      return start
    case .bytes(let content): return writeVector(content.count, alignment: 16, bytes: content)
    case .int32s(let numbers):
      return writeVector(numbers.count, alignment: 4, bytes: littleEndian(numbers))
    case .int64s(let numbers):
      return writeVector(numbers.count, alignment: 8, bytes: littleEndian(numbers))
    case .floats(let numbers):
      return writeVector(
        numbers.count,
        alignment: 4,
        bytes: littleEndian(numbers.map(\.bitPattern))
      )
    default: return nil
    }
  }

  private mutating func write(_ text: String) -> Int {
    align(4)
    let start = bytes.count
    append(little: UInt32(text.utf8.count))
    bytes += Array(text.utf8) + [0]
    return start
  }

  private mutating func reserveOffsets(_ count: Int) -> Int {
    align(4)
    let start = bytes.count
    append(little: UInt32(count))
    bytes += Array(repeating: 0, count: count * 4)
    return start
  }

  private mutating func writeVector(_ count: Int, alignment: Int, bytes content: [UInt8]) -> Int {
    align(alignment, before: 4)
    let start = bytes.count
    append(little: UInt32(count))
    bytes += content
    return start
  }
}

/// The little-endian bytes of numbers.
package func littleEndian<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
  numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
}
