import ByteIO
import Calibration
import Execution
import Kernels
import ModelIR
import Operators
import Techniques

/// Runs trials block by block.
struct SweepRunner {
  let sweep: Sweep
  private let blockSize: Int
  private var prepared: PreparedTrials
  /// One executor a sample of a block.
  private var executors: [CompiledGraph.Executor] = []

  /// Outputs that wait for the user's metric.
  var spool: OutputSpool?

  /// Stands for "after the last node": nothing runs, values are only looked up.
  private let end: NodeID

  init(_ sweep: Sweep) {
    self.sweep = sweep
    let bytes = max(sweep.compiled.plannedBytes(keepsAll: true), 1)
    blockSize = max(1, min(sweep.options.cacheBytes / bytes, sweep.options.blockSamples))
    prepared = PreparedTrials(sweep)
    end = NodeID(sweep.compiled.model.main.nodes.count)
  }

  /// What a sample gives; one thread writes it.
  private final class Slot {
    var reference: [Tensor] = []
    var inputs: [Tensor] = []
    var label: Int?
    var error: ReadError?
    var figures: [Int: Result<SampleFigures, ReadError>] = [:]
    /// The model's outputs, for the user's metric.
    var outputs: [Int: [Tensor]] = [:]
  }

  /// - Returns: Whether everything was measured.
  mutating func run(
    _ trials: [Int],
    _ positions: [Int],
    _ journal: inout SweepJournal,
    _ isOver: () -> Bool,
    _ progress: (Int) -> Void
  ) throws(SweepError) -> Bool {
    let isWhole = positions.count == sweep.samples.count
    func wantsOwn(_ trial: Int, _ records: SweepRecords) -> Bool {
      isWhole && sweep.isOwnWanted(trial) && sweep.lacksOwn(trial, records)
    }
    for start in stride(from: 0, to: positions.count, by: blockSize) {
      let block = Array(positions[start..<min(start + blockSize, positions.count)])
      let spool = spool
      let missing = trials.filter { trial in
        !journal.records.isDone(trial, block)
          || wantsOwn(trial, journal.records) && spool?.holds(trial, block) != true
      }
      progress((trials.count - missing.count) * block.count)
      let needsBaseline = block.contains {
        journal.records.baseline[$0] == nil || journal.records.curvatures[$0] == nil
      }
      guard !missing.isEmpty || needsBaseline else { continue }
      if isOver() { return false }
      let slots = try baseline(block)
      if needsBaseline {
        let figures = zip(block, slots).map { position, slot in
          (
            position: position,
            figures: sweep.measure.figures(
              slot.reference,
              reference: slot.reference,
              label: slot.label
            )
          )
        }
        try journal.append(SweepRecords.baseline(figures))
        try journal.append(
          SweepRecords.curvatures(
            zip(block, slots).map { ($0, sweep.measure.curvature($1.reference)) }
          )
        )
      }
      for group in groups(missing) {
        if isOver() { return false }
        var entries: [PreparedTrials.Entry] = []
        for (trial, result) in prepared.prepare(group) {
          switch result {
          case .success(let entry):
            if journal.records.costs[trial] == nil {
              try journal.append(journal.records.cost(trial, entry.cost))
            }
            entries.append(entry)
          case .failure(let error):
            try journal.append(journal.records.failure(trial, error.message))
          }
        }
        let asked = Set(entries.map(\.trial).filter { wantsOwn($0, journal.records) })
        measure(entries, slots, asked)
        for entry in entries {
          try keep(entry.trial, block, slots, &journal)
          if asked.contains(entry.trial) {
            let outputs = zip(block, slots).map { position, slot in
              (position: position, outputs: slot.outputs.removeValue(forKey: entry.trial) ?? [])
            }
            try askOwn(entry.trial, outputs, &journal)
          }
        }
        progress(group.count * block.count)
      }
    }
    return true
  }

  /// Trials that are run together: those of a site, from the last node to the first; then all others.
  private func groups(_ trials: [Int]) -> [[Int]] {
    var bySite: [Int: [Int]] = [:]
    var others: [[Int]] = []
    for trial in trials {
      if case .action(let site, _) = sweep.plan.trials[trial].subject {
        bySite[site, default: []].append(trial)
      } else {
        others.append([trial])
      }
    }
    let sites = bySite.keys.sorted { left, right in
      let first = sweep.plan.sites[left].node?.index ?? -1
      let second = sweep.plan.sites[right].node?.index ?? -1
      return (second, left) < (first, right)
    }
    return sites.compactMap { bySite[$0] } + others
  }

  // MARK: - The float model

