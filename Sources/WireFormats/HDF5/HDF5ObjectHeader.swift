import ByteIO

/// A message of an object header.
struct HDF5Message: Sendable {
  /// What a message says.
  enum Kind: UInt16, Sendable {
    case dataspace = 0x1
    case linkInfo = 0x2
    case datatype = 0x3
    case oldFillValue = 0x4
    case fillValue = 0x5
    case link = 0x6
    case externalFiles = 0x7
    case layout = 0x8
    case filters = 0xB
    case attribute = 0xC
    case continuation = 0x10
    case symbolTable = 0x11
    case treeRanks = 0x13
    case attributeInfo = 0x15
  }

  var kind: Kind?
  var body: Bytes
  /// Whether the body only says where the message is.
  var isShared: Bool
}

/// The messages of an object: a group, a dataset or a named type.
///
/// Layout (HDF5 File Format Specification 3.0, IV.A.1), version 1:
/// 1. version 1, reserved, message count (2 bytes), reference count (4), size of the messages (4),
///    padding to 16 bytes;
/// 2. messages: type (2 bytes), size (2), flags, 3 reserved, body.
///
/// Version 2:
/// 1. `OHDR`, version 2, flags; four times of 4 bytes with flag 0x20; two counts of 2 bytes with
///    flag 0x10; size of the messages in 1, 2, 4 or 8 bytes;
/// 2. messages: type (1 byte), size (2), flags, order of creation (2, with flag 4), body;
/// 3. a gap smaller than a message, checksum (4 bytes).
///
/// A continuation message names a block with more messages: bare ones in version 1, between `OCHK`
/// and a checksum in version 2.
struct HDF5ObjectHeader: Sendable {
  /// Where the header is, by which an object is told from others.
  let address: UInt64
  private(set) var messages: [HDF5Message] = []

  /// More blocks than any writer makes.
  private static let blockLimit = 10_000

  /// A run of messages that is still to be read.
  private struct Block {
    var messages: Bytes
    var hasCreationOrder: Bool
    var isVersion1: Bool
  }

  init(at address: UInt64, _ frame: HDF5Frame, _ trace: inout HDF5Trace) throws(ReadError) {
    self.address = address
    let bytes = try frame.suffix(from: address, "an object header")
    var blocks = [
      bytes.has("OHDR")
        ? try Self.version2(bytes, frame, &trace) : try Self.version1(bytes, frame, &trace)
    ]
    var next = 0
    while next < blocks.count {
      guard blocks.count <= Self.blockLimit else {
        throw ReadError(.limitExceeded, "an object header in more than \(Self.blockLimit) blocks")
      }
      let block = blocks[next]
      next += 1
      for continuation in try read(block, frame) {
        blocks.append(try Self.continued(block, at: continuation, frame, &trace))
      }
    }
  }

  /// The bodies of the messages of a kind, in order.
  func bodies(_ kind: HDF5Message.Kind) -> [HDF5Message] { messages.filter { $0.kind == kind } }

