import Kernels
import Testing

@Suite struct TransposedConvolutionTests {
  @Test(arguments: InstructionSet.available, 0..<60)
  func `each input pixel adds a scaled filter`(set: InstructionSet, seed: Int) throws {
    var random = SplitMix(8000 + seed)
    var shape = ConvolutionShape()
    (shape.batch, shape.inputChannels) = (random.pick([1, 2]), random.pick([1, 3, 8, 20]))
    shape.outputChannels = random.pick([1, 5, 17, 40])
    (shape.inputHeight, shape.inputWidth) = (random.pick([1, 4, 5]), random.pick([1, 3, 7]))
    (shape.kernelHeight, shape.kernelWidth) = (random.pick([1, 2, 3]), random.pick([1, 3, 4]))
    (shape.strideHeight, shape.strideWidth) = (random.pick([1, 2, 3]), random.pick([1, 2, 5]))
    (shape.dilationHeight, shape.dilationWidth) = (random.pick([1, 2]), random.pick([1, 2]))
    (shape.padTop, shape.padLeft) = (random.pick([0, 1]), random.pick([0, 1, 2]))
    shape.outputHeight = random.pick([1, 5, 9])
    shape.outputWidth = random.pick([2, 8, 15])
    let reference = ConvolutionReference(shape: shape)
    let input = random.floats(reference.inputCount)
    let weights = random.floats(reference.weightCount)
    var expected = [Float](repeating: 0, count: reference.outputCount)
    for pixel in 0..<shape.batch * shape.inputHeight * shape.inputWidth {
      let (x, line) = (pixel % shape.inputWidth, pixel / shape.inputWidth)
      let (y, image) = (line % shape.inputHeight, line / shape.inputHeight)
      for ky in 0..<shape.kernelHeight {
        for kx in 0..<shape.kernelWidth {
          let outputY = y * shape.strideHeight + ky * shape.dilationHeight - shape.padTop
          let outputX = x * shape.strideWidth + kx * shape.dilationWidth - shape.padLeft
          guard (0..<shape.outputHeight).contains(outputY),
            (0..<shape.outputWidth).contains(outputX)
          else { continue }
          let outputPixel =
            (image * shape.outputHeight + outputY) * shape.outputWidth + outputX
          for o in 0..<shape.outputChannels {
            let tap = (o * shape.kernelHeight + ky) * shape.kernelWidth + kx
            for c in 0..<shape.inputChannels {
              expected[outputPixel * shape.outputChannels + o] +=
                input[pixel * shape.inputChannels + c] * weights[tap * shape.inputChannels + c]
            }
          }
        }
      }
    }
    let plan = try ConvolutionPlan(
      shape,
      element: .float32,
      transposed: true,
      instructionSet: set
    )
    let filters = try withPointers([weights]) {
      try PackedFilters(
        shape,
        strides: .ohwi(shape),
        weights: $0,
        bias: [nil],
        instructionSet: set
      )
    }
    let scratch = AlignedBuffer(byteCount: plan.scratchByteCount)
    var output = [Float](repeating: .nan, count: reference.outputCount)
    for job in 0..<plan.jobCount {
      plan.run(filters, input: input, output: &output, scratch: scratch, jobs: job..<job + 1)
    }
    // Sums of up to 240 products below 1 in Float, in another order.
    #expect(zip(output, expected).allSatisfy { abs($0 - $1) <= 3e-5 }, "\(shape)")
  }
}
