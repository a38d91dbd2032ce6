import FuzzSupport
import Kernels

import struct ByteIO.Bytes

/// Convolutions of random shapes, beside the obvious loops.
enum KernelCalls {
  @Sendable static func check(_ bytes: Bytes) throws {
    var input = FuzzInput(bytes.array)
    let shape = shape(&input)
    let set = input.pick(InstructionSet.available)
    let plan = try ConvolutionPlan(shape, element: .float32, instructionSet: set)
    let inputStride = shape.inputPixelStride ?? shape.inputChannels
    let outputStride = shape.outputPixelStride ?? shape.outputChannels
    let groupInputs = shape.inputChannels / shape.groups
    let depth = shape.kernelHeight * shape.kernelWidth * groupInputs
    let pixels = shape.batch * shape.inputHeight * shape.inputWidth
    let outputs = shape.batch * shape.outputHeight * shape.outputWidth
    guard pixels * inputStride <= 1 << 14, outputs * outputStride <= 1 << 14,
      depth * shape.outputChannels <= 1 << 14, outputs * shape.outputChannels * depth <= 1 << 18
    else { return }
    let data = (0..<pixels * inputStride).map { _ in input.float() }
    let weights = (0..<shape.outputChannels * depth).map { _ in input.float() }
    let bias = (0..<shape.outputChannels).map { _ in input.float() }
    let filters = try weights.withUnsafeBufferPointer { weights in
      try bias.withUnsafeBufferPointer { bias in
        guard let weights = weights.baseAddress, let bias = bias.baseAddress else {
          throw KernelShapeError()
        }
        return try PackedFilters(
          shape,
          strides: .ohwi(shape),
          weights: [weights],
          bias: [bias],
          instructionSet: plan.instructionSet
        )
      }
    }
    let scratch = AlignedBuffer(byteCount: plan.scratchByteCount)
    var output = [Float](repeating: 0, count: outputs * outputStride)
    for job in 0..<plan.jobCount {
      plan.run(filters, input: data, output: &output, scratch: scratch, jobs: job..<job + 1)
    }
    let expected = reference(shape, data, weights, bias)
    for (index, value) in expected {
      let actual = output[index]
      // Sums of other orders: infinities and NaN may come out differently, finite ones may not.
      guard value.sum.isFinite, value.magnitude < 1e6 else { continue }
      try promise(
        abs(Double(actual) - value.sum) <= 1e-5 * (1 + value.magnitude),
        "\(shape): \(actual) for \(value.sum)"
      )
    }
  }

  private static func shape(_ input: inout FuzzInput) -> ConvolutionShape {
    var shape = ConvolutionShape()
    shape.batch = input.number(0...2)
    shape.groups = input.pick([1, 1, 2, 3])
    shape.inputChannels = shape.groups * input.number(0...20)
    shape.outputChannels = shape.groups * input.number(0...40)
    shape.inputHeight = input.number(0...9)
    shape.inputWidth = input.number(0...20)
    shape.kernelHeight = input.number(0...5)
    shape.kernelWidth = input.number(0...5)
    shape.strideHeight = input.number(0...3)
    shape.strideWidth = input.number(0...7)
    shape.dilationHeight = input.number(0...2)
    shape.dilationWidth = input.number(0...3)
    shape.padTop = input.number(-2...6)
    shape.padLeft = input.number(-2...6)
    shape.outputHeight = input.number(0...6)
    shape.outputWidth = input.number(0...30)
    if input.byte() % 2 == 1 { shape.inputPixelStride = shape.inputChannels + 3 }
    if input.byte() % 2 == 1 { shape.outputPixelStride = shape.outputChannels + 5 }
    return shape
  }

  private static func reference(
    _ shape: ConvolutionShape,
    _ data: [Float],
    _ weights: [Float],
    _ bias: [Float]
  ) -> [(index: Int, value: (sum: Double, magnitude: Double))] {
    let inputStride = shape.inputPixelStride ?? shape.inputChannels
    let outputStride = shape.outputPixelStride ?? shape.outputChannels
    let groupInputs = shape.inputChannels / shape.groups
    let groupOutputs = shape.outputChannels / shape.groups
    var result: [(index: Int, value: (sum: Double, magnitude: Double))] = []
    for pixel in 0..<shape.batch * shape.outputHeight * shape.outputWidth {
      let x = pixel % shape.outputWidth
      let y = pixel / shape.outputWidth % shape.outputHeight
      let image = pixel / shape.outputWidth / shape.outputHeight
      for channel in 0..<shape.outputChannels {
        var sum = Double(bias[channel])
        var magnitude = abs(sum)
        for ky in 0..<shape.kernelHeight {
          let row = y * shape.strideHeight + ky * shape.dilationHeight - shape.padTop
          for kx in 0..<shape.kernelWidth {
            let column = x * shape.strideWidth + kx * shape.dilationWidth - shape.padLeft
            let isInside =
              row >= 0 && row < shape.inputHeight && column >= 0 && column < shape.inputWidth
            let place =
              ((image * shape.inputHeight + row) * shape.inputWidth + column) * inputStride
            let tap = (channel * shape.kernelHeight + ky) * shape.kernelWidth + kx
            for depth in 0..<groupInputs {
              // Padding is zeros that are multiplied: by an infinite weight they give no number.
              let value =
                isInside ? data[place + channel / groupOutputs * groupInputs + depth] : 0
              let product = Double(value) * Double(weights[tap * groupInputs + depth])
              sum += product
              magnitude += abs(product)
            }
          }
        }
        result.append((pixel * outputStride + channel, (sum, magnitude)))
      }
    }
    return result
  }
}
