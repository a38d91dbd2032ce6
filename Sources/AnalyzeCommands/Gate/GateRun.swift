import ByteIO
import Differences
import Gate
import Kernels
import Reports
import Synchronization
import TargetRules
import WireFormats

/// One run of the gate: finds the models, measures them, judges, and tells.
struct GateRun {
  let command: GateCommand

  private var shared: SharedOptions { command.shared }

  // MARK: - Judging

  /// Judges the models and tells everybody who wants to know.
  func judge() throws -> ExitStatus {
    let (policy, identity) = try readPolicy()
    let folder = Self.folder(of: identity.path)
    let paths = try modelPaths(policy, folder)
    let source = try source(policy)
    let measurements = MeasurementFiles(folder: folder, policy: policy)
    let models = measured(paths, folder, source).map(measurements.attached)
    var options = GateOptions()
    options.warnsOnly = command.warnOnly
    options.allowsMissingBaseline = command.allowMissingBaseline
    if let text = command.maxShrink {
      options.maximumShrink = try GateCommand.hundredths(text, "--max-shrink")
    }
    let result = GateEvaluation(
      policy: policy,
      models: models,
      baseline: baseline(models, measurements, source),
      pinned: policy.pinned.map { file(folder + $0, [], source) } ?? .none,
      options: options
    ).result()
    try tell(result, identity)
    return ExitStatus(rawValue: Int32(result.exitCode)) ?? .couldNotTell
  }

  private func readPolicy() throws(CommandFailure) -> (Policy, PolicyIdentity) {
    let path = command.policy ?? ""
    let source: ByteSource
    do throws(ReadError) {
      source = try ByteSource.mapping(path: path)
    } catch {
      throw CommandFailure(error, path: path)
    }
    var hash = SHA256()
    hash.update(source.bytes)
    let digest = hash.hexadecimal()
    if let wanted = command.policySha256, wanted.lowercased() != digest {
      throw CommandFailure(
        .policyInvalid,
        path: path,
        "its SHA-256 is \(digest), not \(wanted)",
        hint: "was it loosened?"
      )
    }
    do throws(JSON5Error) {
      // Platforms know files from the working directory.
      let seen = RelativePath("").path(to: path)
      let identity = PolicyIdentity(
        path: path,
        sha256: digest,
        folder: Self.folder(of: seen)
      )
      return (try Policy(source.bytes), identity)
    } catch {
      throw CommandFailure(error, file: path)
    }
  }

  // MARK: - Models

  /// A path's folder, ending in `/`, or empty.
  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// Paths from the policy's folder: those of the command line, or those that the patterns find.
  private func modelPaths(_ policy: Policy, _ folder: String) throws(CommandFailure) -> [String] {
    if !command.models.isEmpty {
      let base = RelativePath(folder)
      return command.models.map { base.path(to: $0) }
    }
    let patterns = policy.budgets.flatMap(\.patterns).compactMap { PathPattern($0) }
    do throws(ReadError) {
      return try ModelFinder(folder: folder).paths(fitting: patterns)
    } catch {
      throw CommandFailure(error, path: folder)
    }
  }

  /// How models are measured: with all that the policy's figures need.
  private func source(_ policy: Policy?) throws(CommandFailure) -> SnapshotSource {
    let library = try command.rules.library()
    var targets: [DeploymentTarget] = []
    for name in policy?.targets ?? [] {
      targets.append(try TargetOptions.find(name, in: library))
    }
    return SnapshotSource(
      options: .init(
        threads: shared.threadCount,
        shapes: shared.shape,
        batch: shared.batch,
        needsGzip: policy?.needsGzip ?? false,
        needsZstd: policy?.needsZstd ?? false,
        targets: targets,
        library: library,
        limits: shared.limits
      )
    )
  }

  /// Measures models, several at a time.
  private func measured(
    _ paths: [String],
    _ folder: String,
    _ source: SnapshotSource
  ) -> [GatedModel] {
    // Many models share the threads; a single one has them all for reading its weights.
    let threads = shared.threadCount
    var source = source
    source.options.threads = max(1, threads / max(1, paths.count))
    let shared = source
    let progress = ProgressLine(isQuiet: command.shared.quiet)
    defer { progress.finish() }
    let results = Mutex<[Int: GatedModel]>([:])
    let queue = WorkQueue(threadCount: min(threads, max(1, paths.count)))
    queue.run(jobCount: paths.count, chunk: 1) { range, worker in
      for index in range {
        let model = Self.measured(paths[index], folder, shared)
        let done = results.withLock { results in
          results[index] = model
          return results.count
        }
        if worker == 0 { progress.show("measuring models", done: done, of: paths.count) }
      }
    }
    return results.withLock { results in paths.indices.compactMap { results[$0] } }
  }

