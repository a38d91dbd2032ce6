import Kernels
import ModelIR
import Operators

/// A function of two operands, one of which may repeat.
struct BinaryStep: StepKernel {
  /// Where an operand comes from and how it repeats over `[outer, rows, columns]`.
  struct Side {
    enum Source {
      case computed(Int)
      case constant(ConstantBuffer)
    }
    enum Extent { case matrix, scalar, row, column }

    var source: Source
    var extent = Extent.matrix
    /// Elements between its parts along `outer`.
    var outerStride = 0

    fileprivate func operand(
      _ memory: StepMemory,
      outer: Int,
      columns: Int
    ) -> Elementwise.Operand {
      let start: UnsafePointer<Float>
      switch source {
      case .computed(let index): start = memory.input(index)
      case .constant(let buffer): start = buffer.pointer
      }
      let data = start + outer * outerStride
      switch extent {
      case .matrix: return .matrix(data, rowStride: columns)
      case .scalar: return .scalar(data)
      case .row: return .row(data)
      case .column: return .column(data)
      }
    }

    fileprivate var byteCount: Int {
      if case .constant(let buffer) = source { return buffer.byteCount }
      return 0
    }
  }

  let function: Elementwise.Binary
  let left: Side
  let right: Side
  let outer: Int
  let rows: Int
  let columns: Int
  let bounds: (lower: Float, upper: Float)

  var packedByteCount: Int { left.byteCount + right.byteCount }

  func run(_ memory: StepMemory) {
    withExtendedLifetime(self) {
      if outer == 1, rows == 1 {
        memory.forEachPart(columns) { apply(memory, $0) }
        return
      }
      for part in 0..<outer {
        Elementwise.apply(
          function,
          left.operand(memory, outer: part, columns: columns),
          right.operand(memory, outer: part, columns: columns),
          to: memory.output + part * rows * columns,
          rows: rows,
          columns: columns,
          clamp: bounds
        )
      }
    }
  }
}

extension BinaryStep {
  /// One part of the only row.
  private func apply(_ memory: StepMemory, _ part: Range<Int>) {
    func operand(_ side: Side) -> Elementwise.Operand {
      let start: UnsafePointer<Float>
      switch side.source {
      case .computed(let index): start = memory.input(index)
      case .constant(let buffer): start = buffer.pointer
      }
      switch side.extent {
      case .matrix: return .matrix(start + part.lowerBound, rowStride: part.count)
      case .row: return .row(start + part.lowerBound)
      case .scalar, .column: return .scalar(start)
      }
    }
    Elementwise.apply(
      function,
      operand(left),
      operand(right),
      to: memory.output + part.lowerBound,
      rows: 1,
      columns: part.count,
      clamp: bounds
    )
  }
}

/// A function of each element.
struct UnaryStep: StepKernel {
  let function: Elementwise.Unary
  let count: Int

  func run(_ memory: StepMemory) {
    memory.forEachPart(count) { part in
      Elementwise.apply(
        function,
        memory.input(0) + part.lowerBound,
        to: memory.output + part.lowerBound,
        count: part.count
      )
    }
  }
}

/// Holds each element inside bounds.
struct ClampStep: StepKernel {
  let bounds: (lower: Float, upper: Float)
  let count: Int

  func run(_ memory: StepMemory) {
    // Zero is added: the clamp is the epilogue of every function of two operands.
    withUnsafePointer(to: Float(0)) { zero in
      memory.forEachPart(count) { part in
        Elementwise.apply(
          .add,
          .matrix(memory.input(0) + part.lowerBound, rowStride: part.count),
          .scalar(zero),
          to: memory.output + part.lowerBound,
          rows: 1,
          columns: part.count,
          clamp: bounds
        )
      }
    }
  }
}

/// The same elements under other extents.
struct CopyStep: StepKernel {
  let byteCount: Int

  func run(_ memory: StepMemory) {
    memory.result.copyMemory(from: memory.operands[0], byteCount: byteCount)
  }
}

/// Softmax of each row.
struct SoftmaxStep: StepKernel {
  let rows: Int
  let columns: Int
  let beta: Float

  func run(_ memory: StepMemory) {
    Rows.softmax(memory.input(0), to: memory.output, rows: rows, columns: columns, beta: beta)
  }
}

/// Batch normalisation with constant statistics, folded into a factor and an offset for each channel.
struct ScaleStep: StepKernel {
  let scale: ConstantBuffer
  let shift: ConstantBuffer
  /// Images of `[channels, pixels]`; `nil` where channels are last.
  let images: Int?
  /// Rows where channels are last, pixels of an image otherwise.
  let pixels: Int

  var packedByteCount: Int { scale.byteCount + shift.byteCount }

