import ByteIO
import TestSupport
import Testing
import WireFormats

@Suite struct ProtobufReaderTests {
  private func fields(_ builder: ProtobufBuilder) throws -> [ProtobufField] {
    var reader = ProtobufMessage(ByteSource(builder.bytes).bytes).fields
    var result: [ProtobufField] = []
    while let field = try reader.next() { result.append(field) }
    return result
  }

  private func error(_ bytes: [UInt8]) -> ReadError? {
    do {
      _ = try fields(.raw(bytes))
      return nil
    } catch {
      return error as? ReadError
    }
  }

  @Test func `fields of every wire type keep number, value and place`() throws {
    let found = try fields(
      ProtobufBuilder([
        .int(1, 300), .fixed64(2, 0x0102_0304_0506_0708), .text(3, "abc"), .float(4, 1.5),
        .group(5, [.int(1, 1)]), .int(0x1FFF_FFFF, -1),
      ])
    )
    #expect(found.map(\.number) == [1, 2, 3, 4, 5, 0x1FFF_FFFF])
    #expect(try found[0].int("n") == 300)
    #expect(try found[2].bytes("s").string == "abc")
    #expect(try found[3].float("f") == 1.5)
    #expect(try found[5].int64("n") == -1)
    // 3 bytes of field 1, 9 of field 2, 5 of field 3.
    #expect(found[3].range == 17..<22)
  }

  @Test func `bytes are not copied`() throws {
    let source = ByteSource(ProtobufBuilder.text(7, "weights").bytes)
    var reader = ProtobufMessage(source.bytes).fields
    let field = try #require(try reader.next())
    #expect(try field.bytes("data").source === source)
    #expect(try field.bytes("data").offset == 2)
  }

  @Test func `packed and unpacked scalars read the same`() throws {
    let parts: [ProtobufBuilder] = [.packed(1, [1, -2, 300]), .int(1, 4), .packed(1, [])]
    var integers: [Int] = []
    for field in try fields(ProtobufBuilder(parts)) { try field.append(to: &integers, "dims") }
    #expect(integers == [1, -2, 300, 4])
    var floats: [Float] = []
    for field in try fields(ProtobufBuilder([.packed(2, floats: [1, 2]), .float(2, 3)])) {
      try field.append(to: &floats, "floats")
    }
    #expect(floats == [1, 2, 3])
  }

  @Test func `packed floats must fill whole floats`() throws {
    let field = try fields(.bytes(2, [1, 2, 3, 4, 5]))[0]
    var floats: [Float] = []
    let error = #expect(throws: ReadError.self) { try field.append(to: &floats, "floats") }
    #expect(error?.code == .modelInvalid)
  }

  @Test(arguments: [
    (name: "tag cut", bytes: [0x80], code: ErrorCode.modelTruncated),
    ("value cut", [0x08], .modelTruncated),
    ("value never ends", [0x08] + Array(repeating: 0x80, count: 9), .modelTruncated),
    ("eleven bytes", [0x08] + Array(repeating: 0xFF, count: 10) + [1], .modelInvalid),
    ("65 bits", [0x08] + Array(repeating: 0xFF, count: 9) + [2], .modelInvalid),
    ("field number 0", [0x00, 0x01], .modelInvalid),
    ("field number 2^29", [0x80, 0x80, 0x80, 0x80, 0x10, 0x01], .modelInvalid),
    ("wire type 6", [0x0E], .modelInvalid),
    ("wire type 7", [0x0F], .modelInvalid),
    ("length past the end", [0x0A, 0x02, 0x41], .modelTruncated),
    ("length 2^64 - 1", [0x0A] + Array(repeating: 0xFF, count: 9) + [1], .modelTruncated),
    ("length 2^63", [0x0A] + Array(repeating: 0x80, count: 9) + [1], .modelTruncated),
    ("four bytes cut", [0x0D, 1, 2, 3], .modelTruncated),
    ("eight bytes cut", [0x09, 1, 2, 3, 4, 5, 6, 7], .modelTruncated),
    ("group without end", [0x0B, 0x10, 0x01], .modelTruncated),
    ("end without group", [0x0C], .modelInvalid),
    ("group ends as another", [0x0B, 0x14], .modelInvalid),
  ])
  func `bad bytes are an error`(name: String, bytes: [UInt8], code: ErrorCode) {
    let found = error(bytes)
    #expect(found?.code == code, "\(name)")
    #expect(found?.offset != nil, "\(name)")
  }

  @Test func `groups may be a hundred deep and no deeper`() {
    func nested(_ depth: Int) -> [UInt8] {
      Array(repeating: 0x0B, count: depth) + Array(repeating: 0x0C, count: depth)
    }
    #expect(error(nested(100)) == nil)
    #expect(error(nested(101))?.code == .limitExceeded)
    #expect(error(Array(repeating: 0x0B, count: 20_000))?.code == .limitExceeded)
  }

  @Test func `messages may be a hundred deep and no deeper`() throws {
    func depthReached(_ levels: Int) throws -> Int {
      var builder = ProtobufBuilder.int(2, 1)
      for _ in 0..<levels { builder = .message(1, [builder]) }
      var message = ProtobufMessage(ByteSource(builder.bytes).bytes)
      while true {
        var reader = message.fields
        guard let field = try reader.next(), field.number == 1 else { return message.depth }
        message = try field.message("child")
      }
    }
    #expect(try depthReached(100) == 100)
    let error = #expect(throws: ReadError.self) { try depthReached(101) }
    #expect(error?.code == .limitExceeded)
  }

  @Test func `the depth of a message counts for groups inside it`() throws {
    let groups = Array(repeating: UInt8(0x0B), count: 60) + Array(repeating: 0x0C, count: 60)
    var builder = ProtobufBuilder.raw(groups)
    for _ in 0..<41 { builder = .message(1, [builder]) }
    var message = ProtobufMessage(ByteSource(builder.bytes).bytes)
    for _ in 0..<41 {
      var reader = message.fields
      message = try #require(try reader.next()).message("child")
    }
    var reader = message.fields
    let error = #expect(throws: ReadError.self) { try reader.next() }
    #expect(error?.code == .limitExceeded)
  }

  @Test func `the wrong wire type names the field`() throws {
    let field = try fields(.int(3, 1))[0]
    let error = #expect(throws: ReadError.self) { try field.bytes("name") }
    #expect(error?.message == "name (field 3) should be text or bytes and is an integer")
  }
}
