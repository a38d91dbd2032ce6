/// Numbers (JSON5, section 6; JSON: RFC 8259, section 6).
extension JSON5Parser {
  /// The most characters of a number: the time to convert one grows with their square.
  private static let longestNumber = 1_000

  /// A number; the cursor is at its sign, its first digit or its dot.
  ///
  /// - Returns: An integer where it is written as one and fits, else the nearest double.
  mutating func number() throws(JSON5Error) -> JSON5Node.Value {
    let position = scanner.position
    let start = scanner.offset
    var isNegative = false
    if let sign = scanner.byte, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      guard isNegative || !isStrict else { throw error("a number of JSON has no plus sign") }
      scanner.skip()
    }
    if let byte = scanner.byte, byte == UInt8(ascii: "I") || byte == UInt8(ascii: "N") {
      return .double(try signedWord(isNegative, at: position))
    }
    let value: JSON5Node.Value
    if scanner.has("0x") || scanner.has("0X"), !isStrict {
      value = try hexadecimalNumber(isNegative, at: position)
    } else {
      value = try decimalNumber(isNegative, from: start, at: position)
    }
    if !scanner.isAtEnd,
      try nextScalar().value.continuesIdentifier || scanner.byte == UInt8(ascii: ".")
    {
      throw JSON5Error(
        options.code,
        "\(try nextThing()) stands inside of a number",
        at: scanner.position,
        hint: "a quantity with a unit stands in quotes"
      )
    }
    return value
  }

  private mutating func signedWord(
    _ isNegative: Bool,
    at position: JSON5Position
  ) throws(JSON5Error) -> Double {
    let name = try identifier()
    let value: Double
    switch name {
    case "Infinity": value = isNegative ? -.infinity : .infinity
    // JSON of Python has no "-NaN".
    case "NaN" where !isStrict: value = .nan
    default: throw JSON5Error(options.code, "a sign stands before no number", at: position)
    }
    return try nonFinite(value, at: position)
  }

  private mutating func hexadecimalNumber(
    _ isNegative: Bool,
    at position: JSON5Position
  ) throws(JSON5Error) -> JSON5Node.Value {
    scanner.skip(2)
    let digits = scanner.run { Self.hexadecimalDigit($0) != nil }
    guard !digits.isEmpty else { throw error("a hexadecimal number has no digits") }
    try checkLength(digits.count, at: position)
    if let whole = Self.integer(digits, radix: 16, isNegative) { return .int(whole) }
    let value = try double("0x" + String(decoding: digits, as: UTF8.self), at: position)
    return .double(isNegative ? -value : value)
  }

  private mutating func decimalNumber(
    _ isNegative: Bool,
    from start: Int,
    at position: JSON5Position
  ) throws(JSON5Error) -> JSON5Node.Value {
    let digits = scanner.run(where: Self.isDigit)
    try checkLength(digits.count, at: position)
    if digits.count > 1, digits.first == UInt8(ascii: "0") {
      throw JSON5Error(options.code, "a number begins with a needless 0", at: position)
    }
    guard !isStrict || !digits.isEmpty else {
      throw error("a digit should stand here and not \(try nextThing())")
    }
    var isWhole = true
    var fractionCount = 0
    if scanner.byte == UInt8(ascii: ".") {
      isWhole = false
      scanner.skip()
      fractionCount = scanner.run(where: Self.isDigit).count
      guard !isStrict || fractionCount > 0 else { throw error("a digit is missing after the dot") }
    }
    guard !digits.isEmpty || fractionCount > 0 else {
      throw JSON5Error(options.code, "a number has no digits", at: position)
    }
    if scanner.byte == UInt8(ascii: "e") || scanner.byte == UInt8(ascii: "E") {
      isWhole = false
      scanner.skip()
      if scanner.byte == UInt8(ascii: "+") || scanner.byte == UInt8(ascii: "-") { scanner.skip() }
      guard !scanner.run(where: Self.isDigit).isEmpty else {
        throw error("a digit is missing in the exponent")
      }
    }
    let literal = scanner.bytes(since: start)
    try checkLength(literal.count, at: position)
    if isWhole, let whole = Self.integer(digits, radix: 10, isNegative) { return .int(whole) }
    return .double(try double(String(decoding: literal, as: UTF8.self), at: position))
  }

  /// The integer, or `nil` where it does not fit.
  private static func integer(
    _ digits: ArraySlice<UInt8>,
    radix: Int,
    _ isNegative: Bool
  ) -> Int? {
    var value = 0
    for byte in digits {
      let digit = Int(hexadecimalDigit(byte) ?? 0)
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: radix)
      // Negative numbers grow downwards, so that the smallest integer fits too.
      let (sum, overflows) = product.addingReportingOverflow(isNegative ? -digit : digit)
      guard !isTooLarge, !overflows else { return nil }
      value = sum
    }
    return value
  }

  /// The double nearest to a decimal or hexadecimal literal.
  private func double(
    _ literal: String,
    at position: JSON5Position
  ) throws(JSON5Error) -> Double {
    guard let value = Double(literal), value.isFinite else {
      throw JSON5Error(options.code, "a number is too large for a double", at: position)
    }
    return value
  }

  private func checkLength(_ count: Int, at position: JSON5Position) throws(JSON5Error) {
    guard count <= Self.longestNumber else {
      throw JSON5Error(
        options.code,
        "a number has more than \(Self.longestNumber) characters",
        at: position
      )
    }
  }
}
