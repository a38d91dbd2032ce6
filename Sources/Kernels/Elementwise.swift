import CKernels

/// Functions of one or two float32 values.
///
/// Outputs may equal an input but must not overlap one otherwise.
package enum Elementwise {
  /// A function of one value; `ck_elementwise.h` states formulas and error bounds.
  package enum Unary: UInt32, CaseIterable, Sendable {
    case exp = 0
    case tanh, sigmoid, erf, gelu, geluTanh, silu, hardSwish, squareRoot
    case reciprocalSquareRoot, absolute, negate, square, reciprocal
  }

  /// A function of two values.
  package enum Binary: UInt32, CaseIterable, Sendable {
    case add = 0
    case subtract, multiply, divide, minimum, maximum, squaredDifference
  }

  /// An operand of a matrix of values, or one that repeats along rows or columns.
  package struct Operand {
    let c: ck_operand

    private init(_ data: UnsafePointer<Float>, _ rowStride: Int, _ columnStride: Int) {
      c = ck_operand(data: data, row_stride: rowStride, column_stride: columnStride)
    }

    /// One value for each element; rows are `rowStride` elements apart.
    package static func matrix(_ data: UnsafePointer<Float>, rowStride: Int) -> Operand {
      Operand(data, rowStride, 1)
    }
    /// One value for all.
    package static func scalar(_ data: UnsafePointer<Float>) -> Operand { Operand(data, 0, 0) }
    /// One row of values for all rows.
    package static func row(_ data: UnsafePointer<Float>) -> Operand { Operand(data, 0, 1) }
    /// One value for each row.
    package static func column(_ data: UnsafePointer<Float>) -> Operand { Operand(data, 1, 0) }
  }

  /// Applies a function to `count` values.
  package static func apply(
    _ function: Unary,
    _ input: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>,
    count: Int,
    instructionSet: InstructionSet = .active
  ) {
    ck_unary_f32(instructionSet.c, ck_unary(function.rawValue), input, output, count)
  }

  /// Applies a function to each pair of elements of two `[rows, columns]` operands and clamps.
  package static func apply(
    _ function: Binary,
    _ a: Operand,
    _ b: Operand,
    to output: UnsafeMutablePointer<Float>,
    rows: Int,
    columns: Int,
    clamp: (lower: Float, upper: Float) = (-.infinity, .infinity),
    instructionSet: InstructionSet = .active
  ) {
    ck_binary_f32(
      instructionSet.c,
      ck_binary(function.rawValue),
      a.c,
      b.c,
      clamp.lower,
      clamp.upper,
      output,
      rows,
      columns
    )
  }

  /// Scales and shifts each column of a matrix: batch normalisation over NHWC.
  package static func scaleAndShift(
    _ input: UnsafePointer<Float>,
    scale: UnsafePointer<Float>,
    shift: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>,
    rows: Int,
    columns: Int,
    clamp: (lower: Float, upper: Float) = (-.infinity, .infinity),
    instructionSet: InstructionSet = .active
  ) {
    ck_scale_shift_f32(
      instructionSet.c,
      input,
      scale,
      shift,
      clamp.lower,
      clamp.upper,
      output,
      rows,
      columns
    )
  }
}
