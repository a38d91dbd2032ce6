import ByteIO

/// A cursor over the fields of a message; it reads forward and copies nothing.
package struct ProtobufReader: Sendable {
  private let message: ProtobufMessage
  private var position = 0

  init(_ message: ProtobufMessage) {
    self.message = message
  }

  /// The next field, or `nil` at the end of the message.
  ///
  /// - Throws: `MODEL_TRUNCATED` where the field reaches past the message, `MODEL_INVALID` for a
  ///   field number or wire type that does not exist, `LIMIT_EXCEEDED` for groups nested too deep.
  package mutating func next() throws(ReadError) -> ProtobufField? {
    let bytes = message.bytes
    guard position < bytes.count else { return nil }
    let start = position
    let tag = try self.tag()
    let value: ProtobufValue
    switch tag.wireType {
    case 0:
      value = .varint(try varint())
    case 1:
      value = .fixed64(try bytes.uint64(at: position))
      position += 8
    case 2:
      let length = try varint()
      let byteCount = try bytes.count(length, elementSize: 1, from: position, "field \(tag.number)")
      value = .bytes(try bytes.slice(at: position, count: byteCount))
      position += byteCount
    case 3:
      let body = position
      let end = try skipGroup(tag.number)
      value = .group(try bytes.slice(at: body, count: end - body))
    case 5:
      value = .fixed32(try bytes.uint32(at: position))
      position += 4
    default:
      throw invalid("a group ends that did not begin", at: start)
    }
    return ProtobufField(
      number: tag.number,
      value: value,
      range: bytes.offset + start..<bytes.offset + position,
      depth: message.depth
    )
  }

  private mutating func varint() throws(ReadError) -> UInt64 {
    let (value, end) = try message.bytes.varint(at: position)
    position = end
    return value
  }

  private mutating func tag() throws(ReadError) -> (number: Int, wireType: UInt64) {
    let start = position
    let tag = try varint()
    let number = tag >> 3
    guard number >= 1, number <= 0x1FFF_FFFF else {
      throw invalid("field number \(number) is not between 1 and 536870911", at: start)
    }
    guard tag & 7 <= 5 else { throw invalid("wire type \(tag & 7) does not exist", at: start) }
    return (Int(truncatingIfNeeded: number), tag & 7)
  }

  /// Moves behind the end of the group that has just begun, and returns where its body ends.
  ///
  /// Groups inside groups are kept on a list, not on the stack.
  private mutating func skipGroup(_ number: Int) throws(ReadError) -> Int {
    var open = [number]
    while true {
      guard open.count + message.depth <= ProtobufMessage.maximumDepth else {
        throw .nestedTooDeep(at: message.bytes.offset + position)
      }
      let start = position
      let tag = try self.tag()
      switch tag.wireType {
      case 0: _ = try varint()
      case 1: try skip(8)
      case 2:
        let length = try varint()
        try skip(try message.bytes.count(length, elementSize: 1, from: position, "a field"))
      case 3: open.append(tag.number)
      case 4:
        guard open.popLast() == tag.number else {
          throw invalid("a group ends that did not begin", at: start)
        }
        if open.isEmpty { return start }
      default: try skip(4)
      }
    }
  }

  private mutating func skip(_ byteCount: Int) throws(ReadError) {
    _ = try message.bytes.slice(at: position, count: byteCount, "a field")
    position += byteCount
  }

  private func invalid(_ what: String, at start: Int) -> ReadError {
    ReadError(.modelInvalid, what, at: message.bytes.offset + start)
  }
}

extension ReadError {
  /// The error for a message that is nested deeper than any honest one.
  static func nestedTooDeep(at offset: Int) -> ReadError {
    ReadError(
      .limitExceeded,
      "messages are nested deeper than \(ProtobufMessage.maximumDepth) levels",
      at: offset
    )
  }
}
