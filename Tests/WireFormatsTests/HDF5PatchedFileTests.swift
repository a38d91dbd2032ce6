import ByteIO
import Testing
import WireFormats

/// Good files with one field changed, and the error that each must give.
@Suite struct HDF5PatchedFileTests {
  /// A change to a file.
  struct Patch: Sendable, CustomTestStringConvertible {
    var name: String
    var file: String
    /// The bytes to look for; the change is `skip` bytes behind where they begin.
    var anchor: [UInt8]
    var skip: Int
    var bytes: [UInt8]
    var code: ErrorCode
    var words: String

    init(
      _ name: String,
      _ file: String,
      _ anchor: [UInt8],
      _ skip: Int,
      _ bytes: [UInt8],
      _ code: ErrorCode,
      _ words: String
    ) {
      self.name = name
      self.file = file + ".h5"
      self.anchor = anchor
      self.skip = skip
      self.bytes = bytes
      self.code = code
      self.words = words
    }

    init(
      _ name: String,
      _ file: String,
      _ anchor: String,
      _ skip: Int,
      _ bytes: [UInt8],
      _ code: ErrorCode,
      _ words: String
    ) {
      self.init(name, file, Array(anchor.utf8), skip, bytes, code, words)
    }

    var testDescription: String { name }

    func applied() throws -> [UInt8] {
      var content = try HDF5Fixtures.bytes(file)
      let starts = content.indices.dropLast(anchor.count)
      let start = try #require(starts.first { content[$0...].starts(with: anchor) })
      content.replaceSubrange(start + skip..<start + skip + bytes.count, with: bytes)
      return content
    }
  }

