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
    abstract: "List the deployment targets known, print one, or check a rule file.",
    discussion: """
      EXAMPLES
        analyze targets
        analyze targets tflite-micro --format json
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

  @Option(name: .long, help: ArgumentHelp("How to write it.", valueName: "text|json"))
  var format: Format = .text

  @OptionGroup var rules: RuleOptions
  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if !check.isEmpty, !names.isEmpty {
      throw ValidationError("--check takes files; names beside it say nothing")
    }
  }

  func status() throws -> ExitStatus {
    let library = try rules.library()
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
