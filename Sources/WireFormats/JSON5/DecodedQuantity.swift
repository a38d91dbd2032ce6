/// Quantities as people write them, turned into whole numbers of a base unit.
///
/// The unit is mandatory and its letters count: `mb` might be a million bits or 2^20 bytes. The
/// result is exact or an error: no rounding moves a limit.
package enum DecodedQuantity {
  /// What is measured: its units and how it is named in messages.
  package struct Kind: Sendable {
    /// A unit of `numerator` base units.
    struct Unit: Sendable {
      let name: String
      let numerator: Int

      init(_ name: String, _ numerator: Int) {
        self.name = name
        self.numerator = numerator
      }
    }

    /// What a value should be, with an example, for messages.
    let wanted: String
    /// What fractions must come to: `bytes`.
    let baseUnits: String
    let units: [Unit]

    /// Sizes, in bytes: powers of ten by SI, powers of two by IEC 80000-13.
    package static let byteCount = Kind(
      wanted: "a size with a unit, such as \"5 MB\"",
      baseUnits: "bytes",
      units: [
        Unit("B", 1), Unit("kB", 1_000), Unit("MB", 1_000_000), Unit("GB", 1_000_000_000),
        Unit("KiB", 1 << 10), Unit("MiB", 1 << 20), Unit("GiB", 1 << 30),
      ]
    )

    /// Counts, such as of multiply-adds.
    package static let count = Kind(
      wanted: "a count with a unit, such as \"300 M\"",
      baseUnits: "units",
      units: [
        Unit("k", 1_000), Unit("M", 1_000_000), Unit("G", 1_000_000_000),
        Unit("T", 1_000_000_000_000),
      ]
    )

    /// Shares, in hundredths of a percent.
    package static let percentage = Kind(
      wanted: "a percentage, such as \"2 %\"",
      baseUnits: "hundredths of a percent",
      units: [Unit("%", 100)]
    )

    /// Times, in nanoseconds.
    package static let duration = Kind(
      wanted: "a time with a unit, such as \"50 ms\"",
      baseUnits: "nanoseconds",
      units: [
        Unit("ns", 1), Unit("us", 1_000), Unit("µs", 1_000), Unit("ms", 1_000_000),
        Unit("s", 1_000_000_000), Unit("min", 60_000_000_000), Unit("h", 3_600_000_000_000),
      ]
    )

    /// Clock rates, in hertz.
    package static let frequency = Kind(
      wanted: "a frequency with a unit, such as \"480 MHz\"",
      baseUnits: "hertz",
      units: [
        Unit("Hz", 1), Unit("kHz", 1_000), Unit("MHz", 1_000_000), Unit("GHz", 1_000_000_000),
      ]
    )

    /// Bandwidths, in bytes a second.
    package static let bandwidth = Kind(
      wanted: "a bandwidth with a unit, such as \"3.2 GB/s\"",
      baseUnits: "bytes a second",
      units: byteCount.units.map { Unit($0.name + "/s", $0.numerator) }
    )
  }

  /// Why text is no quantity.
  package struct Failure: Error, Equatable, Sendable {
    /// What is wrong: lower case, no full stop.
    package let message: String
    /// What to do about it.
    package let hint: String?
  }

  /// Reads a quantity: digits, possibly a dot and more digits, a space or none, and a unit.
  ///
  /// - Returns: The number of base units, 0 or more.
  /// - Throws: where the text is not of that form, the unit is unknown, or the value is no whole
  ///   number of base units or does not fit.
  package static func parse(_ text: String, as kind: Kind) throws(Failure) -> Int {
    let bytes = Array(text.utf8)
    guard bytes.count <= 64 else { throw malformed(text, kind) }
    var index = 0
    let whole = digits(bytes, &index)
    var fraction: ArraySlice<UInt8> = []
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      index += 1
      fraction = digits(bytes, &index)
      guard !fraction.isEmpty else { throw malformed(text, kind) }
    }
    guard !whole.isEmpty else { throw malformed(text, kind) }
    if index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
    let name = String(decoding: bytes[index...], as: UTF8.self)
    guard let unit = kind.units.first(where: { $0.name == name }) else {
      throw unknownUnit(name, in: text, kind)
    }
    while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
    return try value(whole + fraction, decimals: fraction.count, unit, text, kind)
  }

  private static func digits(_ bytes: [UInt8], _ index: inout Int) -> ArraySlice<UInt8> {
    let start = index
    while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) {
      index += 1
    }
    return bytes[start..<index]
  }

  /// `digits × unit / 10^decimals`, where that is exact.
  private static func value(
    _ digits: ArraySlice<UInt8>,
    decimals: Int,
    _ unit: Kind.Unit,
    _ text: String,
    _ kind: Kind
  ) throws(Failure) -> Int {
    // Each decimal takes a factor of ten out of the unit as long as it has one; what is left
    // divides the product.
    var result = 0
    var overflows = false
    for digit in digits {
      let (product, first) = result.multipliedReportingOverflow(by: 10)
      let (sum, second) = product.addingReportingOverflow(Int(digit) - 48)
      overflows = overflows || first || second
      result = sum
    }
    var scale = unit.numerator
    var divisor = 1
    for _ in 0..<decimals {
      if scale.isMultiple(of: 10) {
        scale /= 10
      } else {
        let (next, tooSmall) = divisor.multipliedReportingOverflow(by: 10)
        guard !tooSmall else { throw fractional(text, kind) }
        divisor = next
      }
    }
    let (scaled, isTooLarge) = result.multipliedReportingOverflow(by: scale)
    guard !overflows, !isTooLarge else {
      throw Failure(message: "\(quotedForMessage(text)) is too large", hint: nil)
    }
    guard scaled.isMultiple(of: divisor) else { throw fractional(text, kind) }
    return scaled / divisor
  }

  private static func fractional(_ text: String, _ kind: Kind) -> Failure {
    Failure(
      message: "\(quotedForMessage(text)) is no whole number of \(kind.baseUnits)",
      hint: "write fewer decimals"
    )
  }

  private static func malformed(_ text: String, _ kind: Kind) -> Failure {
    Failure(message: "\(quotedForMessage(text)) is not \(kind.wanted)", hint: nil)
  }

  private static func unknownUnit(_ name: String, in text: String, _ kind: Kind) -> Failure {
    let names = kind.units.map(\.name)
    guard !name.isEmpty else {
      return Failure(
        message: "\(quotedForMessage(text)) has no unit",
        hint: "units: " + names.joined(separator: ", ")
      )
    }
    let sameLetters = names.filter { $0.lowercased() == name.lowercased() }
    // A lone M, or MB where a count belongs, has a letter too few or too many.
    let related = names.filter {
      $0.lowercased().hasPrefix(name.lowercased()) || name.lowercased().hasPrefix($0.lowercased())
    }
    let proposals = sameLetters.isEmpty ? related : sameLetters
    return Failure(
      message: "\(quotedForMessage(text)) has the unknown unit \(quotedForMessage(name))",
      hint: (proposals.count == 1 ? "did you mean \(proposals[0])?" : nil)
        ?? "units: " + names.joined(separator: ", ")
    )
  }
}
