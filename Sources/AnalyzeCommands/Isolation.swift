import ByteIO
import CIsolation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `--isolate`: the whole command runs in a child process, whose crash becomes exit 2.
///
/// What the model's bytes could do to the program ends with the child; the verdict of a gate stays
/// closed, and the message is one line.
enum Isolation {
  /// Says to the child that its parent tells about crashes.
  private static let mark = "ANALYZE_ISOLATED"

  /// Whether this process is the child.
  static var isChild: Bool { getenv(mark) != nil }

  /// Bounds this process, or runs the command in a child.
  ///
  /// - Parameter arguments: The process's arguments without its name.
  /// - Returns: How the child ended; `nil` where this process is to run the command.
  static func run(_ arguments: [String]) -> ExitStatus? {
    let options = RawOptions(arguments)
    let limits = isolation_limits(
      memory: options.limit("process-mem"),
      cpu_seconds: options.limit("process-time")
    )
    guard options.has("--isolate"), !isChild else {
      // A limit that the system refuses to set is above what it sets itself.
      if !isChild { _ = isolation_bound(limits) }
      return nil
    }
    setenv(mark, "1", 1)
    let outcome = start(options.without("--isolate"), limits)
    guard outcome.is_started != 0 else {
      let reason = String(cString: strerror(outcome.error_number))
      return failed("the process for --isolate does not start: \(reason)", options)
    }
    guard outcome.signal_number != 0 else {
      return ExitStatus(rawValue: outcome.exit_status) ?? .couldNotTell
    }
    return ended(by: outcome.signal_number, limits, options)
  }

  private static func start(_ arguments: [String], _ limits: isolation_limits) -> isolation_outcome
  {
    var copies: [UnsafeMutablePointer<CChar>?] = (["analyze"] + arguments).map { strdup($0) }
    copies.append(nil)
    defer { copies.forEach { free($0) } }
    return isolation_run(&copies, limits)
  }

  private static func ended(
    by number: Int32,
    _ limits: isolation_limits,
    _ options: RawOptions
  ) -> ExitStatus {
    switch number {
    case SIGINT, SIGTERM, SIGHUP:
      isolation_end_by(number)
      return .couldNotTell
    case SIGXCPU,
      SIGKILL where limits.cpu_seconds > 0:
      return failed(
        "the command took more than \(limits.cpu_seconds) s of the processor",
        code: .limitExceeded,
        hint: "--limit process-time=SECONDS allows more",
        options
      )
    case SIGKILL:
      return failed(
        "the process was killed (signal 9)",
        hint: "the system does that where memory runs out",
        options
      )
    default:
      let memory = limits.memory > 0 ? "; or memory ran out: --limit process-mem=SIZE" : ""
      return failed(CrashMessage.text(signal: "\(number)") + memory, options)
    }
  }

  private static func failed(
    _ message: String,
    code: ErrorCode = .internal,
    hint: String? = nil,
    _ options: RawOptions
  ) -> ExitStatus {
    CommandFailure(code, message, hint: hint).report(asJSON: options.wantsJSON)
    return .couldNotTell
  }
}

/// What is said when the program itself is at fault.
enum CrashMessage {
  static func text(signal: String) -> String {
    "the tool crashed (signal \(signal)), which no input should make it do; please report it with"
      + " the command and the output of analyze --version --json"
  }

  /// The lines for the handler of signals, which puts the signal's number into `%`.
  static var lines: (error: String, json: String) {
    let failure = CommandFailure(.internal, text(signal: "%"))
    return (failure.line + "\n", String(decoding: failure.json.serialized(), as: UTF8.self))
  }
}
