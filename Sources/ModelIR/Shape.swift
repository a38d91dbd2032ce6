/// The extent of one axis.
///
/// `==` compares what is known of it; two unknown extents compare equal and may still differ.
package enum Dimension: Hashable, Sendable {
  /// A known, non-negative extent.
  case fixed(Int)
  /// An extent known only when the model runs; equal names mean equal extents.
  case symbolic(String)
  /// An extent known only when the model runs, which nothing names: equal to no other.
  case unknown

  /// The extent where it is known.
  package var size: Int? {
    guard case .fixed(let size) = self else { return nil }
    return size
  }
}

extension Dimension: ExpressibleByIntegerLiteral, CustomStringConvertible {
  package init(integerLiteral value: Int) { self = .fixed(value) }

  package var description: String {
    switch self {
    case .fixed(let size): String(size)
    case .symbolic(let name): name
    case .unknown: "?"
    }
  }
}

/// The extents of all axes, outermost first, or nothing known at all.
package enum Shape: Hashable, Sendable {
  /// Not even the number of axes is known.
  case unknownRank
  /// The number of axes is known; their extents may be symbolic. Empty for a scalar.
  case ranked([Dimension])

  /// A shape of known extents.
  package static func fixed(_ sizes: [Int]) -> Shape { .ranked(sizes.map(Dimension.fixed)) }

  /// A shape with no axes.
  package static let scalar = Shape.ranked([])

  /// The number of axes where it is known.
  package var rank: Int? {
    guard case .ranked(let dimensions) = self else { return nil }
    return dimensions.count
  }

  /// The axes where their number is known.
  package var dimensions: [Dimension]? {
    guard case .ranked(let dimensions) = self else { return nil }
    return dimensions
  }

  /// The extents where all of them are known.
  package var sizes: [Int]? {
    guard case .ranked(let dimensions) = self else { return nil }
    var sizes: [Int] = []
    sizes.reserveCapacity(dimensions.count)
    for dimension in dimensions {
      guard let size = dimension.size else { return nil }
      sizes.append(size)
    }
    return sizes
  }

  /// Whether all extents are known.
  package var isFixed: Bool { sizes != nil }

  /// The number of elements; `nil` where it is unknown or does not fit an `Int`.
  package var elementCount: Int? {
    guard let sizes else { return nil }
    return checkedProduct(sizes)
  }
}

extension Shape: CustomStringConvertible {
  /// `1×96×96×3`, `batch×3×?`, `scalar` or `unknown`.
  package var description: String {
    switch self {
    case .unknownRank: "unknown"
    case .ranked(let dimensions):
      dimensions.isEmpty ? "scalar" : dimensions.map(\.description).joined(separator: "×")
    }
  }
}

/// The product of extents; `nil` where one is negative or the product does not fit an `Int`.
///
/// An extent of 0 makes the product 0 even where the others would overflow.
package func checkedProduct(_ sizes: some Sequence<Int>) -> Int? {
  var product = 1
  var overflowed = false
  var isEmpty = false
  for size in sizes {
    guard size >= 0 else { return nil }
    if size == 0 { isEmpty = true }
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    if overflow { overflowed = true } else { product = next }
  }
  if isEmpty { return 0 }
  return overflowed ? nil : product
}
