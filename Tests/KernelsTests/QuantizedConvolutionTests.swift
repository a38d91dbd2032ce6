import Kernels
import Testing

@Suite struct QuantizedConvolutionTests {
  /// Random operands of a quantized layer; values are kept as bit patterns of their types.
  struct Case {
    let reference: ConvolutionReference
    let element: ConvolutionPlan.Element
    let input: [Int32]
    let weights: [[UInt8]]
    let quantization: LayerQuantization
    let scales: ChannelScales
    let isDepthwise: Bool

    init(
      _ shape: ConvolutionShape,
      _ element: ConvolutionPlan.Element,
      depthwise: Bool = false,
      _ random: inout SplitMix
    ) {
      reference = ConvolutionReference(shape: shape)
      self.element = element
      isDepthwise = depthwise
      let range: ClosedRange<Int32> =
        switch element {
        case .uint8: 0...255
        case .int16: -32768...32767
        default: -128...127
        }
      input = random.integers(reference.inputCount, in: range)
      let isUnsigned = element == .uint8 && random.pick([true, false])
      let weightCount = reference.weightCount
      // TensorFlow Lite's symmetric weights avoid -128; the kernels do not need that.
      weights = (0..<shape.variants).map { _ in random.integers(weightCount) }
      let symmetric = element != .uint8
      quantization = LayerQuantization(
        inputZeroPoint: element == .int16 ? 0 : Int32.random(in: range, using: &random),
        weightsAreUnsigned: isUnsigned,
        weightZeroPoint: symmetric
          ? 0 : Int32.random(in: isUnsigned ? 0...255 : -128...127, using: &random)
      )
      let channels = shape.outputChannels * shape.variants
      let multipliers: [Double] = (0..<channels).map { _ in
        // From gains above one to scales that leave a few quanta.
        Double.random(in: 0.5..<1, using: &random) * random.pick([1 / 4096, 1 / 300, 1 / 16, 3])
      }
      scales = ChannelScales(
        bias: random.integers(channels, in: -20000...20000),
        wideBias: element == .int16 ? random.integers(channels, in: -1 << 34...1 << 34) : nil,
        floatBias: random.floats(channels),
        fixedPoint: multipliers.map { FixedPointScale(element == .int16 ? $0 / 1000 : $0) },
        scale: multipliers.map { Float($0) }
      )
    }

    func weight(_ variant: Int, _ index: Int) -> Int64 {
      let byte = weights[variant][index]
      return Int64(quantization.weightsAreUnsigned ? Int32(byte) : Int32(Int8(bitPattern: byte)))
        - Int64(quantization.weightZeroPoint)
    }

    /// Calls `visit` with each output's index, channel and sum without bias.
    func forEachSum(_ visit: (Int, Int, Int64) -> Void) {
      reference.forEachOutput { output in
        var sum: Int64 = 0
        for tap in output.taps {
          sum +=
            Int64(input[tap.input] - quantization.inputZeroPoint)
            * weight(output.variant, tap.weight)
        }
        let channel = output.variant * reference.shape.outputChannels + output.channel
        visit(output.index, channel, sum)
      }
    }

    /// Runs on `Output` elements; gaps between pixels keep `fill`.
    func run<Output>(
      _ set: InstructionSet,
      _ epilogue: QuantizedEpilogue,
      fill: Output
    ) throws -> [Output] {
      let shape = reference.shape
      let bytes: [UInt8] = input.map { UInt8(truncatingIfNeeded: $0) }
      let words: [Int16] = input.map { Int16(truncatingIfNeeded: $0) }
      let filters = try withPointers(weights) { weights in
        try PackedQuantizedFilters(
          shape,
          element: element,
          depthwise: isDepthwise,
          strides: .ohwi(shape),
          quantization: quantization,
          scales: scales,
          weights: weights.map { .init($0) },
          instructionSet: set
        )
      }
      var output = [Output](repeating: fill, count: reference.outputCount)
      try bytes.withUnsafeBytes { bytes in
        try words.withUnsafeBytes { words in
          try output.withUnsafeMutableBytes { output in
            guard
              let from = element == .int16 ? words.baseAddress : bytes.baseAddress,
              let to = output.baseAddress
            else { return }
            if isDepthwise {
              let plan = try DepthwisePlan(shape, element: element, instructionSet: set)
              for job in (0..<plan.jobCount).reversed() {
                plan.run(
                  filters,
                  input: from,
                  output: to,
                  epilogue: epilogue,
                  jobs: job..<job + 1
                )
              }
            } else {
              let plan = try ConvolutionPlan(shape, element: element, instructionSet: set)
              let scratch = AlignedBuffer(byteCount: plan.scratchByteCount)
              for job in (0..<plan.jobCount).reversed() {
                plan.run(
                  filters,
                  input: from,
                  output: to,
                  epilogue: epilogue,
                  scratch: scratch,
                  jobs: job..<job + 1
                )
              }
            }
          }
        }
      }
      return output
    }
  }

