import Kernels
import ModelIR
import Operators

/// A convolution, or a product of rows with constant weights, of 8-bit activations.
struct QuantizedConvolutionStep: FusableKernel {
  var plan: ConvolutionPlan
  let filters: PackedQuantizedFilters
  let quantizedEpilogue: IntegerEpilogue

  var scratchByteCount: Int { plan.scratchByteCount }
  var packedByteCount: Int { filters.byteCount }
  var columns: Int { plan.shape.outputChannels }
  var epilogue: FusedEpilogue { FusedEpilogue(bounds: (-.infinity, .infinity)) }
  var takesInputRelu: Bool { false }
  var takesEpilogue: Bool { false }

  func padding(_ fill: PadStep.Fill, top: Int, left: Int, height: Int, width: Int) -> Self? {
    guard fill == .byte(filters.zeroPointByte),
      let padded = try? ConvolutionPlan(
        plan.shape.padded(top: top, left: left, height: height, width: width),
        element: plan.element
      )
    else { return nil }
    var result = self
    result.plan = padded
    return result
  }

  func run(_ memory: StepMemory, _ epilogue: FusedEpilogue) {
    memory.forEachJob(plan.jobCount) { jobs, scratch in
      plan.run(
        filters,
        input: memory.operands[0],
        output: memory.result,
        epilogue: quantizedEpilogue.kernel,
        scratch: scratch,
        jobs: jobs
      )
    }
  }
}

/// A depthwise convolution of 8-bit activations.
struct QuantizedDepthwiseStep: FusableKernel {
  var plan: DepthwisePlan
  let filters: PackedQuantizedFilters
  let quantizedEpilogue: IntegerEpilogue

  var packedByteCount: Int { filters.byteCount }
  var columns: Int { plan.shape.outputChannels }
  var epilogue: FusedEpilogue { FusedEpilogue(bounds: (-.infinity, .infinity)) }
  var takesInputRelu: Bool { false }
  var takesEpilogue: Bool { false }

  func padding(_ fill: PadStep.Fill, top: Int, left: Int, height: Int, width: Int) -> Self? {
    guard fill == .byte(filters.zeroPointByte),
      let padded = try? DepthwisePlan(
        plan.shape.padded(top: top, left: left, height: height, width: width),
        element: plan.element
      )
    else { return nil }
    var result = self
    result.plan = padded
    return result
  }

  func run(_ memory: StepMemory, _ epilogue: FusedEpilogue) {
    memory.forEachJob(plan.jobCount) { jobs, _ in
      plan.run(
        filters,
        input: memory.operands[0],
        output: memory.result,
        epilogue: quantizedEpilogue.kernel,
        jobs: jobs
      )
    }
  }
}

extension PackedQuantizedFilters {
  /// The byte that stands for zero in the input.
  fileprivate var zeroPointByte: UInt8 { UInt8(truncatingIfNeeded: quantization.inputZeroPoint) }
}

/// Where integer results lie.
struct IntegerEpilogue: Sendable {
  var isSigned: Bool
  var zeroPoint: Int32
  var bounds: ClosedRange<Int32>
  var arithmetic = CompiledGraph.Arithmetic.reference

  var kernel: QuantizedEpilogue {
    QuantizedEpilogue(
      output: isSigned ? .int8 : .uint8,
      scaling: arithmetic == .reference ? .fixedPoint : .float,
      outputZeroPoint: zeroPoint,
      lower: bounds.lowerBound,
      upper: bounds.upperBound
    )
  }
}

/// A fully connected layer of 8-bit activations: its sums are scaled in double precision.
struct QuantizedProductStep: StepKernel {
  let plan: ConvolutionPlan
  let filters: PackedQuantizedFilters
  let scales: [Double]
  let rows: Int
  let columns: Int
  let epilogue: IntegerEpilogue

  private var sumBytes: Int { rows * columns * MemoryLayout<Int32>.size }
  private var planBytes: Int { (plan.scratchByteCount + 63) / 64 * 64 }
  // The sums lie behind what the plan needs, in the first thread's scratch.
  var scratchByteCount: Int { planBytes + sumBytes }
  var packedByteCount: Int { filters.byteCount }

  func run(_ memory: StepMemory) {
    let sums = memory.scratch[0].pointer + planBytes
    memory.forEachJob(plan.jobCount) { jobs, scratch in
      plan.run(
        filters,
        input: memory.operands[0],
        output: sums,
        epilogue: QuantizedEpilogue(output: .int32, lower: .min, upper: .max),
        scratch: scratch,
        jobs: jobs
      )
    }
    QuantizedElementwise.scale(
      sums.assumingMemoryBound(to: Int32.self),
      by: scales,
      zeroPoint: epilogue.zeroPoint,
      bounds: epilogue.bounds,
      to: memory.result,
      rows: rows,
      columns: columns
    )
  }
}

/// A sum or product of two 8-bit operands.
struct QuantizedBinaryStep: StepKernel {
  let pair: QuantizedElementwise.Pair
  let isProduct: Bool
  /// Constant operands; `nil` where the operand is the next computed one.
  let constants: [ByteTable?]
  let extents: [QuantizedElementwise.Extent]
  let outerStrides: [Int]
  let outer: Int
  let rows: Int
  let columns: Int

  var packedByteCount: Int { constants.reduce(0) { $0 + ($1?.byteCount ?? 0) } }

