import ByteIO
import Calibration
import Execution
import Kernels
import ModelIR
import Operators
import Reports
import Sensitivity
import Techniques

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// One call of `analyze sensitivity`.
struct SensitivityRun {
  private let command: SensitivityCommand
  private let output: String
  private let queue: WorkQueue

  init(_ command: SensitivityCommand) {
    self.command = command
    output = command.shared.output ?? ""
    queue = WorkQueue(threadCount: command.shared.threadCount)
  }

  private var journalPath: String { output + ".journal" }

  /// Where an unfinished result goes: never under the final name.
  private var incompletePath: String {
    (output.hasSuffix(".json") ? String(output.dropLast(5)) : output) + ".incomplete.json"
  }

  func status() throws(CommandFailure) -> ExitStatus {
    for (path, what) in [(command.model, "model"), (command.calibration, "calibration data")]
    where FileOutput.isSameFile(output, path) {
      throw CommandFailure(.usage, path: output, "the output would replace the \(what)")
    }
    let (model, source, file) = try ModelLoader.load(
      command.model,
      limits: command.shared.limits
    )
    let subject = try Subject(command, model, source)
    let sweep = try self.sweep(subject, record: nil)
    if !command.merge.isEmpty { return try merge(sweep, subject) }
    let started = ContinuousClock.now
    var journal = try openJournal(sweep)
    let needsWork = !sweep.missing(journal.records).isEmpty
    var isComplete = true
    if needsWork {
      let progress = ProgressLine(isQuiet: command.shared.quiet)
      defer { progress.finish() }
      let record = try calibrate(subject, progress)
      let sweep = try self.sweep(subject, record: record)
      do throws(SweepError) {
        isComplete = try sweep.run(
          &journal,
          isOver: { command.time.map { ContinuousClock.now - started >= $0.duration } ?? false },
          progress: { done, total in
            progress.show("\(command.model): measuring", done: done, of: max(total, 1))
          }
        )
      } catch {
        throw failure(error)
      }
    }
    do throws(ReadError) {
      try source.checkUnchanged(path: file)
    } catch {
      throw CommandFailure(error, path: command.model)
    }
    if isComplete, command.shard != nil { return try finishShard() }
    return try finish(sweep, journal.records, subject, isComplete: isComplete)
  }

  private func failure(_ error: SweepError) -> CommandFailure {
    switch error {
    case .read(let error): CommandFailure(error, path: command.model)
    case .write(let error): CommandFailure(error)
    case .metric(let reason):
      CommandFailure(
        .dataInvalid,
        path: "--metric",
        "the command gives no number " + reason,
        hint: "it gets the path of an .npz and prints one number"
      )
    }
  }

  // MARK: - Setting up

  /// The model and its samples, with what they are known by.
  struct Subject {
    let model: Model
    let compiled: CompiledGraph
    let samples: SampleSet
    let samplesDigest: String
    let measure: OutputMeasure
    let options: SweepOptions
    let facts: SensitivityJSON.ModelFacts
    let modelDigest: String

    init(
      _ command: SensitivityCommand,
      _ model: Model,
      _ source: ByteSource
    ) throws(CommandFailure) {
      self.model = model
      var options: SweepOptions
      do throws(TechniqueError) {
        options = SweepOptions(actions: try SweepOptions.actions(command.actions))
      } catch {
        throw CommandFailure(error.code, error.message)
      }
      options.effort = command.effort
      options.metric = command.unit
      options.ownMetric = command.ownMetric
      options.seed = command.seed ?? 0
      options.shard = command.shard?.shard
      if let bytes = command.shared.limits["cache"] { options.cacheBytes = bytes }
      self.options = options
      let shapes = try CalibrationInput.shapes(command.shared, model, path: command.model)
      do throws(ExecutionError) {
        compiled = try CompiledGraph(model, inputShapes: shapes)
      } catch {
        throw CommandFailure(error, path: command.model)
      }
      do throws(ReadError) {
        var reading = SampleSet.Options(labels: command.labels)
        reading.preprocessing = try CalibrationInput.preprocessing(command.preprocess)
        let all = try SampleSet(
          path: command.calibration,
          forms: try InputForm.all(of: model, shapes: shapes),
          metadata: model.metadata,
          options: reading
        )
        samples = command.samples.map { all.choosing($0, seed: command.seed) } ?? all
        samplesDigest = try samples.digest()
      } catch {
        throw CommandFailure(error, path: command.calibration)
      }
      measure = try CalibrationInput.measure(
        model,
        compiled,
        metric: command.unit,
        hasLabels: samples.labels != nil,
        path: command.model
      )
      try CalibrationInput.check(
        samples,
        measure,
        compiled,
        path: command.labels ?? command.calibration
      )
      var digest = SHA256()
      digest.update(source.bytes)
      let sha256 = digest.hexadecimal()
      facts = SensitivityJSON.ModelFacts(model: model, byteCount: source.count, sha256: sha256)
      modelDigest = CalibrationInput.digest(model, sha256: sha256, shapes: shapes)
    }
  }

