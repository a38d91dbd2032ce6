import Kernels
import Operators

extension CompiledGraph {
  /// Runs samples in parallel, one executor a thread.
  ///
  /// Faster for each sample than threads inside the operators, which wait for each other. Results do
  /// not depend on the number of threads.
  ///
  /// - Parameters:
  ///   - samples: The inputs of each sample, in the model's order.
  ///   - queue: The threads.
  /// - Returns: The outputs of each sample.
  /// - Throws: the error of the first sample that fails.
  package func run(
    samples: [[Tensor]],
    on queue: WorkQueue
  ) throws(ExecutionError) -> [[Tensor]] {
    /// What one thread did; no other thread touches it before the queue returns.
    final class Worker {
      var executor: Executor?
      var results: [(sample: Int, result: Result<[Tensor], ExecutionError>)] = []
    }
    let workers = (0..<queue.threadCount).map { _ in Worker() }
    queue.run(jobCount: samples.count, chunk: 1) { jobs, index in
      let worker = workers[index]
      for sample in jobs {
        let result = Result { () throws(ExecutionError) in
          if worker.executor == nil { worker.executor = try Executor(self) }
          return try worker.executor?.run(inputs: samples[sample]) ?? []
        }
        worker.results.append((sample, result))
      }
    }
    var outputs: [[Tensor]] = []
    for entry in workers.flatMap(\.results).sorted(by: { $0.sample < $1.sample }) {
      outputs.append(try entry.result.get())
    }
    return outputs
  }
}