  private static func measured(
    _ path: String,
    _ folder: String,
    _ source: SnapshotSource
  ) -> GatedModel {
    do throws(CommandFailure) {
      let location = path.hasPrefix("/") ? path : folder + path
      var snapshot = try source.measured(location)
      snapshot.path = path
      return GatedModel(path: path, outcome: .success(snapshot))
    } catch {
      return GatedModel(
        path: path,
        outcome: .failure(.init(code: error.code, message: error.message))
      )
    }
  }

  // MARK: - Baselines

  private func baseline(
    _ models: [GatedModel],
    _ measurements: MeasurementFiles,
    _ source: SnapshotSource
  ) -> GateBaseline {
    guard let text = command.baseline else { return .none }
    guard let object = GitObject(text) else { return file(text, models, source) }
    if object.path != nil { return read(text, models, source) }
    // The same models as they are at the revision.
    var reports: [String: Result<ReportSnapshot, GatedModel.Trouble>] = [:]
    for model in models {
      reports[model.path] = revision(object, model.path, measurements, source)
    }
    return .revision(reports)
  }

  private func revision(
    _ object: GitObject,
    _ path: String,
    _ measurements: MeasurementFiles,
    _ source: SnapshotSource
  ) -> Result<ReportSnapshot, GatedModel.Trouble> {
    do {
      let folder = measurements.folder.isEmpty ? "." : measurements.folder
      let bytes = try object.bytes(in: folder, path: "./" + path)
      var snapshot = try source.snapshots(of: bytes, path: path)[0]
      snapshot.path = path
      snapshot.quality = measurements.quality(of: snapshot, at: object)
      return .success(snapshot)
    } catch let failure as CommandFailure {
      return .failure(.init(code: failure.code, message: failure.message))
    } catch let error as ReadError {
      return .failure(.init(code: error.code, message: error.explanation))
    } catch {
      return .failure(.init(code: .internal, message: "\(error)"))
    }
  }

  /// Reads a saved document, or measures a model: the one that a single model is to be compared with.
  private func read(
    _ text: String,
    _ models: [GatedModel],
    _ source: SnapshotSource
  ) -> GateBaseline {
    Self.judged { () throws(CommandFailure) in
      var snapshots = try source.snapshots(text)
      if models.count == 1, snapshots.count == 1, snapshots[0].path == text {
        snapshots[0].path = models[0].path
      }
      return snapshots
    }
  }

  private func file(
    _ path: String,
    _ models: [GatedModel],
    _ source: SnapshotSource
  ) -> GateBaseline {
    guard !Self.isAbsent(path) else {
      return .absent(
        .init(
          code: .baselineMissing,
          message: "the baseline \(path) is not there; write it with --update-baseline"
        )
      )
    }
    return read(path, models, source)
  }

  private static func isAbsent(_ path: String) -> Bool {
    do throws(ReadError) {
      _ = try ByteSource.mapping(path: path)
      return false
    } catch {
      return !FileOutput.exists(path)
    }
  }

  private static func judged(
    _ read: () throws(CommandFailure) -> [ReportSnapshot]
  ) -> GateBaseline {
    do throws(CommandFailure) {
      return .reports(try read())
    } catch {
      let place = [error.path, error.message].compactMap { $0 }.joined(separator: ": ")
      return error.code == .baselineMissing
        ? .absent(.init(code: error.code, message: place))
        : .unusable(.init(code: .baselineMismatch, message: place))
    }
  }

  // MARK: - Telling

  private func tell(_ result: GateResult, _ policy: PolicyIdentity) throws(CommandFailure) {
    let platform = command.ci.resolved
    var files = command.report
    if platform == .gitlab, !files.contains(where: { $0.format == .gitlab }) {
      files.append(GateReportFile(format: .gitlab, path: "gl-code-quality-report.json"))
    }
    for file in files {
      do throws(WriteError) {
        try FileOutput.replace(file.path, with: rendered(result, policy, file.format))
      } catch {
        throw CommandFailure(error)
      }
    }
    if platform == .github { try appendSummary(result, policy) }
    try shared.write(rendered(result, policy, command.format))
    // Commands in a JSON document would spoil it.
    guard command.format == .text || shared.output != nil else { return }
    let text =
      switch platform {
      case .github: GateAnnotations(result, policy: policy).text()
      case .teamcity: GateServiceMessages(result).text()
      case .auto, .gitlab, .none: ""
      }
    do throws(WriteError) {
      try FileOutput.write(Array(text.utf8), to: 1)
    } catch {
      throw CommandFailure(error)
    }
  }

