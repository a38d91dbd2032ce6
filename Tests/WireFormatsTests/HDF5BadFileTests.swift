import ByteIO
import TestSupport
import Testing
import WireFormats

@Suite struct HDF5BadFileTests {
  /// Reads all that a file has, with small limits.
  static func readAll(_ bytes: Bytes, checksIntegrity: Bool = true) throws(ReadError) {
    let file = try HDF5File(bytes, checksIntegrity: checksIntegrity)
    for link in file.root.links { _ = try file.root[link.name] }
    let survey = try file.survey()
    for region in survey.regions {
      _ = try bytes.slice(at: region.bytes.offset, count: region.bytes.count)
    }
    for attributes in survey.attributes {
      for attribute in attributes.all { try convert(attribute.values) }
    }
    for dataset in survey.datasets {
      let values = try dataset.values(limit: 1 << 22)
      if values.bytes.count < 1 << 14 { try convert(values) }
    }
  }

  private static func convert(_ values: HDF5Values) throws(ReadError) {
    switch values.type {
    case .fixedText, .variableText: _ = try values.texts()
    case .integer, .enumeration: _ = try values.integers()
    case .float: _ = try values.floats()
    case .opaque, .other: break
    }
  }

  static func error(_ bytes: [UInt8], checksIntegrity: Bool = true) -> ReadError? {
    do throws(ReadError) {
      try readAll(ByteSource(bytes).bytes, checksIntegrity: checksIntegrity)
      return nil
    } catch {
      return error
    }
  }

  /// There is no writer of ours for HDF5: the smallest of h5py's files stand in.
  @Test func `the fuzzer begins with small files`() throws {
    for name in ["bad/soft_cycle", "links_latest", "links_earliest", "small_v108", "zeros_latest"] {
      let file = name.split(separator: "/").joined(separator: "-") + ".h5"
      for target in ["hdf5", "hdf5-unchecked"] {
        try expectSeed(try HDF5Fixtures.bytes(name + ".h5"), target, file)
      }
    }
  }

  @Test(arguments: [
    (name: "external_storage", code: ErrorCode.modelUnsupported, words: "external storage"),
    ("external_link", .modelUnsupported, "external link to the file \"other.h5\""),
    ("virtual", .modelUnsupported, "virtual data set"),
    ("filter", .modelUnsupported, "filter 32000 (lzf)"),
    ("filter_scaleoffset", .modelUnsupported, "filter 6 (scaleoffset)"),
    ("shape_bomb", .limitExceeded, "10000000000000000 bytes"),
    ("shape_bomb_contiguous", .limitExceeded, "10000000000000 bytes"),
    ("shape_bomb_small", .modelInvalid, "of which the file has 0"),
    ("cycle_earliest", .modelInvalid, "contains itself"),
    ("cycle_latest", .modelInvalid, "contains itself"),
    ("soft_cycle", .limitExceeded, "soft links"),
  ])
  func `what h5py writes to leave the file or to exhaust memory is refused`(
    name: String,
    code: ErrorCode,
    words: String
  ) throws {
    let bytes = try HDF5Fixtures.bytes("bad/\(name).h5")
    var found = Self.error(bytes)
    if name == "shape_bomb_small" {
      // Below the limit of the tool, but not below what the file can pay for.
      let dataset = try HDF5File(ByteSource(bytes).bytes).root.dataset("d")
      found = #expect(throws: ReadError.self) { try dataset?.content() }
    }
    #expect(found?.code == code)
    #expect(found?.message.contains(words) == true, "\(found?.explanation ?? "no error")")
    #expect(found?.path.isEmpty == false)
  }

  @Test func `not even the name of an external file is looked up`() throws {
    // The link's target is where the error says; nothing else of it is used.
    let root = try HDF5Fixtures.file("bad/external_link.h5").root
    #expect(root.links.map(\.target) == [.external(file: "other.h5", path: "/d")])
    #expect(try root.children().map(\.kind) == [.externalLink])
  }

