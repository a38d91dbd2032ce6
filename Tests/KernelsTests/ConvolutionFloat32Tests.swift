import Kernels
import Testing

@Suite struct ConvolutionFloat32Tests {
  /// A convolution, its operands and the result of the obvious loops in Double.
  struct Case {
    let reference: ConvolutionReference
    let input: [Float]
    let weights: [[Float]]
    let biases: [[Float]]
    let residual: [Float]
    let lower: Float
    let upper: Float
    let usesResidual: Bool
    let residualAfterClamp: Bool

    init(_ shape: ConvolutionShape, _ random: inout SplitMix) {
      reference = ConvolutionReference(shape: shape)
      input = random.floats(reference.inputCount)
      let weightCount = reference.weightCount
      weights = (0..<shape.variants).map { _ in random.floats(weightCount) }
      biases = (0..<shape.variants).map { _ in random.floats(shape.outputChannels) }
      residual = random.floats(reference.outputCount)
      (lower, upper) = random.pick([(-.infinity, .infinity), (0, 6), (-1, 1), (0, .infinity)])
      usesResidual = random.pick([true, false])
      residualAfterClamp = random.pick([true, false])
    }

    func expected() -> [Float] {
      var output = [Float](repeating: .nan, count: reference.outputCount)
      reference.forEachOutput { entry in
        var sum = Double(biases[entry.variant][entry.channel])
        for tap in entry.taps {
          sum += Double(input[tap.input]) * Double(weights[entry.variant][tap.weight])
        }
        let added = usesResidual ? Double(residual[entry.index]) : 0
        if !residualAfterClamp { sum += added }
        sum = min(max(sum, Double(lower)), Double(upper))
        if residualAfterClamp { sum += added }
        output[entry.index] = Float(sum)
      }
      return output
    }

    func runDepthwise(_ instructionSet: InstructionSet) throws -> [Float] {
      let shape = reference.shape
      let plan = try DepthwisePlan(shape, element: .float32, instructionSet: instructionSet)
      // Depthwise weights of the reference are [channels, height, width, 1].
      let filters = try withPointers(weights) { weights in
        try withPointers(biases) { biases in
          try PackedDepthwiseFilters(shape, strides: .ohwi(shape), weights: weights, bias: biases)
        }
      }
      var output = [Float](repeating: .nan, count: reference.outputCount)
      residual.withUnsafeBufferPointer { residual in
        let epilogue = Epilogue(
          lower: lower,
          upper: upper,
          residual: usesResidual ? residual.baseAddress : nil,
          residualStride: reference.outputStride,
          residualAfterClamp: residualAfterClamp
        )
        for job in (0..<plan.jobCount).reversed() {
          plan.run(
            filters,
            input: input,
            output: &output,
            epilogue: epilogue,
            jobs: job..<job + 1
          )
        }
      }
      return output
    }

    func run(_ instructionSet: InstructionSet, reversed: Bool = false) throws -> [Float] {
      let shape = reference.shape
      let plan = try ConvolutionPlan(shape, element: .float32, instructionSet: instructionSet)
      let filters = try withPointers(weights) { weights in
        try withPointers(biases) { biases in
          try PackedFilters(
            shape,
            strides: .ohwi(shape),
            weights: weights,
            bias: biases,
            instructionSet: instructionSet
          )
        }
      }
      let scratch = AlignedBuffer(byteCount: plan.scratchByteCount)
      var output = [Float](repeating: .nan, count: reference.outputCount)
      residual.withUnsafeBufferPointer { residual in
        let epilogue = Epilogue(
          lower: lower,
          upper: upper,
          residual: usesResidual ? residual.baseAddress : nil,
          residualStride: reference.outputStride,
          residualAfterClamp: residualAfterClamp
        )
        // One job at a time, forwards or backwards: the order must not matter.
        let jobs = (0..<plan.jobCount).map { reversed ? plan.jobCount - 1 - $0 : $0 }
        for job in jobs {
          plan.run(
            filters,
            input: input,
            output: &output,
            epilogue: epilogue,
            scratch: scratch,
            jobs: job..<job + 1
          )
        }
      }
      return output
    }
  }

  @Test(arguments: InstructionSet.available, 0..<150)
  func `random convolutions equal the obvious loops`(set: InstructionSet, seed: Int) throws {
    var random = SplitMix(seed)
    let shape =
      seed % 3 == 0 ? ConvolutionShape.randomMatrixProduct(&random) : .random(&random)
    let test = Case(shape, &random)
    let expected = test.expected()
    let actual = try test.run(set)
    // Elements between pixels are not written: both stay NaN there.
    // Tolerance: sums of up to 500 products of magnitude below 1 in Float.
    let different = zip(actual, expected).contains { actual, expected in
      actual.isNaN != expected.isNaN || abs(actual - expected) > 5e-5
    }
    #expect(!different, "\(shape)")
    let reversed = try test.run(set, reversed: true)
    #expect(actual.map(\.bitPattern) == reversed.map(\.bitPattern))
  }

