/// Writes ZIP archives for tests.
package enum TestArchive {
  /// An archive of one file that is stored as it is; the checksum is left 0.
  ///
  /// - Parameters:
  ///   - name: The file's name.
  ///   - content: Its bytes.
  ///   - start: Where the archive begins in its file, where offsets count from there.
  /// - Returns: The archive.
  package static func bytes(name: String, content: [UInt8], startsAt start: Int = 0) -> [UInt8] {
    let nameBytes = Array(name.utf8)
    let sizes = littleEndian([UInt32(0), UInt32(content.count), UInt32(content.count)])
    let lengths = littleEndian([UInt16(nameBytes.count), 0])
    let common = littleEndian([UInt16(20), 0, 0, 0, 0]) + sizes + lengths
    let local = Array("PK\u{3}\u{4}".utf8) + common + nameBytes + content
    var entry = Array("PK\u{1}\u{2}".utf8) + littleEndian([UInt16(20)]) + common
    entry +=
      littleEndian([UInt16(0), 0, 0]) + littleEndian([UInt32(0), UInt32(start)]) + nameBytes
    let end =
      Array("PK\u{5}\u{6}".utf8) + littleEndian([UInt16(0), 0, 1, 1])
      + littleEndian([UInt32(entry.count), UInt32(start + local.count)]) + [0, 0]
    return local + entry + end
  }
}
