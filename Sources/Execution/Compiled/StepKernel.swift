import Kernels

/// What a step does with float32 memory; made for one shape, immutable.
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
  let inputs: [UnsafePointer<Float>]
  /// The result.
  let output: UnsafeMutablePointer<Float>
  /// One for each thread of the queue.
  let scratch: [AlignedBuffer]
  /// Threads that share jobs; `nil` for the calling one alone.
  let queue: WorkQueue?

  /// Does all jobs of a kernel.
  func forEachJob(_ count: Int, _ body: (Range<Int>, AlignedBuffer) -> Void) {
    guard let queue, count > 1 else { return body(0..<count, scratch[0]) }
    queue.run(jobCount: count) { jobs, worker in body(jobs, scratch[worker]) }
  }
}

/// Constant numbers that kernels read, shared by all executors.
struct ConstantBuffer: Sendable {
  private let storage: AlignedBuffer
  let count: Int

  init(_ values: [Float]) {
    count = values.count
    storage = AlignedBuffer(byteCount: values.count * MemoryLayout<Float>.size, zeroed: false)
    storage.pointer.withMemoryRebound(to: Float.self, capacity: values.count) { target in
      for (index, value) in values.enumerated() { target[index] = value }
    }
  }

  /// Valid while the buffer is.
  var pointer: UnsafePointer<Float> {
    UnsafePointer(storage.pointer.assumingMemoryBound(to: Float.self))
  }

  var byteCount: Int { storage.byteCount }
}
