import ModelIR

/// Which positions of one axis a result takes, in order.
struct AxisSelection {
  /// The result's extent.
  var count: Int
  /// The source's position for a position of the result; -1 takes the fill.
  var source: (Int) -> Int

  /// The axis as it is.
  static func all(_ size: Int) -> AxisSelection { AxisSelection(count: size) { $0 } }

  /// Every `step`-th position from `start` on.
  static func strided(start: Int, step: Int, count: Int) -> AxisSelection {
    AxisSelection(count: count) { start + $0 * step }
  }

  /// The positions of a list.
  static func at(_ positions: [Int]) -> AxisSelection {
    AxisSelection(count: positions.count) { positions[$0] }
  }
}

extension Tensor {
  /// What remains when each axis is narrowed, reordered or stretched by itself.
  ///
  /// - Parameters:
  ///   - axes: One selection for each axis.
  ///   - fill: What stands where a selection gives -1.
  /// - Returns: A tensor of as many axes.
  /// - Throws: where the result is too large or a position is outside its axis.
  func selecting(_ axes: [AxisSelection], fill: Tensor? = nil) throws(OperatorError) -> Tensor {
    let result = axes.map(\.count)
    let total = try Tensor.checkedCount(result)
    guard total > 0 else { return try gathering(offsets: [], sizes: result) }
    let strides = Strides.rowMajor(sizes)
    var offsets: [Int] = [0]
    for (axis, selection) in axes.enumerated() {
      var steps: [Int] = []
      steps.reserveCapacity(selection.count)
      for index in 0..<selection.count {
        let position = selection.source(index)
        guard position >= -1, position < sizes[axis] else {
          throw .invalid("position \(position) is outside axis \(axis) of \(Shape.fixed(sizes))")
        }
        steps.append(position < 0 ? -1 : position * strides[axis])
      }
      var next: [Int] = []
      next.reserveCapacity(offsets.count * steps.count)
      for base in offsets {
        for step in steps { next.append(base < 0 || step < 0 ? -1 : base + step) }
      }
      offsets = next
    }
    return try gathering(offsets: offsets, sizes: result, fill: fill)
  }

  /// The same elements with axes in another order.
  func transposed(_ permutation: [Int]) throws(OperatorError) -> Tensor {
    let strides = Strides.rowMajor(sizes)
    let result = permutation.map { sizes[$0] }
    return try gathering(
      offsets: Strides.offsets(result, strides: permutation.map { strides[$0] }),
      sizes: result
    )
  }

  /// The elements stretched to a shape that this one broadcasts to.
  func broadcast(to result: [Int]) throws(OperatorError) -> Tensor {
    _ = try Tensor.checkedCount(result)
    guard sizes.count <= result.count else {
      throw .invalid("\(Shape.fixed(sizes)) does not broadcast to \(Shape.fixed(result))")
    }
    let lead = result.count - sizes.count
    let own = Strides.rowMajor(sizes)
    var strides = Array(repeating: 0, count: result.count)
    for axis in sizes.indices {
      guard sizes[axis] == 1 || sizes[axis] == result[lead + axis] else {
        throw .invalid("\(Shape.fixed(sizes)) does not broadcast to \(Shape.fixed(result))")
      }
      strides[lead + axis] = sizes[axis] == 1 ? 0 : own[axis]
    }
    return try gathering(offsets: Strides.offsets(result, strides: strides), sizes: result)
  }
}

/// Element distances between neighbours along each axis.
enum Strides {
  /// Those of a tensor whose last axis is the fastest.
  ///
  /// Distances that no element can have (beside an extent of 0) may wrap; nothing is ever there.
  static func rowMajor(_ sizes: [Int]) -> [Int] {
    var strides = Array(repeating: 1, count: sizes.count)
    var stride = 1
    for axis in sizes.indices.reversed() {
      strides[axis] = stride
      stride = stride &* sizes[axis]
    }
    return strides
  }

  /// The places of all elements of a strided view, in row-major order.
  ///
  /// The caller has checked that the view's elements are within the limit.
  static func offsets(_ sizes: [Int], strides: [Int], base: Int = 0) -> [Int] {
    guard !sizes.contains(0) else { return [] }
    var offsets = [base]
    for (size, stride) in zip(sizes, strides) where size != 1 {
      var next: [Int] = []
      next.reserveCapacity(offsets.count * size)
      for start in offsets {
        for index in 0..<size { next.append(start + index * stride) }
      }
      offsets = next
    }
    return offsets
  }

  /// The coordinates of a row-major place.
  static func coordinates(_ offset: Int, in sizes: [Int]) -> [Int] {
    var rest = offset
    var position = Array(repeating: 0, count: sizes.count)
    for axis in sizes.indices.reversed() where sizes[axis] > 0 {
      position[axis] = rest % sizes[axis]
      rest /= sizes[axis]
    }
    return position
  }
}
