import ByteIO
import Testing
import WireFormats

/// How small zstd makes bytes.
@Suite struct ZstdSizeTests {
  /// Numbers without a pattern: a linear congruential generator's upper bits.
  private static func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(state >> 56)
    }
  }

  @Test func `what has no pattern takes its own size and a frame`() throws {
    // RFC 8878: a magic number of 4 bytes, a descriptor of 1, a content size of 2 or a window of 1,
    // 3 for the block, and 3 for a last empty block where the writer adds one.
    let size = try #require(ZstdSize.byteCount(of: ByteSource(Self.noise(10_000)).bytes))
    #expect((10_009...10_013).contains(size))
  }

  @Test func `repetition is found`() throws {
    let size = try #require(
      ZstdSize.byteCount(of: ByteSource([UInt8](repeating: 7, count: 1_000_000)).bytes)
    )
    #expect((10...120).contains(size))
  }

  @Test func `nothing takes a frame alone`() throws {
    let size = try #require(ZstdSize.byteCount(of: ByteSource([]).bytes))
    #expect((8...14).contains(size))
  }
}
