import Kernels
import ModelIR
import Operators

extension CompiledGraph {
  /// What a run gives: the outputs in the model's order, and the kept values.
  typealias Run = (outputs: [Tensor], kept: [ValueID: Tensor])

  /// Runs pieces of a job, one single-threaded executor a thread; a single piece, and a model with
  /// state, is run by one executor whose operators share the threads.
  ///
  /// Results do not depend on the number of threads.
  ///
  /// - Parameters:
  ///   - count: How many pieces there are.
  ///   - keep: Values to return beside the outputs.
  ///   - threads: The most threads.
  ///   - progress: Told after each batch how many of how many are done; called by the calling thread.
  ///   - piece: Makes the inputs of a piece.
  /// - Returns: The results of each piece.
  /// - Throws: the error of the first piece that fails.
  func run(
    count: Int,
    keeping keep: Set<ValueID>,
    threads: Int,
    progress: (_ done: Int, _ total: Int) -> Void,
    piece: (Int) throws(ExecutionError) -> [Tensor]
  ) throws(ExecutionError) -> [Run] {
    let isSequential = count == 1 || model.isStateful
    let executorCount = isSequential ? 1 : min(threads, count, affordableExecutors)
    let queue = WorkQueue(threadCount: isSequential ? threads : executorCount)
    /// What one thread has; no other thread touches it before the queue returns.
    final class Worker {
      var executor: Executor?
      var results: [(piece: Int, result: Result<Run, ExecutionError>)] = []
    }
    let workers = (0..<executorCount).map { _ in Worker() }
    func run(_ index: Int, _ worker: Worker) {
      let result = Result { () throws(ExecutionError) -> Run in
        let inner = isSequential && threads > 1 ? queue : nil
        if worker.executor == nil { worker.executor = try Executor(self, queue: inner) }
        guard let executor = worker.executor else { return ([], [:]) }
        return try self.run(executor, try piece(index), keeping: keep)
      }
      worker.results.append((index, result))
    }
    var runs: [Run] = []
    // Batches let the calling thread say how far the work is.
    let batch = isSequential ? 1 : 16 * executorCount
    for start in stride(from: 0, to: count, by: batch) {
      let size = min(batch, count - start)
      if isSequential {
        run(start, workers[0])
      } else {
        queue.run(jobCount: size, chunk: 1) { jobs, worker in
          for job in jobs { run(start + job, workers[worker]) }
        }
      }
      for entry in workers.flatMap(\.results).sorted(by: { $0.piece < $1.piece }) {
        runs.append(try entry.result.get())
      }
      for worker in workers { worker.results.removeAll() }
      progress(start + size, count)
    }
    return runs
  }

  /// One run; kept values that no step leaves behind are computed by the reference.
  private func run(
    _ executor: Executor,
    _ inputs: [Tensor],
    keeping keep: Set<ValueID>
  ) throws(ExecutionError) -> Run {
    var run = try executor.run(inputs: inputs, keeping: keep)
    let missing = keep.filter { run.kept[$0] == nil }
    guard !missing.isEmpty, !model.isStateful else { return run }
    let interpreter = Interpreter(model, limits: limits.interpreter)
    run.kept.merge(try interpreter.run(inputs: inputs, keeping: missing).kept) { first, _ in first }
    return run
  }

  /// How many executors fit into the limit together; at least one.
  private var affordableExecutors: Int { max(1, limits.arenaBytes / max(plannedBytes(), 1)) }

  // MARK: - Limits

  /// Refuses values that would be too large, before anything is computed.
  static func checkSizes(
    _ graph: Graph,
    _ types: [TensorType],
    limit: Int
  ) throws(ExecutionError) {
    for node in graph.nodes {
      for case .some(let output) in node.outputs {
        let type = types[output.index]
        // Handles and texts have no bytes that could be counted; more elements than an Int counts are
        // more than any limit.
        guard let sizes = type.shape.sizes, type.element.bitWidth != nil else { continue }
        let bytes =
          checkedProduct(sizes).flatMap(type.element.byteCount(elements:)) ?? Int.max
        guard bytes <= limit else {
          throw ExecutionError(
            OperatorError(.limit, "a result of \(bytes) bytes is above the limit of \(limit)"),
            node: node
          )
        }
      }
    }
  }

  /// Whether a step reads or writes what outlives a run.
  func isStateful(_ index: Int) -> Bool { Model.isStateful(graph[steps[index].node]) }
}
