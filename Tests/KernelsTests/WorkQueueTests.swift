import Kernels
import Synchronization
import Testing

@Suite struct WorkQueueTests {
  @Test(arguments: [1, 2, 4])
  func `every job runs once`(threads: Int) {
    let queue = WorkQueue(threadCount: threads)
    let done = (0..<500).map { _ in Counter() }
    for round in 1...200 {
      let jobs = [0, 1, 7, 500][round % 4]
      queue.run(jobCount: jobs, chunk: round % 3) { range, worker in
        #expect(worker < queue.threadCount)
        for job in range { done[job].value.add(1, ordering: .relaxed) }
      }
    }
    #expect(done[0].value.load(ordering: .relaxed) == 150)
    #expect(done[6].value.load(ordering: .relaxed) == 100)
    #expect(done[499].value.load(ordering: .relaxed) == 50)
  }

  @Test func `a run inside a job is done in place`() {
    let queue = WorkQueue(threadCount: 2)
    let inner = Counter()
    queue.run(jobCount: 8) { jobs, _ in
      for _ in jobs {
        queue.run(jobCount: 5) { inside, worker in
          #expect(worker == 0)
          inner.value.add(inside.count, ordering: .relaxed)
        }
      }
    }
    #expect(inner.value.load(ordering: .relaxed) == 40)
  }

  final class Counter: Sendable {
    let value = Atomic(0)
  }
}
