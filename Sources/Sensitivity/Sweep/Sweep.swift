import ByteIO
import Calibration
import Execution
import Kernels
import ModelIR
import Operators
import Techniques

/// Measures trials on samples.
///
/// Samples are taken in blocks. In a block each sample has an executor that keeps the float model's
/// activations; layers are visited from the last to the first, all trials of a layer together, and
/// each trial runs only what comes after the change. Results are kept by trial and sample, so that
/// neither the threads nor the blocks nor the order of the work shows in any sum.
package struct Sweep {
  package let plan: SweepPlan
  package let measure: OutputMeasure
  package let compiled: CompiledGraph
  package let samples: SampleSet
  package let options: SweepOptions
  /// The model, and what calibration measured.
  package let context: ActionContext
  let queue: WorkQueue
  let connections: Connections

  /// Told how much of the work is done.
  package typealias Progress = (_ done: Int, _ total: Int) -> Void

  package init(
    plan: SweepPlan,
    measure: OutputMeasure,
    compiled: CompiledGraph,
    samples: SampleSet,
    context: ActionContext,
    options: SweepOptions,
    queue: WorkQueue
  ) {
    self.plan = plan
    self.measure = measure
    self.compiled = compiled
    self.samples = samples
    self.context = context
    self.options = options
    self.queue = queue
    connections = compiled.model.main.connections()
  }

  /// The samples that probes run on: spread over all.
  package var probePositions: [Int] {
    let count = min(
      max(options.probeSamples, samples.count / SweepOptions.samplesPerProbe),
      samples.count
    )
    return (0..<count).map { $0 * samples.count / max(count, 1) }
  }

  /// Runs what the journal does not have yet.
  ///
  /// - Parameters:
  ///   - journal: Takes all results, trial by trial.
  ///   - isOver: Asked between layers whether to stop.
  ///   - progress: Told how far it is.
  /// - Returns: Whether everything that the options ask for was measured.
  /// - Throws: where a sample cannot be read, the model cannot be run, or the journal not written.
  package func run(
    _ journal: inout SweepJournal,
    isOver: () -> Bool = { false },
    progress: Progress = { _, _ in }
  ) throws(SweepError) -> Bool {
    let mine = plan.trials.indices.filter { plan.belongs($0, to: options.shard) }
    var stages: [(trials: [Int], positions: [Int])] = []
    if options.effort == .exact {
      stages.append((mine, Array(0..<samples.count)))
    } else {
      guard try prepareEstimates(mine, &journal, isOver) else { return false }
      let screening = Screening(plan, journal.records, probePositions)
      let probes = mine.filter { screening.needsMeasuring($0) }
      stages.append((probes, probePositions))
      let modes = mine.filter { if case .mode = plan.trials[$0].subject { true } else { false } }
      stages.append((modes, Array(0..<samples.count)))
    }
    var runner = SweepRunner(self)
    let blockCost = stages.reduce(0) { $0 + $1.trials.count * $1.positions.count }
    var total = blockCost
    var done = 0
    for stage in stages {
      guard
        try runner.run(
          stage.trials,
          stage.positions,
          &journal,
          isOver,
          {
            done += $0; progress(done, total)
          }
        )
      else { return false }
    }
    if options.effort == .balanced {
      let screening = Screening(plan, journal.records, probePositions)
      let chosen = mine.filter { screening.matters($0) }
      total += chosen.count * samples.count
      guard
        try runner.run(
          chosen,
          Array(0..<samples.count),
          &journal,
          isOver,
          {
            done += $0; progress(done, total)
          }
        )
      else { return false }
    }
    return true
  }

  /// The trials that a merged journal lacks.
  package func missing(_ records: SweepRecords) -> [Int] {
    let all = Array(0..<samples.count)
    if options.effort == .exact {
      return plan.trials.indices.filter { !records.isDone($0, all) }
    }
    let screening = Screening(plan, records, probePositions)
    return plan.trials.indices.filter { trial in
      if case .mode = plan.trials[trial].subject { return !records.isDone(trial, all) }
      if records.failures[trial] != nil { return false }
      if case .action = plan.trials[trial].subject, records.costs[trial] == nil { return true }
      if screening.needsMeasuring(trial) { return !records.isDone(trial, probePositions) }
      return options.effort == .balanced && screening.matters(trial)
        && !records.isDone(trial, all)
    }
  }
}
