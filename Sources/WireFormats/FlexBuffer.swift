import ByteIO

/// A plain value of a FlexBuffer.
package enum FlexBufferScalar: Equatable, Sendable {
  case int(Int64)
  case uint(UInt64)
  case float(Double)
  case bool(Bool)
  case string(String)
}

/// Reads maps of plain values from FlexBuffers, the schema-less relative of FlatBuffers.
///
/// Layout, back to front, all numbers little endian:
/// 1. The last byte is the width of the root in bytes; the byte before is its type (upper 6 bits)
///    and the width of what it refers to (lower 2 bits, as a power of 2).
/// 2. The root stands before them; a map is referred to by a distance backwards.
/// 3. A map is a vector: its element count stands before the first value, and a byte of type and
///    width for each value stands after the last one. Before the count stand the width of the
///    keys' offsets and the distance back to the vector of keys.
/// 4. A key ends in a zero; a string has its length before it.
///
/// Source: FlexBuffers documentation, "FlexBuffers encoding".
package enum FlexBuffer {
  /// The plain values of a root map, in the order of the buffer.
  ///
  /// - Parameter bytes: The whole buffer.
  /// - Returns: Names and values; `nil` where the bytes are no map or hold more than 256 values.
  ///   Nested vectors and maps are left out.
  package static func scalars(ofMap bytes: Bytes) -> [(name: String, value: FlexBufferScalar)]? {
    try? FlexBufferMap(bytes).entries()
  }
}

private struct FlexBufferMap {
  let bytes: Bytes
  let start: Int
  let width: Int
  let count: Int

  private static let mapType = 9

  init(_ bytes: Bytes) throws(ReadError) {
    self.bytes = bytes
    let rootWidth = try Self.checked(Int(try bytes.uint8(at: bytes.count - 1)))
    let packed = Int(try bytes.uint8(at: bytes.count - 2))
    guard packed >> 2 == Self.mapType else { throw Self.invalid("the root is not a map") }
    let root = bytes.count - 2 - rootWidth
    width = 1 << (packed & 3)
    start = try Self.back(from: root, width: rootWidth, in: bytes)
    let stated = try Self.unsigned(at: start - width, width: width, in: bytes)
    guard stated <= 256, let count = Int(exactly: stated) else {
      throw Self.invalid("too many values")
    }
    self.count = count
  }

  func entries() throws(ReadError) -> [(name: String, value: FlexBufferScalar)] {
    let keyWidth = try Self.checked(
      Int(exactly: try Self.unsigned(at: start - 2 * width, width: width, in: bytes)) ?? 0
    )
    let keys = try Self.back(from: start - 3 * width, width: width, in: bytes)
    var entries: [(name: String, value: FlexBufferScalar)] = []
    for index in 0..<count {
      let key = try Self.back(from: keys + index * keyWidth, width: keyWidth, in: bytes)
      let packed = Int(try bytes.uint8(at: start + count * width + index))
      guard
        let value = try scalar(
          at: start + index * width,
          type: packed >> 2,
          width: 1 << (packed & 3)
        )
      else { continue }
      entries.append((name: try text(at: key), value: value))
    }
    return entries
  }

  /// The value of a type at a place.
  ///
  /// - Parameters:
  ///   - place: Where the map holds it.
  ///   - type: Source: the `Type` enumeration of FlexBuffers: 1 integer, 2 unsigned, 3 float,
  ///     4 key, 5 string, 6 to 8 the numbers stored elsewhere, 26 truth value.
  ///   - childWidth: The width of what the place refers to.
  /// - Returns: The value; `nil` for vectors, maps and the like.
  /// - Throws: Where it lies outside the buffer.
  private func scalar(at place: Int, type: Int, width childWidth: Int) throws(ReadError)
    -> FlexBufferScalar?
  {
    switch type {
    case 1: return .int(try signed(at: place, width: width))
    case 2: return .uint(try Self.unsigned(at: place, width: width, in: bytes))
    case 3: return try float(at: place, width: width)
    case 26: return .bool(try Self.unsigned(at: place, width: width, in: bytes) != 0)
    case 4: return .string(try text(at: try Self.back(from: place, width: width, in: bytes)))
    case 5:
      let start = try Self.back(from: place, width: width, in: bytes)
      let length = try Self.unsigned(at: start - childWidth, width: childWidth, in: bytes)
      guard length <= 4096, let count = Int(exactly: length) else { return nil }
      return .string(try bytes.slice(at: start, count: count).string)
    case 6:
      let target = try Self.back(from: place, width: width, in: bytes)
      return .int(try signed(at: target, width: childWidth))
    case 7:
      let target = try Self.back(from: place, width: width, in: bytes)
      return .uint(try Self.unsigned(at: target, width: childWidth, in: bytes))
    case 8:
      let target = try Self.back(from: place, width: width, in: bytes)
      return try float(at: target, width: childWidth)
    default: return nil
    }
  }

  private func text(at start: Int) throws(ReadError) -> String {
    var end = start
    while try bytes.uint8(at: end) != 0 {
      end += 1
      guard end - start <= 256 else { throw Self.invalid("a key is too long") }
    }
    return try bytes.slice(at: start, count: end - start).string
  }

  private func signed(at place: Int, width: Int) throws(ReadError) -> Int64 {
    switch width {
    case 1: Int64(try bytes.int8(at: place))
    case 2: Int64(Int16(bitPattern: try bytes.uint16(at: place)))
    case 4: Int64(try bytes.int32(at: place))
    default: try bytes.int64(at: place)
    }
  }

  private func float(at place: Int, width: Int) throws(ReadError) -> FlexBufferScalar? {
    switch width {
    case 4: .float(Double(try bytes.float32(at: place)))
    case 8: .float(try bytes.float64(at: place))
    default: nil
    }
  }

  private static func unsigned(at place: Int, width: Int, in bytes: Bytes) throws(ReadError)
    -> UInt64
  {
    switch width {
    case 1: UInt64(try bytes.uint8(at: place))
    case 2: UInt64(try bytes.uint16(at: place))
    case 4: UInt64(try bytes.uint32(at: place))
    default: try bytes.uint64(at: place)
    }
  }

  /// Follows a distance backwards.
  private static func back(from place: Int, width: Int, in bytes: Bytes) throws(ReadError) -> Int {
    let distance = try unsigned(at: place, width: width, in: bytes)
    guard let back = Int(exactly: distance), back > 0, back <= place else {
      throw invalid("a reference points outside")
    }
    return place - back
  }

  private static func checked(_ width: Int) throws(ReadError) -> Int {
    guard [1, 2, 4, 8].contains(width) else { throw invalid("a width of \(width)") }
    return width
  }

  private static func invalid(_ message: String) -> ReadError {
    ReadError(.modelInvalid, message)
  }
}
