import Kernels
import ModelIR
import Operators

/// Joins operands: for each of `outer` parts, one chunk of every operand.
struct ConcatStep: StepKernel {
  let outer: Int
  let chunks: [Int]

  func run(_ memory: StepMemory) {
    var target = memory.output
    for part in 0..<outer {
      for (input, chunk) in zip(memory.inputs, chunks) {
        target.update(from: input + part * chunk, count: chunk)
        target += chunk
      }
    }
  }
}

/// Adds positions of one value before and after each axis.
struct PadStep: StepKernel {
  let sizes: [Int]
  let begins: [Int]
  let result: [Int]
  let value: Float

  func run(_ memory: StepMemory) {
    memory.output.update(repeating: value, count: result.reduce(1, *))
    copy(axis: 0, memory.inputs[0], memory.output)
  }

  private func copy(
    axis: Int,
    _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    guard axis < sizes.count - 1 else {
      (output + begins[axis]).update(from: input, count: sizes[axis])
      return
    }
    let inputStride = sizes[(axis + 1)...].reduce(1, *)
    let outputStride = result[(axis + 1)...].reduce(1, *)
    for index in 0..<sizes[axis] {
      copy(
        axis: axis + 1,
        input + index * inputStride,
        output + (index + begins[axis]) * outputStride
      )
    }
  }
}

extension KernelChooser {
  func concat() throws -> KernelChoice? {
    let inputs = node.inputs.indices.compactMap(computed)
    let result = resultSizes
    guard inputs.count == node.inputs.count, !inputs.isEmpty,
      try attributes.string("activation", default: "none") == "none",
      inputs.allSatisfy({ $0.sizes.count == result.count })
    else { return nil }
    let axis = try Axes.normalize(try attributes.int("axis", default: 0), rank: result.count)
    var joined = result
    joined[axis] = inputs.reduce(0) { $0 + $1.sizes[axis] }
    let fits = inputs.allSatisfy { input in
      result.indices.allSatisfy { $0 == axis || input.sizes[$0] == result[$0] }
    }
    guard joined == result, fits else { return nil }
    let isLast = inputs.contains { isChannelsLast($0.value) }
    let order = isLast ? [0] + Array(2..<result.count) + [1] : Array(result.indices)
    guard let place = order.firstIndex(of: axis),
      let outer = checkedProduct(order[..<place].map { result[$0] })
    else { return nil }
    let chunks = inputs.compactMap { input in
      checkedProduct(order[place...].map { input.sizes[$0] })
    }
    return KernelChoice(
      kernel: ConcatStep(outer: outer, chunks: chunks),
      operands: inputs.map { .init(value: $0.value, channelsLast: isLast) },
      isChannelsLast: isLast
    )
  }

  func pad() throws -> KernelChoice? {
    guard let input = computed(0), !input.sizes.isEmpty, !hasInput(3),
      attributes.attributes["axes"] == nil,
      try attributes.string("mode", default: "constant") == "constant"
    else { return nil }
    let rank = input.sizes.count
    let numbers =
      hasInput(1)
      ? node.inputs[1].flatMap(constant)?.integerValues : try attributes.ints("pads")
    guard let numbers, numbers.count == 2 * rank,
      numbers.allSatisfy({ $0 >= 0 && $0 <= Int(Int32.max) })
    else { return nil }
    var value = Float(try attributes.float("value", default: 0))
    if hasInput(2) {
      guard let values = floats(2)?.values, values.count == 1 else { return nil }
      value = values[0]
    }
    let isPairs = try attributes.string("padsLayout", default: "onnx") == "pairs"
    let begins = (0..<rank).map { numbers[isPairs ? 2 * $0 : $0] }
    let ends = (0..<rank).map { numbers[isPairs ? 2 * $0 + 1 : rank + $0] }
    let result = (0..<rank).map { input.sizes[$0] + begins[$0] + ends[$0] }
    guard result == resultSizes else { return nil }
    let isLast = isChannelsLast(input.value)
    func ordered(_ list: [Int]) -> [Int] { isLast ? [list[0]] + list[2...] + [list[1]] : list }
    let step = PadStep(
      sizes: ordered(input.sizes),
      begins: ordered(begins),
      result: ordered(result),
      value: value
    )
    return KernelChoice(
      kernel: step,
      operands: [.init(value: input.value, channelsLast: isLast)],
      isChannelsLast: isLast
    )
  }
}
