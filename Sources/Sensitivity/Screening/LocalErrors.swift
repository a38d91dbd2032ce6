import ByteIO
import Calibration
import Execution
import Kernels
import ModelIR
import Operators
import Techniques

/// What each action does to the output of its own layer, without running what comes after it.
///
/// A layer's inputs are rows (one an output position); of these a few hundred are kept, and a change
/// of weights gives `Σ ‖ΔW x‖² / Σ ‖W x‖²` over them: the quotient of `tr(ΔW G ΔWᵀ)` and `tr(W G Wᵀ)`
/// with the Gram matrix of those rows, at less cost where a row is longer than there are rows.
struct LocalErrors {
  private let sweep: Sweep

  /// Rows of a layer and group, over all probe samples.
  private static let rowLimit = 512

  init(_ sweep: Sweep) { self.sweep = sweep }

  /// A layer's kept rows; one thread touches it at a time.
  private final class LayerRows {
    let windows: LayerWindows
    /// For each group, rows one after the other.
    var rows: [[Float]]

    init(_ windows: LayerWindows) {
      self.windows = windows
      rows = Array(repeating: [], count: windows.layer.groups)
    }

    /// Keeps evenly spaced rows of a sample.
    func add(_ values: [Float], limit: Int) {
      var total = 0
      windows.forEachRow(values) { group, _ in if group == 0 { total += 1 } }
      let count = min(total, max(limit, 1))
      guard count > 0 else { return }
      var seen = [Int](repeating: 0, count: rows.count)
      var kept = seen
      windows.forEachRow(values) { group, row in
        if kept[group] < count, seen[group] == kept[group] * total / count {
          rows[group] += row
          kept[group] += 1
        }
        seen[group] += 1
      }
    }

    /// `Σ ‖W x‖²` over the rows.
    func power(_ matrix: [Float]) -> Double {
      let layer = windows.layer
      let perGroup = layer.outputs / layer.groups
      let taps = layer.taps
      var sum = 0.0
      for (group, rows) in rows.enumerated() {
        rows.withUnsafeBufferPointer { rows in
          matrix.withUnsafeBufferPointer { matrix in
            for output in group * perGroup..<(group + 1) * perGroup {
              for start in stride(from: 0, to: rows.count, by: taps) {
                // Eight sums let the compiler use vectors.
                var sums = SIMD8<Float>()
                var tap = 0
                while tap + 8 <= taps {
                  var left = SIMD8<Float>()
                  var right = SIMD8<Float>()
                  for lane in 0..<8 {
                    left[lane] = rows[start + tap + lane]
                    right[lane] = matrix[output * taps + tap + lane]
                  }
                  sums += left * right
                  tap += 8
                }
                var product = sums.sum()
                while tap < taps {
                  product += rows[start + tap] * matrix[output * taps + tap]
                  tap += 1
                }
                sum += Double(product) * Double(product)
              }
            }
          }
        }
      }
      return sum
    }
  }

  /// What an activation's action does to it; one thread touches it at a time.
  private final class ActivationError {
    let trial: Int
    let value: ValueID
    let applied: AppliedAction
    var errors = 0.0
    var squares = 0.0

    init(_ trial: Int, _ value: ValueID, _ applied: AppliedAction) {
      self.trial = trial
      self.value = value
      self.applied = applied
    }

    func add(_ tensor: Tensor) {
      guard let transform = applied.activations[value],
        case .floats(let before) = tensor.elements,
        case .floats(let after) = transform.apply(tensor).elements
      else { return }
      for (x, y) in zip(before, after) {
        errors += Double(x - y) * Double(x - y)
        squares += Double(x) * Double(x)
      }
    }
  }

