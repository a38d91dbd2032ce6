import ArgumentParser
import ByteIO
import CFaults
import Diagrams
import Reports

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The command line: finds the subcommand, runs it, and leaves with 0, 1 or 2.
public enum AnalyzeTool {
  static let identity = ToolIdentity(name: "analyze", version: "0.1.0")

  /// Runs the process's arguments and exits.
  public static func main() -> Never {
    prepareProcess()
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let status = GraphvizChild.serve(arguments) { exit(status) }
    if let status = Isolation.run(arguments) { exit(status.rawValue) }
    if !Isolation.isChild {
      let lines = CrashMessage.lines
      faults_install_crash(lines.error, lines.json)
    }
    faults_install_interrupts()
    exit(run(arguments).rawValue)
  }

  /// What is asked for beside the commands: the limits, and what a report of a defect needs.
  private static func answer(_ options: RawOptions) -> [UInt8]? {
    if options.has("--limits") { return Array(Limit.list().utf8) }
    if options.has("--version"), options.has("--json") { return VersionReport.value.serialized() }
    return nil
  }

  private static func run(_ arguments: [String]) -> ExitStatus {
    let options = RawOptions(arguments)
    let wantsJSON = options.wantsJSON
    do {
      if let text = answer(options) {
        do throws(WriteError) {
          try FileOutput.write(text, to: STDOUT_FILENO)
          return .done
        } catch {
          throw CommandFailure(error)
        }
      }
      var command = try AnalyzeCommand.parseAsRoot(arguments)
      faults_install(wantsJSON ? 1 : 0)
      guard let runnable = command as? any StatusCommand else {
        // The parser's own commands (help, completions) print and leave by throwing.
        try command.run()
        return .done
      }
      return try runnable.status()
    } catch let failure as CommandFailure {
      return report(failure, asJSON: wantsJSON)
    } catch {
      return reportParserExit(error, asJSON: wantsJSON)
    }
  }

  /// The line that a command line would be refused with; `nil` where it would be run.
  package static func refusal(of arguments: [String]) -> String? {
    do {
      _ = try AnalyzeCommand.parseAsRoot(arguments)
      return nil
    } catch {
      return refusal(error)?.line
    }
  }

  private static func report(_ failure: CommandFailure, asJSON: Bool) -> ExitStatus {
    failure.report(asJSON: asJSON)
    return .couldNotTell
  }

  /// Help and version are results; everything else is a wrong command line.
  private static func reportParserExit(_ error: any Error, asJSON: Bool) -> ExitStatus {
    if let failure = refusal(error) { return report(failure, asJSON: asJSON) }
    do throws(WriteError) {
      let message = AnalyzeCommand.fullMessage(for: error)
      try FileOutput.write(Array((message + "\n").utf8), to: STDOUT_FILENO)
      return .done
    } catch {
      return report(CommandFailure(error), asJSON: false)
    }
  }

  /// What is wrong with a command line; `nil` where help or the version was asked for.
  private static func refusal(_ error: any Error) -> CommandFailure? {
    guard !AnalyzeCommand.exitCode(for: error).isSuccess else { return nil }
    // The parser adds usage lines; the first line says what is wrong.
    let message = AnalyzeCommand.fullMessage(for: error)
    let line = message.split(separator: "\n").first.map(String.init) ?? "wrong command line"
    let prefix = "Error: "
    var text = line.hasPrefix(prefix) ? String(line.dropFirst(prefix.count)) : line
    // A hint follows.
    if text.hasSuffix(".") { text.removeLast() }
    return CommandFailure(.usage, text, hint: "see analyze --help")
  }

  /// Makes lost output an error instead of a signal, and keeps results out of other files.
  private static func prepareProcess() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    // A closed standard descriptor would be given to the next file that is opened. Read-only, so
    // that writing to it still fails.
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", O_RDONLY)
    }
  }
}

/// How the process ends; other people's scripts rely on the numbers.
enum ExitStatus: Int32 {
  /// Done, or the gate passed.
  case done = 0
  /// The gate says no: everything was measured and a budget is exceeded.
  case gateSaysNo = 1
  /// Could not complete, or could not tell.
  case couldNotTell = 2
}

/// A command that says how the process ends.
protocol StatusCommand: ParsableCommand {
  func status() throws -> ExitStatus
}

/// The root command.
struct AnalyzeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Looks at a neural-network model the way a good engineer looks at a machine.",
    discussion: """
      What it is made of, where its bytes, arithmetic and memory go, and what stands out. \
      The format is told from the content: TensorFlow Lite and ONNX.

      EXAMPLES
        analyze Examples/digits/digits_cnn.tflite
        analyze report Examples/digits/digits_cnn.onnx --format json
        analyze --limits
        analyze --version --json
      """,
    version: "\(AnalyzeTool.identity.name) \(AnalyzeTool.identity.version)",
    subcommands: [
      ReportCommand.self, GraphCommand.self, RunCommand.self, SensitivityCommand.self,
      PlanCommand.self, DiffCommand.self, GateCommand.self, TargetsCommand.self,
      ExplainCommand.self,
    ],
    defaultSubcommand: ReportCommand.self
  )
}
