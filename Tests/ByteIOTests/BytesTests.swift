import ByteIO
import Testing

@Suite struct BytesTests {
  @Test func `numbers are little endian and may be unaligned`() throws {
    let bytes = ByteSource([0xFF, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08]).bytes
    #expect(try bytes.uint16(at: 1) == 0x0201)
    #expect(try bytes.uint32(at: 1) == 0x0403_0201)
    #expect(try bytes.uint64(at: 1) == 0x0807_0605_0403_0201)
    #expect(try bytes.int8(at: 0) == -1)
  }

  @Test(arguments: [-1, 3, 4, Int.max, Int.min])
  func `a number outside the range is an error with a place`(offset: Int) {
    let bytes = ByteSource([1, 2, 3, 4]).bytes
    #expect(throws: ReadError.self) { try bytes.uint16(at: offset) }
  }

  @Test func `a slice keeps its place in the file`() throws {
    let bytes = try ByteSource(Array(0..<16)).bytes.slice(at: 4, count: 8)
    #expect(try bytes.slice(at: 2, count: 2).offset == 6)
    let error = #expect(throws: ReadError.self) { try bytes.uint32(at: 6) }
    #expect(error?.offset == 10)
    #expect(error?.code == .modelTruncated)
  }

  @Test(arguments: [(0, 9), (9, 0), (-1, 1), (1, Int.max), (Int.max, 1), (4, 5)])
  func `a slice that leaves the range is refused`(start: Int, count: Int) {
    let bytes = ByteSource(Array(0..<8)).bytes
    #expect(throws: ReadError.self) { try bytes.slice(at: start, count: count) }
  }

  @Test func `a count is refused unless its elements fit`() throws {
    let bytes = ByteSource(Array(0..<8)).bytes
    #expect(try bytes.count(2, elementSize: 4, from: 0, "numbers") == 2)
    #expect(throws: ReadError.self) { try bytes.count(3, elementSize: 4, from: 0, "numbers") }
    #expect(throws: ReadError.self) { try bytes.count(.max, elementSize: 4, from: 0, "numbers") }
    #expect(throws: ReadError.self) { try bytes.count(1, elementSize: 1, from: 9, "numbers") }
  }

  @Test func `the path of an error grows from the inside out`() {
    let error = ReadError(.modelInvalid, "bad", at: 7).inside("[1]").inside("inputs").inside("op")
    #expect(error.explanation == "bad at byte 7 (op.inputs[1])")
  }

  @Test func `equal bytes are equal wherever they stand`() throws {
    let bytes = ByteSource(Array(0..<20) + Array(0..<20)).bytes
    let first = try bytes.slice(at: 0, count: 20)
    #expect(first.hasSameBytes(as: try bytes.slice(at: 20, count: 20)))
    #expect(!first.hasSameBytes(as: try bytes.slice(at: 19, count: 20)))
    #expect(!first.hasSameBytes(as: try bytes.slice(at: 0, count: 19)))
  }

  @Test func `a directory is refused by name`() {
    let error = #expect(throws: ReadError.self) { try ByteSource.mapping(path: "/") }
    #expect(error?.code == .ioRead)
    #expect(error?.hint == "it is a directory")
  }

  @Test func `equal content has equal hashes and changes show`() {
    let content = (0..<100).map { UInt8($0) }
    let hash = ByteSource(content).bytes.contentHash
    #expect(ByteSource(content).bytes.contentHash == hash)
    for place in content.indices {
      var changed = content
      changed[place] ^= 1
      #expect(ByteSource(changed).bytes.contentHash != hash)
    }
    #expect(ByteSource([0]).bytes.contentHash != ByteSource([0, 0]).bytes.contentHash)
  }

  @Test func `text is not looked for outside`() {
    let bytes = ByteSource(Array("abcd".utf8)).bytes
    #expect(bytes.has("cd", at: 2))
    #expect(!bytes.has("abcde"))
    for start in [-1, 3, 4, 5, Int.min, Int.max] { #expect(!bytes.has("cd", at: start)) }
    #expect(bytes.has("", at: 4))
  }
}
