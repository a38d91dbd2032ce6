import ArgumentParser
import ByteIO
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

/// `analyze targets [NAME…]`: the deployment targets known.
struct TargetsCommand: StatusCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  static let configuration = CommandConfiguration(
    commandName: "targets",
    abstract:
      "List the deployment targets known, print one, check a rule file, measure this machine.",
    discussion: """
      EXAMPLES
        analyze targets
        analyze targets tflite-micro --format json
        analyze targets host --calibrate Examples/digits/digits_cnn.tflite -o host.json5
      """
  )

  @Argument(
    help: ArgumentHelp("Print these targets with their rules and sources.", valueName: "NAME")
  )
  var names: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Check a rule file (repeatable).", valueName: "FILE.json5")
  )
  var check: [String] = []

  @Option(
    name: .long,
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Run models here and write a rule file with this machine's figures.",
      valueName: "MODEL"
    )
  )
  var calibrate: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Runs to take the median of (default: 50).", valueName: "N")
  )
  var runs: Int?

  @Option(name: .long, help: ArgumentHelp("How to write it.", valueName: "text|json"))
  var format: Format = .text

  @OptionGroup var rules: RuleOptions
  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if !check.isEmpty, !names.isEmpty {
      throw ValidationError("--check takes files; names beside it say nothing")
    }
    if let runs, !(1...100_000).contains(runs) {
      throw ValidationError("--runs \(runs) must be between 1 and 100000")
    }
    guard !calibrate.isEmpty else {
      if runs != nil { throw ValidationError("--runs applies to --calibrate only") }
      return
    }
    guard names == [MeasuredHost.targetName], check.isEmpty, format == .text else {
      throw ValidationError(
        "only the target host is calibrated: analyze targets host --calibrate …"
      )
    }
  }

  func status() throws -> ExitStatus {
    let library = try rules.library()
    if !calibrate.isEmpty {
      let calibration = HostCalibration(
        runs: runs ?? 50,
        threads: shared.threads ?? 1,
        isQuiet: shared.quiet
      )
      try shared.write(Array(try calibration.ruleFile(calibrate, library).utf8))
      return .done
    }
    let targets = try check.isEmpty ? listed(library) : checked(library)
    switch format {
    case .text:
      let text =
        if !check.isEmpty {
          zip(check, targets).map { TargetText.soundness($0.1, path: $0.0) }.joined()
        } else if names.isEmpty {
          TargetText.list(targets, style: shared.textStyle)
        } else {
          targets.map { TargetText.page($0, style: shared.textStyle) }.joined(separator: "\n")
        }
      try shared.write(Array(text.utf8))
    case .json:
      let isList = names.isEmpty && check.isEmpty
      try shared.write(
        TargetJSON.document(targets, tool: AnalyzeTool.identity, withRules: !isList).serialized()
      )
    }
    return .done
  }

  private func listed(_ library: TargetLibrary) throws(CommandFailure) -> [DeploymentTarget] {
    var targets: [DeploymentTarget] = []
    for name in names.isEmpty ? library.names : names {
      targets.append(try TargetOptions.find(name, in: library))
    }
    return targets
  }

  /// Decodes files, with the names of operators, and looks for the targets that they borrow from.
  private func checked(_ library: TargetLibrary) throws(CommandFailure) -> [DeploymentTarget] {
    var targets: [DeploymentTarget] = []
    for path in check {
      let bytes = try RuleOptions.read(path)
      do throws(TargetLibrary.Failure) {
        let target = try TargetLibrary.decode(
          bytes,
          path: path,
          knownNames: OperatorVocabulary.knownNames
        )
        for borrowed in target.operators.borrowed {
          _ = try library.target(named: borrowed.target)
        }
        targets.append(target)
      } catch {
        throw CommandFailure(error)
      }
    }
    return targets
  }
}
