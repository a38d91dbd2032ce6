import Kernels
import ModelIR
import Operators

/// Products of matrices that are both computed.
struct DynamicProductStep: StepKernel {
  let plan: ConvolutionPlan
  let shape: ConvolutionShape
  let strides: FilterStrides
  /// Where each product's operands begin, in elements.
  let places: [(left: Int, right: Int)]

  var scratchByteCount: Int { plan.scratchByteCount }

  func run(_ memory: StepMemory) {
    let size = shape.outputWidth * shape.outputChannels
    memory.forEachJob(places.count) { jobs, scratch in
      for index in jobs {
        // The shape was checked when the step was made.
        guard
          let filters = try? PackedFilters(
            shape,
            strides: strides,
            weights: [memory.input(1) + places[index].right],
            bias: [nil]
          )
        else { continue }
        plan.run(
          filters,
          input: memory.input(0) + places[index].left,
          output: memory.output + index * size,
          scratch: scratch,
          jobs: 0..<plan.jobCount
        )
      }
    }
  }
}

/// Normalises rows to mean 0 and variance 1, then scales and shifts each column.
struct LayerNormStep: StepKernel {
  let rows: Int
  let columns: Int
  let scale: ConstantBuffer
  let shift: ConstantBuffer?
  let epsilon: Float

  var packedByteCount: Int { scale.byteCount + (shift?.byteCount ?? 0) }

  func run(_ memory: StepMemory) {
    withExtendedLifetime((scale, shift)) {
      Rows.layerNorm(
        memory.input(0),
        scale: scale.pointer,
        shift: shift?.pointer,
        epsilon: epsilon,
        to: memory.output,
        rows: rows,
        columns: columns
      )
    }
  }
}

/// `x` above zero, `x` times a slope below; slopes repeat over rows.
struct SlopeStep: StepKernel {
  let slopes: ConstantBuffer
  /// Neighbouring elements that share a slope; slopes follow each other and begin again.
  let stretch: Int
  let count: Int

  var packedByteCount: Int { slopes.byteCount }

  func run(_ memory: StepMemory) {
    let (input, output) = (memory.input(0), memory.output)
    withExtendedLifetime(slopes) {
      let values = slopes.pointer
      var index = 0
      var slope = 0
      while index < count {
        let factor = values[slope]
        for place in index..<min(index + stretch, count) {
          let value = input[place]
          output[place] = value < 0 ? value * factor : value
        }
        index += stretch
        slope = slope + 1 == slopes.count ? 0 : slope + 1
      }
    }
  }
}

extension KernelChooser {
  func dynamicMatMul() throws -> KernelChoice? {
    guard let left = computed(0), let right = computed(1), node.inputs.count == 2,
      try !attributes.bool("transposeA"), left.sizes.count >= 2, right.sizes.count >= 2,
      let depth = left.sizes.last
    else { return nil }
    let isTransposed = try attributes.bool("transposeB")
    let rows = left.sizes[left.sizes.count - 2]
    let filter = Array(right.sizes.suffix(2))
    let columns = filter[isTransposed ? 0 : 1]
    guard filter[isTransposed ? 1 : 0] == depth else { return nil }
    let stacks = (Array(left.sizes.dropLast(2)), Array(right.sizes.dropLast(2)))
    let batch = Array(resultSizes.dropLast(2))
    guard resultSizes == batch + [rows, columns], let count = checkedProduct(batch),
      let lefts = Self.places(stacks.0, in: batch, size: rows * depth),
      let rights = Self.places(stacks.1, in: batch, size: depth * columns), count > 0
    else { return nil }
    let shape = ConvolutionShape.matrixProduct(rows: rows, depth: depth, columns: columns)
    let step = DynamicProductStep(
      plan: try ConvolutionPlan(shape, element: .float32),
      shape: shape,
      strides: isTransposed
        ? .transposedMatrix(rowStride: depth) : .matrix(rowStride: columns),
      places: Array(zip(lefts, rights)).map { (left: $0.0, right: $0.1) }
    )
    return KernelChoice(
      kernel: step,
      operands: [left, right].map { .init(value: $0.value, channelsLast: false) }
    )
  }

