import ByteIO
import Calibration
import Execution
import Kernels
import ModelIR
import Operators
import Techniques

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What each action does to the outputs as far as they follow it in a straight line.
///
/// One walk back through the graph gives the derivative `J` of a direction at the outputs with respect
/// to all weights and activations at once; every action's own change `Δ` then costs one product `J · Δ`.
struct LinearEstimates {
  private let sweep: Sweep

  init(_ sweep: Sweep) { self.sweep = sweep }

  /// A weights action made ready.
  private struct Change: Sendable {
    let trial: Int
    let cost: SweepRecords.Cost
    /// New weights minus old ones, in the layer's matrix form; empty where nothing is to be estimated.
    var weights: [Float] = []
    var bias: [Float] = []
    var layers: Set<NodeID> = []
    /// What is done to an activation.
    var activation: (value: ValueID, transform: ActivationTransform)?
  }

  /// One thread's result.
  private final class Slot {
    var change: Result<Change, TechniqueError>?
  }

  /// A sample's part of each estimate.
  private final class SampleSlot {
    var inputs: [Tensor] = []
    var products: [Double] = []
    /// What rounding an input anew does, a node.
    var roundings: [NodeID: Double] = [:]
    var error: ReadError?
  }

  /// Estimates the trials and hands them to the journal with their bytes.
  ///
  /// - Parameters:
  ///   - trials: Actions at sites.
  ///   - samples: Where derivatives are taken, with the weight of each in the mean.
  ///   - journal: Takes the estimates.
  ///   - isOver: Asked from time to time whether to stop.
  /// - Returns: Whether everything was estimated.
  /// - Throws: where a sample cannot be read, the model not be run, or the journal not written.
  func measure(
    _ trials: [Int],
    _ samples: [(position: Int, weight: Double)],
    _ journal: inout SweepJournal,
    _ isOver: () -> Bool
  ) throws(SweepError) -> Bool {
    // Changes of weights are kept while the samples are walked through: as many as may be.
    var start = 0
    while start < trials.count {
      if isOver() { return false }
      var changes: [Change] = []
      var bytes = 0
      while start < trials.count, bytes < sweep.options.changeBytes {
        let part = Array(trials[start..<min(start + 4 * sweep.queue.threadCount, trials.count)])
        for (trial, result) in zip(part, encode(part)) {
          switch result {
          case .success(let change):
            changes.append(change)
            bytes += 4 * change.weights.count
          case .failure(let error):
            try journal.append(journal.records.failure(trial, error.message))
          }
        }
        start += part.count
      }
      guard let sums = try walk(changes, samples, isOver) else { return false }
      for (change, sum) in zip(changes, sums) {
        var cost = change.cost
        cost.linear = sum?.mean
        cost.linearVariance = sum?.variance
        try journal.append(journal.records.cost(change.trial, cost))
      }
    }
    return true
  }

  // MARK: - Changes

  /// Takes each action on a copy.
  private func encode(_ trials: [Int]) -> [Result<Change, TechniqueError>] {
    let slots = trials.map { _ in Slot() }
    let sweep = sweep
    sweep.queue.run(jobCount: trials.count, chunk: 1) { jobs, _ in
      for job in jobs {
        slots[job].change = Result { () throws(TechniqueError) in
          try Self.change(trials[job], sweep)
        }
      }
    }
    return slots.compactMap(\.change)
  }

