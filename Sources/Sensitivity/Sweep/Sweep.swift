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

  /// How screening spends its passes.
  package var screeningCost: ScreeningCost { ScreeningCost(self) }

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
    let all = Array(0..<samples.count)
    var runner = SweepRunner(self)
    var done = 0
    var total = 0
    func stage(
      _ trials: [Int],
      _ positions: [Int],
      _ journal: inout SweepJournal
    ) throws(SweepError) -> Bool {
      total += trials.count * positions.count
      return try runner.run(trials, positions, &journal, isOver) {
        done += $0
        progress(done, total)
      }
    }
    try runner.askOwnBaseline(&journal)
    guard options.effort != .exact else { return try stage(mine, all, &journal) }
    // The whole model first: what its outputs are like says where to look.
    let modes = mine.filter { if case .mode = plan.trials[$0].subject { true } else { false } }
    guard try stage(modes, all, &journal), try estimate(&journal, isOver) else { return false }
    let screening = Screening(self, journal.records)
    guard try stage(mine.filter(screening.needsMeasuring), screening.positions, &journal) else {
      return false
    }
    guard options.effort == .balanced else { return true }
    let final = Screening(self, journal.records)
    return try stage(mine.filter(final.matters), all, &journal)
  }

  /// Estimates what the journal has no estimate of: of all trials, also those of other parts, since
  /// what is run on few samples depends on all.
  private func estimate(
    _ journal: inout SweepJournal,
    _ isOver: () -> Bool
  ) throws(SweepError) -> Bool {
    let missing = plan.trials.indices.filter { trial in
      guard case .action = plan.trials[trial].subject else { return false }
      return journal.records.costs[trial] == nil && journal.records.failures[trial] == nil
    }
    guard !missing.isEmpty else { return true }
    let positions = screeningCost.walkPositions(
      journal.records.curvatures.map { $0 ?? 0 },
      seed: options.seed
    )
    return try LinearEstimates(self).measure(missing, positions, &journal, isOver)
  }

  /// The trials that a merged journal lacks.
  package func missing(_ records: SweepRecords) -> [Int] {
    let all = Array(0..<samples.count)
    func isMeasured(_ trial: Int) -> Bool {
      records.isDone(trial, all) && !(isOwnWanted(trial) && lacksOwn(trial, records))
    }
    if options.effort == .exact {
      return plan.trials.indices.filter { !isMeasured($0) }
    }
    let screening = Screening(self, records)
    return plan.trials.indices.filter { trial in
      if case .mode = plan.trials[trial].subject { return !isMeasured(trial) }
      if records.failures[trial] != nil { return false }
      if case .action = plan.trials[trial].subject, records.costs[trial] == nil { return true }
      if screening.needsMeasuring(trial) { return !records.isDone(trial, screening.positions) }
      return options.effort == .balanced && screening.matters(trial) && !isMeasured(trial)
    }
  }

  /// Whether the user's metric is asked of a trial that runs on all samples: of pairs it is not.
  func isOwnWanted(_ trial: Int) -> Bool {
    guard options.ownMetric != nil else { return false }
    if case .pair = plan.trials[trial].subject { return false }
    return true
  }

  /// Whether a trial that was run has no answer of the user's metric yet.
  func lacksOwn(_ trial: Int, _ records: SweepRecords) -> Bool {
    records.failures[trial] == nil && records.ownFigures[trial] == nil
  }
}
