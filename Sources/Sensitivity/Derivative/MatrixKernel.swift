import Kernels

/// Products of matrices of fixed extents on the engine's kernels.
struct MatrixKernel: Sendable {
  let rows: Int
  let depth: Int
  let columns: Int
  private let plan: ConvolutionPlan

  init?(rows: Int, depth: Int, columns: Int) {
    self.rows = rows
    self.depth = depth
    self.columns = columns
    let shape = ConvolutionShape.matrixProduct(rows: rows, depth: depth, columns: columns)
    guard let plan = try? ConvolutionPlan(shape, element: .float32) else { return nil }
    self.plan = plan
  }

  /// The right operand, `depth × columns`, in the kernels' order.
  func packed(_ right: UnsafePointer<Float>) -> PackedFilters? {
    try? PackedFilters(
      plan.shape,
      strides: .matrix(rowStride: columns),
      weights: [right],
      bias: [nil]
    )
  }

  /// `left · right`; `left` is `rows × depth`.
  func product(_ left: UnsafePointer<Float>, _ right: PackedFilters) -> [Float] {
    let scratch = AlignedBuffer(byteCount: plan.scratchByteCount)
    return Array(unsafeUninitializedCapacity: rows * columns) { result, count in
      if let base = result.baseAddress {
        plan.run(right, input: left, output: base, scratch: scratch, jobs: 0..<plan.jobCount)
      }
      count = rows * columns
    }
  }

  /// `left · right` of unpacked operands.
  func product(_ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>) -> [Float] {
    guard let packed = packed(right) else { return Array(repeating: 0, count: rows * columns) }
    return product(left, packed)
  }

  /// A matrix with its rows as columns.
  static func transposed(_ matrix: [Float], rows: Int, columns: Int) -> [Float] {
    Array(unsafeUninitializedCapacity: matrix.count) { result, count in
      count = rows * columns
      guard count > 0, let target = result.baseAddress else { return }
      matrix.withUnsafeBytes { source in
        guard let base = source.baseAddress else { return }
        Layout.transpose(
          base,
          to: UnsafeMutableRawPointer(target),
          count: 1,
          rows: rows,
          columns: columns,
          elementByteCount: 4
        )
      }
    }
  }
}
