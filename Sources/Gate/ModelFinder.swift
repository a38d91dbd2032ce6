import ByteIO

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Finds the models that a policy's patterns name.
package struct ModelFinder {
  /// More entries than this are not looked at.
  package static let mostEntries = 100_000

  private let folder: String

  /// - Parameter folder: The policy's folder.
  package init(folder: String) { self.folder = folder.isEmpty ? "." : folder }

  /// Paths from the folder, sorted.
  ///
  /// Files and SavedModel directories are models; folders are walked without following links.
  ///
  /// - Parameter patterns: What to look for.
  /// - Returns: The paths.
  /// - Throws: `LIMIT_EXCEEDED` where there are too many files to look at, `IO_READ` where a folder that
  ///   may hold models cannot be read: what is not seen must not pass.
  package func paths(fitting patterns: [PathPattern]) throws(ReadError) -> [String] {
    var found: Set<String> = []
    var seen = 0
    var open = [""]
    while let current = open.popLast() {
      for name in try Self.names(in: folder + "/" + current) {
        seen += 1
        guard seen <= Self.mostEntries else {
          throw ReadError(
            .limitExceeded,
            "more than \(Self.mostEntries) files stand below the policy's folder",
            hint: "write patterns that begin with a folder's name",
            file: folder
          )
        }
        let path = current.isEmpty ? name : current + "/" + name
        switch Self.kind(of: folder + "/" + path) {
        case .directory(let isSavedModel):
          if isSavedModel, patterns.contains(where: { $0.matches(path) }) {
            found.insert(path)
          } else if patterns.contains(where: { $0.mayMatch(inside: path) }) {
            open.append(path)
          }
        case .file:
          if patterns.contains(where: { $0.matches(path) }) { found.insert(path) }
        case .other: break
        }
      }
    }
    return found.sorted()
  }

  private enum Kind {
    case file
    case directory(isSavedModel: Bool)
    case other
  }

  private static func kind(of path: String) -> Kind {
    var status = stat()
    guard lstat(path, &status) == 0 else { return .other }
    if status.st_mode & S_IFMT == S_IFLNK {
      // A link to a file is a file; a link to a folder may lead round in a circle.
      // One that leads nowhere is a model that cannot be read.
      guard stat(path, &status) == 0 else { return .file }
      return status.st_mode & S_IFMT == S_IFREG ? .file : .other
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .directory(isSavedModel: access(path + "/saved_model.pb", F_OK) == 0)
    default: return .other
    }
  }

  /// The entries of a folder without `.` and `..`.
  private static func names(in folder: String) throws(ReadError) -> [String] {
    guard let directory = opendir(folder) else {
      throw ReadError(.ioRead, "cannot open the folder: " + systemMessage(), file: folder)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count <= mostEntries, let entry = try nextEntry(of: directory, folder) {
      let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