  static func shape(_ seed: Int, _ random: inout SplitMix, depthwise: Bool) -> ConvolutionShape {
    if depthwise { return .randomDepthwise(&random) }
    return seed % 3 == 0 ? .randomMatrixProduct(&random) : .random(&random)
  }

  @Test(arguments: InstructionSet.available, 0..<240)
  func `8-bit layers are exact`(set: InstructionSet, seed: Int) throws {
    var random = SplitMix(3000 + seed)
    let depthwise = seed % 2 == 0
    let shape = Self.shape(seed, &random, depthwise: depthwise)
    let element = random.pick([ConvolutionPlan.Element.int8, .uint8])
    let test = Case(shape, element, depthwise: depthwise, &random)
    let scaling = random.pick([QuantizedEpilogue.Scaling.fixedPoint, .fixedPointOnce, .float])
    let zeroPoint: Int32 = element == .int8 ? -7 : 11
    let (lower, upper): (Int32, Int32) = element == .int8 ? (-120, 127) : (3, 250)
    let epilogue = QuantizedEpilogue(
      output: element == .int8 ? .int8 : .uint8,
      scaling: scaling,
      outputZeroPoint: zeroPoint,
      lower: lower,
      upper: upper
    )
    var expected = [UInt8](repeating: 77, count: test.reference.outputCount)
    test.forEachSum { index, channel, sum in
      let total = Int32(sum) + (test.scales.bias?[channel] ?? 0)
      let scale = test.scales.fixedPoint?[channel] ?? FixedPointScale(1)
      let scaled: Int32 =
        switch scaling {
        case .fixedPoint:
          FixedPointReference.scale(total, multiplier: scale.multiplier, shift: scale.shift)
        case .fixedPointOnce:
          FixedPointReference.scaleOnce(total, multiplier: scale.multiplier, shift: scale.shift)
        case .float:
          Int32((Float(total) * (test.scales.scale?[channel] ?? 1)).rounded(.toNearestOrEven))
        }
      expected[index] = UInt8(truncatingIfNeeded: min(max(scaled + zeroPoint, lower), upper))
    }
    let actual: [UInt8] = try test.run(set, epilogue, fill: 77)
    #expect(actual == expected, "\(shape)")
  }

  @Test(arguments: InstructionSet.available, 0..<80)
  func `bare sums and hybrid outputs are exact`(set: InstructionSet, seed: Int) throws {
    var random = SplitMix(4000 + seed)
    let depthwise = seed % 4 == 0
    let shape = Self.shape(seed, &random, depthwise: depthwise)
    let test = Case(shape, .int8, depthwise: depthwise, &random)
    var sums = [Int32](repeating: 77, count: test.reference.outputCount)
    test.forEachSum { sums[$0] = Int32($2) + (test.scales.bias?[$1] ?? 0) }
    let bare = QuantizedEpilogue(output: .int32, lower: .min, upper: .max)
    let actual: [Int32] = try test.run(set, bare, fill: 77)
    #expect(actual == sums)

    let rows = shape.batch * shape.outputHeight * shape.outputWidth
    let rowScales = random.floats(rows, in: 0.01...2)
    let scalesFirst = random.pick([true, false])
    var floats = [Float](repeating: -1, count: sums.count)
    test.forEachSum { index, channel, _ in
      let row = rowScales[index / test.reference.outputStride]
      let column = test.scales.scale?[channel] ?? 1
      let sum = Float(sums[index])
      let product = scalesFirst ? sum * (row * column) : sum * column * row
      floats[index] = max(product + (test.scales.floatBias?[channel] ?? 0), -1000)
    }
    let hybrid: [Float] = try rowScales.withUnsafeBufferPointer { rowScales in
      try test.run(
        set,
        QuantizedEpilogue(
          rowScales: rowScales.baseAddress,
          scalesFirst: scalesFirst,
          lower: -1000
        ),
        fill: -1
      )
    }
    #expect(hybrid == floats, "\(shape)")
  }

