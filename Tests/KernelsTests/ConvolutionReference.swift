import Kernels

/// Convolution in six obvious loops, generic over how a tap is accumulated.
///
/// `visit` receives the output index, the variant, the output channel and, for each tap inside the
/// input, indices of input and OHWI weight.
struct ConvolutionReference {
  let shape: ConvolutionShape

  var inputStride: Int { shape.inputPixelStride ?? shape.inputChannels }
  var outputStride: Int { shape.outputPixelStride ?? shape.outputChannels * shape.variants }
  var inputCount: Int { shape.batch * shape.inputHeight * shape.inputWidth * inputStride }
  var outputCount: Int { shape.batch * shape.outputHeight * shape.outputWidth * outputStride }
  var groupInputs: Int { shape.inputChannels / shape.groups }
  var groupOutputs: Int { shape.outputChannels / shape.groups }
  var depth: Int { shape.kernelHeight * shape.kernelWidth * groupInputs }
  var weightCount: Int { shape.outputChannels * depth }

  struct Output {
    let index: Int
    let variant: Int
    let channel: Int
    let taps: [(input: Int, weight: Int)]
  }

  func forEachOutput(_ visit: (Output) -> Void) {
    for pixel in 0..<shape.batch * shape.outputHeight * shape.outputWidth {
      let x = pixel % shape.outputWidth
      let y = pixel / shape.outputWidth % shape.outputHeight
      let image = pixel / shape.outputWidth / shape.outputHeight
      for variant in 0..<shape.variants {
        for channel in 0..<shape.outputChannels {
          var taps: [(input: Int, weight: Int)] = []
          for ky in 0..<shape.kernelHeight {
            let inputY = y * shape.strideHeight + ky * shape.dilationHeight - shape.padTop
            guard inputY >= 0, inputY < shape.inputHeight else { continue }
            for kx in 0..<shape.kernelWidth {
              let inputX = x * shape.strideWidth + kx * shape.dilationWidth - shape.padLeft
              guard inputX >= 0, inputX < shape.inputWidth else { continue }
              let inputPixel =
                (image * shape.inputHeight + inputY) * shape.inputWidth + inputX
              let tap = (channel * shape.kernelHeight + ky) * shape.kernelWidth + kx
              for c in 0..<groupInputs {
                let inputChannel = channel / groupOutputs * groupInputs + c
                taps.append((inputPixel * inputStride + inputChannel, tap * groupInputs + c))
              }
            }
          }
          visit(
            Output(
              index: pixel * outputStride + variant * shape.outputChannels + channel,
              variant: variant,
              channel: channel,
              taps: taps
            )
          )
        }
      }
    }
  }
}

extension ConvolutionShape {
  /// A random shape: odd paddings, gaps between pixels, dilation, groups, variants.
  static func random(_ random: inout SplitMix) -> ConvolutionShape {
    var shape = ConvolutionShape()
    shape.batch = random.pick([1, 1, 2, 3])
    shape.groups = random.pick([1, 1, 1, 2, 3])
    shape.variants = random.pick([1, 1, 2])
    shape.inputChannels = shape.groups * random.pick([1, 2, 3, 4, 8, 13, 16, 20])
    shape.outputChannels = shape.groups * Int.random(in: 1...40, using: &random)
    shape.inputHeight = Int.random(in: 1...9, using: &random)
    shape.inputWidth = Int.random(in: 1...20, using: &random)
    shape.kernelHeight = random.pick([1, 1, 2, 3, 5])
    shape.kernelWidth = random.pick([1, 1, 2, 3, 5])
    shape.strideHeight = random.pick([1, 1, 2, 3])
    shape.strideWidth = random.pick([1, 1, 2, 7])
    shape.dilationHeight = random.pick([1, 1, 2])
    shape.dilationWidth = random.pick([1, 1, 3])
    shape.padTop = random.pick([0, 1, 2, 6, -1])
    shape.padLeft = random.pick([0, 1, 2, 6, -1])
    shape.outputHeight = Int.random(in: 1...6, using: &random)
    shape.outputWidth = Int.random(in: 1...30, using: &random)
    if random.pick([true, false]) { shape.inputPixelStride = shape.inputChannels + 3 }
    if random.pick([true, false]) {
      shape.outputPixelStride = shape.outputChannels * shape.variants + 5
    }
    return shape
  }

  /// A random depthwise shape, with channel multipliers and the specialised kernel widths.
  static func randomDepthwise(_ random: inout SplitMix) -> ConvolutionShape {
    var shape = ConvolutionShape.random(&random)
    shape.inputChannels = random.pick([1, 2, 5, 8, 16, 17, 24, 40, 70])
    shape.groups = shape.inputChannels
    shape.outputChannels = shape.inputChannels * random.pick([1, 1, 1, 2, 8])
    shape.kernelWidth = random.pick([1, 2, 3, 3, 5, 5])
    shape.strideWidth = random.pick([1, 1, 2, 3])
    shape.dilationWidth = random.pick([1, 1, 1, 2])
    shape.inputPixelStride = shape.inputChannels + random.pick([0, 3])
    shape.outputPixelStride = shape.outputChannels * shape.variants + random.pick([0, 5])
    return shape
  }

  /// A random matrix product, which has a path without offsets.
  static func randomMatrixProduct(_ random: inout SplitMix) -> ConvolutionShape {
    .matrixProduct(
      rows: Int.random(in: 1...30, using: &random),
      depth: random.pick([1, 2, 3, 4, 7, 32, 65, 100]),
      columns: random.pick([1, 2, 5, 15, 16, 17, 31, 32, 33, 64, 100, 200])
    )
  }
}
