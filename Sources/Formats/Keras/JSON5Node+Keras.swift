import WireFormats

/// Short words for what configurations hold; a value of another kind is `nil`.
extension JSON5Node {
  var text: String? {
    guard case .string(let value) = value else { return nil }
    return value
  }

  var integer: Int? {
    switch value {
    case .int(let value): value
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  var number: Double? {
    switch value {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  var truth: Bool? {
    guard case .bool(let value) = value else { return nil }
    return value
  }

  var list: [JSON5Node]? {
    guard case .array(let value) = value else { return nil }
    return value
  }

  var members: [Member]? {
    guard case .object(let value) = value else { return nil }
    return value
  }

  var isNull: Bool { value == .null }

  /// The integers of a list; a single number is a list of one.
  var integers: [Int]? {
    if let integer { return [integer] }
    guard let list else { return nil }
    let values = list.compactMap(\.integer)
    return values.count == list.count ? values : nil
  }

  /// The numbers of a list, lists inside it flattened; a single number is a list of one.
  var numbers: [Double]? {
    if let number { return [number] }
    guard let list else { return nil }
    var values: [Double] = []
    for element in list {
      guard let inner = element.numbers else { return nil }
      values += inner
    }
    return values
  }

  /// Nothing, for configurations that leave out what others state.
  static let absent = JSON5Node(.null, at: JSON5Position(offset: 0, line: 1, column: 1))
}