  private static func change(_ trial: Int, _ sweep: Sweep) throws(TechniqueError) -> Change {
    guard case .action(let index, let action) = sweep.plan.trials[trial].subject else {
      throw TechniqueError(.internal, "\(sweep.plan.trials[trial].name) is no action")
    }
    let site = sweep.plan.sites[index]
    let applied = try action.apply(to: site, in: sweep.context)
    var change = Change(
      trial: trial,
      cost: SweepRecords.Cost(
        bytes: applied.bytes,
        sparseBytes: applied.sparseBytes,
        multiplyAdds: applied.multiplyAdds
      )
    )
    if let (value, transform) = applied.activations.first {
      change.activation = (value, transform)
      return change
    }
    let graph = sweep.compiled.model.main
    guard applied.model == nil, let coded = applied.coded, let layer = sweep.context.layer(site),
      let matrix = layer.matrix(in: graph), matrix.count == coded.values.count
    else { return change }
    // What else changes, the derivative does not see.
    guard applied.constants.keys.allSatisfy({ $0 == layer.weights || $0 == layer.bias }) else {
      return change
    }
    change.layers = Set(site.nodes)
    change.weights = coded.values
    for place in change.weights.indices { change.weights[place] -= matrix[place] }
    if let bias = layer.bias, let new = applied.constants[bias],
      case .floats(let after) = new.elements,
      case .floats(let before)? = sweep.compiled.constant(bias)?.elements
    {
      change.bias = zip(after, before).map { $0 - $1 }
    }
    return change
  }

  // MARK: - Samples

  /// The estimate of each change; `nil` in place of one that has no derivative or is too small for it,
  /// and in place of all where the time was up.
  private func walk(
    _ changes: [Change],
    _ samples: [(position: Int, weight: Double)],
    _ isOver: () -> Bool
  ) throws(SweepError) -> [(mean: Double, variance: Double)?]? {
    let derivative = OutputDerivative(
      sweep.compiled,
      targets: sweep.measure.values,
      layers: changes.reduce(into: []) { $0.formUnion($1.layers) },
      activations: Set(changes.compactMap { $0.activation?.value })
    )
    let isKnown = changes.map { change in
      if let activation = change.activation {
        return !derivative.unknownActivations.contains(activation.value)
      }
      return !change.layers.isEmpty && change.layers.isDisjoint(with: derivative.unknownLayers)
    }
    guard isKnown.contains(true) else { return changes.map { _ in nil } }
    var byLayer: [NodeID: [Int]] = [:]
    var byActivation: [ValueID: [Int]] = [:]
    for (index, change) in changes.enumerated() where isKnown[index] {
      for layer in change.layers { byLayer[layer, default: []].append(index) }
      if let value = change.activation?.value { byActivation[value, default: []].append(index) }
    }
    // Many actions change the same.
    var known: [Set<NodeID>: [ValueID?: [NodeID]]] = [:]
    let roundings = changes.map { change in
      let value = change.activation?.value
      if let found = known[change.layers]?[value] { return found }
      let found = derivative.roundings(
        after: change.layers,
        value,
        in: sweep.compiled.model.main
      )
      known[change.layers, default: [:]][value] = found
      return found
    }
    var sums = [Double](repeating: 0, count: changes.count)
    var squares = sums
    var noises = sums
    let block = 16 * sweep.queue.threadCount
    for start in stride(from: 0, to: samples.count, by: block) {
      if isOver() { return nil }
      let part = Array(samples[start..<min(start + block, samples.count)])
      var slots: [SampleSlot] = []
      for entry in part {
        let slot = SampleSlot()
        do throws(ReadError) {
          slot.inputs = try sweep.samples.sample(entry.position)
        } catch {
          throw .read(error)
        }
        slots.append(slot)
      }
      let all = slots
      let (sweep, layers, activations) = (sweep, byLayer, byActivation)
      sweep.queue.run(jobCount: part.count, chunk: 1) { jobs, _ in
        for job in jobs {
          Self.walk(part[job].position, all[job], derivative, changes, layers, activations, sweep)
        }
      }
      for (entry, slot) in zip(part, slots) {
        if let error = slot.error { throw .read(error) }
        for index in sums.indices {
          let part = entry.weight * slot.products[index] * slot.products[index] / 2
          sums[index] += part
          squares[index] += part * part
          for node in roundings[index] {
            noises[index] += entry.weight * (slot.roundings[node] ?? 0)
          }
        }
      }
    }
    return sums.indices.map { index in
      guard isKnown[index], squares[index].isFinite else { return nil }
      return Self.estimate(sums[index], squares[index], noises[index])
    }
  }

