import ByteIO

/// A named value of an object.
package struct HDF5Attribute: Sendable {
  package var name: String
  package var values: HDF5Values
  /// The whole attribute in the file: name, type, shape and value.
  package var bytes: Bytes
}

/// The attributes of an object, by name.
package struct HDF5Attributes: Sendable {
  /// All of them, sorted by name.
  package private(set) var all: [HDF5Attribute] = []

  /// The attribute of a name.
  package subscript(_ name: String) -> HDF5Attribute? { all.first { $0.name == name } }

  /// The text of an attribute that has one element; `nil` where there is no such attribute.
  ///
  /// Text that Keras had to split into `name0`, `name1`, … is joined.
  ///
  /// - Throws: `MODEL_UNSUPPORTED` where it is not one text.
  package func text(_ name: String) throws(ReadError) -> String? {
    guard let texts = try texts(name) else { return nil }
    guard self[name] == nil || texts.count == 1 else {
      throw ReadError(
        .modelUnsupported,
        "attribute \"\(name)\" has \(texts.count) texts instead of one"
      )
    }
    return texts.joined()
  }

  /// The texts of an attribute; `nil` where there is no such attribute.
  ///
  /// A list that does not fit the 64 KiB of an object header is split by Keras: `name0`, `name1`, …
  /// are the parts, in order.
  package func texts(_ name: String) throws(ReadError) -> [String]? {
    try parts(name) { (values) throws(ReadError) in try values.texts() }
  }

  /// The integers of an attribute; `nil` where there is no such attribute.
  package func integers(_ name: String) throws(ReadError) -> [Int]? {
    try parts(name) { (values) throws(ReadError) in try values.integers() }
  }

  /// The numbers of an attribute; `nil` where there is no such attribute.
  package func floats(_ name: String) throws(ReadError) -> [Double]? {
    try parts(name) { (values) throws(ReadError) in try values.floats() }
  }

  private func parts<Element>(
    _ name: String,
    _ body: (HDF5Values) throws(ReadError) -> [Element]
  ) throws(ReadError) -> [Element]? {
    if let attribute = self[name] {
      return try located("@" + name) { () throws(ReadError) in try body(attribute.values) }
    }
    var result: [Element]?
    var index = 0
    while let part = self[name + String(index)] {
      let elements = try located("@\(name)\(index)") { () throws(ReadError) in
        try body(part.values)
      }
      result = (result ?? []) + elements
      index += 1
    }
    return result
  }
}

// MARK: - Reading

extension HDF5Attributes {
  init(
    of header: HDF5ObjectHeader,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    for message in header.bodies(.attribute) {
      guard !message.isShared else { throw Self.sharedRefusal(message.body) }
      try append(message.body, frame, &trace)
    }
    if let info = try header.body(.attributeInfo, frame, &trace) {
      try appendDense(info, frame, &trace)
    }
    all.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for (attribute, next) in zip(all, all.dropFirst())
    where attribute.name.utf8.elementsEqual(next.name.utf8) {
      throw ReadError(
        .modelInvalid,
        "an object has two attributes named \"\(attribute.name.prefix(128))\"",
        at: next.bytes.offset
      )
    }
  }

  /// Attributes in a fractal heap, found by a tree of heap IDs (8 bytes), flags (1), order of
  /// creation (4) and hashes (4).
  ///
  /// Layout of the attribute info message (HDF5 File Format Specification 3.0, IV.A.2.v): version
  /// 0, flags (1: the order of creation is tracked; 2: there is a tree of it), greatest order (2
  /// bytes, with flag 1), addresses of heap, tree and, with flag 2, the tree of the order.
  private mutating func appendDense(
    _ info: Bytes,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    var cursor = frame.cursor(info)
    try cursor.version(0...0, "attribute information")
    let flags = try cursor.uint8()
    if flags & 1 != 0 { try cursor.skip(2) }
    guard let heapAddress = try cursor.address(), let treeAddress = try cursor.address() else {
      return
    }
    let heap = try HDF5FractalHeap(at: heapAddress, frame, &trace)
    let tree = try HDF5TreeVersion2(at: treeAddress, types: [8], as: .attributeIndex, frame, &trace)
    if trace.isRecording, flags & 2 != 0, let byOrder = try cursor.address() {
      _ = try HDF5TreeVersion2(at: byOrder, types: [9], as: .attributeIndex, frame, &trace)
    }
    for record in tree.records {
      guard try record.uint8(at: 8) & 2 == 0 else { throw Self.sharedRefusal(record) }
      try append(try heap.object(try record.slice(at: 0, count: 8)), frame, &trace)
    }
  }

  private static func sharedRefusal(_ bytes: Bytes) -> ReadError {
    ReadError(
      .modelUnsupported,
      "an attribute in the file's table of shared messages",
      at: bytes.offset
    )
  }

  /// Reads an attribute message.
  ///
  /// Layout (IV.A.2.m): version 1 to 3, flags (from version 2: 1 shared type, 2 shared dataspace),
  /// sizes of name, type and dataspace (2 bytes each), character set (version 3), name, type and
  /// dataspace (each padded to 8 bytes in version 1), value.
  private mutating func append(
    _ message: Bytes,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    var cursor = frame.cursor(message)
    let version = try cursor.version(1...3, "attributes")
    let flags = try cursor.uint8()
    let nameSize = Int(try cursor.uint16())
    let typeSize = Int(try cursor.uint16())
    let spaceSize = Int(try cursor.uint16())
    if version == 3 { try cursor.skip(1) }
    func field(_ byteCount: Int, _ what: String) throws(ReadError) -> Bytes {
      let part = try cursor.take(byteCount, what)
      if version == 1 { try cursor.skip((8 - byteCount % 8) % 8) }
      return part
    }
    let name = try field(nameSize, "the name of an attribute").terminated().string
    let attribute = try located("@" + name) { () throws(ReadError) in
      var type = try field(typeSize, "the type of an attribute")
      var space = try field(spaceSize, "the shape of an attribute")
      if version > 1, flags & 1 != 0 {
        type = try HDF5ObjectHeader.shared(type, .datatype, frame, &trace)
      }
      if version > 1, flags & 2 != 0 {
        space = try HDF5ObjectHeader.shared(space, .dataspace, frame, &trace)
      }
      let values = try HDF5Values(
        type: try HDF5Type(type, frame),
        dataspace: try HDF5Dataspace(space, frame),
        bytes: try message.suffix(from: cursor.position),
        frame
      )
      return HDF5Attribute(name: name, values: values, bytes: message)
    }
    trace.note(message, as: .attribute(name: name))
    // The elements of variable length are somewhere else.
    if trace.isRecording {
      try located("@" + name) { () throws(ReadError) in try attribute.values.noteHeaps(&trace) }
    }
    all.append(attribute)
  }
}
