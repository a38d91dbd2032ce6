import ByteIO
import FormatKeras
import Testing

/// What `--limit` bounds: each bound is met with the flag that moves it.
@Suite struct LimitTests {
  private func error(
    _ bytes: [UInt8],
    _ change: (inout KerasLimits) -> Void
  ) -> ReadError? {
    var limits = KerasLimits()
    change(&limits)
    do throws(ReadError) {
      _ = try KerasFormat.load(ByteSource(bytes).bytes, path: "test", limits: limits)
      return nil
    } catch {
      return error
    }
  }

  private static let plain = Archive.keras(Archive.sequential([Archive.input]))

  @Test func `a tensor of more axes than allowed is refused`() {
    #expect(error(Self.plain) { $0.rank = 2 } == nil)
    let refused = error(Self.plain) { $0.rank = 1 }
    #expect(refused?.code == .limitExceeded)
    #expect(refused?.explanation.contains("--limit rank=") == true)
    let many = Array(repeating: "1", count: 65).joined(separator: ", ")
    let layer = Archive.layer("InputLayer", "x", #""batch_shape": [\#(many)]"#, inbound: "")
    #expect(error(Archive.keras(Archive.sequential([layer]))) { _ in }?.code == .limitExceeded)
  }

  @Test func `an archive of more members than allowed is refused`() {
    #expect(error(Self.plain) { $0.archiveEntries = 2 } == nil)
    let refused = error(Self.plain) { $0.archiveEntries = 1 }
    #expect(refused?.code == .limitExceeded)
    #expect(refused?.explanation.contains("--limit zip-entries=") == true)
  }
}
