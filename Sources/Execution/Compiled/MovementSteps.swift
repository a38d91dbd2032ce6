import Kernels
import ModelIR
import Operators

/// Joins operands: for each of `outer` parts, one chunk of every operand.
struct ConcatStep: StepKernel {
  let outer: Int
  let chunkBytes: [Int]

  func run(_ memory: StepMemory) {
    var target = memory.result
    for part in 0..<outer {
      for (input, bytes) in zip(memory.operands, chunkBytes) {
        target.copyMemory(from: input + part * bytes, byteCount: bytes)
        target += bytes
      }
    }
  }
}

/// Adds positions of one value before and after each axis.
struct PadStep: StepKernel {
  /// What the added positions hold.
  enum Fill: Equatable { case float(Float), byte(UInt8) }

  /// Extents in the order of memory.
  let sizes: [Int]
  let begins: [Int]
  let result: [Int]
  let fill: Fill
  let width: Int
  /// Whether the channels of a channels-first value were moved to the end.
  let isRotated: Bool

  func run(_ memory: StepMemory) {
    let count = result.reduce(1, *)
    switch fill {
    case .float(let value): memory.output.update(repeating: value, count: count)
    case .byte(let value):
      memory.result.initializeMemory(as: UInt8.self, repeating: value, count: count)
    }
    copy(axis: 0, memory.operands[0], memory.result)
  }

  private func copy(axis: Int, _ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer) {
    guard axis < sizes.count - 1 else {
      (output + begins[axis] * width).copyMemory(from: input, byteCount: sizes[axis] * width)
      return
    }
    let inputStride = sizes[(axis + 1)...].reduce(width, *)
    let outputStride = result[(axis + 1)...].reduce(width, *)
    for index in 0..<sizes[axis] {
      copy(
        axis: axis + 1,
        input + index * inputStride,
        output + (index + begins[axis]) * outputStride
      )
    }
  }

  /// The padding of the one or two axes of space, where no other axis is padded.
  func space(channelsLast: Bool) -> (top: Int, left: Int, height: Int, width: Int)? {
    let rank = sizes.count
    guard rank == 3 || rank == 4 else { return nil }
    // Channels are last in memory where they were moved there, or the model has them there.
    guard isRotated || channelsLast || rank == 0 else { return channelsFirstSpace }
    return space(1..<(rank - 1), others: [0, rank - 1])
  }

  private var channelsFirstSpace: (top: Int, left: Int, height: Int, width: Int)? {
    space(2..<sizes.count, others: [0, 1])
  }

  private func space(_ axes: Range<Int>, others: [Int])
    -> (top: Int, left: Int, height: Int, width: Int)?
  {
    guard others.allSatisfy({ begins[$0] == 0 && result[$0] == sizes[$0] }) else { return nil }
    let last = axes.upperBound - 1
    guard axes.count == 2 else { return (0, begins[last], 1, sizes[last]) }
    let first = axes.lowerBound
    return (begins[first], begins[last], sizes[first], sizes[last])
  }
}

/// Another order of axes.
struct TransposeStep: StepKernel {
  /// Extents of the result, the ones that stay together joined.
  let sizes: [Int]
  /// Distance in the operand between neighbours along each axis of the result, in elements.
  let strides: [Int]
  let width: Int
  /// The number of matrices that are transposed, where the last two axes change places.
  let matrices: Int?

  func run(_ memory: StepMemory) {
    if let matrices {
      Layout.transpose(
        memory.operands[0],
        to: memory.result,
        count: matrices,
        rows: sizes[sizes.count - 1],
        columns: sizes[sizes.count - 2],
        elementByteCount: width
      )
    } else if width == 4 {
      var target = memory.result.assumingMemoryBound(to: UInt32.self)
      gather(0, memory.operands[0].assumingMemoryBound(to: UInt32.self), &target)
    } else {
      var target = memory.result.assumingMemoryBound(to: UInt8.self)
      gather(0, memory.operands[0].assumingMemoryBound(to: UInt8.self), &target)
    }
  }

  private func gather<Element>(
    _ axis: Int,
    _ input: UnsafePointer<Element>,
    _ output: inout UnsafeMutablePointer<Element>
  ) {
    let stride = strides[axis]
    guard axis < sizes.count - 1 else {
      if stride == 1 {
        output.update(from: input, count: sizes[axis])
      } else {
        for index in 0..<sizes[axis] { output[index] = input[index * stride] }
      }
      output += sizes[axis]
      return
    }
    for index in 0..<sizes[axis] { gather(axis + 1, input + index * stride, &output) }
  }
}

