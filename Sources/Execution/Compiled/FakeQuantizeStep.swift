import Operators

/// Numbers limited to the steps of a quantized range.
struct FakeQuantizeStep: StepKernel {
  let steps: FakeQuantization
  let count: Int

  func run(_ memory: StepMemory) {
    let input = memory.input(0)
    let output = memory.output
    let inverse = 1 / steps.scale
    for index in 0..<count {
      let shifted = min(steps.greatest, max(steps.least, input[index])) - steps.least
      let rounded = (shifted * inverse).rounded(.toNearestOrAwayFromZero)
      output[index] = rounded * steps.scale + steps.least
    }
  }
}

extension KernelChooser {
  func fakeQuantize() throws -> KernelChoice? {
    guard let (operand, count) = same() else { return nil }
    let step = FakeQuantizeStep(steps: try FakeQuantization(attributes), count: count)
    return KernelChoice(kernel: step, operands: [operand], isChannelsLast: operand.channelsLast)
  }
}
