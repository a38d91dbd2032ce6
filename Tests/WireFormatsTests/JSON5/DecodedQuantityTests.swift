import Testing
import WireFormats

@Suite struct DecodedQuantityTests {
  @Test(arguments: [
    ("0 B", 0), ("12 B", 12), ("12B", 12), ("5 MB", 5_000_000), ("256 KiB", 262_144),
    ("1.5 KiB", 1_536), ("2.5 kB", 2_500), ("0.000001 MB", 1), ("21.8 MB", 21_800_000),
    ("1 GiB", 1_073_741_824), ("1.10 GB", 1_100_000_000), ("1.50000000000000000000 MB", 1_500_000),
    ("0.0009765625 KiB", 1), ("9223372036 GB", 9_223_372_036_000_000_000),
    ("9223372036854775807 B", .max),
  ])
  func `sizes come to whole bytes`(text: String, bytes: Int) throws {
    #expect(try DecodedQuantity.parse(text, as: .byteCount) == bytes)
  }

  @Test func `the other kinds have their own units`() throws {
    #expect(try DecodedQuantity.parse("300 M", as: .count) == 300_000_000)
    #expect(try DecodedQuantity.parse("1.5 G", as: .count) == 1_500_000_000)
    #expect(try DecodedQuantity.parse("0.532 k", as: .count) == 532)
    #expect(try DecodedQuantity.parse("2 %", as: .percentage) == 200)
    #expect(try DecodedQuantity.parse("0.25%", as: .percentage) == 25)
    #expect(try DecodedQuantity.parse("50 ms", as: .duration) == 50_000_000)
    #expect(try DecodedQuantity.parse("1.5 µs", as: .duration) == 1_500)
    #expect(try DecodedQuantity.parse("10 min", as: .duration) == 600_000_000_000)
    #expect(try DecodedQuantity.parse("480 MHz", as: .frequency) == 480_000_000)
    #expect(try DecodedQuantity.parse("3.2 GB/s", as: .bandwidth) == 3_200_000_000)
  }

  @Test(arguments: [
    ("", #""" is not a size with a unit, such as "5 MB""#, nil as String?),
    ("MB", #""MB" is not a size with a unit, such as "5 MB""#, nil),
    ("-5 MB", #""-5 MB" is not a size with a unit, such as "5 MB""#, nil),
    ("+5 MB", #""+5 MB" is not a size with a unit, such as "5 MB""#, nil),
    (".5 MB", #"".5 MB" is not a size with a unit, such as "5 MB""#, nil),
    ("5. MB", #""5. MB" is not a size with a unit, such as "5 MB""#, nil),
    ("NaN MB", #""NaN MB" is not a size with a unit, such as "5 MB""#, nil),
    (" 5 MB", #"" 5 MB" is not a size with a unit, such as "5 MB""#, nil),
    ("5000000", #""5000000" has no unit"#, "units: B, kB, MB, GB, KiB, MiB, GiB"),
    ("5 ", #""5 " has no unit"#, "units: B, kB, MB, GB, KiB, MiB, GiB"),
    ("5 mb", #""5 mb" has the unknown unit "mb""#, "did you mean MB?"),
    ("5 KB", #""5 KB" has the unknown unit "KB""#, "did you mean kB?"),
    ("5 kib", #""5 kib" has the unknown unit "kib""#, "did you mean KiB?"),
    ("5 M", #""5 M" has the unknown unit "M""#, "units: B, kB, MB, GB, KiB, MiB, GiB"),
    ("5  MB", #""5  MB" has the unknown unit " MB""#, "units: B, kB, MB, GB, KiB, MiB, GiB"),
    ("5 MB ", #""5 MB " has the unknown unit "MB ""#, "did you mean MB?"),
    ("5 TB", #""5 TB" has the unknown unit "TB""#, "units: B, kB, MB, GB, KiB, MiB, GiB"),
    ("5,5 MB", #""5,5 MB" has the unknown unit ",5 MB""#, "units: B, kB, MB, GB, KiB, MiB, GiB"),
    ("1e3 kB", #""1e3 kB" has the unknown unit "e3 kB""#, "units: B, kB, MB, GB, KiB, MiB, GiB"),
    ("0.5 B", #""0.5 B" is no whole number of bytes"#, "write fewer decimals"),
    ("0.3 KiB", #""0.3 KiB" is no whole number of bytes"#, "write fewer decimals"),
    ("0.0000001 MB", #""0.0000001 MB" is no whole number of bytes"#, "write fewer decimals"),
    (
      "0.0000000000000000000000000000001 B",
      #""0.0000000000000000000000000000001 B" is no whole number of bytes"#, "write fewer decimals"
    ),
    ("9223372036854775808 B", #""9223372036854775808 B" is too large"#, nil),
    ("9223372037 GB", #""9223372037 GB" is too large"#, nil),
    ("99999999999999999999999999 B", #""99999999999999999999999999 B" is too large"#, nil),
  ])
  func `a size that is not clear is refused`(text: String, message: String, hint: String?) {
    let failure = #expect(throws: DecodedQuantity.Failure.self) {
      try DecodedQuantity.parse(text, as: .byteCount)
    }
    #expect(failure?.message == message)
    #expect(failure?.hint == hint)
  }

  @Test func `a percentage finer than a hundredth is refused`() {
    #expect(throws: DecodedQuantity.Failure.self) {
      try DecodedQuantity.parse("0.125 %", as: .percentage)
    }
  }
}
