import ByteIO

/// The key of a part of a tensor.
///
/// Layout, all in "ordered code", whose bytes sort as the values do:
/// 1. The number 0 (one zero byte), which no name begins with.
/// 2. The tensor's name: 00 FF is a zero, FF 00 is 255, 00 01 ends it.
/// 3. The rank: a byte that counts the bytes that follow, most significant first.
/// 4. For each dimension two signed numbers, start and length; length -1 is all of it.
///
/// Source: TensorFlow, `core/util/saved_tensor_slice_util.cc` and `core/lib/strings/ordered_code.cc`.
struct CheckpointPartKey {
  let tensor: String
  private let extents: [(start: Int, length: Int)]

  init(_ key: [UInt8], at offset: Int) throws(ReadError) {
    var rest = key.dropFirst()
    guard let name = Self.text(&rest), let rank = Self.unsigned(&rest),
      rank <= UInt64(rest.count / 2)
    else { throw Self.invalid(offset) }
    var extents: [(start: Int, length: Int)] = []
    for _ in 0..<rank {
      guard let start = Self.signed(&rest), let length = Self.signed(&rest) else {
        throw Self.invalid(offset)
      }
      extents.append((start, length))
    }
    let text = String(decoding: name, as: UTF8.self)
    guard rest.isEmpty, text.utf8.elementsEqual(name) else { throw Self.invalid(offset) }
    tensor = text
    self.extents = extents
  }

  /// The box that the key cuts out of a shape.
  ///
  /// - Throws: `MODEL_INVALID` where it does not lie inside.
  func box(in shape: [Int], at offset: Int) throws(ReadError) -> (starts: [Int], shape: [Int]) {
    guard extents.count == shape.count else { throw Self.invalid(offset) }
    var starts: [Int] = []
    var lengths: [Int] = []
    for (extent, whole) in zip(extents, shape) {
      guard extent.length >= 0 else {
        starts.append(0)
        lengths.append(whole)
        continue
      }
      guard extent.start >= 0, extent.start <= whole, extent.length <= whole - extent.start else {
        throw ReadError(
          .modelInvalid,
          "a part of a tensor takes \(extent.length) from \(extent.start) on, of \(whole)",
          at: offset
        )
      }
      starts.append(extent.start)
      lengths.append(extent.length)
    }
    return (starts, lengths)
  }

  private static func text(_ bytes: inout ArraySlice<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    while let byte = bytes.popFirst() {
      switch byte {
      case 0:
        switch bytes.popFirst() {
        case 1: return result
        case 0xFF: result.append(0)
        default: return nil
        }
      case 0xFF:
        guard bytes.popFirst() == 0 else { return nil }
        result.append(0xFF)
      default: result.append(byte)
      }
    }
    return nil
  }

  private static func unsigned(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    guard let count = bytes.popFirst(), count <= 8, bytes.count >= Int(count) else { return nil }
    var value: UInt64 = 0
    for _ in 0..<count { value = value << 8 | UInt64(bytes.popFirst() ?? 0) }
    return value
  }

  /// A signed number: as many equal bits as it has bytes (the sign among them), then its bits.
  private static func signed(_ bytes: inout ArraySlice<UInt8>) -> Int? {
    guard let first = bytes.first else { return nil }
    // A negative number is the complement of one that is not.
    let mask: UInt8 = first < 0x80 ? 0xFF : 0
    let flipped = bytes.prefix(10).map { $0 ^ mask }
    var byteCount = (~flipped[0]).leadingZeroBitCount
    if byteCount == 8, flipped.count > 1 { byteCount += (~flipped[1]).leadingZeroBitCount }
    guard byteCount <= 10, byteCount <= flipped.count else { return nil }
    // The bits that count are not part of the number; those past 64 bits are of that kind, too.
    var value: UInt64 = 0
    for index in 0..<byteCount {
      let counting = min(max(byteCount - 8 * index, 0), 8)
      value = value << 8 | UInt64(flipped[index] & UInt8(truncatingIfNeeded: 0xFF >> counting))
    }
    guard let magnitude = Int(exactly: value) else { return nil }
    bytes = bytes.dropFirst(byteCount)
    return mask == 0 ? magnitude : ~magnitude
  }

  private static func invalid(_ offset: Int) -> ReadError {
    ReadError(.modelInvalid, "the key of a part of a tensor does not decode", at: offset)
  }
}