  /// A straight line beside what roundings on the way can add to it.
  ///
  /// Between the straight line `L` alone and `L` with all roundings made anew (`N`) any divergence is as
  /// likely on a logarithmic scale: `ln D` is half way on average, with a variance of a twelfth of the
  /// square of the way.
  ///
  /// - Parameters:
  ///   - sum: The straight line.
  ///   - squares: The sum of the squares of the samples' parts.
  ///   - noise: What all roundings made anew would add.
  /// - Returns: The estimate and its relative variance; `nil` for changes so much smaller than the steps
  ///   of the roundings that the straight line says nothing.
  static func estimate(
    _ sum: Double,
    _ squares: Double,
    _ noise: Double
  ) -> (mean: Double, variance: Double)? {
    guard sum.isFinite, noise.isFinite else { return nil }
    guard sum > 0 else { return (sum, 0) }
    let way = log1p(noise / sum)
    let variance = way * way / 12
    guard variance < Screening.lonely else { return nil }
    return (sum * exp(way / 2), squares / (sum * sum) + variance)
  }

  private static func walk(
    _ position: Int,
    _ slot: SampleSlot,
    _ derivative: OutputDerivative,
    _ changes: [Change],
    _ byLayer: [NodeID: [Int]],
    _ byActivation: [ValueID: [Int]],
    _ sweep: Sweep
  ) {
    slot.products = Array(repeating: 0, count: changes.count)
    let keep = derivative.reads.union(sweep.measure.values).union(byActivation.keys)
    let kept: [ValueID: Tensor]
    do throws(ExecutionError) {
      kept = try CompiledGraph.Executor(sweep.compiled).run(inputs: slot.inputs, keeping: keep).kept
    } catch {
      slot.error = ReadError(error.code, error.message, path: error.path ?? "")
      return
    }
    let reference = sweep.measure.targets.compactMap { kept[$0.value] }
    // Each sample has its own directions, whatever else is estimated.
    var generator = SeededGenerator(
      seed: sweep.options.seed ^ (UInt64(position) &* 0xD134_2543_DE82_EF95)
    )
    let seeds = sweep.measure.direction(reference, &generator)
    derivative.walk(FloatRun(values: kept), seeds: seeds) { finding in
      switch finding {
      case .weights(let node, let weights, let bias):
        for index in byLayer[node] ?? [] {
          slot.products[index] +=
            VectorProduct.sum(weights, changes[index].weights)
            + VectorProduct.sum(bias, changes[index].bias)
        }
      case .activation(let value, let found):
        guard let tensor = kept[value], case .floats(let before) = tensor.elements else { return }
        for index in byActivation[value] ?? [] {
          guard let activation = changes[index].activation,
            case .floats(var after) = activation.transform.apply(tensor).elements
          else { continue }
          for place in after.indices { after[place] -= before[place] }
          slot.products[index] += VectorProduct.sum(found, after)
        }
      case .rounding(let node, let divergence): slot.roundings[node] = divergence
      }
    }
  }
}

/// Products of long vectors.
enum VectorProduct {
  /// `Σ a b`, in eight sums of a few thousand products each, which are added up as doubles.
  static func sum(_ first: [Float], _ second: [Float]) -> Double {
    let count = min(first.count, second.count)
    var total = 0.0
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        var start = 0
        while start < count {
          let end = min(start + 4096, count)
          var sums = SIMD16<Float>()
          var index = start
          while index + 16 <= end {
            var left = SIMD16<Float>()
            var right = SIMD16<Float>()
            for lane in 0..<16 {
              left[lane] = first[index + lane]
              right[lane] = second[index + lane]
            }
            sums += left * right
            index += 16
          }
          var rest: Float = 0
          while index < end {
            rest += first[index] * second[index]
            index += 1
          }
          total += Double(sums.sum() + rest)
          start = end
        }
      }
    }
    return total
  }
}