  func run(_ memory: StepMemory) {
    let channels = scale.count
    withExtendedLifetime(self) {
      guard let images else {
        Elementwise.scaleAndShift(
          memory.input(0),
          scale: scale.pointer,
          shift: shift.pointer,
          to: memory.output,
          rows: pixels,
          columns: channels
        )
        return
      }
      for image in 0..<images {
        let start = image * channels * pixels
        let output = memory.output + start
        let input = Elementwise.Operand.matrix(memory.input(0) + start, rowStride: pixels)
        Elementwise.apply(
          .multiply,
          input,
          .column(scale.pointer),
          to: output,
          rows: channels,
          columns: pixels
        )
        Elementwise.apply(
          .add,
          .matrix(UnsafePointer(output), rowStride: pixels),
          .column(shift.pointer),
          to: output,
          rows: channels,
          columns: pixels
        )
      }
    }
  }
}

extension KernelChooser {
  /// A computed operand whose result has its extents and layout.
  func same() -> (operand: KernelChoice.Operand, count: Int)? {
    guard let input = computed(0), input.sizes == resultSizes,
      let count = checkedProduct(input.sizes)
    else { return nil }
    return (.init(value: input.value, channelsLast: isChannelsLast(input.value)), count)
  }

  func unary(_ function: Elementwise.Unary) -> KernelChoice? {
    guard let (operand, count) = same() else { return nil }
    return KernelChoice(
      kernel: UnaryStep(function: function, count: count),
      operands: [operand],
      isChannelsLast: operand.channelsLast
    )
  }

  func clamp(_ lower: Float, _ upper: Float) -> KernelChoice? {
    guard let (operand, count) = same() else { return nil }
    return KernelChoice(
      kernel: ClampStep(bounds: (lower, upper), count: count),
      operands: [operand],
      isChannelsLast: operand.channelsLast
    )
  }

  func clip() throws -> KernelChoice? {
    func bound(_ index: Int, _ name: String, _ absent: Float) throws -> Float? {
      if hasInput(index) {
        guard let values = floats(index)?.values, values.count == 1 else { return nil }
        return values[0]
      }
      return try attributes.float(name).map { Float($0) } ?? absent
    }
    guard let lower = try bound(1, "min", -.infinity), let upper = try bound(2, "max", .infinity),
      lower <= upper
    else { return nil }
    return clamp(lower, upper)
  }

  func copy() -> KernelChoice? {
    guard let input = stored(0), input.element == resultElement,
      let count = checkedProduct(input.sizes), count == checkedProduct(resultSizes)
    else { return nil }
    return plain(CopyStep(byteCount: count * input.width), input.value)
  }

  func softmax() throws -> KernelChoice? {
    guard let input = computed(0), input.sizes == resultSizes, !input.sizes.isEmpty else {
      return nil
    }
    let isFlattened = try attributes.bool("flattened")
    let rank = input.sizes.count
    let stated = try attributes.int("axis", default: isFlattened ? 1 : -1)
    guard let axis = try? Axes.normalize(stated, rank: rank),
      let rows = checkedProduct(input.sizes[..<axis]),
      let columns = checkedProduct(input.sizes[axis...]),
      isFlattened || columns == input.sizes[axis]
    else { return nil }
    let beta = Float(try attributes.float("beta", default: 1))
    return plain(SoftmaxStep(rows: rows, columns: columns, beta: beta), input.value)
  }

  func batchNormalization() throws -> KernelChoice? {
    guard let (operand, count) = same(), let input = computed(0), input.sizes.count >= 2,
      let mean = floats(3)?.values,
      let scale = hasInput(1) ? floats(1)?.values : mean.map({ _ in 1 }),
      let bias = hasInput(2) ? floats(2)?.values : mean.map({ _ in 0 }),
      let variance = floats(4)?.values, try !attributes.bool("trainingMode"),
      try attributes.bool("spatial", default: true)
    else { return nil }
    let axis = try DataLayout(attributes).channelAxis(rank: input.sizes.count)
    let channels = input.sizes[axis]
    guard [scale, bias, mean, variance].allSatisfy({ $0.count == channels }) else { return nil }
    let epsilon = try attributes.float("epsilon", default: 1e-5)
    let factors = (0..<channels).map {
      Double(scale[$0]) / (Double(variance[$0]) + epsilon).squareRoot()
    }
    let shifts = (0..<channels).map { Double(bias[$0]) - Double(mean[$0]) * factors[$0] }
    let isLast = operand.channelsLast || axis == input.sizes.count - 1
    let step = ScaleStep(
      scale: ConstantBuffer(factors.map { Float($0) }),
      shift: ConstantBuffer(shifts.map { Float($0) }),
      images: isLast ? nil : input.sizes[0],
      pixels: isLast ? count / channels : count / channels / input.sizes[0]
    )
    return KernelChoice(kernel: step, operands: [operand], isChannelsLast: operand.channelsLast)
  }

  // MARK: - Two operands

