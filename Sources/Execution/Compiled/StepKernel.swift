import Kernels

/// What a step does with memory; made for one shape, immutable.
protocol StepKernel: Sendable {
  /// Bytes of scratch that each thread needs.
  var scratchByteCount: Int { get }
  /// Bytes of weights in the kernels' order.
  var packedByteCount: Int { get }
  /// Computes the result from the operands.
  func run(_ memory: StepMemory)
}

extension StepKernel {
  var scratchByteCount: Int { 0 }
  var packedByteCount: Int { 0 }
}

/// The memory that one run of a kernel may use.
struct StepMemory {
  // The executor holds the memory for the whole run; sizes are those the kernel was made for.

  /// The operands, each as large and in the layout as the kernel asked for.
  let operands: [UnsafeRawPointer]
  /// The result.
  let result: UnsafeMutableRawPointer
  /// One for each thread of the queue.
  let scratch: [AlignedBuffer]
  /// Threads that share jobs; `nil` for the calling one alone.
  let queue: WorkQueue?

  /// An operand of floats.
  func input(_ index: Int) -> UnsafePointer<Float> {
    operands[index].assumingMemoryBound(to: Float.self)
  }

  /// The result as floats.
  var output: UnsafeMutablePointer<Float> { result.assumingMemoryBound(to: Float.self) }

  /// Does all jobs of a kernel.
  func forEachJob(_ count: Int, _ body: (Range<Int>, AlignedBuffer) -> Void) {
    guard let queue, count > 1 else { return body(0..<count, scratch[0]) }
    queue.run(jobCount: count) { jobs, worker in body(jobs, scratch[worker]) }
  }

  /// Does parts of a long list of elements, where that is worth more than one thread.
  func forEachPart(_ count: Int, _ body: (Range<Int>) -> Void) {
    // Below, waking a thread costs more than it saves.
    let part = 16384
    guard let queue, count >= 2 * part else { return body(0..<count) }
    queue.run(jobCount: (count + part - 1) / part) { jobs, _ in
      body(jobs.lowerBound * part..<min(jobs.upperBound * part, count))
    }
  }
}

/// Constant numbers that kernels read, shared by all executors.
struct ConstantBuffer: Sendable {
  private let storage: AlignedBuffer
  let count: Int

  /// - Parameters:
  ///   - values: The numbers.
  ///   - padding: Zeros behind them.
  init(_ values: [Float], padding: Int = 0) {
    count = values.count
    storage = AlignedBuffer(byteCount: (values.count + padding) * MemoryLayout<Float>.size)
    storage.pointer.withMemoryRebound(to: Float.self, capacity: values.count) { target in
      for (index, value) in values.enumerated() { target[index] = value }
    }
  }

  /// Valid while the buffer is.
  var pointer: UnsafePointer<Float> {
    UnsafePointer(storage.pointer.assumingMemoryBound(to: Float.self))
  }

  /// The numbers.
  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  var byteCount: Int { storage.byteCount }
}