  private func rendered(
    _ result: GateResult,
    _ policy: PolicyIdentity,
    _ format: GateReport
  ) -> [UInt8] {
    let tool = AnalyzeTool.identity
    switch format {
    case .text: return Array(GateText(result, policy: policy, style: shared.textStyle).text().utf8)
    case .markdown: return Array(GateMarkdown(result, policy: policy).text().utf8)
    case .json: return GateJSON(result, policy: policy, tool: tool).value().serialized()
    case .sarif: return GateSARIF(result, policy: policy, tool: tool).value().serialized()
    case .junit: return Array(GateJUnit(result).text().utf8)
    case .gitlab: return GateCodeQuality(result, policy: policy).value().serialized()
    }
  }

  /// GitHub shows what is appended to this file on the page of the run, up to 1 MiB of it.
  private func appendSummary(
    _ result: GateResult,
    _ policy: PolicyIdentity
  ) throws(CommandFailure) {
    guard let path = CIPlatform.variable("GITHUB_STEP_SUMMARY") else { return }
    do throws(WriteError) {
      try FileOutput.append(path, Array(GateMarkdown(result, policy: policy).text().utf8))
    } catch {
      throw CommandFailure(error)
    }
  }

  // MARK: - Writing policies and baselines

  /// Writes a policy from the models as they are.
  func writePolicy() throws -> ExitStatus {
    let headroom = try GateCommand.hundredths(command.headroom, "--headroom")
    let folder = Self.folder(of: shared.output ?? "")
    let base = RelativePath(folder)
    let paths = command.models.map { base.path(to: $0) }
    if let outside = paths.first(where: { $0.hasPrefix("/") }) {
      throw CommandFailure(
        .usage,
        path: outside,
        "the model is not below the policy's folder, from which its paths count",
        hint: "write the policy into a folder above the models"
      )
    }
    let models = try Self.readable(measured(paths, folder, try source(nil)))
    let draft = PolicyDraft(models, headroom: headroom)
    if let output = shared.output, let source = try? ByteSource.mapping(path: output),
      let old = try? Policy(source.bytes)
    {
      say(PolicyComparison(old: old, models: models, draft: draft).loosened, in: output)
    }
    try shared.write(Array(draft.text().utf8))
    return .done
  }

  /// Writes the models' figures as the baseline of later runs.
  func updateBaseline() throws -> ExitStatus {
    let (policy, identity) = try readPolicy()
    let folder = Self.folder(of: identity.path)
    let paths = try modelPaths(policy, folder)
    let source = try source(policy)
    let measurements = MeasurementFiles(folder: folder, policy: policy)
    let models = try Self.readable(measured(paths, folder, source).map(measurements.attached))
    guard !models.isEmpty else {
      throw CommandFailure(.usage, path: identity.path, "no model fits the policy's patterns")
    }
    let path = command.baseline ?? ""
    let tool = AnalyzeTool.identity.json
    let document = ReportSnapshot.baseline(models.map(\.report), tool: tool)
    if case .reports(let old) = file(path, [], source) {
      say(BaselineComparison(old: old, new: models.map(\.report)).loosened, in: path)
    }
    do throws(WriteError) {
      try FileOutput.replace(path, with: document.serialized())
    } catch {
      throw CommandFailure(error)
    }
    return .done
  }

  /// The snapshots; the first model that could not be read is the failure.
  private static func readable(
    _ models: [GatedModel]
  ) throws(CommandFailure) -> [(path: String, report: ReportSnapshot)] {
    var result: [(path: String, report: ReportSnapshot)] = []
    for model in models {
      switch model.outcome {
      case .success(let report): result.append((model.path, report))
      case .failure(let trouble):
        throw CommandFailure(trouble.code, path: model.path, trouble.message)
      }
    }
    return result
  }

  private func say(_ lines: [String], in path: String) {
    guard !shared.quiet else { return }
    for line in lines {
      let text = escapedForTerminal("analyze: note: \(path): loosened: \(line)") + "\n"
      // Notes that nobody can read are no failure of the command.
      try? FileOutput.write(Array(text.utf8), to: 2)
    }
  }
}
