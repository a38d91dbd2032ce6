/// Writes a ZIP archive of stored members with fixed time stamps: the same members give the same bytes.
package struct ZIPWriter {
  private var output: [UInt8] = []
  private var directory: [UInt8] = []
  private var memberCount = 0

  /// An archive without members.
  package init() {}

  /// Adds a member as it is.
  ///
  /// - Returns: `false` where the archive would grow past the 4 GiB that 32-bit offsets reach.
  package mutating func append(_ name: String, _ content: [UInt8]) -> Bool {
    let name = Array(name.utf8)
    guard output.count + content.count + name.count + 30 < Int(UInt32.max), name.count < 0xFFFF,
      memberCount < 0xFFFE
    else { return false }
    let offset = output.count
    let shared = Self.sharedFields(Deflate.checksum(content), content.count, name.count)
    output += Self.little32(0x0403_4B50) + shared + name + content
    directory += Self.little32(0x0201_4B50) + Self.little16(20) + shared
    // No comment, first disk, no attributes.
    directory += Self.little16(0) + Self.little16(0) + Self.little16(0) + Self.little32(0)
    directory += Self.little32(UInt32(offset)) + name
    memberCount += 1
    return true
  }

  /// The archive's bytes.
  package consuming func finish() -> [UInt8] {
    let offset = UInt32(output.count)
    let count = UInt16(memberCount)
    var end = Self.little32(0x0605_4B50) + Self.little16(0) + Self.little16(0)
    end += Self.little16(count) + Self.little16(count)
    end += Self.little32(UInt32(directory.count)) + Self.little32(offset) + Self.little16(0)
    return output + directory + end
  }

  /// Version needed, UTF-8 names, stored, 1980-01-01, checksum, both sizes, name and extra lengths.
  private static func sharedFields(_ checksum: UInt32, _ size: Int, _ nameLength: Int) -> [UInt8] {
    let sizes = little32(UInt32(size)) + little32(UInt32(size))
    return little16(20) + little16(0x800) + little16(0) + little16(0) + little16(0x21)
      + little32(checksum) + sizes + little16(UInt16(nameLength)) + little16(0)
  }

  private static func little16(_ value: UInt16) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
  }

  private static func little32(_ value: UInt32) -> [UInt8] {
    little16(UInt16(truncatingIfNeeded: value)) + little16(UInt16(truncatingIfNeeded: value >> 16))
  }
}
