#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Paths as seen from a folder, by their text alone.
struct RelativePath {
  private let base: [Substring]

  /// - Parameter folder: The folder; empty for the working directory.
  init(_ folder: String) { base = Self.parts(folder) }

  /// The path from the folder; absolute where the file is not below it.
  func path(to file: String) -> String {
    let parts = Self.parts(file)
    guard parts.count > base.count, Array(parts.prefix(base.count)) == base else {
      return "/" + parts.joined(separator: "/")
    }
    return parts.dropFirst(base.count).joined(separator: "/")
  }

  /// The parts of the absolute path, without `.` and with `..` taken back.
  private static func parts(_ path: String) -> [Substring] {
    let absolute = path.hasPrefix("/") ? path : workingDirectory() + "/" + path
    var result: [Substring] = []
    for part in absolute.split(separator: "/") where part != "." {
      if part == ".." { _ = result.popLast() } else { result.append(part) }
    }
    return result
  }

  private static func workingDirectory() -> String {
    guard let path = getcwd(nil, 0) else { return "" }
    defer { free(path) }
    return String(cString: path)
  }
}
