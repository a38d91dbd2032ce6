import ByteIO

/// A ZIP archive, read in place: members are found by exact name and never written to disk.
///
/// Layout (PKWARE APPNOTE 6.3.10):
/// 1. members: local header (30 bytes, name, extra), data;
/// 2. central directory: one header a member (46 bytes, name, extra, comment), with the sizes that
///    count;
/// 3. ZIP64 end record and locator, where a number does not fit 32 bits;
/// 4. end of central directory (22 bytes and a comment of up to 65,535).
package struct ZIPArchive: Sendable {
  /// One member.
  package struct Member: Sendable {
    package var name: String
    /// The data as stored.
    package var stored: Bytes
    /// Where the member begins: its local header.
    package var headerOffset: Int
    package var method: UInt16
    /// The size after decompression, as the directory states it.
    package var byteCount: Int
    package var checksum: UInt32

    /// Whether the data stands in the archive as it is.
    package var isUncompressed: Bool { method == 0 }

    /// Header and data in the file.
    package var range: Range<Int> { headerOffset..<stored.endOffset }
  }

  /// The members, in the order of the directory.
  package let members: [Member]
  /// The bytes of the directory and the records after it.
  package let directory: Bytes

  /// More members than any model has.
  package static let standardEntries = 100_000

  /// Whether the bytes may be an archive: they begin with a member or are an empty archive.
  package static func probe(_ bytes: Bytes) -> Bool {
    bytes.has("PK\u{3}\u{4}") || bytes.has("PK\u{5}\u{6}")
  }

  /// Reads the directory.
  ///
  /// - Parameters:
  ///   - bytes: The archive.
  ///   - entries: The most members that it may have.
  /// - Throws: `MODEL_TRUNCATED` or `MODEL_INVALID` where it is missing, contradicts the members, or
  ///   members share bytes or names; `LIMIT_EXCEEDED` where there are more members.
  package init(_ bytes: Bytes, entries: Int = standardEntries) throws(ReadError) {
    self = try ZIPArchive(bytes, try EndRecord(bytes, entries: entries))
  }

  /// Reads an archive that stands behind something else in a file.
  ///
  /// Its offsets count from the file's or from its own start: writers differ.
  ///
  /// - Throws: as above.
  package init(appendedTo bytes: Bytes, entries: Int = standardEntries) throws(ReadError) {
    self = try ZIPArchive(bytes, try EndRecord(bytes, entries: entries, isAppended: true))
  }

  private init(_ bytes: Bytes, _ end: EndRecord) throws(ReadError) {
    directory = try bytes.suffix(from: end.directoryOffset)
    var members: [Member] = []
    var offset = end.directoryOffset
    for index in 0..<end.memberCount {
      let (member, next) = try located("members[\(index)]") { () throws(ReadError) in
        try Self.member(at: offset, in: bytes, end)
      }
      members.append(member)
      offset = next
    }
    try Self.checkDisjoint(members, bytes)
    self.members = members
  }

  /// The member of a name; `nil` where there is none.
  package func member(_ name: String) -> Member? { members.first { $0.name == name } }

  // MARK: - Directory

  /// Where the directory is and how many members it has.
  private struct EndRecord {
    var memberCount: Int
    var directoryOffset: Int
    /// How far the archive's start is behind that of the file from which its offsets do not count.
    var shift = 0

    init(_ bytes: Bytes, entries: Int, isAppended: Bool = false) throws(ReadError) {
      let place = try Self.find(bytes)
      var count = UInt64(try bytes.uint16(at: place + 10))
      var size = UInt64(try bytes.uint32(at: place + 12))
      var offset = UInt64(try bytes.uint32(at: place + 16))
      if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF,
        place >= 20, bytes.has("PK\u{6}\u{7}", at: place - 20)
      {
        let wide = try ZIPArchive.position(
          try bytes.uint64(at: place - 12),
          in: bytes,
          "ZIP64 end record"
        )
        guard bytes.has("PK\u{6}\u{6}", at: wide) else {
          throw ReadError(
            .modelInvalid,
            "the ZIP64 end record is not where it should be",
            at: bytes.offset + wide
          )
        }
        count = try bytes.uint64(at: wide + 32)
        size = try bytes.uint64(at: wide + 40)
        offset = try bytes.uint64(at: wide + 48)
      } else if isAppended, let length = Int(exactly: size), let start = Int(exactly: offset),
        length <= place
      {
        // The directory ends where the record begins, wherever its offset says that it starts.
        shift = max(0, place - length - start)
        offset += UInt64(shift)
      }
      directoryOffset = try ZIPArchive.position(offset, in: bytes, "central directory")
      // A directory header takes at least 46 bytes.
      memberCount = try bytes.count(
        count,
        elementSize: 46,
        from: directoryOffset,
        "the central directory"
      )
      guard memberCount <= entries else {
        throw ReadError(
          .limitExceeded,
          "\(memberCount) members, at most \(entries) are read",
          at: bytes.offset + place
        )
      }
      guard size <= UInt64(bytes.count - directoryOffset) else {
        throw ReadError(
          .modelTruncated,
          "the central directory of \(size) bytes reaches past the end",
          at: bytes.offset + directoryOffset
        )
      }
    }

    /// The record is the last thing in the file, before a comment of unknown length.
    private static func find(_ bytes: Bytes) throws(ReadError) -> Int {
      var place = bytes.count - 22
      let first = max(0, place - 0xFFFF)
      while place >= first {
        if bytes.has("PK\u{5}\u{6}", at: place),
          try Int(bytes.uint16(at: place + 20)) == bytes.count - place - 22
        {
          return place
        }
        place -= 1
      }
      throw ReadError(
        .modelTruncated,
        "the ZIP archive has no central directory",
        at: bytes.endOffset,
        hint: "is the download complete?"
      )
    }
  }

  fileprivate static func position(
    _ value: UInt64,
    in bytes: Bytes,
    _ what: String
  ) throws(ReadError) -> Int {
    guard value <= UInt64(bytes.count) else {
      throw ReadError(
        .modelTruncated,
        "the \(what) is said to be at byte \(value) of \(bytes.count)",
        at: bytes.endOffset
      )
    }
    return Int(value)
  }

  private static func member(
    at offset: Int,
    in bytes: Bytes,
    _ end: EndRecord
  ) throws(ReadError) -> (Member, next: Int) {
    let directoryOffset = end.directoryOffset
    guard bytes.has("PK\u{1}\u{2}", at: offset) else {
      throw ReadError(
        .modelInvalid,
        "no directory header where one should be",
        at: bytes.offset + offset
      )
    }
    let flags = try bytes.uint16(at: offset + 8)
    guard flags & 1 == 0 else {
      throw ReadError(.modelUnsupported, "the member is encrypted", at: bytes.offset + offset)
    }
    let method = try bytes.uint16(at: offset + 10)
    let checksum = try bytes.uint32(at: offset + 16)
    var storedSize = UInt64(try bytes.uint32(at: offset + 20))
    var size = UInt64(try bytes.uint32(at: offset + 24))
    let nameLength = Int(try bytes.uint16(at: offset + 28))
    let extraLength = Int(try bytes.uint16(at: offset + 30))
    let commentLength = Int(try bytes.uint16(at: offset + 32))
    var header = UInt64(try bytes.uint32(at: offset + 42))
    let name = try bytes.slice(at: offset + 46, count: nameLength, "a member's name").string
    let extra = try bytes.slice(
      at: offset + 46 + nameLength,
      count: extraLength,
      "a member's extra field"
    )
    try readWideSizes(extra, &size, &storedSize, &header)
    let (place, overflow) = header.addingReportingOverflow(UInt64(end.shift))
    let headerOffset = try position(
      overflow ? header : place,
      in: bytes,
      "member \"\(name)\""
    )
    guard headerOffset < directoryOffset, bytes.has("PK\u{3}\u{4}", at: headerOffset) else {
      throw ReadError(
        .modelInvalid,
        "member \"\(name)\" has no local header",
        at: bytes.offset + headerOffset
      )
    }
    // The local header repeats the name and has an extra field of its own length.
    let dataOffset =
      headerOffset + 30 + Int(try bytes.uint16(at: headerOffset + 26))
      + Int(try bytes.uint16(at: headerOffset + 28))
    guard dataOffset <= directoryOffset,
      storedSize <= UInt64(directoryOffset - dataOffset), size <= UInt64(Int.max)
    else {
      throw ReadError(
        .modelTruncated,
        "member \"\(name)\" of \(storedSize) bytes reaches into the directory",
        at: bytes.offset + headerOffset
      )
    }
    let member = Member(
      name: name,
      stored: try bytes.slice(at: dataOffset, count: Int(storedSize), "a member"),
      headerOffset: bytes.offset + headerOffset,
      method: method,
      byteCount: Int(size),
      checksum: checksum
    )
    return (member, next: offset + 46 + nameLength + extraLength + commentLength)
  }

  /// The ZIP64 extra field (tag 1) holds, in this order, the numbers that are all ones elsewhere.
  private static func readWideSizes(
    _ extra: Bytes,
    _ size: inout UInt64,
    _ storedSize: inout UInt64,
    _ header: inout UInt64
  ) throws(ReadError) {
    var offset = 0
    while offset + 4 <= extra.count {
      let tag = try extra.uint16(at: offset)
      let length = Int(try extra.uint16(at: offset + 2))
      let field = try extra.slice(at: offset + 4, count: length, "an extra field")
      offset += 4 + length
      guard tag == 1 else { continue }
      var place = 0
      if size == 0xFFFF_FFFF {
        size = try field.uint64(at: place)
        place += 8
      }
      if storedSize == 0xFFFF_FFFF {
        storedSize = try field.uint64(at: place)
        place += 8
      }
      if header == 0xFFFF_FFFF { header = try field.uint64(at: place) }
    }
  }

  /// Overlapping members make one file look like terabytes (CVE-2024-0450); equal names let two
  /// readers see two different models.
  private static func checkDisjoint(_ members: [Member], _ bytes: Bytes) throws(ReadError) {
    var names: Set<String> = []
    for member in members where !names.insert(member.name).inserted {
      throw ReadError(
        .modelInvalid,
        "the ZIP archive has two members named \"\(member.name)\"",
        at: member.headerOffset
      )
    }
    let sorted = members.sorted { $0.headerOffset < $1.headerOffset }
    for (member, next) in zip(sorted, sorted.dropFirst())
    where next.headerOffset < member.stored.endOffset {
      throw ReadError(
        .modelInvalid,
        "members \"\(member.name)\" and \"\(next.name)\" overlap",
        at: next.headerOffset
      )
    }
  }
}
