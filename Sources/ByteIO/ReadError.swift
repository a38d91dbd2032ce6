/// Why bytes could not be understood, and where.
///
/// Readers throw it with a byte offset; callers that know the structure prepend their part of the
/// path while it travels up (`located`), so that the message ends in
/// `at byte 128 (subgraphs[0].operators[12].inputs[1])`.
package struct ReadError: Error, Equatable, Sendable {
  /// The stable code of the error line.
  package var code: ErrorCode
  /// What is wrong: lower case, no full stop.
  package var message: String
  /// Byte offset within the file, where there is one.
  package var offset: Int?
  /// The structural path within the file, outermost first; empty at the top.
  package var path: String
  /// What to do about it.
  package var hint: String?
  /// The file, where it is not the one that the caller named (external data, a directory's member).
  package var file: String?

  /// Creates an error.
  package init(
    _ code: ErrorCode,
    _ message: String,
    at offset: Int? = nil,
    path: String = "",
    hint: String? = nil,
    file: String? = nil
  ) {
    self.code = code
    self.message = message
    self.offset = offset
    self.path = path
    self.hint = hint
    self.file = file
  }

  /// The same error, one level further out: `component` is prepended to the path.
  package func inside(_ component: String) -> ReadError {
    var copy = self
    if path.isEmpty {
      copy.path = component
    } else if path.hasPrefix("[") {
      copy.path = component + path
    } else {
      copy.path = component + "." + path
    }
    return copy
  }

  /// What is wrong, where and what to do, without the file's name and the code.
  package var explanation: String {
    var text = message
    if let offset { text += " at byte \(offset)" }
    if !path.isEmpty { text += " (\(path))" }
    if let hint { text += "; \(hint)" }
    return text
  }
}

/// Runs `body`; an error leaves with `component` prepended to its path.
package func located<Result>(
  _ component: @autoclosure () -> String,
  _ body: () throws(ReadError) -> Result
) throws(ReadError) -> Result {
  do throws(ReadError) {
    return try body()
  } catch {
    throw error.inside(component())
  }
}
