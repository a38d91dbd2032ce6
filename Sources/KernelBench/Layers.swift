import Kernels

/// A layer of a known network.
struct Layer {
  let name: String
  var shape: ConvolutionShape
  /// Whether each channel is a group of its own.
  var isDepthwise: Bool { shape.groups > 1 }

  /// Multiply-adds, padding taps included.
  var multiplyAdds: Double {
    let perOutput = shape.kernelHeight * shape.kernelWidth * shape.inputChannels
    return Double(shape.batch * shape.outputHeight * shape.outputWidth)
      * Double(shape.outputChannels * perOutput / shape.groups)
  }

  static func convolution(
    _ name: String,
    size: Int,
    channels: Int,
    outputs: Int,
    kernel: Int,
    stride: Int = 1
  ) -> Layer {
    var shape = ConvolutionShape()
    shape.inputHeight = size
    shape.inputWidth = size
    shape.inputChannels = channels
    shape.outputHeight = (size + stride - 1) / stride
    shape.outputWidth = shape.outputHeight
    shape.outputChannels = outputs
    shape.kernelHeight = kernel
    shape.kernelWidth = kernel
    shape.strideHeight = stride
    shape.strideWidth = stride
    let padding = max(0, (shape.outputHeight - 1) * stride + kernel - size) / 2
    shape.padTop = padding
    shape.padLeft = padding
    return Layer(name: name, shape: shape)
  }

  static func depthwise(_ name: String, size: Int, channels: Int, stride: Int = 1, kernel: Int = 3)
    -> Layer
  {
    var layer = convolution(
      name,
      size: size,
      channels: channels,
      outputs: channels,
      kernel: kernel,
      stride: stride
    )
    layer.shape.groups = channels
    return layer
  }

  static let all: [Layer] = [
    convolution("1x1 112x112x16->96", size: 112, channels: 16, outputs: 96, kernel: 1),
    convolution("1x1 56x56x24->144", size: 56, channels: 24, outputs: 144, kernel: 1),
    convolution("1x1 56x56x144->24", size: 56, channels: 144, outputs: 24, kernel: 1),
    convolution("1x1 14x14x96->576", size: 14, channels: 96, outputs: 576, kernel: 1),
    convolution("1x1 7x7x960->160", size: 7, channels: 960, outputs: 160, kernel: 1),
    convolution("1x1 19x19x728->728", size: 19, channels: 728, outputs: 728, kernel: 1),
    convolution("3x3 224x224x3->32 s2", size: 224, channels: 3, outputs: 32, kernel: 3, stride: 2),
    convolution("3x3 56x56x64->64", size: 56, channels: 64, outputs: 64, kernel: 3),
    convolution("3x3 14x14x256->256", size: 14, channels: 256, outputs: 256, kernel: 3),
    Layer(
      name: "FC 2048->1000",
      shape: .matrixProduct(rows: 1, depth: 2048, columns: 1000)
    ),
    Layer(
      name: "matmul 128x384x1536",
      shape: .matrixProduct(rows: 128, depth: 384, columns: 1536)
    ),
    depthwise("dw3 112x112x32", size: 112, channels: 32),
    depthwise("dw3 28x28x192 s2", size: 28, channels: 192, stride: 2),
    depthwise("dw3 19x19x728", size: 19, channels: 728),
    depthwise("dw5 14x14x480", size: 14, channels: 480, kernel: 5),
  ]
}
