import Testing

@testable import Profiling

/// Expected texts by hand.
@Suite struct QuantityTests {
  @Test(arguments: [
    (0, "0 B"), (1, "1 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"),
    (1_048_575, "1.0 MiB"), (1_048_576, "1.0 MiB"), (325 * 1_024 + 512, "325.5 KiB"),
    (1_288_490_189, "1.2 GiB"), (Int.max, "8388608.0 TiB"),
  ])
  func `bytes are in powers of 1,024`(count: Int, text: String) {
    #expect(Quantity.bytes(count) == text)
  }

  @Test(arguments: [
    (0, "0"), (12, "12"), (999, "999"), (1_000, "1.00 k"), (9_994, "9.99 k"), (9_995, "10.0 k"),
    (99_949, "99.9 k"), (99_950, "100 k"), (999_499, "999 k"), (999_999, "1.00 M"),
    (7_489_664, "7.49 M"), (3_000_000_000, "3.00 G"), (Int.max, "9.22 E"),
  ])
  func `counts have three significant digits`(count: Int, text: String) {
    #expect(Quantity.count(count) == text)
  }

  @Test func `what is unknown says so`() {
    #expect(Quantity.count(nil) == "unknown")
    #expect(Quantity.bytes(nil) == "unknown")
    #expect(Quantity.kibibytes(nil) == "?")
  }

  @Test(arguments: [
    (0.0, "0.0 %"), (1, "100.0 %"), (0.157, "15.7 %"), (0.00049, "0.0 %"), (.nan, "? %"),
    (0.9996, "100.0 %"),
  ])
  func `shares are in percent`(share: Double, text: String) {
    #expect(Quantity.percent(share) == text)
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_234, "-1,234"),
    (-123, "-123"),
  ])
  func `long numbers are in groups of three`(value: Int, text: String) {
    #expect(Quantity.grouped(value) == text)
  }

  @Test(arguments: [(0, "0.0"), (512, "0.5"), (1_048_576, "1,024.0"), (51, "0.0")])
  func `columns of KiB have no unit`(bytes: Int, text: String) {
    #expect(Quantity.kibibytes(bytes) == text)
  }

  @Test(arguments: [
    (1.5, 0, "2"), (2.5, 0, "2"), (-0.04, 1, "0.0"), (-1.25, 1, "-1.2"), (3.14159, 3, "3.142"),
    (.infinity, 2, "?"), (0.05, 2, "0.05"),
  ])
  func `decimals are fixed`(value: Double, digits: Int, text: String) {
    #expect(Quantity.fixed(value, digits: digits) == text)
  }

  @Test(arguments: [
    (0.0, "0"), (1, "1"), (-127, "-127"), (0.00392, "0.00392"), (0.25, "0.250"),
    (12.345, "12.3"), (1.0e-9, "1.00e-9"), (-2.5e-7, "-2.50e-7"), (1.5e9, "1.50e9"),
  ])
  func `ranges have three significant digits`(value: Double, text: String) {
    #expect(Quantity.significant(value) == text)
  }
}
