import ByteIO

/// A vector of numbers that stays where it is in the file.
package struct FlatBufferVector<Element: FlatBufferScalar> {
  /// The number of elements.
  package let count: Int
  /// The elements' bytes, little endian.
  package let bytes: Bytes
  /// The file's bytes that the vector takes, its count included.
  package let range: Range<Int>

  init(_ elements: FlatBufferElements) {
    count = elements.count
    bytes = elements.bytes
    range = elements.range
  }

  /// Whether there are no elements.
  package var isEmpty: Bool { count == 0 }

  /// The element at an index.
  ///
  /// - Throws: `MODEL_INVALID` where there is no such element.
  package func at(_ index: Int) throws(ReadError) -> Element {
    guard index >= 0, index < count else {
      throw ReadError(.modelInvalid, "element \(index) of \(count) is asked for", at: bytes.offset)
    }
    return try Element.read(bytes, at: index * Element.byteCount)
  }

  /// A copy of the elements.
  package func array() throws(ReadError) -> [Element] {
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for index in 0..<count {
      elements.append(try Element.read(bytes, at: index * Element.byteCount))
    }
    return elements
  }
}

/// A number as FlatBuffers store it.
package protocol FlatBufferScalar: Sendable {
  /// The bytes that one takes.
  static var byteCount: Int { get }
  /// The number at an offset.
  static func read(_ bytes: Bytes, at offset: Int) throws(ReadError) -> Self
}

extension Bool: FlatBufferScalar {
  package static var byteCount: Int { 1 }

  package static func read(_ bytes: Bytes, at offset: Int) throws(ReadError) -> Bool {
    try bytes.uint8(at: offset) != 0
  }
}

extension UInt8: FlatBufferScalar {
  package static var byteCount: Int { 1 }

  package static func read(_ bytes: Bytes, at offset: Int) throws(ReadError) -> UInt8 {
    try bytes.uint8(at: offset)
  }
}

extension Int8: FlatBufferScalar {
  package static var byteCount: Int { 1 }

  package static func read(_ bytes: Bytes, at offset: Int) throws(ReadError) -> Int8 {
    try bytes.int8(at: offset)
  }
}

extension UInt16: FlatBufferScalar {
  package static var byteCount: Int { 2 }

  package static func read(_ bytes: Bytes, at offset: Int) throws(ReadError) -> UInt16 {
    try bytes.uint16(at: offset)
  }
}

extension UInt32: FlatBufferScalar {
  package static var byteCount: Int { 4 }

  package static func read(_ bytes: Bytes, at offset: Int) throws(ReadError) -> UInt32 {
    try bytes.uint32(at: offset)
  }
}

extension Int32: FlatBufferScalar {
  package static var byteCount: Int { 4 }

  package static func read(_ bytes: Bytes, at offset: Int) throws(ReadError) -> Int32 {
    try bytes.int32(at: offset)
  }
}

extension UInt64: FlatBufferScalar {
  package static var byteCount: Int { 8 }

  package static func read(_ bytes: Bytes, at offset: Int) throws(ReadError) -> UInt64 {
    try bytes.uint64(at: offset)
  }
}

extension Int64: FlatBufferScalar {
  package static var byteCount: Int { 8 }

  package static func read(_ bytes: Bytes, at offset: Int) throws(ReadError) -> Int64 {
    try bytes.int64(at: offset)
  }
}

extension Float: FlatBufferScalar {
  package static var byteCount: Int { 4 }

  package static func read(_ bytes: Bytes, at offset: Int) throws(ReadError) -> Float {
    try bytes.float32(at: offset)
  }
}
