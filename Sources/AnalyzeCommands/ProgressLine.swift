import ByteIO

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Tells on standard error how far long work is: one line that rewrites itself on a terminal, a plain
/// line every few seconds elsewhere.
final class ProgressLine {
  private let isQuiet: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = ContinuousClock.now
  private var lastReport: ContinuousClock.Instant?
  private var isShown = false

  /// Work shorter than this needs no progress.
  private static let delay = Duration.seconds(1)
  private static let plainInterval = Duration.seconds(5)
  private static let terminalInterval = Duration.milliseconds(200)

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  /// Says that `done` of `total` are done, and how long the rest may take.
  func show(_ what: String, done: Int, of total: Int) {
    guard total > 0 else { return }
    let share = Double(done) / Double(total)
    let elapsed = Double((ContinuousClock.now - start).components.seconds)
    let left = share > 0 ? Int(elapsed / share - elapsed) : 0
    line("\(escapedForTerminal(what)): \(Int(share * 100)) %, about \(left) s left")
  }

  /// Says what is being done, where nobody knows how much of it there is.
  func say(_ what: String) { line(escapedForTerminal(what)) }

  private func line(_ text: String) {
    let now = ContinuousClock.now
    guard !isQuiet, now - start >= Self.delay else { return }
    let interval = isTerminal ? Self.terminalInterval : Self.plainInterval
    if let lastReport, now - lastReport < interval { return }
    lastReport = now
    write(isTerminal ? "\r\u{1B}[K" + text : text + "\n")
    isShown = isTerminal
  }

  /// Clears the line.
  func finish() {
    if isShown { write("\r\u{1B}[K") }
    isShown = false
  }

  // Progress that cannot be shown is no error.
  private func write(_ text: String) {
    try? FileOutput.write(Array(text.utf8), to: STDERR_FILENO)
  }
}
