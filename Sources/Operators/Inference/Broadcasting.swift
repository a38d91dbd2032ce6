import ModelIR

/// NumPy's broadcasting: extents are aligned at the last axis, and an extent of 1 stretches.
///
/// Source: NumPy, "Broadcasting"; ONNX, "Broadcasting in ONNX".
package enum Broadcasting {
  /// The shape of an elementwise result.
  ///
  /// - Throws: where two known extents differ and neither is 1.
  package static func shape(_ shapes: [Shape]) throws(OperatorError) -> Shape {
    var result: [Dimension] = []
    for shape in shapes {
      guard let dimensions = shape.dimensions else { return .unknownRank }
      while result.count < dimensions.count { result.insert(.fixed(1), at: 0) }
      let lead = result.count - dimensions.count
      for (axis, dimension) in dimensions.enumerated() {
        result[lead + axis] = try combine(result[lead + axis], dimension, shapes)
      }
    }
    return .ranked(result)
  }

  private static func combine(
    _ left: Dimension,
    _ right: Dimension,
    _ shapes: [Shape]
  ) throws(OperatorError) -> Dimension {
    switch (left, right) {
    case (.fixed(1), let other), (let other, .fixed(1)): return other
    case (.fixed(let a), .fixed(let b)):
      guard a == b else {
        throw .invalid(
          "shapes " + shapes.map(\.description).joined(separator: " and ") + " do not broadcast"
        )
      }
      return left
    // A symbolic extent beside a known one greater than 1 must be that one, or 1.
    case (.fixed, _): return left
    case (_, .fixed): return right
    case (.symbolic(let a), .symbolic(let b)) where a == b: return left
    default: return .unknown
    }
  }

  /// For each element of the result, where its operand's element is.
  ///
  /// - Parameters:
  ///   - sizes: The operand's extents.
  ///   - result: The result's extents, to which the operand's broadcast.
  /// - Returns: Row-major element offsets, one for each element of the result.
  package static func offsets(of sizes: [Int], in result: [Int]) -> [Int] {
    var strides = Array(repeating: 0, count: result.count)
    var stride = 1
    for axis in sizes.indices.reversed() {
      let target = axis + result.count - sizes.count
      strides[target] = sizes[axis] == 1 ? 0 : stride
      stride = stride &* sizes[axis]
    }
    var offsets: [Int] = [0]
    let count = checkedProduct(result) ?? 0
    guard count > 0 else { return [] }
    offsets.reserveCapacity(count)
    for (axis, size) in result.enumerated() {
      let step = strides[axis]
      if size == 1 { continue }
      var next: [Int] = []
      next.reserveCapacity(offsets.count * size)
      for base in offsets {
        for index in 0..<size { next.append(base + index * step) }
      }
      offsets = next
    }
    return offsets
  }
}
