import CKernels

/// Pooling over NHWC tensors; jobs are output lines.
///
/// Uses batch, extents, kernel, strides, dilation, padding and pixel strides of its shape, and
/// `inputChannels` channels; `outputChannels` must equal them.
package struct Pooling: Sendable {
  /// Independent jobs of a run.
  package let jobCount: Int
  private let shape: ck_conv_shape
  private let instructionSet: InstructionSet

  /// Prepares a pooling.
  ///
  /// - Throws: `KernelShapeError` if the shape cannot be run.
  package init(
    _ shape: ConvolutionShape,
    instructionSet: InstructionSet = .active
  ) throws(KernelShapeError) {
    guard shape.inputChannels == shape.outputChannels else { throw KernelShapeError() }
    var cShape = try shape.checked()
    jobCount = ck_pool_jobs(&cShape)
    self.shape = cShape
    self.instructionSet = instructionSet
  }

  /// Writes the maximum of each window, padding left out, clamped.
  package func maximum(
    _ input: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>,
    clamp: (lower: Float, upper: Float) = (-.infinity, .infinity),
    jobs: Range<Int>
  ) {
    precondition(jobs.upperBound <= jobCount)
    var shape = shape
    ck_max_pool_f32(
      instructionSet.c,
      &shape,
      input,
      clamp.lower,
      clamp.upper,
      output,
      jobs.lowerBound,
      jobs.upperBound
    )
  }

  /// Writes the mean of each window, clamped; padding is left out, or counts as zeros with
  /// `countsPadding`.
  package func average(
    _ input: UnsafePointer<Float>,
    to output: UnsafeMutablePointer<Float>,
    countsPadding: Bool = false,
    clamp: (lower: Float, upper: Float) = (-.infinity, .infinity),
    jobs: Range<Int>
  ) {
    precondition(jobs.upperBound <= jobCount)
    var shape = shape
    ck_average_pool_f32(
      instructionSet.c,
      &shape,
      input,
      clamp.lower,
      clamp.upper,
      countsPadding,
      output,
      jobs.lowerBound,
      jobs.upperBound
    )
  }

  /// Writes the maximum of each window of quantized values.
  package func maximum(
    _ input: UnsafeRawPointer,
    to output: UnsafeMutableRawPointer,
    element: ConvolutionPlan.Element,
    clamp: (lower: Int32, upper: Int32),
    jobs: Range<Int>
  ) {
    precondition(jobs.upperBound <= jobCount && element != .float32)
    var shape = shape
    ck_max_pool_q(
      instructionSet.c,
      &shape,
      ck_element(element.rawValue),
      input,
      clamp.lower,
      clamp.upper,
      output,
      jobs.lowerBound,
      jobs.upperBound
    )
  }

  /// Writes the mean of each window of quantized values, halves rounded away from zero.
  package func average(
    _ input: UnsafeRawPointer,
    to output: UnsafeMutableRawPointer,
    element: ConvolutionPlan.Element,
    clamp: (lower: Int32, upper: Int32),
    jobs: Range<Int>
  ) {
    precondition(jobs.upperBound <= jobCount && element != .float32)
    var shape = shape
    ck_average_pool_q(
      instructionSet.c,
      &shape,
      ck_element(element.rawValue),
      input,
      clamp.lower,
      clamp.upper,
      output,
      jobs.lowerBound,
      jobs.upperBound
    )
  }
}
