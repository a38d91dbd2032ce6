import ModelIR

/// Arithmetic on extents, some of which are known only by name.
///
/// A name passes through where the other operand is neutral; otherwise the result is unknown.
package enum ExtentArithmetic {
  package typealias Function = @Sendable (Dimension, Dimension) -> Dimension

  /// The inference of an operator that computes on extents; `nil` for those that do not.
  static func inference(_ function: Function?) -> OperatorDefinition.DimensionInference? {
    guard let function else { return nil }
    return { context in fold(context, function) }
  }

  /// Combines the integer lists of all operands element by element, a single value stretching.
  static func fold(_ context: OperatorContext, _ function: Function) -> [Dimension]? {
    guard var result = list(context, 0) else { return nil }
    for index in 1..<max(context.inputCount, 1) {
      guard let next = list(context, index) else { return nil }
      guard let combined = combine(result, next, function) else { return nil }
      result = combined
    }
    return result
  }

  /// The integers of an operand; `nil` where it is no integer list.
  static func list(_ context: OperatorContext, _ index: Int) -> [Dimension]? {
    guard let type = context.optionalInput(index), type.element.isInteger || type.element == .bool,
      (type.shape.rank ?? 2) <= 1
    else { return nil }
    return context.dimensions(index)
  }

  /// Pairs of two lists, of which one may have a single value.
  private static func combine(
    _ left: [Dimension],
    _ right: [Dimension],
    _ function: Function
  ) -> [Dimension]? {
    guard left.count == right.count || left.count == 1 || right.count == 1 else { return nil }
    // An empty list beside a single value gives an empty list.
    let count = left.isEmpty || right.isEmpty ? 0 : max(left.count, right.count)
    return (0..<count).map { index in
      function(left[left.count == 1 ? 0 : index], right[right.count == 1 ? 0 : index])
    }
  }

  static func add(_ left: Dimension, _ right: Dimension) -> Dimension {
    switch (left, right) {
    case (.fixed(0), let other), (let other, .fixed(0)): other
    case (.fixed(let a), .fixed(let b)): fixed(a.addingReportingOverflow(b))
    default: .unknown
    }
  }

  static func subtract(_ left: Dimension, _ right: Dimension) -> Dimension {
    switch (left, right) {
    case (let other, .fixed(0)): other
    case (.fixed(let a), .fixed(let b)): fixed(a.subtractingReportingOverflow(b))
    case (.symbolic(let a), .symbolic(let b)) where a == b: 0
    default: .unknown
    }
  }

  static func multiply(_ left: Dimension, _ right: Dimension) -> Dimension {
    switch (left, right) {
    case (.fixed(0), _), (_, .fixed(0)): 0
    case (.fixed(1), let other), (let other, .fixed(1)): other
    case (.fixed(let a), .fixed(let b)): fixed(a.multipliedReportingOverflow(by: b))
    default: .unknown
    }
  }

  /// Division toward zero; extents are not negative, so rounding down is the same.
  static func divide(_ left: Dimension, _ right: Dimension) -> Dimension {
    switch (left, right) {
    case (_, .fixed(0)): .unknown
    case (let other, .fixed(1)): other
    case (.fixed(let a), .fixed(let b)): fixed(a.dividedReportingOverflow(by: b))
    default: .unknown
    }
  }

  /// Division rounding down, which differs for negative numbers.
  static func floorDivide(_ left: Dimension, _ right: Dimension) -> Dimension {
    guard case .fixed(let a) = left, case .fixed(let b) = right, b != 0 else {
      return divide(left, right)
    }
    return .fixed(Int(FloorDivision.quotient(Int64(a), Int64(b))))
  }

  /// An extent is at least 0, so bounds of 0 or less say nothing.
  static func maximum(_ left: Dimension, _ right: Dimension) -> Dimension {
    switch (left, right) {
    case (.fixed(let a), .fixed(let b)): .fixed(max(a, b))
    case (.fixed(let a), let other) where a <= 0: other
    case (let other, .fixed(let b)) where b <= 0: other
    case (.symbolic(let a), .symbolic(let b)) where a == b: left
    default: .unknown
    }
  }

  static func minimum(_ left: Dimension, _ right: Dimension) -> Dimension {
    switch (left, right) {
    case (.fixed(let a), .fixed(let b)): .fixed(min(a, b))
    case (.fixed(let a), _) where a <= 0: left
    case (_, .fixed(let b)) where b <= 0: right
    // "To the end", as exporters write it.
    case (.fixed(let a), let other) where a >= Int(Int32.max): other
    case (let other, .fixed(let b)) where b >= Int(Int32.max): other
    case (.symbolic(let a), .symbolic(let b)) where a == b: left
    default: .unknown
    }
  }

  /// 1 where the extents are certainly equal, 0 where they certainly differ.
  static func equal(_ left: Dimension, _ right: Dimension) -> Dimension {
    switch (left, right) {
    case (.fixed(let a), .fixed(let b)): a == b ? 1 : 0
    case (.symbolic(let a), .symbolic(let b)) where a == b: 1
    // No extent is negative: −1 in a shape is a wildcard.
    case (.fixed(let a), _) where a < 0: 0
    case (_, .fixed(let b)) where b < 0: 0
    default: .unknown
    }
  }

  private static func fixed(_ result: (partialValue: Int, overflow: Bool)) -> Dimension {
    result.overflow ? .unknown : .fixed(result.partialValue)
  }
}
