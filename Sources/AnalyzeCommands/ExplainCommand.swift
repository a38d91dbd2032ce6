import ArgumentParser
import ByteIO
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

/// `analyze explain CODE`: what a finding means and what to do about it.
struct ExplainCommand: StatusCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain a finding by its code; without one, list them all.",
    discussion: """
      EXAMPLES
        analyze explain Q03
        analyze explain final-softmax
        analyze explain
      """
  )

  @Argument(help: ArgumentHelp("A code, such as B02 or duplicate-weights.", valueName: "CODE"))
  var code: String?

  @OptionGroup var shared: SharedOptions

  func status() throws -> ExitStatus {
    let text: String
    if let code {
      guard let found = FindingCatalog.explanation(of: code) else {
        let nearest = nearestName(
          to: code,
          in: FindingCatalog.all.flatMap { [$0.number, $0.name] }
        )
        throw CommandFailure(
          .usage,
          "no finding has the code \"\(code)\"",
          hint: nearest.map { "did you mean \($0)?" }
            ?? "analyze explain lists all \(FindingCatalog.all.count)"
        )
      }
      text = FindingText.explanation(found, style: shared.textStyle)
    } else {
      text = FindingText.list(FindingCatalog.all, style: shared.textStyle)
    }
    do throws(WriteError) {
      try FileOutput.write(Array(text.utf8), to: STDOUT_FILENO)
    } catch {
      throw CommandFailure(error)
    }
    return .done
  }
}
