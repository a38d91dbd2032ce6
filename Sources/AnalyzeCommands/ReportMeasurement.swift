import ByteIO
import Execution
import ModelIR
import Operators
import Profiling

/// Runs a model and puts the times into its report.
struct ReportMeasurement {
  var runs: Int
  var threads: Int
  /// A file with inputs; `nil` for random ones.
  var input: String?

  /// Measures the main graph.
  ///
  /// A model that cannot be run keeps its report, with a finding that says why.
  ///
  /// - Throws: where the file of inputs cannot be used.
  func add(
    to profile: inout ModelProfile,
    _ model: Model,
    _ dimensions: OpenDimensions,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws(CommandFailure) {
    let given = try inputs(of: model)
    do throws(ExecutionError) {
      var shapes = dimensions.shapes.compactMapValues(\.sizes)
      for (value, tensor) in zip(model.main.inputs, given ?? []) { shapes[value] = tensor.sizes }
      if given == nil, let open = dimensions.stillOpen.first {
        throw ExecutionError(
          .dataInvalid,
          "the shape \(open.shape) of input \"\(open.input)\" is open"
        )
      }
      let compiled = try CompiledGraph(model, inputShapes: shapes)
      let tensors: [Tensor]
      if let given {
        tensors = given
      } else {
        tensors = try SampleInputs.random(for: model, compiled.types)
      }
      let timer = GraphTimer(runs: runs, threads: threads)
      let timing = try timer.measure(compiled, inputs: tensors, progress: progress)
      let peak = MachinePeak.measure(threads: threads)
      profile.add(
        ModelProfile.Measurement(timing, peak, input: input ?? "random"),
        samples: Self.samples(compiled, timing)
      )
    } catch {
      profile.findings.append(
        .init(
          "R01 not-measured",
          .warning,
          "no time was measured: \(error.message)" + (error.path.map { " (\($0))" } ?? ""),
          fix: Self.fix(error)
        )
      )
    }
  }

  private static func fix(_ error: ExecutionError) -> String? {
    switch error.code {
    case .dataInvalid: "state it with --shape, or give arrays with --input"
    case .limitExceeded: "smaller extents with --shape or --batch"
    default: nil
    }
  }

  private func inputs(of model: Model) throws(CommandFailure) -> [Tensor]? {
    guard let input else { return nil }
    let archive: TensorArchive
    do throws(ReadError) {
      archive = try TensorArchive(try ByteSource.mapping(path: input).bytes)
    } catch {
      throw CommandFailure(error, path: input)
    }
    do throws(ExecutionError) {
      let call = try ModelCall(model)
      return try call.firstPiece(of: try call.tensors(from: archive))
    } catch {
      throw CommandFailure(error, path: input)
    }
  }

  /// What the profile takes in of each operator of the main graph.
  private static func samples(
    _ compiled: CompiledGraph,
    _ timing: GraphTiming
  ) -> [ModelProfile.NodeSample] {
    let bytes = compiled.movedBytes()
    return compiled.nodeWork().enumerated().map { index, work in
      switch work {
      case .beforehand: .beforehand
      case .within(let owner): .within(owner)
      case .step(let usesKernel):
        .timed(
          microseconds: timing.steps[NodeID(index)] ?? 0,
          movedBytes: bytes[NodeID(index)],
          usesKernel: usesKernel
        )
      }
    }
  }
}

extension ModelProfile.Measurement {
  fileprivate init(_ timing: GraphTiming, _ peak: MachinePeak, input: String) {
    self.init(
      runs: timing.runs,
      warmUps: timing.warmUps,
      threads: timing.threads,
      input: input,
      instructionSet: peak.instructionSet,
      peakMultiplyAddsPerSecond: peak.multiplyAddsPerSecond,
      peakBytesPerSecond: peak.bytesPerSecond,
      totalMicroseconds: timing.whole
    )
  }
}