  /// The body of the first message of a kind; a shared one is looked up.
  func body(
    _ kind: HDF5Message.Kind,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> Bytes? {
    guard let message = messages.first(where: { $0.kind == kind }) else { return nil }
    guard message.isShared else { return message.body }
    return try Self.shared(message.body, kind, frame, &trace)
  }

  // MARK: - Blocks

  private static func version1(
    _ bytes: Bytes,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> Block {
    var cursor = frame.cursor(bytes)
    try cursor.version(1...1, "object headers")
    try cursor.skip(7)
    let byteCount = try cursor.uint32()
    try cursor.skip(4)
    let messages = try cursor.take(UInt64(byteCount), "an object header")
    try trace.enter(try cursor.consumed, as: .objectHeader)
    return Block(messages: messages, hasCreationOrder: false, isVersion1: true)
  }

  private static func version2(
    _ bytes: Bytes,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> Block {
    var cursor = frame.cursor(bytes)
    try cursor.signature("OHDR", "object header")
    try cursor.version(2...2, "object headers")
    let flags = try cursor.uint8()
    if flags & 0x20 != 0 { try cursor.skip(16) }
    if flags & 0x10 != 0 { try cursor.skip(4) }
    let byteCount = try cursor.integer(1 << Int(flags & 3))
    let messages = try cursor.take(byteCount, "an object header")
    try cursor.skip(4)
    let header = try cursor.consumed
    try trace.enter(header, as: .objectHeader)
    try frame.verify(header, "an object header")
    return Block(messages: messages, hasCreationOrder: flags & 4 != 0, isVersion1: false)
  }

  private static func continued(
    _ block: Block,
    at continuation: Bytes,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> Block {
    var cursor = frame.cursor(continuation)
    let address = try cursor.address(of: "a continuation of an object header")
    let what = "a continuation of an object header"
    let bytes = try frame.slice(at: address, count: try cursor.length(), what)
    try trace.enter(bytes, as: .objectHeader)
    var next = block
    next.messages = bytes
    guard !block.isVersion1 else { return next }
    guard bytes.has("OCHK"), bytes.count >= 8 else {
      throw ReadError(.modelInvalid, "no \(what) where one should be", at: bytes.offset)
    }
    try frame.verify(bytes, what)
    next.messages = try bytes.slice(at: 4, count: bytes.count - 8)
    return next
  }

  /// Appends the messages of a block and returns the continuations among them.
  private mutating func read(_ block: Block, _ frame: HDF5Frame) throws(ReadError) -> [Bytes] {
    var continuations: [Bytes] = []
    var cursor = frame.cursor(block.messages)
    let prefix = block.isVersion1 ? 8 : block.hasCreationOrder ? 6 : 4
    while cursor.remaining >= prefix {
      let type = block.isVersion1 ? try cursor.uint16() : UInt16(try cursor.uint8())
      let byteCount = Int(try cursor.uint16())
      let flags = try cursor.uint8()
      if block.isVersion1 { try cursor.skip(3) }
      if block.hasCreationOrder { try cursor.skip(2) }
      let body = try cursor.take(byteCount, "a message of an object header")
      let kind = HDF5Message.Kind(rawValue: type)
      // The writer says that who does not know this message must not read the object.
      guard type <= 0x17 || flags & 0x80 == 0 else {
        throw ReadError(
          .modelUnsupported,
          "an object header message of type \(type)",
          at: body.offset
        )
      }
      if kind == .continuation {
        continuations.append(body)
      } else if kind != nil {
        messages.append(HDF5Message(kind: kind, body: body, isShared: flags & 2 != 0))
      }
    }
    return continuations
  }

  // MARK: - Shared messages

  /// The body of a message that stands in the header of a named type.
  ///
  /// Layout (IV.A.2, "Shared Message"): version 1 to 3, type, 6 reserved bytes in version 1,
  /// address of the object header that has the message.
  static func shared(
    _ reference: Bytes,
    _ kind: HDF5Message.Kind,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) -> Bytes {
    var cursor = frame.cursor(reference)
    let version = try cursor.version(1...3, "shared messages")
    let type = try cursor.uint8()
    if version == 1 { try cursor.skip(6) }
    guard version < 3 || type == 2 else {
      throw ReadError(
        .modelUnsupported,
        "a message in the file's table of shared messages",
        at: reference.offset
      )
    }
    let address = try cursor.address(of: "a shared message")
    // A trace of its own: objects may share a type, so its header is read more than once.
    var own = HDF5Trace(frame, path: trace.path, isRecording: trace.isRecording)
    let header = try Self(at: address, frame, &own)
    try trace.share(own)
    guard let message = header.messages.first(where: { $0.kind == kind }), !message.isShared else {
      throw ReadError(
        .modelInvalid,
        "a shared message is not where it should be",
        at: cursor.bytes.offset
      )
    }
    return message.body
  }
}
