import ByteIO
import Execution
import FormatONNX
import FormatTFLite
import Kernels
import ModelIR
import Operators

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

// Times a compiled model for Benchmarks/engine.py, which asks line by line so that other runtimes
// run in between:
//
//   EngineBench MODEL [fast]
//   run THREADS COUNT       -> microseconds of wall and of processor time, medians of COUNT runs
//   batch THREADS COUNT     -> microseconds for each of COUNT samples, one a thread
//   resume COUNT            -> microseconds of a run from the last layer on
//   suffixes COUNT          -> microseconds of processor time of a run from each layer on, the mean
//   profile [THREADS]       -> a line a step
//   compile COUNT           -> microseconds of compiling
//   memory                  -> bytes of packed weights and of one executor

/// Seconds on a clock.
func seconds(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func median(_ values: [Double]) -> Double {
  values.isEmpty ? 0 : values.sorted()[values.count / 2]
}

func microseconds(_ value: Double) -> String { "\(Int((value * 1e6).rounded()))" }

func samples(_ model: Model) -> [Tensor] {
  var state: UInt64 = 1
  func next() -> Int64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int64(state >> 33) % 255
  }
  return model.main.inputs.map { input in
    let value = model.main[input]
    let sizes = value.shape.dimensions?.map { $0.size ?? 1 } ?? []
    let count = sizes.reduce(1, *)
    return value.type == .float32
      ? Tensor(sizes, floats: (0..<count).map { _ in Float(next()) / 127 - 1 })
      : Tensor(
        type: value.type,
        sizes: sizes,
        elements: .integers((0..<count).map { _ in next() - (value.type == .int8 ? 127 : 0) })
      )
  }
}

func load(_ path: String) throws -> Model {
  let bytes = try ByteSource.mapping(path: path).bytes
  return path.hasSuffix(".onnx")
    ? try ONNXFormat.load(bytes, path: path) : try TFLiteFormat.load(bytes, path: path)
}

func timed(_ count: Int, _ body: () throws -> Void) throws -> (wall: Double, processor: Double) {
  var walls: [Double] = []
  var processors: [Double] = []
  for _ in 0..<count {
    let (wall, processor) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
    try body()
    walls.append(seconds(CLOCK_MONOTONIC) - wall)
    processors.append(seconds(CLOCK_PROCESS_CPUTIME_ID) - processor)
  }
  return (median(walls), median(processors))
}

/// A model and the executors that were asked for.
struct Bench {
  let model: Model
  let inputs: [Tensor]
  let shapes: [ValueID: [Int]]
  let compiled: CompiledGraph
  var executors: [Int: CompiledGraph.Executor] = [:]
  var queues: [Int: WorkQueue] = [:]

  init(_ path: String, _ arithmetic: CompiledGraph.Arithmetic) throws {
    model = try load(path)
    inputs = samples(model)
    var shapes: [ValueID: [Int]] = [:]
    for (input, tensor) in zip(model.main.inputs, inputs) { shapes[input] = tensor.sizes }
    self.shapes = shapes
    compiled = try CompiledGraph(model, inputShapes: shapes, arithmetic: arithmetic)
  }

  mutating func queue(_ threads: Int) -> WorkQueue {
    if let known = queues[threads] { return known }
    let queue = WorkQueue(threadCount: threads)
    queues[threads] = queue
    return queue
  }

  mutating func executor(_ threads: Int) throws -> CompiledGraph.Executor {
    if let known = executors[threads] { return known }
    let queue = threads > 1 ? queue(threads) : nil
    let made = try CompiledGraph.Executor(compiled, queue: queue)
    executors[threads] = made
    return made
  }

  mutating func answer(_ line: String) throws {
    let words = line.split(separator: " ")
    let numbers = words.dropFirst().compactMap { Int($0) }
    switch words.first {
    case "run" where numbers.count == 2:
      let executor = try executor(numbers[0])
      let time = try timed(numbers[1]) { _ = try executor.run(inputs: inputs) }
      print(microseconds(time.wall), microseconds(time.processor))
    case "batch" where numbers.count == 2:
      let many = Array(repeating: inputs, count: numbers[1])
      let time = try timed(1) { _ = try compiled.run(samples: many, on: queue(numbers[0])) }
      print(microseconds(time.wall / Double(numbers[1])))
    case "resume" where numbers.count == 1:
      let keeping = try CompiledGraph.Executor(compiled, keepsAll: true)
      _ = try keeping.run(inputs: inputs)
      guard let last = compiled.lastLayer else { break }
      let time = try timed(numbers[0]) { _ = try keeping.resume(from: last) }
      print(microseconds(time.wall))
    case "suffixes" where numbers.count == 1:
      let keeping = try CompiledGraph.Executor(compiled, keepsAll: true)
      _ = try keeping.run(inputs: inputs)
      let names: Set<String> = ["convolution", "depthwiseConvolution", "fullyConnected"]
      let layers = model.main.nodeIDs.filter { names.contains(model.main[$0].op.name) }
      let times = try layers.map { layer in
        try timed(numbers[0]) { _ = try keeping.resume(from: layer) }.processor
      }
      print(microseconds(times.reduce(0, +) / Double(max(times.count, 1))))
    case "profile":
      let executor = try executor(numbers.first ?? 1)
      var times: [[Double]] = []
      for _ in 0..<30 {
        var run: [Double] = []
        var last = seconds(CLOCK_MONOTONIC)
        try executor.run(inputs: inputs) { _ in
          let now = seconds(CLOCK_MONOTONIC)
          run.append(now - last)
          last = now
        }
        if times.isEmpty { times = run.map { _ in [] } }
        for (index, entry) in run.enumerated() { times[index].append(entry) }
      }
      for (name, list) in zip(compiled.stepNames, times) {
        print(microseconds(median(list)), name)
      }
      print("end")
    case "compile" where numbers.count == 1:
      let time = try timed(numbers[0]) { _ = try CompiledGraph(model, inputShapes: shapes) }
      print(microseconds(time.wall), microseconds(time.processor))
    case "memory":
      print(compiled.packedBytes, compiled.plannedBytes())
    case "fallback":
      print(compiled.fallbackNodes.map { model.main[$0].op.name }.joined(separator: " "))
    default:
      print("unknown request")
    }
  }
}

guard CommandLine.arguments.count > 1 else {
  print("usage: EngineBench MODEL [fast]")
  exit(64)
}
var bench = try Bench(
  CommandLine.arguments[1],
  CommandLine.arguments.contains("fast") ? .fast : .reference
)
while let line = readLine() {
  try bench.answer(line)
  fflush(nil)
}
