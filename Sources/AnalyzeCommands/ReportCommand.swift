import ArgumentParser
import ByteIO
import ModelIR
import Profiling
import Reports
import TargetRules
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension TextReport.Order: ExpressibleByArgument {}

/// `analyze report MODEL…`: what a model is and where its bytes, arithmetic and memory go.
struct ReportCommand: StatusCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, html, markdown, csv
    case nodeData = "node-data"
  }

  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Report what a model is and where its bytes, MACs and memory go.",
    discussion: """
      EXAMPLES
        analyze report Examples/digits/digits_cnn_int8.tflite --target ethos-u55
        analyze report Examples/digits/digits_cnn.onnx --shape image=4x8x8x1
        analyze report Examples/digits/digits_cnn.tflite --measure --format html
      """
  )

  @Argument(
    help: ArgumentHelp("The models; their names say nothing of their format.", valueName: "MODEL")
  )
  var models: [String]

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How to write the report.",
      valueName: "text|json|html|markdown|csv|node-data"
    )
  )
  var format: Format = .text

  @Option(name: .long, help: ArgumentHelp("Rows of the hotspot table.", valueName: "N"))
  var top: Int = 10

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The order of the hotspot table (default: macs; time with --measure).",
      valueName: "macs|weights|memory|run|time"
    )
  )
  var sort: TextReport.Order?

  @Option(name: .long, help: ArgumentHelp("Which of the model's signatures.", valueName: "NAME"))
  var signature: String?

  @Flag(name: .long, help: "Do not read the weights: no ranges, no sparsity, no SHA-256.")
  var noWeightStatistics = false

  @Flag(name: .long, help: "Run the model here and report how long each operator takes.")
  var measure = false

  @Option(
    name: .long,
    help: ArgumentHelp("Runs to take the median of (default: 20).", valueName: "N")
  )
  var runs: Int?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Inputs to measure with: .npz or .npy (default: random).", valueName: "PATH")
  )
  var input: String?

  @Flag(name: .long, help: "Compress large models, too, for the outlook (takes seconds).")
  var gzip = false

  @Flag(name: .long, help: "Show the arena buffer by buffer.")
  var memory = false

  @Option(
    name: .long,
    help: ArgumentHelp("Draw the arena as a picture (one model).", valueName: "FILE.svg")
  )
  var arenaMap: String?

  @OptionGroup var targetOptions: TargetOptions
  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if arenaMap != nil, models.count != 1 {
      throw ValidationError("--arena-map draws one model, not \(models.count)")
    }
    if format == .html || format == .nodeData, models.count != 1 {
      throw ValidationError("--format \(format.rawValue) takes one model, not \(models.count)")
    }
    if top < 0 { throw ValidationError("--top \(top) must be at least 0") }
    if let runs, !(1...100_000).contains(runs) {
      throw ValidationError("--runs \(runs) must be between 1 and 100000")
    }
    guard !measure else { return }
    if runs != nil { throw ValidationError("--runs applies to --measure only") }
    if input != nil { throw ValidationError("--input applies to --measure only") }
    if sort == .time { throw ValidationError("--sort time needs --measure") }
  }

  func status() throws -> ExitStatus {
    try refuseOverwriting()
    var asked = try targetOptions.targets()
    asked.targets = HostMeasurement.filling(asked.targets, threads: shared.threads ?? 1)
    let outcomes = models.map { path in
      Result { () throws(CommandFailure) in try profile(path, asked.targets, asked.library) }
    }
    let failures = outcomes.compactMap { outcome -> CommandFailure? in
      guard case .failure(let failure) = outcome else { return nil }
      return failure
    }
    if let arenaMap { try draw(arenaMap, outcomes.map { $0.map(\.profile) }) }
    if failures.count < models.count {
      for failure in failures { failure.report(asJSON: false) }
      try shared.write(rendered(outcomes))
    } else if models.count == 1 {
      failures[0].report(asJSON: format == .json)
    } else {
      for failure in failures { failure.report(asJSON: false) }
      if format == .json {
        do throws(WriteError) {
          try FileOutput.write(rendered(outcomes), to: STDOUT_FILENO)
        } catch {
          throw CommandFailure(error)
        }
      }
    }
    return failures.isEmpty ? .done : .couldNotTell
  }

  private func profile(
    _ path: String,
    _ targets: [DeploymentTarget],
    _ library: TargetLibrary
  ) throws(CommandFailure) -> Profiled {
    let progress = ProgressLine(isQuiet: shared.quiet)
    defer { progress.finish() }
    let (loaded, source, file) = try ModelLoader.load(
      path,
      signature: signature,
      limits: shared.limits
    )
    if let signature, !loaded.signatures.contains(where: { $0.name == signature }) {
      throw CommandFailure(.usage, path: path, "the model has no signature \"\(signature)\"")
    }
    try refuseOverwriting(filesOf: loaded, path)
    var model = loaded
    // Only equal sizes are compared, which reads weights.
    model.labelSpareWeights(smallest: noWeightStatistics ? .max : 64)
    let dimensions = try OpenDimensions(model, shared.shape, batch: shared.batch, path: path)
    let profiler = Profiler(model, dimensions: dimensions)
    var digest: String?
    if format == .json, !noWeightStatistics {
      var hash = SHA256()
      hash.update(source.bytes)
      digest = hash.hexadecimal()
    }
    let options = Profiler.Options(
      readsWeights: !noWeightStatistics,
      hashesConstants: (format == .json || format == .html) && !noWeightStatistics,
      mostCompressed: gzip ? Outlook.mostCompressed : Outlook.mostCompressedUnasked,
      threads: shared.threadCount
    )
    var profile = profiler.profile(options, sha256: digest) { done, total in
      progress.show("\(path): reading weights", done: done, of: total)
    }
    if measure {
      let measurement = ReportMeasurement(
        runs: runs ?? 20,
        threads: shared.threads ?? 1,
        input: input
      )
      try measurement.add(to: &profile, model, dimensions) { done, total in
        progress.show("\(path): measuring", done: done, of: total)
      }
    }
    profile.targets = profiler.targetReports(
      try TargetOptions.checkers(targets, model.format, library),
      profile.totals
    )
    profiler.addTargets(targets, to: &profile)
    do throws(ReadError) {
      try source.checkUnchanged(path: file)
    } catch {
      throw CommandFailure(error, path: path)
    }
    return Profiled(model: model, profile: profile)
  }

  /// A model with its report.
  private struct Profiled {
    let model: Model
    let profile: ModelProfile
  }

  /// The reports in the order of the command line; as JSON, errors stand in their places.
  private func rendered(_ outcomes: [Result<Profiled, CommandFailure>]) -> [UInt8] {
    let models = outcomes.compactMap { try? $0.get() }
    let profiles = models.map(\.profile)
    let order = sort ?? (measure ? .time : .macs)
    switch format {
    case .text:
      let options = TextReport.Options(
        top: top,
        order: order,
        style: shared.textStyle,
        showsMemory: memory
      )
      let texts = profiles.map { TextReport($0, options: options).text() }
      return Array(texts.joined(separator: "\n").utf8)
    case .json:
      let documents = outcomes.map { outcome in
        switch outcome {
        case .success(let success):
          JSONReport(success.profile, tool: AnalyzeTool.identity).value()
        case .failure(let failure): failure.json
        }
      }
      return (documents.count == 1 ? documents[0] : .array(documents)).serialized()
    case .html:
      let pages = models.map { ReportPage($0.model, $0.profile).text() }
      return Array(pages.joined().utf8)
    case .markdown:
      let texts = profiles.map { MarkdownReport($0, top: top, order: order).text() }
      return Array(texts.joined(separator: "\n").utf8)
    case .csv: return Array(CSVReport(profiles).text().utf8)
    case .nodeData:
      let documents = models.map { model in
        NodeDataJSON(model.profile, graphNames: model.model.graphs.map(\.name), order: order)
          .value()
      }
      return (documents.first ?? .object([])).serialized()
    }
  }

  /// Draws the arena of the first planner.
  private func draw(_ path: String, _ outcomes: [Result<ModelProfile, CommandFailure>])
    throws(CommandFailure)
  {
    guard let profile = outcomes.compactMap({ try? $0.get() }).first else { return }
    guard let plan = profile.memory.first else {
      throw CommandFailure(
        .usage,
        path: profile.model.path,
        "the sizes of activations are not known, so there is no arena to draw",
        hint: "fix open dimensions with --shape"
      )
    }
    let picture = ArenaMapSVG(plan, title: profile.model.path).text()
    do throws(WriteError) {
      try FileOutput.replace(path, with: Array(picture.utf8))
    } catch {
      throw CommandFailure(error)
    }
  }

  /// The report must not replace what it reports on.
  private func refuseOverwriting() throws(CommandFailure) {
    for output in [shared.output, arenaMap].compactMap({ $0 }) {
      try refuseOverwriting(output)
    }
  }

  private func refuseOverwriting(_ output: String) throws(CommandFailure) {
    for model in models where FileOutput.isSameFile(output, model) {
      throw CommandFailure(.usage, path: output, "the output would replace the model")
    }
  }

  /// Nor a file that holds the model's weights.
  private func refuseOverwriting(filesOf model: Model, _ path: String) throws(CommandFailure) {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    for output in [shared.output, arenaMap].compactMap({ $0 }) {
      for file in model.ledger.files
      where FileOutput.isSameFile(output, folder + file.path)
        || FileOutput.isSameFile(output, file.path)
        || FileOutput.isSameFile(output, path + "/" + file.path)
      {
        throw CommandFailure(.usage, path: output, "the output would replace the model's weights")
      }
    }
  }
}
