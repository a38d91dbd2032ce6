import ByteIO
import Calibration
import Execution
import Kernels
import ModelIR
import Operators
import Sensitivity

/// Runs whole plans of a real model on samples and compares the outputs with the float model's.
package final class ModelSimulator: PlanSimulator {
  /// What a sample without finite outputs counts as: far more than any divergence that is one.
  static let notFinite = 1e6
  /// Bytes of inputs that are kept; beyond, samples are read again for each plan.
  private static let keptBytes = 256 << 20

  private let models: PlannedModels
  private let measure: OutputMeasure
  private let samples: SampleSet
  private let hasLabels: Bool
  private let labels: [Int]?
  private var inputs: [[Tensor]]?
  private var references: [[Tensor]] = []
  private var known: [[Int]: SimulatedFigures] = [:]
  /// Figures of the float model itself.
  package private(set) var baseline: SimulatedFigures
  /// Plans that were run.
  package private(set) var runs = 0

  /// Runs the float model on the samples.
  ///
  /// - Parameters:
  ///   - models: Makes the plans' models.
  ///   - compiled: The float model.
  ///   - measure: Where effects are measured.
  ///   - samples: What plans are run on.
  /// - Throws: where a sample cannot be read or the model not be run.
  package init(
    _ models: PlannedModels,
    compiled: CompiledGraph,
    measure: OutputMeasure,
    samples: SampleSet
  ) throws(PlanningError) {
    self.models = models
    self.measure = measure
    self.samples = samples
    labels = samples.labels
    hasLabels = labels != nil
    let elements = models.shapes.values.reduce(0) { $0 + $1.reduce(1, *) }
    if 4 * elements * samples.count <= Self.keptBytes {
      var all: [[Tensor]] = []
      for index in 0..<samples.count { all.append(try Self.read(samples, index)) }
      inputs = all
    }
    baseline = SimulatedFigures(divergence: .init(mean: 0, low: 0, high: 0), samples: 0)
    references = try run(compiled, measure.targets.map(\.value))
    let own = zip(references, references).enumerated().map { index, pair in
      measure.figures(pair.0, reference: pair.1, label: labels?[index])
    }
    baseline = Self.summary(own)
  }

  private static func read(_ samples: SampleSet, _ index: Int) throws(PlanningError) -> [Tensor] {
    do throws(ReadError) {
      return try samples.sample(index)
    } catch {
      throw PlanningError(error.code, error.explanation)
    }
  }

  package func simulate(_ chosen: [Int]) throws(PlanningError) -> SimulatedFigures {
    if let figures = known[chosen] { return figures }
    let simulation = try models.model(chosen)
    let compiled: CompiledGraph
    let targets: [ValueID]
    do throws(ExecutionError) {
      compiled = try CompiledGraph(simulation.model, inputShapes: models.shapes)
      let own = OutputMeasure(
        simulation.model.main,
        types: compiled.types,
        metric: measure.metric,
        hasLabels: hasLabels
      )
      guard let own, own.targets.count == measure.targets.count else {
        throw ExecutionError(.internal, "the planned model has other outputs")
      }
      targets = own.targets.map(\.value)
    } catch {
      throw PlanningError(error.code, error.message)
    }
    let outputs = try run(compiled, targets)
    let figures = outputs.indices.map { index in
      measure.figures(outputs[index], reference: references[index], label: labels?[index])
    }
    runs += 1
    let summary = Self.summary(figures)
    known[chosen] = summary
    return summary
  }

  /// What one thread does; no other touches it before the queue returns.
  private final class Worker {
    var executor: CompiledGraph.Executor?
  }

  private final class Slot {
    var result: Result<[Tensor], ExecutionError>?
  }

  private func run(_ compiled: CompiledGraph, _ targets: [ValueID]) throws(PlanningError)
    -> [[Tensor]]
  {
    let workers = (0..<models.queue.threadCount).map { _ in Worker() }
    var outputs: [[Tensor]] = []
    // Blocks bound the inputs that are read at once.
    let block = inputs == nil ? 8 * models.queue.threadCount : samples.count
    for start in stride(from: 0, to: samples.count, by: max(block, 1)) {
      let positions = start..<min(start + block, samples.count)
      var read: [[Tensor]] = []
      if let inputs {
        read = Array(inputs[positions])
      } else {
        for index in positions { read.append(try Self.read(samples, index)) }
      }
      let given = read
      let slots = given.map { _ in Slot() }
      models.queue.run(jobCount: given.count, chunk: 1) { jobs, worker in
        for job in jobs {
          slots[job].result = Result { () throws(ExecutionError) in
            let executor: CompiledGraph.Executor
            if let known = workers[worker].executor {
              executor = known
            } else {
              executor = try CompiledGraph.Executor(compiled)
              workers[worker].executor = executor
            }
            let kept = try executor.run(inputs: given[job], keeping: Set(targets)).kept
            return targets.compactMap { kept[$0] }
          }
        }
      }
      for slot in slots {
        do throws(ExecutionError) {
          outputs.append(try slot.result?.get() ?? [])
        } catch {
          throw PlanningError(error.code, error.message)
        }
      }
    }
    return outputs
  }

  /// Means over the samples in their order.
  private static func summary(_ figures: [SampleFigures]) -> SimulatedFigures {
    let divergences = figures.map { $0.divergence.isFinite ? $0.divergence : notFinite }
    let interval = Interval(divergences)
    let count = Double(figures.count)
    let mean = interval?.mean ?? 0
    var result = SimulatedFigures(
      divergence: .init(mean: mean, low: interval?.low ?? mean, high: interval?.high ?? mean),
      samples: figures.count
    )
    let agreements = figures.map { $0.divergence.isFinite ? $0.agreement : 0 }
    if !figures.isEmpty, !agreements.contains(where: \.isNaN) {
      result.top1Agreement = agreements.reduce(0, +) / count
    }
    // An output that is no number is a wrong answer.
    let answers = figures.map { sample in
      sample.isCorrect.map { $0 && sample.divergence.isFinite }
    }
    if !figures.isEmpty, !answers.contains(nil) {
      result.accuracy = Double(answers.count { $0 == true }) / count
    }
    let variance = divergences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(count - 1, 1)
    let deviation = variance.squareRoot()
    result.deviation = deviation
    if deviation > 0 {
      result.skewness =
        divergences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) * ($1 - mean) }
        / (count * deviation * deviation * deviation)
    }
    return result
  }
}
