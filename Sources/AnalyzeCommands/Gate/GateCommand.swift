import ArgumentParser
import ByteIO
import Differences
import Gate
import Reports
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `analyze gate`: passes or fails a merge.
struct GateCommand: StatusCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate",
    abstract: "Pass or fail a merge: models against the budgets of a policy.",
    discussion: """
      0: every model was found, measured, compared and is within. 1: a budget is exceeded. \
      2: something could not be told, which is never a pass.

      EXAMPLES
        analyze gate Examples/digits/digits_cnn_int8.tflite --init
        analyze gate --policy Examples/digits/budgets.json5
      """
  )

  @Argument(
    help: ArgumentHelp("The models (default: those of the policy's patterns).", valueName: "MODEL")
  )
  var models: [String] = []

  @Option(name: .long, help: ArgumentHelp("The budgets.", valueName: "FILE.json5"))
  var policy: String?

  @Option(
    name: .long,
    help: ArgumentHelp("What to compare with.", valueName: "FILE.json|git:REV:PATH")
  )
  var baseline: String?

  @Flag(name: .long, help: "Exit with 0 whatever a budget says.")
  var warnOnly = false

  @Flag(name: .long, help: "A baseline that is not there is a warning.")
  var allowMissingBaseline = false

  @Option(
    name: .long,
    help: ArgumentHelp("Fail a file that shrank by more than this.", valueName: "50%")
  )
  var maxShrink: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Refuse a policy with another SHA-256.", valueName: "HEX")
  )
  var policySha256: String?

  @Option(name: .long, help: ArgumentHelp("How to write the answer.", valueName: GateReport.names))
  var format: GateReport = .text

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write a further report (repeatable): sarif=gate.sarif.",
      valueName: "FORMAT=FILE"
    )
  )
  var report: [GateReportFile] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Whose annotations to add.", valueName: "auto|github|gitlab|teamcity|none")
  )
  var ci: CIPlatform = .auto

  @Flag(name: .long, help: "Write a policy from the models as they are.")
  var `init` = false

  @Option(
    name: .long,
    help: ArgumentHelp("With --init: how much may be added.", valueName: "10%")
  )
  var headroom: String = "0%"

  @Flag(name: .long, help: "Write the models' figures to the file of --baseline.")
  var updateBaseline = false

  @OptionGroup var rules: RuleOptions
  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if `init`, updateBaseline {
      throw ValidationError("--init and --update-baseline are two steps")
    }
    if `init`, models.isEmpty { throw ValidationError("--init needs the models to begin with") }
    if !`init`, policy == nil { throw ValidationError("--policy says what is allowed") }
    if updateBaseline, baseline == nil || GitObject(baseline ?? "") != nil {
      throw ValidationError("--update-baseline needs --baseline FILE.json to write to")
    }
  }

  func status() throws -> ExitStatus {
    let run = GateRun(command: self)
    if `init` { return try run.writePolicy() }
    return updateBaseline ? try run.updateBaseline() : try run.judge()
  }

  /// A percentage of the command line in hundredths.
  static func hundredths(_ text: String, _ option: String) throws(CommandFailure) -> Int {
    do throws(DecodedQuantity.Failure) {
      return try DecodedQuantity.parse(text, as: .percentage)
    } catch {
      throw CommandFailure(.usage, "\(option): \(error.message)", hint: error.hint)
    }
  }
}

/// A form of the gate's answer.
enum GateReport: String, ExpressibleByArgument, CaseIterable {
  case text, json, markdown, sarif, junit, gitlab

  static let names = allCases.map(\.rawValue).joined(separator: "|")
}

/// `sarif=gate.sarif`.
struct GateReportFile: ExpressibleByArgument {
  var format: GateReport
  var path: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let format = GateReport(rawValue: parts[0]) else { return nil }
    self.init(format: format, path: parts[1])
  }

  init(format: GateReport, path: String) {
    self.format = format
    self.path = path
  }
}

/// Where the gate runs.
enum CIPlatform: String, ExpressibleByArgument, CaseIterable {
  case auto, github, gitlab, teamcity, none

  /// The platform that the environment names, where `auto` asks for it.
  var resolved: CIPlatform {
    guard self == .auto else { return self }
    if Self.variable("GITHUB_ACTIONS") == "true" { return .github }
    if Self.variable("GITLAB_CI") == "true" { return .gitlab }
    return Self.variable("TEAMCITY_VERSION") != nil ? .teamcity : .none
  }

  /// A variable of the environment; `nil` where it is not set or empty.
  static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
