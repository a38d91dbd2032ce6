import CKernels

/// A shape that the kernels cannot run: an extent is not positive, groups do not divide the
/// channels, a stride is too short, or a size overflows.
package struct KernelShapeError: Error, Equatable {
  /// Creates the error.
  package init() {}
}

/// Geometry of a two-dimensional convolution over NHWC tensors.
///
/// Input `[batch, inputHeight, inputWidth, inputChannels]`, output `[batch, outputHeight,
/// outputWidth, variants * outputChannels]`. Bottom and right padding follow from the output size.
package struct ConvolutionShape: Equatable, Sendable {
  package var batch = 1
  package var inputHeight = 1
  package var inputWidth = 1
  package var inputChannels = 1
  package var outputHeight = 1
  package var outputWidth = 1
  package var outputChannels = 1
  package var kernelHeight = 1
  package var kernelWidth = 1
  package var strideHeight = 1
  package var strideWidth = 1
  package var dilationHeight = 1
  package var dilationWidth = 1
  package var padTop = 0
  package var padLeft = 0
  /// Channel groups; divides the channels of input and output.
  package var groups = 1
  /// Sets of weights applied to the same input in one pass, output channels side by side.
  package var variants = 1
  /// Elements between neighbouring input pixels; `nil` means no gap.
  package var inputPixelStride: Int?
  /// Elements between neighbouring output pixels; `nil` means no gap.
  package var outputPixelStride: Int?

  /// A 1x1 convolution of one pixel with one channel; set what differs.
  package init() {}

  /// The product of a `[rows, depth]` and a `[depth, columns]` matrix, or a fully connected layer.
  package static func matrixProduct(rows: Int, depth: Int, columns: Int) -> ConvolutionShape {
    var shape = ConvolutionShape()
    shape.inputWidth = rows
    shape.outputWidth = rows
    shape.inputChannels = depth
    shape.outputChannels = columns
    return shape
  }

  /// The C form, checked.
  ///
  /// - Throws: `KernelShapeError` as described there.
  func checked() throws(KernelShapeError) -> ck_conv_shape {
    let (columns, overflows) = outputChannels.multipliedReportingOverflow(by: variants)
    let inputPixelStride = self.inputPixelStride ?? inputChannels
    let outputPixelStride = self.outputPixelStride ?? columns
    let extents = [
      batch, inputHeight, inputWidth, inputChannels, outputHeight, outputWidth, outputChannels,
      kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, groups,
      variants, inputPixelStride, outputPixelStride,
    ]
    guard !overflows, extents.allSatisfy({ $0 > 0 }) else { throw KernelShapeError() }
    var shape = ck_conv_shape()
    shape.batch = batch
    shape.in_height = inputHeight
    shape.in_width = inputWidth
    shape.in_channels = inputChannels
    shape.out_height = outputHeight
    shape.out_width = outputWidth
    shape.out_channels = outputChannels
    shape.kernel_height = kernelHeight
    shape.kernel_width = kernelWidth
    shape.stride_height = strideHeight
    shape.stride_width = strideWidth
    shape.dilation_height = dilationHeight
    shape.dilation_width = dilationWidth
    shape.pad_top = padTop
    shape.pad_left = padLeft
    shape.groups = groups
    shape.variants = variants
    shape.in_pixel_stride = inputPixelStride
    shape.out_pixel_stride = outputPixelStride
    guard ck_conv_shape_valid(&shape) else { throw KernelShapeError() }
    return shape
  }
}

/// Where a filter value lies: element distance along each filter dimension.
package struct FilterStrides: Equatable, Sendable {
  package var output: Int
  package var height: Int
  package var width: Int
  package var input: Int

  /// Creates strides in elements.
  package init(output: Int, height: Int, width: Int, input: Int) {
    self.output = output
    self.height = height
    self.width = width
    self.input = input
  }

  /// Output channels, height, width, input channels of a group (TensorFlow Lite).
  package static func ohwi(_ shape: ConvolutionShape) -> FilterStrides {
    let input = shape.inputChannels / shape.groups
    return FilterStrides(
      output: shape.kernelHeight * shape.kernelWidth * input,
      height: shape.kernelWidth * input,
      width: input,
      input: 1
    )
  }

  /// Output channels, input channels of a group, height, width (ONNX).
  package static func oihw(_ shape: ConvolutionShape) -> FilterStrides {
    let taps = shape.kernelHeight * shape.kernelWidth
    return FilterStrides(
      output: shape.inputChannels / shape.groups * taps,
      height: shape.kernelWidth,
      width: 1,
      input: taps
    )
  }

  /// Height, width, input channels of a group, output channels (Keras).
  package static func hwio(_ shape: ConvolutionShape) -> FilterStrides {
    let input = shape.inputChannels / shape.groups
    return FilterStrides(
      output: 1,
      height: shape.kernelWidth * input * shape.outputChannels,
      width: input * shape.outputChannels,
      input: shape.outputChannels
    )
  }

  /// A matrix `[depth, columns]` whose rows are `rowStride` elements apart.
  package static func matrix(rowStride: Int) -> FilterStrides {
    FilterStrides(output: 1, height: 0, width: 0, input: rowStride)
  }

  /// A matrix stored as `[columns, depth]`, rows `rowStride` elements apart.
  package static func transposedMatrix(rowStride: Int) -> FilterStrides {
    FilterStrides(output: rowStride, height: 0, width: 0, input: 1)
  }

  var c: ck_filter_strides {
    ck_filter_strides(out: output, height: height, width: width, in: input)
  }
}
