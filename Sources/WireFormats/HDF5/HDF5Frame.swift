import ByteIO

/// What every structure of an HDF5 file is read against: the bytes and the widths of numbers.
struct HDF5Frame: Sendable {
  /// The file from its superblock on; addresses count from here.
  var bytes: Bytes
  /// Where the object header of the root group is.
  var root: UInt64 = 0
  /// Bytes of an address.
  var addressSize = 8
  /// Bytes of a length.
  var lengthSize = 8
  /// Half the symbols of a leaf of an old group.
  var groupLeafRank = 4
  /// Half the children of an inner node of an old group.
  var groupInnerRank = 16
  /// Half the children of a node of a chunk tree.
  var chunkRank = 32
  /// Whether checksums of structures and the stated size of the file are compared.
  var checksIntegrity = true

  /// The bytes from an address to the end of the file.
  func suffix(from address: UInt64, _ what: String) throws(ReadError) -> Bytes {
    guard let start = Int(exactly: address), start < bytes.count else {
      throw outside(address, what)
    }
    return try bytes.suffix(from: start)
  }

  /// The `byteCount` bytes at an address.
  func slice(at address: UInt64, count byteCount: UInt64, _ what: String) throws(ReadError) -> Bytes
  {
    guard let start = Int(exactly: address), start <= bytes.count else {
      throw outside(address, what)
    }
    let count = try bytes.count(byteCount, elementSize: 1, from: start, what)
    return try bytes.slice(at: start, count: count, what)
  }

  /// A cursor over bytes of this file.
  func cursor(_ bytes: Bytes) -> HDF5Cursor { HDF5Cursor(bytes, self) }

  /// Compares the checksum in the last four bytes of a structure with the rest of it.
  ///
  /// - Throws: `MODEL_INVALID` where they differ.
  func verify(_ structure: Bytes, _ what: String) throws(ReadError) {
    guard checksIntegrity else { return }
    let body = try structure.slice(at: 0, count: structure.count - 4, what)
    let stated = try structure.uint32(at: structure.count - 4)
    guard HDF5Checksum.lookup3(body) == stated else {
      throw ReadError(
        .modelInvalid,
        "the checksum of \(what) does not match its bytes",
        at: structure.offset,
        hint: "is the file damaged?"
      )
    }
  }

  private func outside(_ address: UInt64, _ what: String) -> ReadError {
    ReadError(
      .modelTruncated,
      "\(what) is said to be at byte \(address) of \(bytes.count)",
      at: bytes.endOffset,
      hint: "is the file complete?"
    )
  }
}

/// A place in a structure that moves forward with each number that is read.
struct HDF5Cursor {
  /// The structure, or more than that where its size is not known yet.
  let bytes: Bytes
  /// How many bytes have been read.
  private(set) var position = 0
  private let addressSize: Int
  private let lengthSize: Int

  init(_ bytes: Bytes, _ frame: HDF5Frame) {
    self.bytes = bytes
    addressSize = frame.addressSize
    lengthSize = frame.lengthSize
  }

  /// The number of bytes that are left.
  var remaining: Int { bytes.count - position }

  /// The bytes read so far.
  var consumed: Bytes {
    get throws(ReadError) { try bytes.slice(at: 0, count: position) }
  }

  /// An unsigned number of 0 to 8 bytes, little endian.
  mutating func integer(_ byteCount: Int) throws(ReadError) -> UInt64 {
    guard (0...8).contains(byteCount) else {
      throw invalid("a number of \(byteCount) bytes")
    }
    var value: UInt64 = 0
    let field = try take(byteCount, "a number")
    for index in 0..<byteCount {
      value |= UInt64(try field.uint8(at: index)) << UInt64(8 * index)
    }
    return value
  }

  /// A byte.
  mutating func uint8() throws(ReadError) -> UInt8 {
    let value = try bytes.uint8(at: position)
    position += 1
    return value
  }

  /// Two bytes.
  mutating func uint16() throws(ReadError) -> UInt16 {
    let value = try bytes.uint16(at: position)
    position += 2
    return value
  }

