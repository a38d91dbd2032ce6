import ArgumentParser
import WireFormats

/// `--limit NAME=VALUE`: a whole number, for bytes with a unit where one is wanted.
struct LimitOption: ExpressibleByArgument {
  var name: String
  var value: Int

  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "=") else { return nil }
    name = String(argument[..<equals])
    let text = String(argument[argument.index(after: equals)...])
    guard let value = Self.number(text), value > 0 else { return nil }
    self.value = value
  }

  private static let units: [(name: String, factor: Int)] = [
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1_000), ("MB", 1_000_000),
    ("GB", 1_000_000_000), ("B", 1), ("s", 1),
  ]

  private static func number(_ text: String) -> Int? {
    let unit = units.first { text.hasSuffix($0.name) }
    let digits = unit.map { text.dropLast($0.name.count) } ?? text[...]
    guard let number = Int(digits.filter { $0 != " " }) else { return nil }
    let product = number.multipliedReportingOverflow(by: unit?.factor ?? 1)
    return product.overflow ? nil : product.partialValue
  }

  /// Why the name is none; `nil` where it is one.
  var trouble: String? {
    guard Limit.named(name) == nil else { return nil }
    let near = nearestName(to: name, in: Limit.all.map(\.name)).map { "; is it \($0)?" } ?? ";"
    return "--limit \(name): there is no such limit\(near) analyze --limits lists them"
  }
}
