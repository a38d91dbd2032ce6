import ByteIO

/// A ZIP archive behind the model, which holds label files and the like.
///
/// Layout, all numbers little endian:
/// 1. For each member: a local header (30 bytes, name, extra field) and the content.
/// 2. The directory: for each member 46 bytes, name, extra field, comment.
/// 3. The end record (22 bytes and a comment): number of members, the directory's size and place.
///
/// Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16. Members are listed, not
/// unpacked; offsets count from the file's or the archive's start, writers differ.
struct AppendedArchive {
  /// A file in the archive.
  struct Member {
    let name: String
    /// The size when unpacked.
    let byteCount: Int
    /// Header and content in the file.
    let range: Range<Int>
    /// The content's place in the file.
    let content: Range<Int>
    /// The content, where it is stored as it is.
    let stored: Bytes?
  }

  /// The members, by place.
  let members: [Member]
  /// The directory and the end record.
  let directory: Range<Int>

  /// Finds the archive; `nil` where the file has none that can be understood.
  init?(in bytes: Bytes) {
    guard let end = Self.endRecord(in: bytes),
      let archive = try? Self.read(bytes, end: end)
    else { return nil }
    self = archive
  }

  private init(members: [Member], directory: Range<Int>) {
    self.members = members
    self.directory = directory
  }

  private static func endRecord(in bytes: Bytes) -> Int? {
    guard bytes.count >= 22 else { return nil }
    let first = max(0, bytes.count - 22 - 0xFFFF)
    var place = bytes.count - 22
    while place >= first {
      if bytes.has("PK\u{5}\u{6}", at: place),
        let comment = try? bytes.uint16(at: place + 20),
        place + 22 + Int(comment) == bytes.count
      {
        return place
      }
      place -= 1
    }
    return nil
  }

  private static func read(_ bytes: Bytes, end: Int) throws(ReadError) -> AppendedArchive? {
    let count = Int(try bytes.uint16(at: end + 10))
    let size = Int(try bytes.uint32(at: end + 12))
    let start = Int(try bytes.uint32(at: end + 16))
    let directory = end - size
    // Where the offsets count from the archive's start, this is how far it is behind the file's.
    let shift = directory - start
    guard directory >= 8, shift >= 0 else { return nil }
    var members: [Member] = []
    var place = directory
    for _ in 0..<count {
      guard bytes.has("PK\u{1}\u{2}", at: place), place < end else { return nil }
      let nameSize = Int(try bytes.uint16(at: place + 28))
      let extraSize = Int(try bytes.uint16(at: place + 30))
      let commentSize = Int(try bytes.uint16(at: place + 32))
      let name = try bytes.slice(at: place + 46, count: nameSize).string
      if let member = try member(bytes, entry: place, name: name, shift: shift) {
        members.append(member)
      }
      place += 46 + nameSize + extraSize + commentSize
    }
    members.sort { $0.range.lowerBound < $1.range.lowerBound }
    let start64 = bytes.offset + directory
    return AppendedArchive(members: members, directory: start64..<bytes.endOffset)
  }

  private static func member(_ bytes: Bytes, entry: Int, name: String, shift: Int)
    throws(ReadError) -> Member?
  {
    let method = try bytes.uint16(at: entry + 10)
    let packedSize = Int(try bytes.uint32(at: entry + 20))
    let byteCount = Int(try bytes.uint32(at: entry + 24))
    let header = Int(try bytes.uint32(at: entry + 42)) + shift
    guard bytes.has("PK\u{3}\u{4}", at: header) else { return nil }
    let nameSize = Int(try bytes.uint16(at: header + 26))
    let extraSize = Int(try bytes.uint16(at: header + 28))
    let start = header + 30 + nameSize + extraSize
    let content = try bytes.slice(at: start, count: packedSize)
    return Member(
      name: name,
      byteCount: byteCount,
      range: bytes.offset + header..<content.endOffset,
      content: content.offset..<content.endOffset,
      stored: method == 0 ? content : nil
    )
  }
}