  private mutating func baseline(_ block: [Int]) throws(SweepError) -> [Slot] {
    var slots: [Slot] = []
    // Each sample begins anew, whatever block it is in.
    if sweep.compiled.model.isStateful { executors = [] }
    let labels = sweep.samples.labels
    do throws(ReadError) {
      while executors.count < block.count {
        do throws(ExecutionError) {
          executors.append(try CompiledGraph.Executor(sweep.compiled, keepsAll: true))
        } catch {
          throw ReadError(error.code, error.message, path: error.path ?? "")
        }
      }
      for position in block {
        let slot = Slot()
        slot.inputs = try sweep.samples.sample(position)
        slot.label = labels?[position]
        slots.append(slot)
      }
    } catch {
      throw .read(error)
    }
    let all = slots
    let executors = executors
    let measure = sweep.measure
    sweep.queue.run(jobCount: all.count, chunk: 1) { jobs, _ in
      for job in jobs {
        do throws(ExecutionError) {
          let kept = try executors[job].run(inputs: all[job].inputs, keeping: measure.values).kept
          all[job].reference = measure.targets.compactMap { kept[$0.value] }
        } catch {
          all[job].error = ReadError(error.code, error.message, path: error.path ?? "")
        }
      }
    }
    for slot in slots { if let error = slot.error { throw .read(error) } }
    return slots
  }

  // MARK: - Trials

  /// Executors of other models that a thread has made, by trial; memory is expensive to begin with.
  private final class Worker {
    var executors: [Int: CompiledGraph.Executor] = [:]
  }

  private func measure(
    _ trials: [PreparedTrials.Entry],
    _ slots: [Slot],
    _ asked: Set<Int>
  ) {
    let executors = executors
    let workers = (0..<sweep.queue.threadCount).map { _ in Worker() }
    sweep.queue.run(jobCount: slots.count, chunk: 1) { jobs, worker in
      for job in jobs {
        for entry in trials {
          slots[job].figures[entry.trial] = Result { () throws(ReadError) in
            do throws(ExecutionError) {
              let changed = try run(entry, slots[job], executors[job], workers[worker])
              if asked.contains(entry.trial) { slots[job].outputs[entry.trial] = changed.outputs }
              return sweep.measure.figures(
                changed.targets,
                reference: slots[job].reference,
                label: slots[job].label
              )
            } catch {
              throw ReadError(error.code, error.message, path: error.path ?? "")
            }
          }
        }
      }
    }
  }

  /// What is measured, and the model's outputs.
  private func run(
    _ entry: PreparedTrials.Entry,
    _ slot: Slot,
    _ executor: CompiledGraph.Executor,
    _ worker: Worker
  ) throws(ExecutionError) -> (targets: [Tensor], outputs: [Tensor]) {
    let values = sweep.measure.values
    switch entry.form {
    case .weights(let variant, let weights, let first):
      let run = try executor.resume(
        from: first,
        with: variant,
        weights: weights,
        keeping: values
      )
      return (sweep.measure.targets.compactMap { run.kept[$0.value] }, run.outputs)
    case .activation(let value, let transform, let first):
      var run = try executor.resume(from: end, keeping: [value])
      guard let tensor = run.kept[value] else {
        throw ExecutionError(.internal, "the activation was not kept")
      }
      let changed = transform.apply(tensor)
      run.kept = [value: changed]
      if let first {
        run = try executor.resume(
          from: first,
          replacing: [value: changed],
          keeping: values.subtracting([value])
        )
        if values.contains(value) { run.kept[value] = changed }
      }
      for (place, output) in sweep.compiled.model.main.outputs.enumerated() where output == value {
        run.outputs[place] = changed
      }
      return (sweep.measure.targets.compactMap { run.kept[$0.value] }, run.outputs)
    case .model(let variant, let targets):
      let executor: CompiledGraph.Executor
      if !variant.model.isStateful, let known = worker.executors[entry.trial] {
        executor = known
      } else {
        executor = try CompiledGraph.Executor(variant)
        worker.executors[entry.trial] = executor
      }
      let run = try executor.run(inputs: slot.inputs, keeping: Set(targets))
      return (targets.compactMap { run.kept[$0] }, run.outputs)
    }
  }

  /// Hands a trial's results to the journal; one failed sample fails the trial.
  private func keep(
    _ trial: Int,
    _ block: [Int],
    _ slots: [Slot],
    _ journal: inout SweepJournal
  ) throws(SweepError) {
    var figures: [(position: Int, figures: SampleFigures)] = []
    for (position, slot) in zip(block, slots) {
      switch slot.figures.removeValue(forKey: trial) {
      case .success(let found): figures.append((position, found))
      case .failure(let error):
        try journal.append(journal.records.failure(trial, error.explanation))
        return
      case nil: return
      }
    }
    try journal.append(journal.records.figures(trial, figures))
  }
}