  @Test(arguments: InstructionSet.available, 0..<150)
  func `random depthwise convolutions equal the obvious loops`(
    set: InstructionSet,
    seed: Int
  ) throws {
    var random = SplitMix(2000 + seed)
    let test = Case(.randomDepthwise(&random), &random)
    let actual = try test.runDepthwise(set)
    // Tolerance: sums of up to 25 products of magnitude below 1 in Float.
    let different = zip(actual, test.expected()).contains { actual, expected in
      actual.isNaN != expected.isNaN || abs(actual - expected) > 1e-5
    }
    #expect(!different, "\(test.reference.shape)")
  }

  @Test(.enabled(if: InstructionSet.available.count == 3), arguments: 0..<60)
  func `AVX2 and AVX-512 give the same bits`(seed: Int) throws {
    var random = SplitMix(1000 + seed)
    let test = Case(.random(&random), &random)
    #expect(
      try test.run(.avx2).map(\.bitPattern) == test.run(.avx512).map(\.bitPattern)
    )
  }

  @Test func `ONNX and Keras filter orders pack to the same weights`() throws {
    var random = SplitMix(7)
    var shape = ConvolutionShape()
    (shape.inputHeight, shape.inputWidth, shape.inputChannels) = (6, 7, 5)
    (shape.outputHeight, shape.outputWidth, shape.outputChannels) = (6, 7, 9)
    (shape.kernelHeight, shape.kernelWidth, shape.padTop, shape.padLeft) = (3, 2, 1, 1)
    let input = random.floats(6 * 7 * 5)
    let ohwi = random.floats(9 * 3 * 2 * 5)
    var oihw = ohwi
    var hwio = ohwi
    for o in 0..<9 {
      for tap in 0..<6 {
        for i in 0..<5 {
          oihw[(o * 5 + i) * 6 + tap] = ohwi[(o * 6 + tap) * 5 + i]
          hwio[(tap * 5 + i) * 9 + o] = ohwi[(o * 6 + tap) * 5 + i]
        }
      }
    }
    let outputs = try [
      (ohwi, FilterStrides.ohwi(shape)), (oihw, .oihw(shape)), (hwio, .hwio(shape)),
    ].map { weights, strides in
      let plan = try ConvolutionPlan(shape, element: .float32)
      let filters = try withPointers([weights]) {
        try PackedFilters(shape, strides: strides, weights: $0, bias: [nil])
      }
      var output = [Float](repeating: 0, count: 6 * 7 * 9)
      plan.run(
        filters,
        input: input,
        output: &output,
        scratch: AlignedBuffer(byteCount: plan.scratchByteCount),
        jobs: 0..<plan.jobCount
      )
      return output
    }
    #expect(outputs[0] == outputs[1] && outputs[0] == outputs[2])
  }

  @Test func `shapes that cannot be run are refused`() {
    func refused(_ change: (inout ConvolutionShape) -> Void) -> Bool {
      var shape = ConvolutionShape.matrixProduct(rows: 2, depth: 4, columns: 4)
      change(&shape)
      return (try? ConvolutionPlan(shape, element: .float32)) == nil
    }
    #expect(!refused { _ in })
    #expect(refused { $0.strideHeight = 0 })
    #expect(refused { $0.batch = -1 })
    #expect(refused { $0.groups = 3 })
    #expect(refused { $0.inputPixelStride = 3 })
    #expect(refused { $0.outputHeight = .max })
    #expect(refused { $0.outputChannels = .max })
    #expect(refused { $0.variants = .max })
    #expect(refused { ($0.kernelHeight, $0.kernelWidth) = (1 << 31, 1 << 31) })
    #expect(refused { ($0.strideWidth, $0.outputWidth) = (1 << 40, 1 << 30) })
  }
}

/// Calls `body` with one pointer for each array.
func withPointers<T, R>(_ arrays: [[T]], _ body: ([UnsafePointer<T>]) throws -> R) rethrows -> R {
  func next(_ rest: ArraySlice<[T]>, _ pointers: [UnsafePointer<T>]) throws -> R {
    guard let first = rest.first else { return try body(pointers) }
    return try first.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("empty operand") }
      return try next(rest.dropFirst(), pointers + [base])
    }
  }
  return try next(arrays[...], [])
}
