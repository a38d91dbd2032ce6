import ByteIO
import Operators
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why a command could not complete: one line on standard error, and the same as JSON where asked for.
struct CommandFailure: Error {
  var code: ErrorCode
  /// The file that it is about.
  var path: String?
  var message: String
  var offset: Int?
  /// Whether nothing should be said: the reader of our output went away.
  var isSilent = false

  init(_ code: ErrorCode, path: String? = nil, _ message: String, hint: String? = nil) {
    self.code = code
    self.path = path
    self.message = hint.map { "\(message); \($0)" } ?? message
  }

  init(_ error: ReadError, path: String) {
    code = error.code
    self.path = error.file ?? path
    message = error.explanation
    offset = error.offset
  }

  init(_ error: WriteError) {
    code = .ioWrite
    path = error.path ?? "standard output"
    message = error.message
    isSilent = error.isBrokenPipe
  }

  /// Longer lines than this are cut in the middle: the place and the hint stand at the end.
  private static let lineLimit = 400

  /// `analyze: error: PATH: CODE: what is wrong at byte N (where); a hint`.
  var line: String {
    let text = ["analyze: error", path, code.rawValue, message].compactMap { $0 }
      .joined(separator: ": ")
    let safe = escapedForTerminal(text)
    guard safe.unicodeScalars.count > Self.lineLimit else { return safe }
    let scalars = Array(safe.unicodeScalars)
    var cut = String.UnicodeScalarView(scalars.prefix(Self.lineLimit / 2))
    cut.append("…")
    cut.append(contentsOf: scalars.suffix(Self.lineLimit / 2 - 1))
    return String(cut)
  }

  var json: JSONValue {
    [
      "error": [
        "code": .string(code.rawValue), "message": .string(message), "path": JSONValue(path),
        "offset": JSONValue(offset),
      ]
    ]
  }

  /// Tells the user.
  ///
  /// What cannot be written now cannot be told at all.
  func report(asJSON: Bool) {
    guard !isSilent else { return }
    if asJSON { try? FileOutput.write(json.serialized(), to: STDOUT_FILENO) }
    try? FileOutput.write(Array((line + "\n").utf8), to: STDERR_FILENO)
  }
}