  @Test(arguments: InstructionSet.available, 0..<80)
  func `16-bit layers are exact`(set: InstructionSet, seed: Int) throws {
    var random = SplitMix(5000 + seed)
    let depthwise = seed % 4 == 0
    let shape = Self.shape(seed, &random, depthwise: depthwise)
    let test = Case(shape, .int16, depthwise: depthwise, &random)
    var expected = [Int16](repeating: 77, count: test.reference.outputCount)
    test.forEachSum { index, channel, sum in
      let bias = Int64(
        depthwise ? Int64(test.scales.bias?[channel] ?? 0) : test.scales.wideBias?[channel] ?? 0
      )
      let scale = test.scales.fixedPoint?[channel] ?? FixedPointScale(1)
      let value = FixedPointReference.scale(
        sum + bias,
        multiplier: scale.multiplier,
        shift: scale.shift
      )
      expected[index] = Int16(min(max(value, -32768), 32767))
    }
    let epilogue = QuantizedEpilogue(output: .int16, lower: -32768, upper: 32767)
    let actual: [Int16] = try test.run(set, epilogue, fill: 77)
    #expect(actual == expected, "\(shape)")
  }

  @Test func `a row's own zero point equals packing it`() throws {
    var random = SplitMix(8)
    let shape = ConvolutionShape.matrixProduct(rows: 5, depth: 37, columns: 40)
    let input: [Int8] = random.integers(5 * 37)
    let weights: [Int8] = random.integers(40 * 37)
    let zeroPoints: [Int32] = [3, -128, 0, 127, -5]
    let rowScales: [Float] = [1, 2, 0.5, 1, 1]
    let plan = try ConvolutionPlan(shape, element: .int8)
    let filters = try weights.withUnsafeBytes { weights throws in
      try PackedQuantizedFilters(
        shape,
        element: .int8,
        strides: .ohwi(shape),
        quantization: LayerQuantization(),
        scales: ChannelScales(scale: [Float](repeating: 1, count: 40)),
        weights: weights.baseAddress.map { [$0] } ?? []
      )
    }
    var output = [Float](repeating: 0, count: 200)
    rowScales.withUnsafeBufferPointer { rowScales in
      zeroPoints.withUnsafeBufferPointer { zeroPoints in
        plan.run(
          filters,
          input: input,
          output: &output,
          epilogue: QuantizedEpilogue(
            rowScales: rowScales.baseAddress,
            rowZeroPoints: zeroPoints.baseAddress,
            scalesFirst: true
          ),
          scratch: AlignedBuffer(byteCount: plan.scratchByteCount),
          jobs: 0..<plan.jobCount
        )
      }
    }
    for row in 0..<5 {
      for column in 0..<40 {
        var sum: Int32 = 0
        for k in 0..<37 {
          sum += (Int32(input[row * 37 + k]) - zeroPoints[row]) * Int32(weights[column * 37 + k])
        }
        #expect(output[row * 40 + column] == Float(sum) * rowScales[row])
      }
    }
  }

  @Test func `multipliers split as the reference does`() {
    // Computed by hand: 0.75 = 0x60000000 * 2^-31, 1.0 = 0x40000000 * 2^(1 - 31),
    // and a value that rounds up to the next power of two.
    let cases: [(Double, Int32, Int32)] = [
      (0.75, 0x6000_0000, 0), (1, 0x4000_0000, 1), (3, 0x6000_0000, 2),
      (0.1, 1_717_986_918, -3), (1 - 0x1p-40, 0x4000_0000, 1), (0, 0, 0), (0x1p-40, 0, 0),
    ]
    for (real, multiplier, shift) in cases {
      let scale = FixedPointScale(real)
      #expect(scale.multiplier == multiplier && scale.shift == shift, "\(real)")
    }
  }

  @Test func `scaling single values equals the definition`() {
    var random = SplitMix(9)
    for _ in 0..<20000 {
      let scale = FixedPointScale(
        Double.random(in: 0.5..<1, using: &random)
          * random.pick([1, 2, 1e-2, 1e-5, 0x1p-30, 0x1p-31])
      )
      let value = random.pick([Int32.random(in: -100000...100000, using: &random), .min, .max])
      #expect(
        scale.scale(value)
          == FixedPointReference.scale(value, multiplier: scale.multiplier, shift: scale.shift)
      )
      let wide = Int64.random(in: -(1 << 46)...1 << 46, using: &random)
      #expect(
        scale.scale(wide)
          == FixedPointReference.scale(wide, multiplier: scale.multiplier, shift: scale.shift)
      )
    }
  }
}