  private static func word(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static let superblock: [Patch] = [
    Patch("version 9", "links_latest", "HDF", 7, [9], .modelUnsupported, "version 9"),
    Patch("addresses of 3", "links_latest", "HDF", 8, [3], .modelUnsupported, "addresses of 3"),
    Patch("lengths of 16", "links_earliest", "HDF", 13, [16], .modelUnsupported, "lengths of 16"),
    Patch("no root", "links_latest", "HDF", 35, word(.max), .modelInvalid, "no address"),
    Patch("root outside", "links_latest", "HDF", 35, word(1 << 40), .modelTruncated, "is said to"),
    Patch("root is superblock", "links_latest", "HDF", 35, word(0), .modelUnsupported, "version"),
    Patch("root at end", "links_latest", "HDF", 35, word(713), .modelTruncated, "is said to"),
    Patch("extension at root", "links_latest", "HDF", 19, word(48), .modelInvalid, "same place"),
    Patch("a driver", "links_earliest", "HDF", 47, word(96), .modelUnsupported, "driver"),
  ]

  private static let headers: [Patch] = [
    Patch("header version 7", "links_latest", "OHDR", 4, [7], .modelUnsupported, "version 7"),
    // The symbol table message of the root becomes a continuation that leads to itself.
    Patch(
      "continuation of itself",
      "links_earliest",
      [0x11, 0, 16, 0],
      0,
      [0x10, 0, 16, 0, 0, 0, 0, 0] + word(112) + word(24),
      .modelInvalid,
      "same place"
    ),
    Patch(
      "continuation without end",
      "links_earliest",
      [0x11, 0, 16, 0],
      0,
      [0x10, 0, 16, 0, 0, 0, 0, 0] + word(96) + word(1 << 60),
      .modelTruncated,
      "wants"
    ),
    Patch(
      "a message that must be known",
      "links_earliest",
      [0x11, 0, 16, 0],
      0,
      [0x40, 0, 16, 0, 0x80],
      .modelUnsupported,
      "type 64"
    ),
  ]

  private static let groups: [Patch] = [
    Patch("heap of 2^63", "links_earliest", "HEAP", 8, word(1 << 63), .modelTruncated, "heap"),
    Patch("name outside", "links_earliest", "SNOD", 8, word(1 << 40), .modelInvalid, "outside"),
    Patch("name at the end", "links_earliest", "SNOD", 8, word(88), .modelInvalid, "outside"),
    Patch("no such node", "links_earliest", "TREE", 32, word(0), .modelInvalid, "no symbol node"),
    Patch("tree of chunks", "links_earliest", "TREE", 4, [1], .modelInvalid, "another type"),
    Patch("level 200", "links_earliest", "TREE", 5, [200], .modelInvalid, "no tree node"),
    Patch(
      "65,535 children",
      "links_earliest",
      "TREE",
      6,
      [0xFF, 0xFF],
      .modelInvalid,
      "no address"
    ),
    Patch("heap with filters", "many_latest", "FRHP", 7, [1], .modelUnsupported, "filters on"),
    Patch("first block of 0", "many_latest", "FRHP", 112, word(0), .modelInvalid, "block sizes"),
    Patch("record of 0 bytes", "many_latest", "BTHD", 10, [0, 0], .modelInvalid, "records of 0"),
    Patch("depth 60,000", "many_latest", "BTHD", 12, [0x60, 0xEA], .modelInvalid, "depth 60000"),
    Patch("node of 4 bytes", "many_latest", "BTHD", 6, [4, 0], .modelInvalid, "nodes of 4"),
    Patch("65,535 records", "many_latest", "BTHD", 24, [0xFF, 0xFF], .modelTruncated, "wants"),
    Patch(
      "heap offset outside",
      "many_latest",
      "BTLF\0\u{5}",
      11,
      [0xFF, 0xFF, 0xFF, 0xFF],
      .modelInvalid,
      "outside the fractal heap"
    ),
    Patch("heap object type 3", "many_latest", "BTLF\0\u{5}", 10, [0x30], .modelInvalid, "type"),
    Patch("tree of itself", "many_latest", "BTHD", 16, word(0), .modelInvalid, "no tree node"),
  ]

  private static let data: [Patch] = [
    Patch("2^60 chunks", "chunks_latest", "FAHD", 8, word(1 << 60), .modelTruncated, "wants"),
    Patch("200 bits", "chunks_latest", "EAHD", 7, [200], .modelInvalid, "block sizes"),
    Patch("blocks of 3", "chunks_latest", "EAHD", 9, [3], .modelInvalid, "block sizes"),
    Patch("pages of 2^99", "chunks_latest", "FAHD", 7, [99], .modelInvalid, "pages of"),
    Patch("foreign block", "chunks_latest", "FADB", 6, word(1), .modelInvalid, "elsewhere"),
    Patch("collection of 2^62", "types_latest", "GCOL", 8, word(1 << 62), .modelTruncated, "wants"),
    Patch("element of 2^40", "types_latest", "GCOL", 24, word(1 << 40), .modelTruncated, "wants"),
    Patch("no element 1", "types_latest", "GCOL", 16, [99], .modelInvalid, "no object 1"),
    Patch(
      "a type without bytes",
      "types_latest",
      [0x11, 0x20, 0x1F, 0, 4, 0, 0, 0],
      4,
      [0, 0, 0, 0],
      .modelInvalid,
      "no bytes"
    ),
    Patch(
      "type version 6",
      "types_latest",
      [0x11, 0x20, 0x1F, 0, 4, 0, 0, 0],
      0,
      [0x61],
      .modelUnsupported,
      "version 6"
    ),
    Patch(
      "2^50 elements",
      "zeros_latest",
      [2, 1, 1, 1, 0, 0, 0x10, 0],
      4,
      word(1 << 50),
      .limitExceeded,
      "bytes"
    ),
    Patch(
      "33 dimensions",
      "zeros_latest",
      [2, 1, 1, 1, 0, 0, 0x10, 0],
      1,
      [33],
      .modelInvalid,
      "33 dimensions"
    ),
    Patch(
      "an extent of 2^63",
      "zeros_latest",
      [2, 1, 1, 1, 0, 0, 0x10, 0],
      4,
      word(1 << 63),
      .modelInvalid,
      "extent"
    ),
    Patch("not zlib data", "zeros_latest", [0x78, 0x5E], 0, [0, 0], .modelInvalid, "decompress"),
    Patch(
      "more than deflate can",
      "zeros_latest",
      // The stored size of the only chunk.
      word(1_039),
      0,
      word(100),
      .modelInvalid,
      "more than 100 bytes"
    ),
  ]

  @Test(arguments: superblock + headers + groups + data)
  func `a field that is wrong gives its error`(patch: Patch) throws {
    let bytes = try patch.applied()
    let found = HDF5BadFileTests.error(bytes, checksIntegrity: false)
    #expect(found?.code == patch.code, "\(found?.explanation ?? "no error")")
    #expect(found?.message.contains(patch.words) == true, "\(found?.explanation ?? "no error")")
  }
}