  /// Measures the trials' local errors and hands them to the journal with their bytes.
  ///
  /// - Returns: Whether everything was measured.
  func measure(
    _ trials: [Int],
    _ positions: [Int],
    _ journal: inout SweepJournal,
    _ isOver: () -> Bool
  ) throws(SweepError) -> Bool {
    let graph = sweep.compiled.model.main
    var layers: [Int: LayerRows] = [:]
    var activations: [ActivationError] = []
    var keep: Set<ValueID> = []
    for trial in trials {
      guard case .action(let index, let action) = sweep.plan.trials[trial].subject else { continue }
      let site = sweep.plan.sites[index]
      switch site.kind {
      case .weights:
        guard layers[index] == nil, let node = site.node, let layer = WeightLayer(node, in: graph),
          let windows = LayerWindows(layer, in: graph, types: sweep.compiled.types)
        else { continue }
        layers[index] = LayerRows(windows)
        keep.insert(layer.input)
      case .activations:
        do throws(TechniqueError) {
          let applied = try action.apply(to: site, in: sweep.context)
          activations.append(ActivationError(trial, site.value, applied))
          keep.insert(site.value)
        } catch {
          try journal.append(journal.records.failure(trial, error.message))
        }
      case .channels: continue
      }
    }
    let limit = Self.rowLimit / max(positions.count, 1)
    let jobs = layers.keys.sorted().compactMap { layers[$0] }
    for position in positions {
      if isOver() { return false }
      let kept = try values(position, keep)
      sweep.queue.run(jobCount: jobs.count + activations.count, chunk: 1) { range, _ in
        for job in range {
          if job < jobs.count {
            let value = jobs[job].windows.layer.input
            if case .floats(let values)? = kept[value]?.elements {
              jobs[job].add(values, limit: limit)
            }
          } else {
            let activation = activations[job - jobs.count]
            if let tensor = kept[activation.value] { activation.add(tensor) }
          }
        }
      }
    }
    for activation in activations {
      let cost = SweepRecords.Cost(
        bytes: activation.applied.bytes,
        localError: activation.squares > 0 ? activation.errors / activation.squares : 0
      )
      try journal.append(journal.records.cost(activation.trial, cost))
    }
    return try encode(trials, layers, &journal, isOver)
  }

  private func values(_ position: Int, _ keep: Set<ValueID>) throws(SweepError) -> [ValueID: Tensor]
  {
    do throws(ReadError) {
      let inputs = try sweep.samples.sample(position)
      do throws(ExecutionError) {
        return try CompiledGraph.Executor(sweep.compiled).run(inputs: inputs, keeping: keep).kept
      } catch {
        throw ReadError(error.code, error.message, path: error.path ?? "")
      }
    } catch {
      throw .read(error)
    }
  }

  /// One thread's result.
  private final class Slot {
    var result: Result<SweepRecords.Cost, TechniqueError>?
  }

  /// Takes each action on a copy and looks at what it does to the kept rows.
  private func encode(
    _ trials: [Int],
    _ layers: [Int: LayerRows],
    _ journal: inout SweepJournal,
    _ isOver: () -> Bool
  ) throws(SweepError) -> Bool {
    let graph = sweep.compiled.model.main
    var powers: [Int: (matrix: [Float], power: Double)] = [:]
    for (index, rows) in layers {
      guard let matrix = rows.windows.layer.matrix(in: graph) else { continue }
      powers[index] = (matrix, rows.power(matrix))
    }
    let known = powers
    let weights = trials.filter { trial in
      if case .action(let index, _) = sweep.plan.trials[trial].subject {
        return sweep.plan.sites[index].kind != .activations
      }
      return false
    }
    for start in stride(from: 0, to: weights.count, by: 64) {
      if isOver() { return false }
      let part = Array(weights[start..<min(start + 64, weights.count)])
      let slots = part.map { _ in Slot() }
      sweep.queue.run(jobCount: part.count, chunk: 1) { jobs, _ in
        for job in jobs {
          slots[job].result = Result { () throws(TechniqueError) in
            try Self.cost(part[job], sweep, layers, known)
          }
        }
      }
      for (trial, slot) in zip(part, slots) {
        switch slot.result {
        case .success(let cost): try journal.append(journal.records.cost(trial, cost))
        case .failure(let error): try journal.append(journal.records.failure(trial, error.message))
        case nil: break
        }
      }
    }
    return true
  }

  private static func cost(
    _ trial: Int,
    _ sweep: Sweep,
    _ layers: [Int: LayerRows],
    _ powers: [Int: (matrix: [Float], power: Double)]
  ) throws(TechniqueError) -> SweepRecords.Cost {
    guard case .action(let index, let action) = sweep.plan.trials[trial].subject else {
      return SweepRecords.Cost()
    }
    let applied = try action.apply(to: sweep.plan.sites[index], in: sweep.context)
    var cost = SweepRecords.Cost(
      bytes: applied.bytes,
      sparseBytes: applied.sparseBytes,
      multiplyAdds: applied.multiplyAdds
    )
    guard let rows = layers[index], let known = powers[index], let coded = applied.coded,
      known.power > 0
    else { return cost }
    var change = coded.values
    for place in change.indices { change[place] -= known.matrix[place] }
    cost.localError = rows.power(change) / known.power
    return cost
  }
}

extension Sweep {
  /// Measures local errors that the journal does not have.
  func prepareEstimates(
    _ trials: [Int],
    _ journal: inout SweepJournal,
    _ isOver: () -> Bool
  ) throws(SweepError) -> Bool {
    let missing = trials.filter { trial in
      guard case .action = plan.trials[trial].subject else { return false }
      return journal.records.costs[trial] == nil && journal.records.failures[trial] == nil
    }
    guard !missing.isEmpty else { return true }
    return try LocalErrors(self).measure(missing, probePositions, &journal, isOver)
  }
}
