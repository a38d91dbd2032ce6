import ByteIO

/// Reading of datatype messages.
///
/// Layout (HDF5 File Format Specification 3.0, IV.A.2.d):
/// 1. class (lower 4 bits) and version (upper 4), three bytes of flags, element size (4 bytes);
/// 2. integers: bit offset, bit count (2 bytes each); flag 1 big endian, flag 8 signed;
/// 3. floats: bit offset, bit count (2 each), place and size of exponent and of fraction (1 each),
///    bias (4); flags 1 and 0x40 byte order, bits 4 and 5 how the fraction is normalized, second
///    byte the place of the sign;
/// 4. text: padding in the lower 4 flags;
/// 5. opaque: the tag, its length in the first byte of flags;
/// 6. enumerations: base type, names (padded to 8 bytes before version 3), values; the member count
///    in the lower 16 flags;
/// 7. variable length: base type; lower 4 flags 1 for text.
extension HDF5Type {
  /// Types may be made of types, but not without end.
  private static let depthLimit = 8

  init(_ message: Bytes, _ frame: HDF5Frame) throws(ReadError) {
    var cursor = frame.cursor(message)
    self = try Self.read(&cursor, depth: 0)
  }

  private static func read(_ cursor: inout HDF5Cursor, depth: Int) throws(ReadError) -> HDF5Type {
    guard depth < depthLimit else {
      throw ReadError(
        .limitExceeded,
        "types nested deeper than \(depthLimit)",
        at: cursor.bytes.offset
      )
    }
    let head = try cursor.uint8()
    guard (1...5).contains(head >> 4) else {
      throw ReadError(
        .modelUnsupported,
        "version \(head >> 4) of datatypes",
        at: cursor.bytes.offset
      )
    }
    let flags = UInt32(try cursor.integer(3))
    let size = try cursor.uint32()
    guard size > 0, let byteCount = Int(exactly: size) else {
      throw cursor.invalid("a type whose elements have no bytes")
    }
    switch head & 15 {
    case 0: return try integer(&cursor, flags, byteCount)
    case 1: return try float(&cursor, flags, byteCount)
    case 3: return .fixedText(byteCount: byteCount, padding: padding(flags))
    case 5:
      let tag = try cursor.take(Int(flags & 0xFF), "the tag of an opaque type")
      return .opaque(byteCount: byteCount, tag: try tag.terminated().string)
    case 8: return try enumeration(&cursor, flags, byteCount, version: head >> 4, depth)
    case 9 where flags & 15 == 1: return .variableText(byteCount: byteCount)
    default: return .other(name: className(head & 15), byteCount: byteCount)
    }
  }

  private static func className(_ number: UInt8) -> String {
    let names = [
      "integer", "float", "time", "text", "bit field", "opaque", "compound", "reference",
      "enumeration", "sequence of variable length", "array", "complex",
    ]
    return names.indices.contains(Int(number)) ? names[Int(number)] : "type class \(number)"
  }

  private static func padding(_ flags: UInt32) -> Padding {
    Padding(rawValue: UInt8(flags & 15)) ?? .zeros
  }

  private static func integer(
    _ cursor: inout HDF5Cursor,
    _ flags: UInt32,
    _ byteCount: Int
  ) throws(ReadError) -> HDF5Type {
    let offset = try cursor.uint16()
    let bits = try cursor.uint16()
    guard offset == 0, byteCount <= 8, Int(bits) == 8 * byteCount else {
      return .other(name: "integer of \(bits) bits in \(byteCount) bytes", byteCount: byteCount)
    }
    return .integer(
      byteCount: byteCount,
      isSigned: flags & 8 != 0,
      order: flags & 1 != 0 ? .bigEndian : .littleEndian
    )
  }

  private static func float(
    _ cursor: inout HDF5Cursor,
    _ flags: UInt32,
    _ byteCount: Int
  ) throws(ReadError) -> HDF5Type {
    try cursor.skip(4)
    let exponentBit = Int(try cursor.uint8())
    let exponentBits = Int(try cursor.uint8())
    let fractionBit = Int(try cursor.uint8())
    let fractionBits = Int(try cursor.uint8())
    let bias = try cursor.uint32()
    let signBit = Int(flags >> 8 & 0xFF)
    let bits = 8 * min(byteCount, 9)
    // Normalized with an implied leading one, neither of VAX nor wider than a double.
    guard bits <= 64, flags >> 4 & 3 == 2, flags & 0x40 == 0, (1...11).contains(exponentBits),
      (1...52).contains(fractionBits), exponentBit + exponentBits <= bits,
      fractionBit + fractionBits <= bits, signBit < bits, bias <= 1_023
    else { return .other(name: "float of \(byteCount) bytes", byteCount: byteCount) }
    return .float(
      Float(
        byteCount: byteCount,
        order: flags & 1 != 0 ? .bigEndian : .littleEndian,
        signBit: signBit,
        exponentBit: exponentBit,
        exponentBits: exponentBits,
        fractionBit: fractionBit,
        fractionBits: fractionBits,
        bias: Int(bias)
      )
    )
  }

  private static func enumeration(
    _ cursor: inout HDF5Cursor,
    _ flags: UInt32,
    _ byteCount: Int,
    version: UInt8,
    _ depth: Int
  ) throws(ReadError) -> HDF5Type {
    let base = try read(&cursor, depth: depth + 1)
    guard case .integer(byteCount, _, _) = base else {
      throw cursor.invalid("an enumeration of \(byteCount) bytes of \(base.name)")
    }
    var names: [String] = []
    for _ in 0..<(flags & 0xFFFF) {
      let start = cursor.position
      names.append(try cursor.terminatedText("the name of an enumeration's member").string)
      // Version 3 dropped the padding of names to eight bytes.
      if version < 3 { try cursor.skip((8 - (cursor.position - start) % 8) % 8) }
    }
    var members: [Member] = []
    for name in names {
      let value = try cursor.take(byteCount, "the value of an enumeration's member")
      members.append(Member(name: name, value: value.array))
    }
    return .enumeration(base: base, members: members)
  }
}

extension Bytes {
  /// The part before the first zero byte, or all.
  func terminated() throws(ReadError) -> Bytes {
    try slice(at: 0, count: firstZero ?? count)
  }
}
