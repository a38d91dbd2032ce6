import ByteIO
import Execution
import Kernels
import ModelIR
import Operators

/// What was measured on calibration samples, and on which.
package struct CalibrationRecord: Sendable {
  /// What is measured.
  package struct Options: Sendable {
    /// Bins of a tensor's histogram.
    package var bins = 2048
    /// Bins of a channel's histogram; `nil` for ranges and moments alone.
    package var channelBins: Int?
    /// Decays of the moving averages.
    package var decays = [0.95, 0.999]
    /// Whether inputs of layers are measured for pruning and corrections.
    package var measuresInputs = true
    /// The bytes that Gram matrices may take, or the inputs themselves where those are few; layers come
    /// in order until there are no more.
    package var gramBytes = 0
    /// The values to look at; `nil` for all.
    package var values: Set<ValueID>?

    package init() {}
  }

  /// The number of samples.
  package let samples: Int
  /// Their positions in the data.
  package let order: [Int]
  /// What chose them; `nil` where they are all or the first ones.
  package let seed: UInt64?
  /// The SHA-256 over the samples as the model takes them, and their labels.
  package let sha256: String
  /// What was done to stored samples.
  package let preprocessing: String
  /// The statistics of each float32 activation, model inputs included.
  package let statistics: [ValueID: TensorStatistics]
  /// What the layers' inputs are like, by the layer's node.
  package let moments: [NodeID: InputMoments]
  /// Layers whose Gram matrix is above the limit, and their inputs too, in order.
  package let layersWithoutGram: [NodeID]

  /// Runs all samples once and collects everything.
  ///
  /// Samples run in parallel; each tensor's and each layer's numbers are added up in the samples'
  /// order by one thread. The result is the same for any number of threads.
  ///
  /// - Parameters:
  ///   - compiled: The model.
  ///   - samples: What it is run on.
  ///   - options: What is measured.
  ///   - queue: The threads.
  ///   - progress: Told after each block how many samples are done.
  /// - Throws: where a sample cannot be read or the model cannot be run.
  /// - Complexity: one forward pass a sample, and one pass over all activations. Memory: the
  ///   activations of `2 · threads` samples, the histograms, the Gram matrices.
  package init(
    _ compiled: CompiledGraph,
    samples: SampleSet,
    options: Options = Options(),
    queue: WorkQueue,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(ReadError) {
    var pass = try CalibrationPass(compiled, samples, options, queue)
    try pass.run(progress)
    self.samples = samples.count
    order = samples.order
    seed = samples.seed
    preprocessing = samples.preprocessing
    statistics = pass.statistics
    moments = pass.moments
    layersWithoutGram = pass.layersWithoutGram
    sha256 = pass.digest.hexadecimal()
  }
}

/// One pass over the samples.
private struct CalibrationPass {
  private let compiled: CompiledGraph
  private let samples: SampleSet
  private let queue: WorkQueue
  private let options: CalibrationRecord.Options
  private let values: [ValueID]
  private let keep: Set<ValueID>
  private let jobs: [Job]
  private(set) var digest = SampleDigest()
  private(set) var layersWithoutGram: [NodeID] = []

  /// One tensor's or one layer's numbers; only one thread touches it at a time.
  private final class Job {
    let value: ValueID
    var statistics: TensorStatistics?
    var channels: (count: Int?, inner: Int) = (nil, 1)
    var layer: (node: NodeID, collector: MomentCollector)?

    init(_ value: ValueID) { self.value = value }

    func add(_ values: [Float]) {
      statistics?.add(values, channelCount: channels.count, inner: channels.inner)
      layer?.collector.add(values)
    }
  }

  init(
    _ compiled: CompiledGraph,
    _ samples: SampleSet,
    _ options: CalibrationRecord.Options,
    _ queue: WorkQueue
  ) throws(ReadError) {
    self.compiled = compiled
    self.samples = samples
    self.options = options
    self.queue = queue
    let graph = compiled.model.main
    var seen: Set<ValueID> = []
    let computed = compiled.stepNodes.flatMap { graph[$0].outputs.compactMap { $0 } }
    values = (graph.inputs + computed).filter { value in
      let type = compiled.types[value.index]
      return !graph[value].isConstant && type.element == .float32 && type.shape.isFixed
        && options.values?.contains(value) != false && seen.insert(value).inserted
    }
    var jobs = values.map { value -> Job in
      let sizes = compiled.types[value.index].shape.sizes ?? []
      let axis = Self.channelAxis(sizes, compiled.model.format)
      let job = Job(value)
      job.statistics = TensorStatistics(
        bins: options.bins,
        channelBins: options.channelBins,
        decays: options.decays
      )
      job.channels = (
        axis.map { sizes[$0] }, axis.map { sizes[($0 + 1)...].reduce(1, *) } ?? 1
      )
      return job
    }
    var bytesLeft = options.gramBytes
    for layer in options.measuresInputs ? WeightLayer.all(in: graph) : [] {
      guard compiled.types[layer.input.index].element == .float32,
        let windows = LayerWindows(layer, in: graph, types: compiled.types)
      else { continue }
      // Sums over one sample are float32, those over all float64.
      let bytes = checkedProduct([layer.groups, layer.taps, layer.taps, 12]) ?? .max
      // Few long rows take less as they are.
      let positions = windows.batch * windows.outputPositions
      let rowBytes = checkedProduct([samples.count, positions, layer.taps, 4]) ?? .max
      let keepsInputs = layer.groups == 1 && rowBytes < bytes / 4 && rowBytes <= bytesLeft
      let keepsGram = !keepsInputs && bytes <= bytesLeft
      if keepsInputs { bytesLeft -= rowBytes }
      if keepsGram { bytesLeft -= bytes }
      if !keepsInputs, !keepsGram { layersWithoutGram.append(layer.node) }
      let job = Job(layer.input)
      job.layer = (
        layer.node, MomentCollector(windows, keepsGram: keepsGram, keepsInputs: keepsInputs)
      )
      jobs.append(job)
    }
    self.jobs = jobs
    keep = Set(jobs.map(\.value))
  }

  /// The axis that counts channels: the second one in ONNX, the last one elsewhere.
  private static func channelAxis(_ sizes: [Int], _ format: ModelFormat) -> Int? {
    guard sizes.count >= 2 else { return nil }
    return format == .onnx ? 1 : sizes.count - 1
  }

  var statistics: [ValueID: TensorStatistics] {
    var result: [ValueID: TensorStatistics] = [:]
    for job in jobs {
      if let statistics = job.statistics { result[job.value] = statistics }
    }
    return result
  }

  var moments: [NodeID: InputMoments] {
    var result: [NodeID: InputMoments] = [:]
    for job in jobs {
      if let layer = job.layer { result[layer.node] = layer.collector.finished() }
    }
    return result
  }

  /// What one thread computes.
  private final class Worker {
    var executor: CompiledGraph.Executor?
  }

  /// What one sample gives.
  private final class Slot {
    var result: Result<[ValueID: Tensor], ReadError>?
  }

  mutating func run(_ progress: (Int, Int) -> Void) throws(ReadError) {
    let workers = (0..<queue.threadCount).map { _ in Worker() }
    let blockSize = 2 * queue.threadCount
    let compiled = compiled
    let keep = keep
    let jobs = jobs
    for start in stride(from: 0, to: samples.count, by: blockSize) {
      let block = start..<min(start + blockSize, samples.count)
      var inputs: [[Tensor]] = []
      let labels = samples.labels
      for index in block {
        let tensors = try samples.sample(index)
        digest.add(tensors, label: labels?[index])
        inputs.append(tensors)
      }
      let slots = inputs.map { _ in Slot() }
      queue.run(jobCount: inputs.count, chunk: 1) { range, worker in
        for index in range {
          slots[index].result = Self.kept(compiled, inputs[index], keep, workers[worker])
        }
      }
      var kept: [[ValueID: Tensor]] = []
      for slot in slots { kept.append(try slot.result?.get() ?? [:]) }
      let tensors = kept
      queue.run(jobCount: jobs.count, chunk: 1) { range, _ in
        for index in range {
          let job = jobs[index]
          for sample in tensors {
            if case .floats(let values)? = sample[job.value]?.elements { job.add(values) }
          }
        }
      }
      progress(block.upperBound, samples.count)
    }
  }

  private static func kept(
    _ compiled: CompiledGraph,
    _ inputs: [Tensor],
    _ keep: Set<ValueID>,
    _ worker: Worker
  ) -> Result<[ValueID: Tensor], ReadError> {
    do throws(ExecutionError) {
      let executor: CompiledGraph.Executor
      if let known = worker.executor {
        executor = known
      } else {
        executor = try CompiledGraph.Executor(compiled)
        worker.executor = executor
      }
      return .success(try executor.run(inputs: inputs, keeping: keep).kept)
    } catch {
      return .failure(ReadError(error.code, error.message, path: error.path ?? ""))
    }
  }
}
