import ArgumentParser
import ByteIO
import ModelIR
import Profiling
import Reports
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
    case text, json
  }

  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Report what a model is and where its bytes, MACs and memory go.",
    discussion: """
      EXAMPLES
        analyze report model.tflite --top 20 --sort weights
        analyze report detector.onnx --shape input=1x3x240x320 --format json
      """
  )

  @Argument(
    help: ArgumentHelp("The models; their names say nothing of their format.", valueName: "MODEL")
  )
  var models: [String]

  @Option(name: .long, help: ArgumentHelp("How to write the report.", valueName: "text|json"))
  var format: Format = .text

  @Option(name: .long, help: ArgumentHelp("Rows of the hotspot table.", valueName: "N"))
  var top: Int = 10

  @Option(
    name: .long,
    help: ArgumentHelp("The order of the hotspot table.", valueName: "macs|weights|memory|run")
  )
  var sort: TextReport.Order = .macs

  @Flag(name: .long, help: "Do not read the weights: no ranges, no sparsity, no SHA-256.")
  var noWeightStatistics = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if top < 0 { throw ValidationError("--top \(top) must be at least 0") }
  }

  func status() throws -> ExitStatus {
    try refuseOverwriting()
    var failures: [CommandFailure] = []
    var profiles: [ModelProfile] = []
    for path in models {
      do throws(CommandFailure) {
        profiles.append(try profile(path))
      } catch {
        failures.append(error)
      }
    }
    if !profiles.isEmpty { try write(rendered(profiles, failures)) }
    for failure in failures { failure.report(asJSON: format == .json && profiles.isEmpty) }
    return failures.isEmpty ? .done : .couldNotTell
  }

  private func profile(_ path: String) throws(CommandFailure) -> ModelProfile {
    let progress = ProgressLine(isQuiet: shared.quiet)
    defer { progress.finish() }
    let (loaded, source) = try ModelLoader.load(path)
    var model = loaded
    // Only equal sizes are compared, which reads weights.
    model.labelSpareWeights(smallest: noWeightStatistics ? .max : 64)
    let profiler = Profiler(model, dimensions: try openDimensions(model, path))
    var digest: String?
    if format == .json, !noWeightStatistics {
      var hash = SHA256()
      hash.update(source.bytes)
      digest = hash.hexadecimal()
    }
    let options = Profiler.Options(
      readsWeights: !noWeightStatistics,
      threads: shared.threadCount
    )
    let profile = profiler.profile(options, sha256: digest) { done, total in
      progress.show("\(path): reading weights", done: done, of: total)
    }
    do throws(ReadError) {
      try source.checkUnchanged(path: path)
    } catch {
      throw CommandFailure(error, path: path)
    }
    return profile
  }

  private func openDimensions(_ model: Model, _ path: String) throws(CommandFailure)
    -> OpenDimensions
  {
    do throws(ShapeOptionError) {
      return try OpenDimensions(
        model.main,
        fixed: shared.shape.map { ($0.name, $0.sizes) },
        batch: shared.batch
      )
    } catch {
      throw CommandFailure(.usage, path: path, error.message)
    }
  }

  private func rendered(_ profiles: [ModelProfile], _ failures: [CommandFailure]) -> [UInt8] {
    switch format {
    case .text:
      let options = TextReport.Options(top: top, order: sort, style: shared.textStyle)
      return Array(
        profiles.map { TextReport($0, options: options).text() }.joined(separator: "\n").utf8
      )
    case .json:
      let documents = profiles.map { JSONReport($0, tool: AnalyzeTool.identity).value() }
      guard models.count > 1 else { return documents[0].serialized() }
      return JSONValue.array(documents + failures.map(\.json)).serialized()
    }
  }

  private func write(_ bytes: [UInt8]) throws(CommandFailure) {
    do throws(WriteError) {
      if let path = shared.output {
        try FileOutput.replace(path, with: bytes)
      } else {
        try FileOutput.write(bytes, to: STDOUT_FILENO)
      }
    } catch {
      throw CommandFailure(error)
    }
  }

  /// The report must not replace what it reports on.
  private func refuseOverwriting() throws(CommandFailure) {
    guard let output = shared.output else { return }
    for model in models where FileOutput.isSameFile(output, model) {
      throw CommandFailure(.usage, path: output, "the output would replace the model")
    }
  }
}
