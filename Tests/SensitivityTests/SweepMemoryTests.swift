import ByteIO
import Sensitivity
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// A long sweep takes no more memory than a short one.
@Suite struct SweepMemoryTests {
  #if canImport(Glibc)
  /// The bytes of the process that are in memory at the moment.
  private static var resident: Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    // Pages in all, and those in memory (proc(5)).
    let fields = line.prefix { $0 != 0 }.split(separator: 0x20)
    let pages = fields.dropFirst().first.map { $0.map { UInt8(bitPattern: $0) } } ?? []
    return (Int(String(decoding: pages, as: UTF8.self)) ?? 0) * Int(getpagesize())
  }

  /// In a process of its own: other tests allocate, too.
  @Test func `memory is flat over ten thousand trials`() async {
    await #expect(processExitsWith: .success) {
      let model = try SweepFixtures.model(SweepFixtures.digits + "digits_cnn.tflite")
      let samples = try SweepFixtures.digitsSamples(model, 40)
      var options = SweepOptions(
        actions: try SweepOptions.actions("int8-channel,int4-channel,prune-50,int8-activations")
      )
      options.effort = .exact
      let sweep = try SweepFixtures.sweep(model, samples, options: options)
      var trials = 0
      func pass() throws {
        var journal = SweepJournal(SweepRecords(sweep.plan, sampleCount: sweep.samples.count))
        let isDone = try sweep.run(&journal)
        guard isDone else { exit(3) }
        trials += sweep.plan.trials.count * sweep.samples.count
      }
      // Tables that the runtime and the kernels make once.
      while trials < 4_000 { try pass() }
      let before = SweepMemoryTests.resident
      let first = trials
      while trials < first + 10_000 { try pass() }
      let growth = SweepMemoryTests.resident - before
      let line = "\(trials - first) trials, \(before) bytes before, \(growth) more after\n"
      try FileOutput.write(Array(line.utf8), to: STDERR_FILENO)
      // 10,000 trials that each lost a few hundred bytes would take more.
      guard before > 0, growth < 2 << 20 else { exit(4) }
    }
  }
  #endif
}