  func run(_ memory: StepMemory) {
    withExtendedLifetime(constants) {
      var starts: [UnsafeRawPointer] = []
      var computed = 0
      for constant in constants {
        if let constant {
          starts.append(constant.pointer)
        } else {
          starts.append(memory.operands[computed])
          computed += 1
        }
      }
      for part in 0..<outer {
        func operand(_ index: Int) -> QuantizedElementwise.Operand {
          .init(starts[index] + part * outerStrides[index], extents[index], columns: columns)
        }
        let output = memory.result + part * rows * columns
        if isProduct {
          QuantizedElementwise.product(
            pair,
            operand(0),
            operand(1),
            to: output,
            rows: rows,
            columns: columns
          )
        } else {
          QuantizedElementwise.sum(
            pair,
            operand(0),
            operand(1),
            to: output,
            rows: rows,
            columns: columns
          )
        }
      }
    }
  }
}

/// Constant bytes that kernels read.
struct ByteTable: Sendable {
  private let storage: AlignedBuffer

  init(_ bytes: [UInt8]) {
    storage = AlignedBuffer(byteCount: bytes.count)
    storage.pointer.copyMemory(from: bytes, byteCount: bytes.count)
  }

  /// Valid while the table is.
  var pointer: UnsafeRawPointer { UnsafeRawPointer(storage.pointer) }
  var byteCount: Int { storage.byteCount }
}

/// A function of each byte, by table.
struct LookupStep: StepKernel {
  enum Table {
    case bytes(ByteTable)
    case floats(ConstantBuffer)
  }

  let table: Table
  let count: Int

  var packedByteCount: Int {
    switch table {
    case .bytes(let table): table.byteCount
    case .floats(let table): table.byteCount
    }
  }

  func run(_ memory: StepMemory) {
    withExtendedLifetime(table) {
      switch table {
      case .bytes(let table):
        let start = table.pointer.assumingMemoryBound(to: UInt8.self)
        memory.forEachPart(count) { part in
          QuantizedElementwise.lookUp(
            memory.operands[0] + part.lowerBound,
            in: start,
            to: memory.result + part.lowerBound,
            count: part.count
          )
        }
      case .floats(let table):
        memory.forEachPart(count) { part in
          QuantizedElementwise.lookUp(
            memory.operands[0] + part.lowerBound,
            in: table.pointer,
            to: memory.output + part.lowerBound,
            count: part.count
          )
        }
      }
    }
  }
}

/// Floats to bytes, halves away from zero.
struct QuantizeStep: StepKernel {
  let quantization: AffineQuantization
  let isSigned: Bool
  let count: Int

  func run(_ memory: StepMemory) {
    memory.forEachPart(count) { part in
      quantization.quantize(
        memory.input(0) + part.lowerBound,
        to: memory.result + part.lowerBound,
        type: isSigned ? .int8 : .uint8,
        count: part.count
      )
    }
  }
}

/// Pooling of bytes with a sliding window.
struct QuantizedPoolStep: StepKernel {
  let function: PoolStep.Function
  let pooling: Pooling
  let isSigned: Bool
  let bounds: ClosedRange<Int32>

  func run(_ memory: StepMemory) {
    let clamp = (lower: bounds.lowerBound, upper: bounds.upperBound)
    memory.forEachJob(pooling.jobCount) { jobs, _ in
      switch function {
      case .average:
        pooling.average(
          memory.operands[0],
          to: memory.result,
          element: isSigned ? .int8 : .uint8,
          clamp: clamp,
          jobs: jobs
        )
      case .maximum:
        pooling.maximum(
          memory.operands[0],
          to: memory.result,
          element: isSigned ? .int8 : .uint8,
          clamp: clamp,
          jobs: jobs
        )
      }
    }
  }
}

/// Sums or means of the middle axis of `[outer, reduced, inner]` bytes.
struct QuantizedReductionStep: StepKernel {
  let outer: Int
  let reduced: Int
  let inner: Int
  let isSigned: Bool
  /// Subtracted from each sum.
  let zeros: Int32
  let factor: FixedPoint.QuantizedMultiplier
  let zeroPoint: Int32
  let bounds: ClosedRange<Int32>

  var scratchByteCount: Int { outer * inner * MemoryLayout<Int32>.size }

  func run(_ memory: StepMemory) {
    let sums = memory.scratch[0].pointer.assumingMemoryBound(to: Int32.self)
    QuantizedElementwise.reduceSum(
      memory.operands[0],
      isSigned: isSigned,
      to: sums,
      outer: outer,
      reduced: reduced,
      inner: inner
    )
    let bytes = memory.result.assumingMemoryBound(to: UInt8.self)
    for index in 0..<outer * inner {
      let value = FixedPoint.multiply(sums[index] &- zeros, by: factor) &+ zeroPoint
      bytes[index] = UInt8(
        truncatingIfNeeded: min(max(value, bounds.lowerBound), bounds.upperBound)
      )
    }
  }
}

/// Softmax of rows of bytes.
struct QuantizedSoftmaxStep: StepKernel {
  let rows: Int
  let columns: Int
  let table: SoftmaxTable

  func run(_ memory: StepMemory) {
    let input = memory.operands[0].assumingMemoryBound(to: UInt8.self)
    let output = memory.result.assumingMemoryBound(to: UInt8.self)
    for row in 0..<rows {
      table.apply(
        UnsafeBufferPointer(start: input + row * columns, count: columns),
        to: UnsafeMutableBufferPointer(start: output + row * columns, count: columns)
      )
    }
  }
}
