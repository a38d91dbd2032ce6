import CKernels

/// Functions of 8-bit quantized values, with the integers of TensorFlow Lite's reference kernels.
package enum QuantizedElementwise {
  /// What a function of two operands needs to know.
  package struct Pair: Sendable {
    package var isSigned: Bool
    package var leftZero: Int32
    package var rightZero: Int32
    /// Sums: how far operands are shifted left before they are scaled.
    package var leftShift: Int32
    package var left: FixedPointScale
    package var right: FixedPointScale
    package var subtracts: Bool
    /// What the sum or product is scaled by.
    package var factor: FixedPointScale
    package var zeroPoint: Int32
    package var bounds: ClosedRange<Int32>

    package init(
      isSigned: Bool,
      leftZero: Int32,
      rightZero: Int32,
      leftShift: Int32 = 0,
      left: FixedPointScale = FixedPointScale(0),
      right: FixedPointScale = FixedPointScale(0),
      subtracts: Bool = false,
      factor: FixedPointScale,
      zeroPoint: Int32,
      bounds: ClosedRange<Int32>
    ) {
      self.isSigned = isSigned
      self.leftZero = leftZero
      self.rightZero = rightZero
      self.leftShift = leftShift
      self.left = left
      self.right = right
      self.subtracts = subtracts
      self.factor = factor
      self.zeroPoint = zeroPoint
      self.bounds = bounds
    }

    fileprivate var c: ck_quantized_pair {
      func fixed(_ scale: FixedPointScale) -> ck_fixed_point {
        ck_fixed_point(multiplier: scale.multiplier, shift: scale.shift)
      }
      return ck_quantized_pair(
        element: isSigned ? CK_INT8 : CK_UINT8,
        left_zero: leftZero,
        right_zero: rightZero,
        left_shift: leftShift,
        left: fixed(left),
        right: fixed(right),
        subtracts: subtracts,
        factor: fixed(factor),
        zero: zeroPoint,
        lower: bounds.lowerBound,
        upper: bounds.upperBound
      )
    }
  }

  /// How an operand repeats over `[rows, columns]`.
  package enum Extent: Sendable { case matrix, scalar, row, column }

  /// An operand and how it repeats.
  package struct Operand {
    fileprivate let c: ck_byte_operand

    package init(_ data: UnsafeRawPointer, _ extent: Extent, columns: Int) {
      let (row, column) =
        switch extent {
        case .matrix: (columns, 1)
        case .scalar: (0, 0)
        case .row: (0, 1)
        case .column: (1, 0)
        }
      c = ck_byte_operand(
        data: data.assumingMemoryBound(to: UInt8.self),
        row_stride: row,
        column_stride: column
      )
    }
  }

  /// The sum (or difference) of two operands.
  package static func sum(
    _ pair: Pair,
    _ left: Operand,
    _ right: Operand,
    to output: UnsafeMutableRawPointer,
    rows: Int,
    columns: Int,
    instructionSet: InstructionSet = .active
  ) {
    var c = pair.c
    let bytes = output.assumingMemoryBound(to: UInt8.self)
    ck_sum_q8(instructionSet.c, &c, left.c, right.c, bytes, rows, columns)
  }

  /// The product of two operands.
  package static func product(
    _ pair: Pair,
    _ left: Operand,
    _ right: Operand,
    to output: UnsafeMutableRawPointer,
    rows: Int,
    columns: Int,
    instructionSet: InstructionSet = .active
  ) {
    var c = pair.c
    let bytes = output.assumingMemoryBound(to: UInt8.self)
    ck_product_q8(instructionSet.c, &c, left.c, right.c, bytes, rows, columns)
  }

  /// Looks bytes up in a table of 256.
  package static func lookUp(
    _ input: UnsafeRawPointer,
    in table: UnsafePointer<UInt8>,
    to output: UnsafeMutableRawPointer,
    count: Int
  ) {
    ck_lookup_u8(
      input.assumingMemoryBound(to: UInt8.self),
      table,
      output.assumingMemoryBound(to: UInt8.self),
      count
    )
  }

  /// Looks bytes up in a table of 256 floats.
  package static func lookUp(
    _ input: UnsafeRawPointer,
    in table: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    ck_lookup_f32(input.assumingMemoryBound(to: UInt8.self), table, output, count)
  }

  /// Sums the middle axis of `[outer, reduced, inner]` bytes.
  package static func reduceSum(
    _ input: UnsafeRawPointer,
    isSigned: Bool,
    to output: UnsafeMutablePointer<Int32>,
    outer: Int,
    reduced: Int,
    inner: Int
  ) {
    ck_reduce_sum_q8(isSigned ? CK_INT8 : CK_UINT8, input, output, outer, reduced, inner)
  }

  /// Scales sums in double precision, rounds halves away from zero, and stores bytes.
  ///
  /// - Parameters:
  ///   - sums: `[rows, columns]` sums.
  ///   - scales: One factor, or one for each column.
  ///   - zeroPoint: Added after rounding.
  ///   - bounds: The least and the greatest number stored.
  ///   - output: As many bytes as there are sums.
  ///   - rows: Rows of sums.
  ///   - columns: Sums of a row.
  package static func scale(
    _ sums: UnsafePointer<Int32>,
    by scales: [Double],
    zeroPoint: Int32,
    bounds: ClosedRange<Int32>,
    to output: UnsafeMutableRawPointer,
    rows: Int,
    columns: Int
  ) {
    precondition(scales.count == 1 || scales.count == columns)
    ck_scale_sums_f64(
      sums,
      scales,
      scales.count,
      zeroPoint,
      bounds.lowerBound,
      bounds.upperBound,
      output.assumingMemoryBound(to: UInt8.self),
      rows,
      columns
    )
  }
}
