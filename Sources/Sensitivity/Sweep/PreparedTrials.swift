import Calibration
import Execution
import Kernels
import ModelIR
import Operators
import Techniques

/// Trials made ready to run: weights encoded and packed, smaller models compiled.
struct PreparedTrials {
  /// A trial that can run.
  struct Entry: Sendable {
    let trial: Int
    let form: Form
    let cost: SweepRecords.Cost
    /// What it takes in memory.
    let byteCount: Int
  }

  /// How a trial runs.
  enum Form: Sendable {
    /// Other weights, from a node on.
    case weights(CompiledGraph, Set<ValueID>, first: NodeID)
    /// A changed activation; `first` is nil where nothing reads it.
    case activation(ValueID, ActivationTransform, first: NodeID?)
    /// Another model, from its inputs on.
    case model(CompiledGraph, targets: [ValueID])
  }

  private let sweep: Sweep
  private var cache: [Int: Entry] = [:]
  private var bytesLeft: Int

  init(_ sweep: Sweep) {
    self.sweep = sweep
    bytesLeft = sweep.options.cacheBytes / 2
  }

  /// One thread's result.
  private final class Slot {
    var result: Result<Entry, TechniqueError>?
  }

  /// Makes trials ready, those that fit kept for the next block.
  mutating func prepare(_ trials: [Int]) -> [(trial: Int, result: Result<Entry, TechniqueError>)] {
    let slots = trials.map { _ in Slot() }
    let sweep = sweep
    let known = cache
    sweep.queue.run(jobCount: trials.count, chunk: 1) { jobs, _ in
      for job in jobs {
        let trial = trials[job]
        slots[job].result =
          known[trial].map { .success($0) }
          ?? Result { () throws(TechniqueError) in try Self.entry(trial, sweep) }
      }
    }
    var results: [(trial: Int, result: Result<Entry, TechniqueError>)] = []
    for (trial, slot) in zip(trials, slots) {
      guard let result = slot.result else { continue }
      if case .success(let entry) = result, cache[trial] == nil, entry.byteCount <= bytesLeft {
        cache[trial] = entry
        bytesLeft -= entry.byteCount
      }
      results.append((trial, result))
    }
    return results
  }

  private static func entry(_ trial: Int, _ sweep: Sweep) throws(TechniqueError) -> Entry {
    switch sweep.plan.trials[trial].subject {
    case .action(let index, let action):
      let site = sweep.plan.sites[index]
      let applied = try action.apply(to: site, in: sweep.context)
      let cost = SweepRecords.Cost(
        bytes: applied.bytes,
        sparseBytes: applied.sparseBytes,
        multiplyAdds: applied.multiplyAdds
      )
      return try entry(trial, applied, site, cost, sweep)
    case .pair(let first, let second, let action):
      let sites = [sweep.plan.sites[first], sweep.plan.sites[second]]
      guard !action.corrections.contains(where: \.reachesOtherLayers) else {
        throw TechniqueError(.usage, "\(action.name) changes other layers too")
      }
      var both = try action.apply(to: sites[0], in: sweep.context)
      let other = try action.apply(to: sites[1], in: sweep.context)
      both.constants.merge(other.constants) { $1 }
      let earlier =
        (sites[0].node ?? NodeID(0)) < (sites[1].node ?? NodeID(0)) ? sites[0] : sites[1]
      return try entry(trial, both, earlier, SweepRecords.Cost(), sweep)
    case .mode(let mode):
      let simulation = try mode.apply(in: sweep.context)
      return try entry(
        trial,
        simulation.model,
        SweepRecords.Cost(bytes: simulation.weightBytes),
        sweep
      )
    }
  }

  private static func entry(
    _ trial: Int,
    _ applied: AppliedAction,
    _ site: Site,
    _ cost: SweepRecords.Cost,
    _ sweep: Sweep
  ) throws(TechniqueError) -> Entry {
    if let model = applied.model { return try entry(trial, model, cost, sweep) }
    if let (value, transform) = applied.activations.first {
      return Entry(
        trial: trial,
        form: .activation(
          value,
          transform,
          first: sweep.connections.consumers(of: value).min()
        ),
        cost: cost,
        byteCount: 0
      )
    }
    let readers = applied.constants.keys.flatMap { sweep.connections.consumers(of: $0) }
    let first = (site.nodes + readers).min() ?? NodeID(0)
    do throws(ExecutionError) {
      let variant = try sweep.compiled.replacing(applied.constants)
      return Entry(
        trial: trial,
        form: .weights(variant, Set(applied.constants.keys), first: first),
        cost: cost,
        // The tensor, and its packed form.
        byteCount: applied.constants.values.reduce(0) { $0 + 8 * $1.count }
      )
    } catch {
      throw TechniqueError(error.code, error.message)
    }
  }

  /// A model of another graph: its outputs are found anew, since values may stand behind others.
  private static func entry(
    _ trial: Int,
    _ model: Model,
    _ cost: SweepRecords.Cost,
    _ sweep: Sweep
  ) throws(TechniqueError) -> Entry {
    do throws(ExecutionError) {
      var shapes: [ValueID: [Int]] = [:]
      for input in model.main.inputs {
        shapes[input] = sweep.compiled.types[input.index].shape.sizes
      }
      let compiled = try CompiledGraph(model, inputShapes: shapes)
      let measure = OutputMeasure(
        model.main,
        types: compiled.types,
        metric: sweep.measure.metric,
        hasLabels: sweep.samples.labels != nil
      )
      guard let measure, measure.targets.count == sweep.measure.targets.count else {
        throw ExecutionError(.internal, "the changed model has other outputs")
      }
      return Entry(
        trial: trial,
        form: .model(compiled, targets: measure.targets.map(\.value)),
        cost: cost,
        byteCount: compiled.packedBytes
      )
    } catch {
      throw TechniqueError(error.code, error.message)
    }
  }
}
