/// Numbers with units, as people read them.
package enum Quantity {
  /// Bytes in powers of 1,024: `64 B`, `325.5 KiB`, `1.20 GiB`.
  package static func bytes(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    guard count.magnitude >= 1024 else { return "\(count) B" }
    var value = Double(count)
    var unit = 0
    // What would print as 1024.0 of a unit is 1.0 of the next.
    while abs(value) >= 1023.95, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return fixed(value, digits: 1) + " " + units[unit]
  }

  /// Bytes in powers of 1,000: `64 B`, `325.5 kB`, `1.2 GB`.
  package static func decimalBytes(_ count: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    guard count.magnitude >= 1000 else { return "\(count) B" }
    var value = Double(count)
    var unit = 0
    while abs(value) >= 999.95, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return fixed(value, digits: 1) + " " + units[unit]
  }

  /// Bytes, or that they are unknown.
  package static func bytes(_ count: Int?) -> String { count.map { bytes($0) } ?? "unknown" }

  /// Bytes as a number of KiB without the unit, for columns.
  package static func kibibytes(_ count: Int?) -> String {
    guard let count else { return "?" }
    return grouped(fixed(Double(count) / 1024, digits: 1))
  }

  /// A count in powers of 1,000 with three significant digits: `7.49 M`, `12`, `3.00 G`.
  package static func count(_ value: Int) -> String {
    guard value.magnitude >= 1000 else { return String(value) }
    let units = ["", " k", " M", " G", " T", " P", " E"]
    var scaled = Double(value)
    var unit = 0
    while abs(scaled) >= 999.5, unit < units.count - 1 {
      scaled /= 1000
      unit += 1
    }
    let digits = abs(scaled) >= 99.95 ? 0 : abs(scaled) >= 9.995 ? 1 : 2
    return fixed(scaled, digits: digits) + units[unit]
  }

  /// A count, or that it is unknown.
  package static func count(_ value: Int?) -> String { value.map { count($0) } ?? "unknown" }

  /// A share with one decimal: `15.7 %`.
  package static func percent(_ share: Double) -> String { fixed(100 * share, digits: 1) + " %" }

  /// Digits in groups of three: `1,234,567`.
  package static func grouped(_ value: Int) -> String { grouped(String(value)) }

  private static func grouped(_ text: String) -> String {
    let sign = text.hasPrefix("-") ? "-" : ""
    let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = parts.first else { return text }
    var result = ""
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return sign + result + (parts.count > 1 ? "." + parts[1] : "")
  }

  /// A number with a fixed number of decimals, rounded half to even, in no locale.
  package static func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return "?" }
    var power = 1.0
    for _ in 0..<digits { power *= 10 }
    let scaled = (value.magnitude * power).rounded(.toNearestOrEven)
    guard let units = Int(exactly: scaled), let divisor = Int(exactly: power) else {
      return "\(value)"
    }
    let sign = value < 0 && units != 0 ? "-" : ""
    guard digits > 0 else { return sign + String(units) }
    let fraction = String(units % divisor)
    return sign + "\(units / divisor)." + String(repeating: "0", count: digits - fraction.count)
      + fraction
  }

  /// A number with `digits` significant digits, for ranges of weights.
  package static func significant(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite else { return "?" }
    guard value != 0 else { return "0" }
    if let whole = Int(exactly: value), whole.magnitude < 1_000_000 { return String(whole) }
    var exponent = 0
    var magnitude = value.magnitude
    while magnitude >= 10, exponent < 400 {
      magnitude /= 10
      exponent += 1
    }
    while magnitude < 1, exponent > -400 {
      magnitude *= 10
      exponent -= 1
    }
    guard exponent >= -4, exponent < 7 else {
      let sign = value < 0 ? "-" : ""
      return sign + fixed(magnitude, digits: digits - 1) + "e\(exponent)"
    }
    return fixed(value, digits: max(0, digits - 1 - exponent))
  }
}
