import CKernels

/// A bounded pool of threads that takes jobs from one queue.
///
/// One for each process, passed to whoever runs kernels. Threads spin briefly for the next run and
/// then sleep. A run from inside a job, or while another run is in progress, does its jobs on the
/// calling thread.
package final class WorkQueue: @unchecked Sendable {
  // Safe to share: the C queue synchronizes itself, and the pointer never changes.
  private let queue: OpaquePointer

  /// Starts `threadCount - 1` threads; the caller of `run` is the last one.
  package init(threadCount: Int) {
    // Fewer threads than asked for are no failure; without a few kilobytes nothing else would run.
    guard let queue = ck_queue_create(max(threadCount, 1)) else {
      preconditionFailure("no memory for a thread pool")
    }
    self.queue = queue
  }

  deinit { ck_queue_destroy(queue) }

  /// The number of threads that work on a run, the caller included.
  package var threadCount: Int { ck_queue_threads(queue) }

  /// Does `jobCount` jobs and returns when all are done.
  ///
  /// - Parameters:
  ///   - jobCount: Number of jobs.
  ///   - chunk: Jobs taken at once; 0 chooses about four chunks for each thread.
  ///   - body: Does a range of jobs; its second argument is the worker's index, below
  ///     `threadCount`, for choosing scratch memory. Called on several threads at once.
  package func run(jobCount: Int, chunk: Int = 0, _ body: (Range<Int>, Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var context = Context(body: body)
      withUnsafeMutablePointer(to: &context) { context in
        ck_queue_run(
          queue,
          max(jobCount, 0),
          max(chunk, 0),
          { context, begin, end, worker in
            guard let context else { return }
            context.assumingMemoryBound(to: Context.self).pointee.body(begin..<end, worker)
          },
          context
        )
      }
    }
  }

  private struct Context {
    let body: (Range<Int>, Int) -> Void
  }
}
