import CKernels

/// Reductions, softmax and normalisation of rows of float32 values.
///
/// Sums have one order on every instruction set; `ck_rows.h` states it.
package enum Rows {
  /// What a reduction computes.
  package enum Reduction: UInt32, CaseIterable, Sendable {
    case sum = 0
    case mean, maximum, minimum
  }

  /// Reduces the middle axis of `[outer, reduced, inner]`.
  package static func reduce(
    _ reduction: Reduction,
    _ input: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>,
    outer: Int,
    reduced: Int,
    inner: Int,
    instructionSet: InstructionSet = .active
  ) {
    ck_reduce_f32(
      instructionSet.c,
      ck_reduction(reduction.rawValue),
      input,
      output,
      outer,
      reduced,
      inner
    )
  }

  /// Applies `exp(beta * (x - max)) / sum` to each row.
  package static func softmax(
    _ input: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>,
    rows: Int,
    columns: Int,
    beta: Float = 1,
    instructionSet: InstructionSet = .active
  ) {
    ck_softmax_f32(instructionSet.c, input, output, rows, columns, beta)
  }

  /// Applies `x - max - log(sum(exp(x - max)))` to each row.
  package static func logSoftmax(
    _ input: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>,
    rows: Int,
    columns: Int,
    instructionSet: InstructionSet = .active
  ) {
    ck_log_softmax_f32(instructionSet.c, input, output, rows, columns)
  }

  /// Normalises each row, then scales and shifts each column.
  ///
  /// `scale` and `shift` have `columns` values, or are `nil` for 1 and 0; `epsilon` is added to the
  /// variance.
  package static func layerNorm(
    _ input: UnsafePointer<Float>,
    scale: UnsafePointer<Float>?,
    shift: UnsafePointer<Float>?,
    epsilon: Float,
    to output: UnsafeMutablePointer<Float>,
    rows: Int,
    columns: Int,
    instructionSet: InstructionSet = .active
  ) {
    ck_layer_norm_f32(instructionSet.c, input, scale, shift, epsilon, output, rows, columns)
  }

  /// Normalises each group of channels of one `[pixels, channels]` image over all its pixels.
  ///
  /// Instance normalisation has as many groups as channels. `scale` and `shift` have `channels`
  /// values, or are `nil` for 1 and 0; `groups` divides `channels`; `scratch` has room for
  /// `2 * channels` values.
  package static func groupNorm(
    _ input: UnsafePointer<Float>,
    scale: UnsafePointer<Float>?,
    shift: UnsafePointer<Float>?,
    epsilon: Float,
    to output: UnsafeMutablePointer<Float>,
    pixels: Int,
    channels: Int,
    groups: Int,
    scratch: UnsafeMutablePointer<Float>,
    instructionSet: InstructionSet = .active
  ) {
    ck_group_norm_f32(
      instructionSet.c,
      input,
      scale,
      shift,
      epsilon,
      output,
      pixels,
      channels,
      groups,
      scratch
    )
  }
}
