import CKernels

/// Changes of layout and size.
package enum Layout {
  /// Where a resized line or column reads: `(1 - fraction) * first + fraction * second`.
  package struct Sample: Equatable, Sendable {
    /// Index of the first line or column.
    package var first: Int
    /// Index of the second line or column.
    package var second: Int
    /// Weight of the second.
    package var fraction: Float

    /// Creates a sample; indices must lie inside the input.
    package init(first: Int, second: Int, fraction: Float) {
      self.first = first
      self.second = second
      self.fraction = fraction
    }

    fileprivate var c: ck_sample {
      ck_sample(first: UInt32(first), second: UInt32(second), fraction: fraction)
    }
  }

  /// Transposes `count` matrices `[rows, columns]` that follow each other.
  ///
  /// NHWC to NCHW: one matrix `[height * width, channels]` for each image.
  package static func transpose(
    _ input: UnsafeRawPointer,
    to output: UnsafeMutableRawPointer,
    count: Int = 1,
    rows: Int,
    columns: Int,
    elementByteCount: Int
  ) {
    precondition([1, 2, 4, 8].contains(elementByteCount))
    ck_transpose(input, output, count, rows, columns, elementByteCount)
  }
}

/// Resizing of one NHWC image, compiled for its extents.
package struct Resizing: Sendable {
  private let inputWidth: Int
  private let lines: [ck_sample]
  private let columns: [ck_sample]
  private let lineIndices: [UInt32]
  private let columnIndices: [UInt32]

  /// Lines of the output, which are the jobs.
  package var jobCount: Int { lines.count }

  /// Compiles a resizing; for nearest neighbours only `first` counts.
  package init(inputWidth: Int, lines: [Layout.Sample], columns: [Layout.Sample]) {
    self.inputWidth = inputWidth
    self.lines = lines.map(\.c)
    self.columns = columns.map(\.c)
    lineIndices = lines.map { UInt32($0.first) }
    columnIndices = columns.map { UInt32($0.first) }
  }

  /// Interpolates between the four neighbours of each output pixel.
  package func bilinear(
    _ input: UnsafePointer<Float>,
    channels: Int,
    to output: UnsafeMutablePointer<Float>,
    jobs: Range<Int>,
    instructionSet: InstructionSet = .active
  ) {
    precondition(jobs.upperBound <= jobCount)
    ck_resize_bilinear_f32(
      instructionSet.c,
      input,
      inputWidth,
      channels,
      lines,
      columns,
      columns.count,
      output,
      jobs.lowerBound,
      jobs.upperBound
    )
  }

  /// Copies one pixel of any element type for each output pixel.
  package func nearest(
    _ input: UnsafeRawPointer,
    pixelByteCount: Int,
    to output: UnsafeMutableRawPointer,
    jobs: Range<Int>
  ) {
    precondition(jobs.upperBound <= jobCount)
    ck_resize_nearest(
      input,
      inputWidth,
      pixelByteCount,
      lineIndices,
      columnIndices,
      columns.count,
      output,
      jobs.lowerBound,
      jobs.upperBound
    )
  }
}