  /// Four bytes.
  mutating func uint32() throws(ReadError) -> UInt32 {
    let value = try bytes.uint32(at: position)
    position += 4
    return value
  }

  /// Eight bytes.
  mutating func uint64() throws(ReadError) -> UInt64 {
    let value = try bytes.uint64(at: position)
    position += 8
    return value
  }

  /// A length.
  mutating func length() throws(ReadError) -> UInt64 { try integer(lengthSize) }

  /// An address; `nil` where all its bits are ones, which means that there is none.
  mutating func address() throws(ReadError) -> UInt64? {
    let value = try integer(addressSize)
    return value == HDF5Cursor.undefined(addressSize) ? nil : value
  }

  /// An address that must be there.
  mutating func address(of what: String) throws(ReadError) -> UInt64 {
    guard let value = try address() else { throw invalid("\(what) has no address") }
    return value
  }

  /// The next bytes.
  mutating func take(_ byteCount: Int, _ what: String) throws(ReadError) -> Bytes {
    let part = try bytes.slice(at: position, count: byteCount, what)
    position += byteCount
    return part
  }

  /// The next bytes, their number as the file states it.
  mutating func take(_ byteCount: UInt64, _ what: String) throws(ReadError) -> Bytes {
    try take(try bytes.count(byteCount, elementSize: 1, from: position, what), what)
  }

  /// Moves forward.
  mutating func skip(_ byteCount: Int) throws(ReadError) { _ = try take(byteCount, "a field") }

  /// Moves to the next multiple of eight bytes from the beginning, or to the end.
  mutating func align() {
    position = min(bytes.count, (position + 7) / 8 * 8)
  }

  /// Reads the four letters that a structure begins with.
  mutating func signature(_ letters: StaticString, _ what: String) throws(ReadError) {
    guard bytes.has(letters, at: position) else {
      throw invalid("no \(what) where one should be")
    }
    position += letters.utf8CodeUnitCount
  }

  /// Reads a version that must be one of a few.
  @discardableResult
  mutating func version(_ known: ClosedRange<UInt8>, _ what: String) throws(ReadError) -> UInt8 {
    let place = bytes.offset + position
    let version = try uint8()
    guard known.contains(version) else {
      throw ReadError(.modelUnsupported, "version \(version) of \(what)", at: place)
    }
    return version
  }

  /// Text up to a zero byte, which is consumed too.
  mutating func terminatedText(_ what: String) throws(ReadError) -> Bytes {
    let rest = try bytes.suffix(from: position)
    guard let length = rest.firstZero else { throw invalid("\(what) does not end") }
    let text = try take(length, what)
    position += 1
    return text
  }

  /// An error at this place.
  func invalid(_ message: String) -> ReadError {
    ReadError(.modelInvalid, message, at: bytes.offset + position)
  }

  /// The address that means "none": all ones.
  static func undefined(_ byteCount: Int) -> UInt64 {
    byteCount >= 8 ? .max : (1 << UInt64(8 * byteCount)) - 1
  }
}

extension Bytes {
  /// The place of the first zero byte.
  var firstZero: Int? { withUnsafeBytes { $0.firstIndex(of: 0) } }
}

extension UInt64 {
  /// The sum, or an error where it does not fit.
  func adding(_ other: UInt64, _ what: String) throws(ReadError) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    guard !overflow else { throw ReadError(.modelInvalid, "\(what) does not fit 64 bits") }
    return sum
  }

  /// The product, or an error where it does not fit.
  func multiplied(by other: UInt64, _ what: String) throws(ReadError) -> UInt64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    guard !overflow else { throw ReadError(.modelInvalid, "\(what) does not fit 64 bits") }
    return product
  }

  /// The bytes that numbers up to this one take.
  var encodedByteCount: Int { self == 0 ? 1 : (63 - leadingZeroBitCount) / 8 + 1 }

  /// The exponent where this is a power of two.
  var exponentOfTwo: Int? {
    nonzeroBitCount == 1 ? trailingZeroBitCount : nil
  }
}