  /// Where the matrices of a stack lie that broadcasts to `batch`.
  private static func places(_ stack: [Int], in batch: [Int], size: Int) -> [Int]? {
    guard stack.count <= batch.count, let count = checkedProduct(batch) else { return nil }
    let sizes = Array(repeating: 1, count: batch.count - stack.count) + stack
    let steps = strides(sizes)
    guard zip(sizes, batch).allSatisfy({ $0 == $1 || $0 == 1 }) else { return nil }
    return (0..<count).map { index in
      var rest = index
      var place = 0
      for axis in batch.indices.reversed() {
        if sizes[axis] != 1 { place += rest % batch[axis] * steps[axis] }
        rest /= batch[axis]
      }
      return place * size
    }
  }

  func layerNormalization() throws -> KernelChoice? {
    guard let input = computed(0), input.sizes == resultSizes, let columns = input.sizes.last,
      let count = checkedProduct(input.sizes), columns > 0,
      let scale = floats(1)?.values, scale.count == columns
    else { return nil }
    let axis = try attributes.int("axis", default: -1)
    guard axis == -1 || axis == input.sizes.count - 1 else { return nil }
    var shift: [Float]?
    if hasInput(2) {
      guard let values = floats(2)?.values, values.count == columns else { return nil }
      shift = values
    }
    let step = LayerNormStep(
      rows: count / columns,
      columns: columns,
      scale: ConstantBuffer(scale),
      shift: shift.map { ConstantBuffer($0) },
      epsilon: Float(try attributes.float("epsilon", default: 1e-5))
    )
    return plain(step, input.value)
  }

  func gelu() throws -> KernelChoice? {
    switch try attributes.string("approximate", default: "none") {
    case "none": unary(.gelu)
    case "tanh": unary(.geluTanh)
    default: nil
    }
  }

  func leakyRelu() throws -> KernelChoice? {
    guard let input = computed(0), input.sizes == resultSizes,
      let count = checkedProduct(input.sizes)
    else { return nil }
    let alpha = Float(try attributes.float("alpha", default: 0.01))
    let isLast = isChannelsLast(input.value)
    return KernelChoice(
      kernel: SlopeStep(slopes: ConstantBuffer([alpha]), stretch: count, count: count),
      operands: [.init(value: input.value, channelsLast: isLast)],
      isChannelsLast: isLast
    )
  }

  func prelu() throws -> KernelChoice? {
    guard let input = computed(0), input.sizes == resultSizes, let slopes = floats(1),
      let count = checkedProduct(input.sizes), slopes.sizes.count <= input.sizes.count
    else { return nil }
    let sizes =
      Array(repeating: 1, count: input.sizes.count - slopes.sizes.count) + slopes.sizes
    // One slope, or one for each place on a single axis.
    let axes = sizes.indices.filter { sizes[$0] != 1 }
    guard axes.count <= 1 else { return nil }
    let isLast = isChannelsLast(input.value)
    var stretch = count
    if let axis = axes.first {
      guard sizes[axis] == input.sizes[axis] else { return nil }
      let order = isLast ? [0] + Array(2..<sizes.count) + [1] : Array(sizes.indices)
      guard let place = order.firstIndex(of: axis),
        let inner = checkedProduct(order[(place + 1)...].map { input.sizes[$0] })
      else { return nil }
      stretch = inner
    }
    return KernelChoice(
      kernel: SlopeStep(slopes: ConstantBuffer(slopes.values), stretch: stretch, count: count),
      operands: [.init(value: input.value, channelsLast: isLast)],
      isChannelsLast: isLast
    )
  }
}
