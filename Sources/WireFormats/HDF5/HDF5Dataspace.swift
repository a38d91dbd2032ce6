import ByteIO

/// How many elements a dataset or an attribute has, and in which shape.
///
/// Layout of the message (HDF5 File Format Specification 3.0, IV.A.2.b):
/// 1. version 1 or 2, rank, flags (1: greatest extents follow); version 1: 5 reserved; version 2:
///    kind (0 scalar, 1 simple, 2 null);
/// 2. extents, one length each; greatest extents, all ones for "no limit".
package struct HDF5Dataspace: Equatable, Sendable {
  /// The extents, slowest first; empty for a single element.
  package var shape: [Int]
  /// Whether there is not even one element.
  package var isNull = false
  /// The greatest extents; `nil` where there is no limit.
  var limits: [UInt64?]

  /// More dimensions than the HDF5 library allows.
  private static let rankLimit = 32

  init(_ message: Bytes, _ frame: HDF5Frame) throws(ReadError) {
    var cursor = frame.cursor(message)
    let version = try cursor.version(1...2, "dataspaces")
    let rank = Int(try cursor.uint8())
    let flags = try cursor.uint8()
    if version == 1 {
      try cursor.skip(5)
    } else {
      isNull = try cursor.uint8() == 2
    }
    guard rank <= Self.rankLimit else {
      throw cursor.invalid("\(rank) dimensions, at most \(Self.rankLimit) are possible")
    }
    shape = []
    for _ in 0..<rank {
      let extent = try cursor.length()
      guard let extent = Int(exactly: extent) else {
        throw cursor.invalid("an extent of \(extent)")
      }
      shape.append(extent)
    }
    limits = shape.map { UInt64($0) }
    guard flags & 1 != 0 else { return }
    let unlimited = HDF5Cursor.undefined(frame.lengthSize)
    for index in 0..<rank {
      let limit = try cursor.length()
      limits[index] = limit == unlimited ? nil : limit
    }
  }

  /// The number of elements.
  ///
  /// - Throws: `MODEL_INVALID` where it does not fit 63 bits.
  package func elementCount() throws(ReadError) -> Int {
    if isNull { return 0 }
    // A zero anywhere makes it zero, whatever the other extents are.
    if shape.contains(0) { return 0 }
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw ReadError(.modelInvalid, "the shape \(shape) has more than 2^63 elements")
      }
      count = product
    }
    return count
  }

  /// The bytes of all elements.
  func byteCount(of type: HDF5Type) throws(ReadError) -> Int {
    let (product, overflow) = try elementCount().multipliedReportingOverflow(by: type.byteCount)
    guard !overflow else {
      throw ReadError(.modelInvalid, "the shape \(shape) of \(type.name) has more than 2^63 bytes")
    }
    return product
  }
}
