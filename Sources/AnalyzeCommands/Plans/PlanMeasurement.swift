import ByteIO
import Calibration
import Execution
import Kernels
import ModelIR
import Operators
import Planning
import Sensitivity
import TargetRules
import Techniques

/// What `--calibration` gives a plan: the samples in two halves, and what each action costs on one.
struct PlanMeasurement {
  let command: PlanCommand
  let data: String
  let model: Model
  let modelDigest: String
  private let queue: WorkQueue
  private let started = ContinuousClock.now

  init(_ command: PlanCommand, data: String, model: Model, sha256: String) {
    self.command = command
    self.data = data
    self.model = model
    modelDigest = sha256
    queue = WorkQueue(threadCount: command.shared.threadCount)
  }

  /// What a plan is made from.
  struct Result {
    var table: SensitivityTable
    var subject: PlanSubject
    /// What has to be said beside the plan.
    var notes: [String]
    /// What the sweep found; `nil` where a file was given.
    var sweep: SensitivityResult?
  }

  /// Half of the time is for the sweep, the rest for the search.
  private func isOver(_ share: Double) -> Bool {
    command.time.map { ContinuousClock.now - started >= $0.duration * share } ?? false
  }

  /// Reads the samples, measures, and makes the plan's subject.
  ///
  /// - Parameters:
  ///   - given: Measurements that take the place of a sweep.
  ///   - actions: What is measured where none are given.
  ///   - target: Where the model is to run.
  ///   - progress: Says what is being done.
  /// - Returns: The measurements and the subject.
  /// - Throws: where data or the model cannot be used.
  func run(
    given: SensitivityTable?,
    actions: [String],
    target: DeploymentTarget?,
    progress: ProgressLine
  ) throws(CommandFailure) -> Result {
    let shapes = try CalibrationInput.shapes(command.shared, model, path: command.model)
    let compiled: CompiledGraph
    do throws(ExecutionError) {
      compiled = try CompiledGraph(model, inputShapes: shapes)
    } catch {
      throw CommandFailure(error, path: command.model)
    }
    let all = try samples(shapes)
    let halves: (search: SampleSet, holdout: SampleSet?)
    do throws(PlanningError) {
      halves = try Holdout.split(all, share: command.holdoutShare, seed: command.seed ?? 0)
    } catch {
      throw CommandFailure(error, path: data)
    }
    let measure = try CalibrationInput.measure(
      model,
      compiled,
      metric: nil,
      hasLabels: all.labels != nil,
      path: command.model
    )
    try CalibrationInput.check(all, measure, compiled, path: command.labels ?? data)
    var notes = Self.notes(halves.search.count, halves.holdout?.count)
    let options = try options(actions, given)
    let recordOptions = Self.recordOptions(options)
    let record: CalibrationRecord
    let searchDigest: String
    do throws(ReadError) {
      record = try CalibrationRecord(
        compiled,
        samples: halves.search,
        options: recordOptions,
        queue: queue
      ) { done, total in
        progress.show("\(command.model): calibrating", done: done, of: total)
      }
      searchDigest = record.sha256
    } catch {
      throw CommandFailure(error, path: data)
    }
    let context = ActionContext(model, types: compiled.types, record: record)
    var sweepResult: SensitivityResult?
    let table: SensitivityTable
    if let given {
      table = given
      if given.samplesDigest != searchDigest, halves.holdout != nil {
        notes.append(
          "the measurements are of other samples than the search's half of these: samples held out"
            + " may have been among them"
        )
      }
    } else {
      let result = try sweep(
        context,
        compiled,
        measure,
        halves.search,
        options,
        searchDigest,
        shapes,
        progress
      )
      if result.missing > 0 {
        notes.append(
          "the time was up before \(result.missing) trials were measured: their actions are left out"
        )
      }
      table = SensitivityTable(result)
      sweepResult = result
    }
    var data = PlanSubject.Data(
      compiled: compiled,
      measure: measure,
      search: halves.search,
      holdout: halves.holdout,
      recordOptions: recordOptions,
      queue: queue
    )
    let isCareful = command.effort != .screen
    data.mostRounds = isCareful ? 12 : 6
    data.mostTrials = isCareful ? 64 : 16
    data.isOver = { isOver(1) }
    data.progress = { progress.say("\(command.model): \($0)") }
    return Result(
      table: table,
      subject: PlanSubject(context: context, target: target, data: data),
      notes: notes,
      sweep: sweepResult
    )
  }

