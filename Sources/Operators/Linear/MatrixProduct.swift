import ModelIR

/// Products of matrices in stacks that broadcast, as NumPy's `matmul` has it.
///
/// Source: ONNX MatMul-13 ("behaves like numpy.matmul"); LiteRT `tflite/kernels/batch_matmul.cc`.
struct MatrixProduct {
  let batch: [Int]
  let rows: Int
  let inner: Int
  let columns: Int
  /// The result's extents: without the axis that a vector lent.
  let sizes: [Int]
  private let leftSizes: [Int]
  private let rightSizes: [Int]
  private let transposeA: Bool
  private let transposeB: Bool

  /// - Throws: where inner extents differ, stacks do not broadcast, or an operand is a scalar.
  init(
    _ left: [Int],
    _ right: [Int],
    transposeA: Bool = false,
    transposeB: Bool = false
  ) throws(OperatorError) {
    guard
      let sizes = try Self.shape(
        .fixed(left),
        .fixed(right),
        transposeA: transposeA,
        transposeB: transposeB
      ).sizes
    else { throw .invalid("the shape of the product is not known") }
    self.sizes = sizes
    leftSizes = left.count == 1 ? [1] + left : left
    rightSizes = right.count == 1 ? right + [1] : right
    self.transposeA = transposeA && left.count > 1
    self.transposeB = transposeB && right.count > 1
    let lastLeft = leftSizes.suffix(2)
    let lastRight = rightSizes.suffix(2)
    rows = self.transposeA ? lastLeft.last ?? 1 : lastLeft.first ?? 1
    inner = self.transposeA ? lastLeft.first ?? 1 : lastLeft.last ?? 1
    columns = self.transposeB ? lastRight.first ?? 1 : lastRight.last ?? 1
    let stacks = [leftSizes, rightSizes].map { Shape.fixed(Array($0.dropLast(2))) }
    batch = try Broadcasting.shape(stacks).sizes ?? []
    _ = try OperandValues.count(sizes)
  }

  /// The shape of the product, from whatever is known of its operands.
  static func shape(
    _ left: Shape,
    _ right: Shape,
    transposeA: Bool = false,
    transposeB: Bool = false
  ) throws(OperatorError) -> Shape {
    guard var a = left.dimensions, var b = right.dimensions else { return .unknownRank }
    guard !a.isEmpty, !b.isEmpty else { throw .invalid("a scalar has no matrix product") }
    let isVectorA = a.count == 1
    let isVectorB = b.count == 1
    if isVectorA { a.insert(1, at: 0) } else if transposeA { a.swapAt(a.count - 1, a.count - 2) }
    if isVectorB { b.append(1) } else if transposeB { b.swapAt(b.count - 1, b.count - 2) }
    if let inner = a[a.count - 1].size, let other = b[b.count - 2].size, inner != other {
      throw .invalid("inner extents \(inner) and \(other) of shapes \(left) and \(right) differ")
    }
    let stack = try Broadcasting.shape([
      .ranked(Array(a.dropLast(2))), .ranked(Array(b.dropLast(2))),
    ])
    var result = stack.dimensions ?? []
    if !isVectorA { result.append(a[a.count - 2]) }
    if !isVectorB { result.append(b[b.count - 1]) }
    return .ranked(result)
  }

  /// Where the operands' matrices of each stack entry begin, in matrices.
  func offsets() -> (left: [Int], right: [Int]) {
    (
      Broadcasting.offsets(of: Array(leftSizes.dropLast(2)), in: batch),
      Broadcasting.offsets(of: Array(rightSizes.dropLast(2)), in: batch)
    )
  }

  /// The left operand's matrices with rows of `inner` elements each.
  func leftRows<Element>(_ values: [Element]) -> [Element] {
    transposeA ? swapped(values, leftSizes) : values
  }

  /// The right operand's matrices with rows of `columns` elements each.
  func rightRows<Element>(_ values: [Element]) -> [Element] {
    transposeB ? swapped(values, rightSizes) : values
  }

  private func swapped<Element>(_ values: [Element], _ sizes: [Int]) -> [Element] {
    let rank = sizes.count
    return AxisOrder.rearrange(values, sizes, Array(0..<(rank - 2)) + [rank - 1, rank - 2])
  }

  /// Sums of products, each over the inner axis in order.
  func callAsFunction<Element: Accumulable>(_ left: [Element], _ right: [Element]) -> [Element] {
    let a = leftRows(left)
    let b = rightRows(right)
    var result = [Element](repeating: .zero, count: checkedProduct(batch + [rows, columns]) ?? 0)
    guard !result.isEmpty else { return result }
    let (leftOffsets, rightOffsets) = offsets()
    for (entry, offset) in leftOffsets.enumerated() {
      let leftBase = offset * rows * inner
      let rightBase = rightOffsets[entry] * inner * columns
      for row in 0..<rows {
        let y = (entry * rows + row) * columns
        for k in 0..<inner {
          let factor = a[leftBase + row * inner + k]
          let w = rightBase + k * columns
          for column in 0..<columns { result[y &+ column].add(factor, times: b[w &+ column]) }
        }
      }
    }
    return result
  }
}

extension CostContext {
  /// B·M·N·K for a product of operands `left` and `right`.
  func matrixProductCost(
    _ left: Int = 0,
    _ right: Int = 1,
    otherOperations: Int = 0
  ) -> OperatorCost {
    let transposes = (try? node.attributes.bool("transposeA")) ?? false
    guard let sizes = inputSizes(left), let last = sizes.last else { return .uncounted }
    let inner = transposes && sizes.count > 1 ? sizes[sizes.count - 2] : last
    return .times(outputElements(), multiplyAdds: inner, otherOperations: otherOperations)
  }
}