  /// An operand of a function of two, before it is known how it repeats.
  private enum Given {
    case computed(value: ValueID, sizes: [Int])
    case constant(sizes: [Int], values: [Float])

    var sizes: [Int] {
      switch self {
      case .computed(_, let sizes), .constant(let sizes, _): sizes
      }
    }
  }

  private func given(_ index: Int) -> Given? {
    if let operand = computed(index) {
      return .computed(value: operand.value, sizes: operand.sizes)
    }
    return floats(index).map { .constant(sizes: $0.sizes, values: $0.values) }
  }

  func binary(_ function: Elementwise.Binary) throws -> KernelChoice? {
    guard node.inputs.count == 2, let left = given(0), let right = given(1),
      let bounds = try bounds()
    else { return nil }
    let result = resultSizes
    let isLast = takesChannelsLast([left, right], result)
    let extents = isLast ? Self.rotated(result) : result
    var operands: [KernelChoice.Operand] = []
    var sides: [BinaryStep.Side] = []
    var repetitions: [Repetition] = []
    for given in [left, right] {
      guard given.sizes.count <= result.count else { return nil }
      let padding = Array(repeating: 1, count: result.count - given.sizes.count)
      let sizes = padding + given.sizes
      guard let repetition = Repetition(isLast ? Self.rotated(sizes) : sizes, in: extents) else {
        return nil
      }
      repetitions.append(repetition)
      switch given {
      case .computed(let value, _):
        sides.append(.init(source: .computed(operands.count)))
        operands.append(.init(value: value, channelsLast: isLast))
      case .constant(_, let values):
        let ordered = isLast ? Self.channelsLast(values, sizes) : values
        sides.append(.init(source: .constant(ConstantBuffer(ordered))))
      }
    }
    // One of them has the result's extents; the other one may repeat.
    let partial = repetitions.firstIndex { !$0.isWhole } ?? 1
    let shape = repetitions[partial]
    guard repetitions[1 - partial].isWhole else { return nil }
    sides[partial].extent = shape.extent
    sides[partial].outerStride = shape.outerStride
    sides[1 - partial].outerStride = shape.rows * shape.columns
    let step = BinaryStep(
      function: function,
      left: sides[0],
      right: sides[1],
      outer: shape.outer,
      rows: shape.rows,
      columns: shape.columns,
      bounds: bounds
    )
    return KernelChoice(kernel: step, operands: operands, isChannelsLast: isLast)
  }

  /// Whether the result is left with its channels last, as an operand of its extents is.
  private func takesChannelsLast(_ operands: [Given], _ result: [Int]) -> Bool {
    var isLast = false
    for case .computed(let value, let sizes) in operands {
      guard sizes.count == result.count else { return false }
      if sizes == result, isChannelsLast(value) { isLast = true }
    }
    return isLast
  }

  private static func rotated(_ sizes: [Int]) -> [Int] { [sizes[0]] + sizes[2...] + [sizes[1]] }

  private static func channelsLast(_ values: [Float], _ sizes: [Int]) -> [Float] {
    guard let extents = Relayout.extents(sizes) else { return values }
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for image in 0..<extents.batch {
      for pixel in 0..<extents.pixels {
        for channel in 0..<extents.channels {
          result.append(values[(image * extents.channels + channel) * extents.pixels + pixel])
        }
      }
    }
    return result
  }
}

/// How an operand repeats over a result: as the result `[outer, rows, columns]` sees it.
struct Repetition: Equatable {
  var extent = BinaryStep.Side.Extent.matrix
  var outer = 1
  var rows = 1
  var columns = 1
  var outerStride = 0

  /// Whether it does not repeat.
  var isWhole: Bool { extent == .matrix }

  /// - Returns: `nil` where an extent does not fit, or axes that repeat alternate too often.
  init?(_ sizes: [Int], in result: [Int]) {
    var runs: [(isWhole: Bool, count: Int)] = []
    for (size, extent) in zip(sizes, result) {
      guard size == extent || size == 1 else { return nil }
      guard extent != 1 else { continue }
      let isWhole = size == extent
      if runs.last?.isWhole == isWhole {
        runs[runs.count - 1].count *= extent
      } else {
        runs.append((isWhole, extent))
      }
    }
    switch runs.map(\.isWhole) {
    case [], [true]: columns = runs.first?.count ?? 1
    case [false]: (extent, columns) = (.scalar, runs[0].count)
    case [false, true]: (extent, rows, columns) = (.row, runs[0].count, runs[1].count)
    case [true, false]: (extent, rows, columns) = (.column, runs[0].count, runs[1].count)
    case [true, false, true]:
      (extent, outer, rows, columns) = (.row, runs[0].count, runs[1].count, runs[2].count)
      outerStride = columns
    case [false, true, false]:
      (extent, outer, rows, columns) = (.column, runs[0].count, runs[1].count, runs[2].count)
    default: return nil
    }
  }
}
