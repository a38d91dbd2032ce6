import ByteIO

/// A table of a FlatBuffer; fields are named by their slot, the number in the schema.
package struct FlatBufferTable {
  let buffer: FlatBuffer
  let position: Int
  let byteCount: Int
  let vtable: Int
  let vtableByteCount: Int
  let depth: Int

  /// The bytes of the table's fixed part, in the file.
  package var range: Range<Int> {
    let start = buffer.bytes.offset + position
    return start..<start + byteCount
  }

  /// Where the table is in the file.
  package var offset: Int { buffer.bytes.offset + position }

  /// Whether the field is written out.
  package func has(slot: Int) throws(ReadError) -> Bool {
    try place(slot: slot, byteCount: 1) != nil
  }

  /// Where a field is in the buffer; `nil` where it is left out.
  private func place(slot: Int, byteCount fieldBytes: Int) throws(ReadError) -> Int? {
    let entry = 4 + slot * 2
    guard entry <= vtableByteCount - 2 else { return nil }
    let place = Int(try buffer.bytes.uint16(at: vtable + entry))
    guard place != 0 else { return nil }
    guard place >= 4, fieldBytes <= byteCount, place <= byteCount - fieldBytes else {
      throw buffer.invalid(
        "field \(slot) at \(place) lies outside its table of \(byteCount) bytes",
        at: position
      )
    }
    return position + place
  }

  /// A number or truth value.
  package func scalar<Scalar: FlatBufferScalar>(
    slot: Int,
    default value: Scalar
  ) throws(ReadError) -> Scalar {
    guard let place = try place(slot: slot, byteCount: Scalar.byteCount) else { return value }
    return try Scalar.read(buffer.bytes, at: place)
  }

  /// A truth value.
  package func bool(slot: Int, default value: Bool = false) throws(ReadError) -> Bool {
    try scalar(slot: slot, default: value)
  }

  /// A signed byte.
  package func int8(slot: Int, default value: Int8 = 0) throws(ReadError) -> Int8 {
    try scalar(slot: slot, default: value)
  }

  /// A byte.
  package func uint8(slot: Int, default value: UInt8 = 0) throws(ReadError) -> UInt8 {
    try scalar(slot: slot, default: value)
  }

  /// A signed number of 32 bits.
  package func int32(slot: Int, default value: Int32 = 0) throws(ReadError) -> Int32 {
    try scalar(slot: slot, default: value)
  }

  /// A number of 32 bits.
  package func uint32(slot: Int, default value: UInt32 = 0) throws(ReadError) -> UInt32 {
    try scalar(slot: slot, default: value)
  }

  /// A signed number of 64 bits.
  package func int64(slot: Int, default value: Int64 = 0) throws(ReadError) -> Int64 {
    try scalar(slot: slot, default: value)
  }

  /// A number of 64 bits.
  package func uint64(slot: Int, default value: UInt64 = 0) throws(ReadError) -> UInt64 {
    try scalar(slot: slot, default: value)
  }

  /// An IEEE 754 single.
  package func float32(slot: Int, default value: Float = 0) throws(ReadError) -> Float {
    try scalar(slot: slot, default: value)
  }

  /// The table that a field refers to; `nil` where the field is left out.
  package func table(slot: Int) throws(ReadError) -> FlatBufferTable? {
    guard let place = try place(slot: slot, byteCount: 4) else { return nil }
    return try buffer.table(at: try buffer.target(of: place, "a table"), depth: depth + 1)
  }

  /// A union: the number of its member's type, in `typeSlot`, and the table, in the next slot.
  ///
  /// `nil` where either is left out.
  package func union(typeSlot: Int) throws(ReadError) -> (type: UInt8, table: FlatBufferTable)? {
    let type = try uint8(slot: typeSlot)
    guard type != 0, let table = try table(slot: typeSlot + 1) else { return nil }
    return (type, table)
  }

  /// The bytes of a string, without the zero that ends it; `nil` where the field is left out.
  package func string(slot: Int) throws(ReadError) -> Bytes? {
    guard let place = try place(slot: slot, byteCount: 4) else { return nil }
    return try buffer.elements(
      at: try buffer.target(of: place, "a string"),
      elementSize: 1,
      kind: .string,
      "a string"
    ).bytes
  }

  /// A vector of numbers, in place; `nil` where the field is left out.
  package func vector<Element: FlatBufferScalar>(
    slot: Int,
    of type: Element.Type = Element.self
  ) throws(ReadError) -> FlatBufferVector<Element>? {
    guard let place = try place(slot: slot, byteCount: 4) else { return nil }
    return FlatBufferVector(
      try buffer.elements(
        at: try buffer.target(of: place, "a vector"),
        elementSize: Element.byteCount,
        kind: .vector,
        "a vector"
      )
    )
  }

  /// The vector of tables in a field; empty where the field is left out.
  package func tables(slot: Int) throws(ReadError) -> FlatBufferTables {
    guard let place = try place(slot: slot, byteCount: 4) else {
      return FlatBufferTables(buffer: buffer, elements: nil, depth: depth)
    }
    let elements = try buffer.elements(
      at: try buffer.target(of: place, "a vector of tables"),
      elementSize: 4,
      kind: .vector,
      "a vector of tables"
    )
    return FlatBufferTables(buffer: buffer, elements: elements, depth: depth)
  }

  /// The strings in a field; empty where the field is left out.
  package func strings(slot: Int) throws(ReadError) -> [Bytes] {
    guard let place = try place(slot: slot, byteCount: 4) else { return [] }
    let elements = try buffer.elements(
      at: try buffer.target(of: place, "a vector of strings"),
      elementSize: 4,
      kind: .vector,
      "a vector of strings"
    )
    var strings: [Bytes] = []
    for index in 0..<elements.count {
      let start = try buffer.target(of: elements.position + index * 4, "a string")
      strings.append(
        try buffer.elements(at: start, elementSize: 1, kind: .string, "a string").bytes
      )
    }
    return strings
  }
}

/// A vector of tables.
package struct FlatBufferTables {
  let buffer: FlatBuffer
  let elements: FlatBufferElements?
  let depth: Int

  /// The number of tables.
  package var count: Int { elements?.count ?? 0 }

  /// The table at an index.
  ///
  /// - Throws: `MODEL_INVALID` where there is no such element.
  package func table(at index: Int) throws(ReadError) -> FlatBufferTable {
    guard let elements, index >= 0, index < elements.count else {
      throw ReadError(.modelInvalid, "element \(index) of \(count) is asked for")
    }
    let place = elements.position + index * 4
    return try buffer.table(at: try buffer.target(of: place, "a table"), depth: depth + 1)
  }
}
