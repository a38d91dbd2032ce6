import Gate
import Profiling

/// The values of figures as people read them.
enum FigureText {
  /// A value in its unit.
  static func text(_ value: Int, _ unit: Figure.Unit, isBinary: Bool = true) -> String {
    switch unit {
    case .bytes: isBinary ? Quantity.bytes(value) : Quantity.decimalBytes(value)
    case .count: Quantity.count(value)
    case .share: percent(hundredths: value)
    case .time: time(nanoseconds: value)
    case .ratio: Quantity.significant(Double(value) / 1e6, digits: 4)
    }
  }

  /// Every digit of a value.
  static func exact(_ value: Int, _ unit: Figure.Unit) -> String {
    switch unit {
    case .bytes: Quantity.grouped(value) + " B"
    case .count: Quantity.grouped(value)
    case .share: percent(hundredths: value)
    case .time: Quantity.grouped(value) + " ns"
    case .ratio: Quantity.fixed(Double(value) / 1e6, digits: 6)
    }
  }

  /// Two values side by side: with all digits where they would look the same and are not.
  static func pair(
    _ first: Int,
    _ second: Int,
    _ unit: Figure.Unit,
    isBinary: Bool
  ) -> (String, String) {
    let short = (
      text(first, unit, isBinary: isBinary), text(second, unit, isBinary: isBinary)
    )
    guard first != second, short.0 == short.1 else { return short }
    return (exact(first, unit), exact(second, unit))
  }

  /// `2 %`, `1.5 %`, `0.25 %`.
  static func percent(hundredths: Int) -> String {
    let digits = hundredths % 100 == 0 ? 0 : hundredths % 10 == 0 ? 1 : 2
    return Quantity.fixed(Double(hundredths) / 100, digits: digits) + " %"
  }

  /// The change between two values in percent, with its sign.
  static func change(from old: Int, to new: Int) -> String {
    guard old != 0 else { return new == 0 ? "±0 %" : "new" }
    let share = (Double(new) - Double(old)) / Double(old).magnitude
    if share == 0 { return "±0 %" }
    return (share > 0 ? "+" : "−") + Quantity.percent(share.magnitude)
  }

  /// A change in its unit, with its sign.
  static func signed(_ value: Int, _ unit: Figure.Unit, isBinary: Bool = true) -> String {
    let magnitude = text(Int(clamping: value.magnitude), unit, isBinary: isBinary)
    return value == 0 ? "±0" : (value > 0 ? "+" : "−") + magnitude
  }

  /// `8.90 ms`, `31.0 µs`.
  static func time(nanoseconds: Int) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")]
    for (scale, name) in units where Double(nanoseconds.magnitude) >= scale {
      return Quantity.significant(Double(nanoseconds) / scale) + " " + name
    }
    return "\(nanoseconds) ns"
  }
}