extension KernelChooser {
  func concat() throws -> KernelChoice? {
    let inputs = node.inputs.indices.compactMap(stored)
    let result = resultSizes
    guard inputs.count == node.inputs.count, let first = inputs.first,
      try attributes.string("activation", default: "none") == "none",
      inputs.allSatisfy({ $0.sizes.count == result.count && $0.element == resultElement })
    else { return nil }
    // uint8 operands are brought to the result's scale, if they have another one.
    if resultElement == .uint8 {
      guard inputs.allSatisfy({ quantization($0.value) == resultQuantization }) else { return nil }
    }
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
      checkedProduct(order[place...].map { input.sizes[$0] } + [first.width])
    }
    return KernelChoice(
      kernel: ConcatStep(outer: outer, chunkBytes: chunks),
      operands: inputs.map { .init(value: $0.value, channelsLast: isLast) },
      isChannelsLast: isLast
    )
  }

  func pad() throws -> KernelChoice? {
    guard let input = stored(0), !input.sizes.isEmpty, !hasInput(3),
      input.element == resultElement, attributes.attributes["axes"] == nil,
      try attributes.string("mode", default: "constant") == "constant",
      let fill = try fill(input)
    else { return nil }
    let rank = input.sizes.count
    let numbers =
      hasInput(1)
      ? node.inputs[1].flatMap(constant)?.integerValues : try attributes.ints("pads")
    guard let numbers, numbers.count == 2 * rank,
      numbers.allSatisfy({ $0 >= 0 && $0 <= Int(Int32.max) })
    else { return nil }
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
      fill: fill,
      width: input.width,
      isRotated: isLast
    )
    return KernelChoice(
      kernel: step,
      operands: [.init(value: input.value, channelsLast: isLast)],
      isChannelsLast: isLast
    )
  }

  /// What padding consists of: an operand, an attribute, or zero.
  private func fill(_ input: Stored) throws -> PadStep.Fill? {
    guard input.element == .float32 else {
      if hasInput(2) {
        guard let value = node.inputs[2].flatMap(constant), value.type == input.element,
          let number = value.integerValues?.first
        else { return nil }
        return .byte(UInt8(truncatingIfNeeded: number))
      }
      guard let origin = resultQuantization ?? quantization(input.value) else { return nil }
      return .byte(UInt8(truncatingIfNeeded: origin.zeroPoint(0)))
    }
    if hasInput(2) {
      guard let values = floats(2)?.values, values.count == 1 else { return nil }
      return .float(values[0])
    }
    return .float(Float(try attributes.float("value", default: 0)))
  }

  func transpose() throws -> KernelChoice? {
    guard let input = stored(0), input.element == resultElement else { return nil }
    let rank = input.sizes.count
    let stated =
      hasInput(1)
      ? node.inputs[1].flatMap(constant)?.integerValues : try attributes.ints("permutation")
    let axes = stated ?? Array((0..<rank).reversed())
    guard axes.count == rank, axes.sorted() == Array(0..<rank), rank > 0,
      axes.map({ input.sizes[$0] }) == resultSizes
    else { return nil }
    // A channels-first value whose channels lie last already is the channels-last one.
    let toLast = [0] + Array(2..<max(rank, 2)) + [1]
    if rank >= 3, axes == toLast, isChannelsLast(input.value) {
      return KernelChoice(
        kernel: CopyStep(byteCount: input.sizes.reduce(input.width, *)),
        operands: [.init(value: input.value, channelsLast: true)]
      )
    }
    return plain(Self.transposition(input.sizes, axes, width: input.width), input.value)
  }

  /// The step that puts axis `axes[i]` at position `i`.
  static func transposition(_ sizes: [Int], _ axes: [Int], width: Int) -> any StepKernel {
    let steps = strides(sizes)
    // Axes of one element do not matter, and neighbours that stay neighbours are one axis.
    var runs: [(size: Int, stride: Int)] = []
    for axis in axes where sizes[axis] != 1 {
      if let last = runs.last, last.stride == steps[axis] * sizes[axis] {
        runs[runs.count - 1] = (last.size * sizes[axis], steps[axis])
      } else {
        runs.append((sizes[axis], steps[axis]))
      }
    }
    if runs.isEmpty { runs = [(1, 1)] }
    if runs.count == 1 { return CopyStep(byteCount: runs[0].size * width) }
    let result = runs.map(\.size)
    let distances = runs.map(\.stride)
    let count = result.count
    let swaps =
      distances[count - 2] == 1 && distances[count - 1] == result[count - 2]
      && (count == 2
        || count == 3 && distances[0] == result[count - 1] * result[count - 2])
    return TransposeStep(
      sizes: result,
      strides: distances,
      width: width,
      matrices: swaps ? (count == 3 ? result[0] : 1) : nil
    )
  }
}
