import ArgumentParser
import ModelIR
import Profiling
import Reports

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// When to use colours.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never
}

/// `INPUT=1x224x224x3`.
struct ShapeOption: ExpressibleByArgument {
  var name: String
  var sizes: [Int]

  init?(argument: String) {
    // Input names may hold "=" themselves; extents never do.
    guard let equals = argument.lastIndex(of: "=") else { return nil }
    name = String(argument[..<equals])
    let parts = argument[argument.index(after: equals)...].split(
      separator: "x",
      omittingEmptySubsequences: false
    )
    sizes = parts.compactMap { Int($0) }
    guard !name.isEmpty, sizes.count == parts.count, sizes.allSatisfy({ $0 >= 0 }) else {
      return nil
    }
  }
}

/// Options that mean the same everywhere.
struct SharedOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Fix an input's open dimensions.", valueName: "INPUT=1x224x224x3")
  )
  var shape: [ShapeOption] = []

  @Option(name: .long, help: ArgumentHelp("The batch to count for (default: 1).", valueName: "N"))
  var batch: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Threads to use (default: all cores).", valueName: "N")
  )
  var threads: Int?

  @Option(name: [.short, .long], help: ArgumentHelp("Write to a file.", valueName: "PATH"))
  var output: String?

  @Option(name: .long, help: ArgumentHelp("Colours in text.", valueName: "auto|always|never"))
  var color: ColorChoice = .auto

  @Option(
    name: .long,
    help: ArgumentHelp("Change a limit; analyze --limits lists them.", valueName: "NAME=VALUE")
  )
  var limit: [LimitOption] = []

  @Flag(name: .long, help: "Work in a process of its own: a crash becomes an error.")
  var isolate = false

  @Flag(name: .long, help: "Say nothing but results and errors.")
  var quiet = false

  func validate() throws {
    if let batch, batch < 1 { throw ValidationError("--batch \(batch) must be at least 1") }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads \(threads) must be between 1 and 256")
    }
    if let trouble = limit.compactMap(\.trouble).first { throw ValidationError(trouble) }
  }

  /// The threads to use.
  var threadCount: Int { threads ?? max(1, min(256, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// What the user set of the limits.
  var limits: Limits { Limits(limit) }

  /// How text is written: to a file plainly, to a terminal as wide as it is.
  var textStyle: TextStyle {
    let isTerminal = output == nil && isatty(STDOUT_FILENO) == 1
    let usesColor =
      switch color {
      case .always: true
      case .never: false
      case .auto: isTerminal && getenv("NO_COLOR") == nil && !isDumbTerminal
      }
    return TextStyle(width: isTerminal ? terminalWidth : 110, usesColor: usesColor)
  }

  private var isDumbTerminal: Bool {
    getenv("TERM").map { String(cString: $0) == "dumb" } ?? false
  }

  private var terminalWidth: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 110 }
    return Int(size.ws_col)
  }
}

extension OpenDimensions {
  /// The open extents of a model's inputs as the options fix them.
  ///
  /// - Throws: `USAGE` where they do not fit the model.
  init(_ model: Model, _ shapes: [ShapeOption], batch: Int?, path: String) throws(CommandFailure) {
    do throws(ShapeOptionError) {
      self = try OpenDimensions(
        model.main,
        fixed: shapes.map { ($0.name, $0.sizes) },
        batch: batch
      )
    } catch {
      throw CommandFailure(.usage, path: path, error.message)
    }
  }
}