  private func sweep(
    _ subject: Subject,
    record: CalibrationRecord?
  ) throws(CommandFailure) -> Sweep {
    var context = ActionContext(subject.model, types: subject.compiled.types, record: record)
    context.reestimation = .init(compiled: subject.compiled, samples: subject.samples)
    let plan = SweepPlan(
      context,
      measure: subject.measure,
      options: subject.options,
      identity: SweepPlan.Identity(
        modelDigest: subject.modelDigest,
        samplesDigest: subject.samplesDigest,
        preprocessing: subject.samples.preprocessing,
        options: subject.options.configuration,
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
    return Sweep(
      plan: plan,
      measure: subject.measure,
      compiled: subject.compiled,
      samples: subject.samples,
      context: context,
      options: subject.options,
      queue: queue
    )
  }

  private func calibrate(
    _ subject: Subject,
    _ progress: ProgressLine
  ) throws(CommandFailure) -> CalibrationRecord {
    var options = CalibrationRecord.Options()
    let actions = subject.options.actions
    options.measuresInputs = actions.contains {
      !$0.corrections.isSubset(of: [.equalize, .allNorms])
        || $0.kind == .weights && $0.name.hasSuffix("-activation")
    }
    if actions.contains(where: { !$0.corrections.isDisjoint(with: [.refit, .norm]) }) {
      options.gramBytes = subject.options.cacheBytes
    }
    do throws(ReadError) {
      return try CalibrationRecord(
        subject.compiled,
        samples: subject.samples,
        options: options,
        queue: queue
      ) { done, total in
        progress.show("\(command.model): calibrating", done: done, of: total)
      }
    } catch {
      throw CommandFailure(error, path: command.calibration)
    }
  }

  // MARK: - The journal

  /// Opens the journal, which also shows that the output can be written.
  private func openJournal(_ sweep: Sweep) throws(CommandFailure) -> SweepJournal {
    let records = SweepRecords(sweep.plan, sampleCount: sweep.samples.count)
    let exists = FileOutput.exists(journalPath)
    if exists, !command.resume, !command.restart {
      throw CommandFailure(
        .usage,
        path: journalPath,
        "an unfinished sweep left its journal",
        hint: "--resume goes on with it, --restart begins anew"
      )
    }
    do {
      return exists && command.resume
        ? try SweepJournal(records, resuming: journalPath)
        : try SweepJournal(records, creating: journalPath)
    } catch let error as WriteError {
      throw CommandFailure(error)
    } catch let error as ReadError {
      throw CommandFailure(error, path: journalPath)
    } catch {
      throw CommandFailure(.internal, path: journalPath, "\(error)")
    }
  }

  private func merge(_ sweep: Sweep, _ subject: Subject) throws(CommandFailure) -> ExitStatus {
    var journal = SweepJournal(SweepRecords(sweep.plan, sampleCount: sweep.samples.count))
    for path in command.merge {
      do throws(ReadError) {
        try journal.merge(path)
      } catch {
        throw CommandFailure(error, path: path)
      }
    }
    let missing = sweep.missing(journal.records)
    if let first = missing.first {
      throw CommandFailure(
        .dataInvalid,
        path: command.merge.first ?? output,
        "\(missing.count) of \(sweep.plan.trials.count) trials are in none of the files, the first is"
          + " \"\(sweep.plan.trials[first].name)\"",
        hint: "is a part missing?"
      )
    }
    return try finish(sweep, journal.records, subject, isComplete: true)
  }

  // MARK: - Results

  /// A finished part is its journal under the final name.
  private func finishShard() throws(CommandFailure) -> ExitStatus {
    guard rename(journalPath, output) == 0 else {
      throw CommandFailure(.ioWrite, path: output, "cannot write: " + systemMessage())
    }
    if !command.shared.quiet {
      try print("part of a sweep: \(output); join all parts with --merge")
    }
    return .done
  }

  private func finish(
    _ sweep: Sweep,
    _ records: SweepRecords,
    _ subject: Subject,
    isComplete: Bool
  ) throws(CommandFailure) -> ExitStatus {
    let result = sweep.result(records, digest: subject.samplesDigest)
    let document = SensitivityJSON(result, of: subject.facts, tool: AnalyzeTool.identity).value()
      .serialized()
    let target = isComplete ? output : incompletePath
    do throws(WriteError) {
      try FileOutput.replace(target, with: document)
      if command.format == .json {
        try FileOutput.write(document, to: STDOUT_FILENO)
      }
    } catch {
      throw CommandFailure(error)
    }
    try SensitivityPictures(result: result, model: subject.facts.model, path: command.model)
      .write(command)
    if command.format == .text {
      var style = command.shared
      style.output = nil
      let text = SensitivityText(result, title: command.model, style: style.textStyle)
      try print(text.lines().joined(separator: "\n"))
    }
    guard isComplete else {
      throw CommandFailure(
        .limitExceeded,
        path: target,
        "the time is up, the result is incomplete",
        hint: "--resume goes on"
      )
    }
    // What the journal holds is in the document now.
    if command.merge.isEmpty { unlink(journalPath) }
    if command.format == .text { try print("written: \(escapedForTerminal(output))") }
    return .done
  }

  private func print(_ text: String) throws(CommandFailure) {
    do throws(WriteError) {
      try FileOutput.write(Array((text + "\n").utf8), to: STDOUT_FILENO)
    } catch {
      throw CommandFailure(error)
    }
  }
}