  private static func notes(_ search: Int, _ holdout: Int?) -> [String] {
    guard search < Holdout.least else { return [] }
    return [
      "the search saw only \(search) samples: what it predicts is uncertain, more samples help"
    ]
  }

  // MARK: - Samples

  private func samples(_ shapes: [ValueID: [Int]]) throws(CommandFailure) -> SampleSet {
    do throws(ReadError) {
      var reading = SampleSet.Options(labels: command.labels)
      reading.preprocessing = try CalibrationInput.preprocessing(command.preprocess)
      let all = try SampleSet(
        path: data,
        forms: try InputForm.all(of: model, shapes: shapes),
        metadata: model.metadata,
        options: reading
      )
      // Data is often sorted by class: the first samples would be of one.
      return command.samples.map { all.choosing($0, seed: command.seed ?? 0) } ?? all
    } catch {
      throw CommandFailure(error, path: data)
    }
  }

  private func options(_ actions: [String], _ given: SensitivityTable?) throws(CommandFailure)
    -> SweepOptions
  {
    var names = actions
    if let given {
      names = []
      for measurement in given.measurements where !names.contains(measurement.action) {
        names.append(measurement.action)
      }
    }
    var known: [Action] = []
    for name in names {
      do throws(TechniqueError) {
        known.append(try Action(name))
      } catch {
        throw CommandFailure(error.code, error.message)
      }
    }
    var options = SweepOptions(actions: known)
    options.effort = command.effort
    options.seed = command.seed ?? 0
    options.includesModes = false
    options.pairCount = 0
    return options
  }

  private static func recordOptions(_ options: SweepOptions) -> CalibrationRecord.Options {
    var record = CalibrationRecord.Options()
    record.measuresInputs = options.actions.contains {
      !$0.corrections.isEmpty || $0.kind == .weights && $0.name.hasSuffix("-activation")
    }
    if options.actions.contains(where: { $0.corrections.contains(.refit) }) {
      record.gramBytes = options.cacheBytes
    }
    return record
  }

  // MARK: - The sweep

  private func sweep(
    _ context: ActionContext,
    _ compiled: CompiledGraph,
    _ measure: OutputMeasure,
    _ samples: SampleSet,
    _ options: SweepOptions,
    _ samplesDigest: String,
    _ shapes: [ValueID: [Int]],
    _ progress: ProgressLine
  ) throws(CommandFailure) -> SensitivityResult {
    let plan = SweepPlan(
      context,
      measure: measure,
      options: options,
      identity: SweepPlan.Identity(
        modelDigest: CalibrationInput.digest(model, sha256: modelDigest, shapes: shapes),
        samplesDigest: samplesDigest,
        preprocessing: samples.preprocessing,
        options: options.configuration,
        tool: AnalyzeTool.identity.version,
        instructionSet: "\(InstructionSet.active)"
      )
    )
    guard plan.trials.contains(where: { if case .action = $0.subject { true } else { false } })
    else {
      throw CommandFailure(
        .modelUnsupported,
        path: command.model,
        "none of the actions applies anywhere",
        hint: "weights have to be float32 constants; is this the float model?"
      )
    }
    let sweep = Sweep(
      plan: plan,
      measure: measure,
      compiled: compiled,
      samples: samples,
      context: context,
      options: options,
      queue: queue
    )
    var journal = SweepJournal(SweepRecords(plan, sampleCount: samples.count))
    do throws(SweepError) {
      _ = try sweep.run(
        &journal,
        isOver: { isOver(0.5) },
        progress: { done, total in
          progress.show("\(command.model): measuring", done: done, of: max(total, 1))
        }
      )
    } catch {
      switch error {
      case .read(let error): throw CommandFailure(error, path: command.model)
      case .write(let error): throw CommandFailure(error)
      case .metric(let reason): throw CommandFailure(.dataInvalid, path: command.model, reason)
      }
    }
    return sweep.result(journal.records, digest: samplesDigest)
  }
}
