import ByteIO

/// A collection of elements of variable length.
///
/// Layout (HDF5 File Format Specification 3.0, III.E):
/// 1. `GCOL`, version 1, 3 reserved bytes, size of the collection with this header;
/// 2. objects: index (2 bytes), reference count (2), 4 reserved, size, data, padding to 8 bytes;
/// 3. object 0: the space that is free, to the end.
struct HDF5GlobalHeap: Sendable {
  /// The objects by index.
  private var objects: [UInt16: Bytes] = [:]

  init(at address: UInt64, _ frame: HDF5Frame, _ trace: inout HDF5Trace) throws(ReadError) {
    var header = frame.cursor(try frame.suffix(from: address, "a global heap collection"))
    try header.signature("GCOL", "global heap collection")
    try header.version(1...1, "global heap collections")
    try header.skip(3)
    let byteCount = try header.length()
    let collection = try frame.slice(at: address, count: byteCount, "a global heap collection")
    try trace.enter(collection, as: .globalHeap)
    var cursor = frame.cursor(collection)
    try cursor.skip(header.position)
    while cursor.remaining >= 8 + frame.lengthSize {
      let index = try cursor.uint16()
      guard index != 0 else { break }
      try cursor.skip(6)
      let data = try cursor.take(try cursor.length(), "an element of variable length")
      cursor.align()
      guard objects.updateValue(data, forKey: index) == nil else {
        throw cursor.invalid("a global heap collection has two objects \(index)")
      }
    }
  }

  /// The object of an index.
  func object(_ index: UInt32) throws(ReadError) -> Bytes {
    guard let key = UInt16(exactly: index), let object = objects[key] else {
      throw ReadError(.modelInvalid, "a global heap collection has no object \(index)")
    }
    return object
  }
}
