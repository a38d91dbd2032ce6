import ArgumentParser
import ByteIO
import Differences
import Reports

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `analyze diff OLD NEW`: what changed between two models, operator by operator.
struct DiffCommand: StatusCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, markdown, html
  }

  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "What changed between two models, operator by operator, summing to the total.",
    discussion: """
      Either side may be a model, a report saved as JSON, or git:REVISION:PATH.

      EXAMPLES
        analyze diff Examples/digits/digits_cnn.tflite Examples/digits/digits_cnn_int8.tflite
        analyze diff Examples/digits/digits_cnn.tflite Examples/digits/digits_dscnn.tflite --format markdown
      """
  )

  @Argument(help: ArgumentHelp("The model as it was.", valueName: "OLD"))
  var old: String

  @Argument(help: ArgumentHelp("The model as it is.", valueName: "NEW"))
  var new: String

  @Option(name: .long, help: ArgumentHelp("How to write it.", valueName: "text|json|markdown|html"))
  var format: Format = .text

  @Option(name: .long, help: ArgumentHelp("Rows of the table of operators.", valueName: "N"))
  var top: Int = 20

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if top < 0 { throw ValidationError("--top \(top) must be at least 0") }
  }

  func status() throws -> ExitStatus {
    if let output = shared.output,
      FileOutput.isSameFile(output, old) || FileOutput.isSameFile(output, new)
    {
      throw CommandFailure(.usage, path: output, "the output would replace a model")
    }
    let difference = ModelDifference(try snapshot(old), try snapshot(new))
    let bytes: [UInt8] =
      switch format {
      case .text: Array(DifferenceText(difference, top: top).text(shared.textStyle).utf8)
      case .markdown: Array(DifferenceText(difference, top: top).markdown().utf8)
      case .html: Array(DifferencePage(difference, tool: AnalyzeTool.identity).text().utf8)
      case .json: DifferenceJSON(difference, tool: AnalyzeTool.identity).value().serialized()
      }
    try shared.write(bytes)
    return .done
  }

  private func snapshot(_ text: String) throws(CommandFailure) -> ReportSnapshot {
    let source = SnapshotSource(
      options: .init(
        threads: shared.threadCount,
        shapes: shared.shape,
        batch: shared.batch,
        looksAhead: false,
        limits: shared.limits
      )
    )
    let snapshots = try source.snapshots(text)
    guard snapshots.count == 1, let snapshot = snapshots.first else {
      throw CommandFailure(
        .usage,
        path: text,
        "it holds the reports of \(snapshots.count) models",
        hint: "compare one model with one"
      )
    }
    return snapshot
  }
}

extension SharedOptions {
  /// Writes a result to the file that was asked for, or to standard output.
  func write(_ bytes: [UInt8]) throws(CommandFailure) {
    do throws(WriteError) {
      if let path = output {
        try FileOutput.replace(path, with: bytes)
      } else {
        try FileOutput.write(bytes, to: STDOUT_FILENO)
      }
    } catch {
      throw CommandFailure(error)
    }
  }
}
