import ByteIO

/// An array of elements in a file.
package struct HDF5Dataset: Sendable {
  /// How the elements are stored.
  package enum Storage: Sendable {
    /// As they are, in one piece.
    case contiguous(Bytes)
    /// As they are, in the object header.
    case compact(Bytes)
    /// In pieces of a shape, each run through filters.
    case chunked(extents: [UInt64], filters: [String])
    /// Nothing was ever written: every element has the fill value.
    case absent
  }

  /// The object that the dataset is.
  package private(set) var object: HDF5Object
  package let type: HDF5Type
  package let dataspace: HDF5Dataspace
  /// The bytes of all elements, before any filter.
  package let byteCount: Int
  /// The extents, slowest first; empty for a single element.
  package var shape: [Int] { dataspace.shape }

  let layout: HDF5Layout
  let filters: HDF5Filters
  /// An element that was never written; `nil` for zeros.
  let fillValue: Bytes?
  var frame: HDF5Frame { object.frame }

  init(_ object: HDF5Object, _ trace: inout HDF5Trace) throws(ReadError) {
    self.object = object
    let frame = object.frame
    let header = object.header
    if let external = header.bodies(.externalFiles).first {
      throw ReadError(
        .modelUnsupported,
        "the data is in other files (external storage)",
        at: external.body.offset
      )
    }
    guard let layout = try header.body(.layout, frame, &trace),
      let type = try header.body(.datatype, frame, &trace),
      let space = try header.body(.dataspace, frame, &trace)
    else { throw ReadError(.modelInvalid, "a dataset without layout, type or shape") }
    self.type = try HDF5Type(type, frame)
    dataspace = try HDF5Dataspace(space, frame)
    byteCount = try dataspace.byteCount(of: self.type)
    self.layout = try HDF5Layout(layout, byteCount: byteCount, frame)
    if let pipeline = try header.body(.filters, frame, &trace) {
      filters = try HDF5Filters(pipeline, frame)
    } else {
      filters = HDF5Filters()
    }
    fillValue = try Self.fillValue(header, self.type, frame, &trace)
    if case .compact(let bytes) = self.layout, bytes.count < byteCount {
      throw ReadError(
        .modelInvalid,
        "\(bytes.count) bytes of data, the shape needs \(byteCount)",
        at: bytes.offset
      )
    }
  }

  /// The same dataset under another name.
  func renamed(_ object: HDF5Object) -> Self {
    var copy = self
    copy.object = object
    return copy
  }

  /// How the elements are stored.
  package var storage: Storage {
    switch layout {
    case .compact(let bytes): .compact(bytes)
    case .contiguous(let bytes): bytes.map(Storage.contiguous) ?? .absent
    case .chunked(let chunking):
      chunking.address == nil
        ? .absent : .chunked(extents: chunking.extents, filters: filters.names)
    }
  }

  /// The number of elements.
  package func elementCount() throws(ReadError) -> Int { try dataspace.elementCount() }

  /// The attributes.
  package func attributes() throws(ReadError) -> HDF5Attributes { try object.attributes() }

  /// The elements, to be converted.
  package func values(limit: Int = 1 << 31) throws(ReadError) -> HDF5Values {
    try HDF5Values(type: type, dataspace: dataspace, bytes: content(limit: limit), frame)
  }

  /// Reads the fill value: message 5 versions 1 and 2 (version, two times of writing, whether it is
  /// defined, size, value), version 3 (flags: 0x20 there is one; size, value), or message 4 (size,
  /// value).
  ///
  /// Source: HDF5 File Format Specification 3.0, IV.A.2.e and f.
  private static func fillValue(
    _ header: HDF5ObjectHeader,
    _ type: HDF5Type,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> Bytes? {
    var cursor: HDF5Cursor
    if let message = try header.body(.fillValue, frame, &trace) {
      cursor = frame.cursor(message)
      let version = try cursor.version(1...3, "fill values")
      if version == 3 {
        guard try cursor.uint8() & 0x20 != 0 else { return nil }
      } else {
        try cursor.skip(2)
        guard try cursor.uint8() != 0 || version == 1 else { return nil }
      }
    } else if let message = try header.body(.oldFillValue, frame, &trace) {
      cursor = frame.cursor(message)
    } else {
      return nil
    }
    let byteCount = try cursor.uint32()
    guard byteCount > 0 else { return nil }
    let value = try cursor.take(UInt64(byteCount), "a fill value")
    guard value.count == type.byteCount else {
      throw cursor.invalid("a fill value of \(value.count) bytes for \(type.name)")
    }
    return value
  }
}
