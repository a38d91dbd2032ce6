import ModelIR

/// Counts from the end where an axis is negative, and refuses what is no axis.
package enum Axes {
  /// The position of an axis in a shape of `rank` axes.
  package static func normalize(_ axis: Int, rank: Int) throws(OperatorError) -> Int {
    let position = axis < 0 ? axis + rank : axis
    guard position >= 0, position < rank else {
      throw .invalid("axis \(axis) is outside a shape of \(rank) axes")
    }
    return position
  }

  /// The positions of several axes, each named once.
  package static func normalize(_ axes: [Int], rank: Int) throws(OperatorError) -> [Int] {
    var positions: [Int] = []
    for axis in axes {
      let position = try normalize(axis, rank: rank)
      guard !positions.contains(position) else { throw .invalid("axis \(axis) is named twice") }
      positions.append(position)
    }
    return positions
  }
}