  @Test(arguments: [
    (name: "nothing", text: "", code: ErrorCode.modelInvalid),
    ("a web page", "<!DOCTYPE html><html>", .modelInvalid),
    ("a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\n", .modelInvalid),
    ("a signature alone", "\u{0}", .modelTruncated),
  ])
  func `what is not HDF5 is said so`(name: String, text: String, code: ErrorCode) {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    let bytes = text == "\0" ? signature : Array(text.utf8)
    #expect(Self.error(bytes)?.code == code, "\(name)")
  }

  @Test(arguments: ["links_latest.h5", "links_earliest.h5", "small_v108.h5"])
  func `every prefix is an error`(name: String) throws {
    let bytes = try HDF5Fixtures.bytes(name)
    for count in 0..<bytes.count {
      let found = try #require(Self.error(Array(bytes[..<count])), "\(count) bytes")
      #expect([.modelTruncated, .modelInvalid].contains(found.code), "\(count) bytes")
    }
  }

  @Test(arguments: HDF5Fixtures.names)
  func `no prefix crashes where the stated size is not compared`(name: String) throws {
    let bytes = try HDF5Fixtures.bytes(name)
    for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 300)) {
      _ = Self.error(Array(bytes[..<count]), checksIntegrity: false)
    }
  }

  @Test func `a flipped bit of a structure with a checksum is noticed`() throws {
    let bytes = try HDF5Fixtures.bytes("links_latest.h5")
    let data = try HDF5File(ByteSource(bytes).bytes).root.dataset("a/b/c")
    let content = try #require(try data?.content())
    for place in bytes.indices where place < content.offset || place >= content.endOffset {
      var damaged = bytes
      damaged[place] ^= 0x10
      #expect(Self.error(damaged) != nil, "byte \(place)")
    }
  }

  /// Numbers that are often in the wrong place.
  private static let extremes: [UInt64] = [
    0, 1, 7, 8, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 62, 1 << 63,
    .max - 1, .max,
  ]

  private static func mutate(_ bytes: inout [UInt8], _ next: () -> UInt64) {
    guard !bytes.isEmpty else { return }
    func place() -> Int { Int(next() % UInt64(bytes.count)) }
    switch next() % 6 {
    case 0: bytes[place()] ^= 1 << UInt8(next() % 8)
    case 1: bytes[place()] = UInt8(truncatingIfNeeded: next())
    case 2, 3:
      // An extreme or a place in the file, in 1, 2, 4 or 8 bytes.
      let value = next() % 3 == 0 ? UInt64(place()) : extremes[Int(next() % UInt64(extremes.count))]
      let start = place()
      for index in 0..<(1 << Int(next() % 4)) where start + index < bytes.count {
        bytes[start + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
      }
    case 4:
      // A piece of the file somewhere else.
      let from = place()
      let to = place()
      let count = min(Int(next() % 64), bytes.count - max(from, to))
      let piece = Array(bytes[from..<from + count])
      bytes.replaceSubrange(to..<to + count, with: piece)
    default: bytes.removeLast(Int(next() % UInt64(bytes.count)) / 4)
    }
  }

  @Test(arguments: HDF5Fixtures.names)
  func `damaged files give errors or values`(name: String) throws {
    #if DEBUG
    let rounds = 100
    #else
    let rounds = 2_500
    #endif
    let bytes = try HDF5Fixtures.bytes(name)
    // SplitMix64 (Steele, Lea and Flood, 2014); the seed is the name of the file.
    var state = name.utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
      ($0 ^ UInt64($1)) &* 1_099_511_628_211
    }
    func next() -> UInt64 {
      state = state &+ 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
      return mixed ^ mixed >> 31
    }
    var refused = 0
    for _ in 0..<rounds {
      var damaged = bytes
      for _ in 0...(next() % 3) { Self.mutate(&damaged, next) }
      if let error = Self.error(damaged, checksIntegrity: false) {
        refused += 1
        #expect(error.code != .internal)
        #expect(!error.message.isEmpty)
      }
    }
    #expect(refused > 0)
  }
}
