/// A path pattern: `models/*.tflite`, `**/model.onnx`.
///
/// `*` and `?` stand for characters within a part of a path, `**` as a whole part for any number of
/// parts. Nothing else is special. Names that begin with a dot have to be spelled out.
package struct PathPattern: Sendable, Equatable {
  /// As it was written.
  package let text: String
  private let parts: [[Unicode.Scalar]]

  private static let anyParts = Array("**".unicodeScalars)

  /// Reads a pattern.
  ///
  /// - Returns: `nil` for an empty or absolute pattern, and for one with empty, `.` or `..` parts.
  package init?(_ text: String) {
    let parts = Self.split(text)
    let refused: [[Unicode.Scalar]] = [[], ["."], [".", "."]]
    guard !text.utf8.contains(0), text.utf8.count <= 1024, !parts.contains(where: refused.contains)
    else { return nil }
    self.text = text
    self.parts = parts
  }

  /// Whether it is a plain path.
  package var isLiteral: Bool {
    !parts.contains { $0.contains("*") || $0.contains("?") }
  }

  /// Whether a path from the same folder fits.
  ///
  /// - Complexity: O(parts of the pattern × parts of the path) comparisons of parts.
  package func matches(_ path: String) -> Bool {
    let names = Self.split(path)
    // Which suffixes of the pattern can match what is left of the path, from its end.
    var fits = Array(repeating: false, count: parts.count + 1)
    fits[parts.count] = true
    for index in parts.indices.reversed() {
      fits[index] = parts[index] == Self.anyParts && fits[index + 1]
    }
    for name in names.reversed() {
      var next = Array(repeating: false, count: parts.count + 1)
      for index in parts.indices.reversed() {
        next[index] =
          parts[index] == Self.anyParts
          ? next[index + 1] || (name.first != "." && fits[index])
          : fits[index + 1] && Self.matches(parts[index], name)
      }
      fits = next
    }
    return fits[0]
  }

  /// Whether a folder may hold what fits; the empty path is the folder that patterns start from.
  package func mayMatch(inside folder: String) -> Bool {
    let names = folder.isEmpty ? [] : Self.split(folder)
    for (index, name) in names.enumerated() {
      guard index < parts.count else { return false }
      if parts[index] == Self.anyParts { return true }
      guard Self.matches(parts[index], name) else { return false }
    }
    return names.count < parts.count
  }

  private static func split(_ path: String) -> [[Unicode.Scalar]] {
    path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).map { Array($0) }
  }

  /// One part: `*` and `?` by going back to the last star, which is enough for stars alone.
  private static func matches(_ pattern: [Unicode.Scalar], _ name: [Unicode.Scalar]) -> Bool {
    if name.first == ".", pattern.first != "." { return false }
    var (place, index) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while index < name.count {
      if place < pattern.count, pattern[place] == "*" {
        star = (place, index)
        place += 1
      } else if place < pattern.count,
        pattern[place] == "?" || pattern[place] == name[index]
      {
        place += 1
        index += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        place = last.pattern + 1
        index = last.name + 1
      } else {
        return false
      }
    }
    while place < pattern.count, pattern[place] == "*" { place += 1 }
    return place == pattern.count
  }
}
