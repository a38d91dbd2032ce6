#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// An open directory, below which the files that a model names are opened.
///
/// A model may name any path. What is opened stays inside the directory, whatever links stand in
/// it: a path is taken apart, and each part is opened by itself without following a link.
// Safe to share: the descriptor is never reassigned and is closed only in `deinit`.
package final class DirectoryHandle: Sendable {
  /// The directory's path, for messages.
  package let path: String
  private let descriptor: Int32

  /// Opens a directory that the user named.
  ///
  /// - Throws: `IO_READ` where it cannot be opened or is not a directory.
  package init(path: String) throws(ReadError) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    self.path = path
    guard descriptor >= 0 else {
      throw ReadError(.ioRead, "cannot open the directory: " + systemMessage(), file: path)
    }
  }

  /// Opens the directory that a file is in.
  package convenience init(containing file: String) throws(ReadError) {
    let parent = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
    try self.init(path: parent)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Maps a file below the directory.
  ///
  /// - Parameters:
  ///   - relative: The path as the model states it.
  ///   - allowsHardLinks: Whether a file with several names is accepted. It is refused by default:
  ///     a hard link can lead out of the directory as a symbolic one can.
  /// - Returns: The file, or `nil` where there is none of that name.
  /// - Throws: `MODEL_INVALID` where the path leads or could lead out of the directory, `IO_READ`
  ///   where the file is there but cannot be read.
  package func mapping(
    _ relative: String,
    allowsHardLinks: Bool = false
  ) throws(ReadError) -> ByteSource? {
    let components = try Self.components(of: relative)
    var parent = descriptor
    defer { if parent != descriptor { close(parent) } }
    for component in components.dropLast() {
      guard
        let next = try openComponent(component, in: parent, of: relative, flags: O_DIRECTORY)
      else { return nil }
      if parent != descriptor { close(parent) }
      parent = next
    }
    guard let name = components.last,
      let file = try openComponent(name, in: parent, of: relative, flags: 0)
    else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      throw ReadError(.ioRead, "cannot stat: " + systemMessage(), file: relative)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ReadError(.modelInvalid, "the model names a file that is not regular", file: relative)
    }
    guard allowsHardLinks || status.st_nlink == 1 else {
      throw ReadError(
        .modelInvalid,
        "the model names a file that has \(status.st_nlink) hard links",
        hint: "--allow-hardlinks accepts it",
        file: relative
      )
    }
    return try ByteSource.mapping(descriptor: file, name: relative)
  }

  /// The parts of a path that a model states.
  ///
  /// - Throws: `MODEL_INVALID` for a path that is empty, absolute, longer than 1,024 bytes, or has a
  ///   part that is empty, `.` or `..`, a backslash or a zero byte.
  package static func components(of relative: String) throws(ReadError) -> [String] {
    func refusal(_ why: String) -> ReadError {
      ReadError(.modelInvalid, "the model names the file \"\(relative.prefix(128))\", \(why)")
    }
    guard !relative.isEmpty else { throw refusal("an empty path") }
    guard relative.utf8.count <= 1_024 else { throw refusal("a path of more than 1024 bytes") }
    guard !relative.utf8.contains(0) else { throw refusal("which has a zero byte") }
    guard !relative.utf8.contains(UInt8(ascii: "\\")) else {
      throw refusal("which has a backslash")
    }
    guard relative.utf8.first != UInt8(ascii: "/") else { throw refusal("an absolute path") }
    let parts = relative.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    var components: [String] = []
    for part in parts {
      let component = String(decoding: part, as: UTF8.self)
      guard !component.isEmpty, component != ".", component != ".." else {
        throw refusal("which has an empty part, \".\" or \"..\"")
      }
      components.append(component)
    }
    return components
  }

  /// Opens one part of a path; `nil` where nothing has that name.
  private func openComponent(
    _ component: String,
    in parent: Int32,
    of relative: String,
    flags: Int32
  ) throws(ReadError) -> Int32? {
    let descriptor = openat(
      parent,
      component,
      O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags
    )
    guard descriptor < 0 else { return descriptor }
    switch errno {
    case ENOENT: return nil
    case ELOOP, ENOTDIR:
      throw ReadError(
        .modelInvalid,
        "the model names a file by way of a link or of something that is not a directory",
        hint: "put the file itself beside the model",
        file: relative
      )
    default:
      throw ReadError(.ioRead, "cannot open: " + systemMessage(), file: relative)
    }
  }
}

// MARK: - What is in it

extension DirectoryHandle {
  /// The files below the directory, sorted by the bytes of their paths; links are not followed.
  ///
  /// - Parameter limit: How many entries may be there.
  /// - Returns: Regular files, and what is neither file nor directory.
  /// - Throws: `LIMIT_EXCEEDED` for too many entries or directories nested deeper than 16, `IO_READ`.
  package func files(limit: Int) throws(ReadError) -> (files: [String], others: [String]) {
    var files: [String] = []
    var others: [String] = []
    var seen = 0
    var open: [(prefix: String, depth: Int)] = [("", 0)]
    while let next = open.popLast() {
      guard next.depth <= 16 else {
        throw ReadError(.limitExceeded, "directories are nested more than 16 deep")
      }
      for (name, kind) in try entries(next.prefix, limit: limit - seen) {
        seen += 1
        let path = next.prefix.isEmpty ? name : next.prefix + "/" + name
        switch kind {
        case S_IFDIR: open.append((path, next.depth + 1))
        case S_IFREG: files.append(path)
        default: others.append(path)
        }
      }
    }
    let isBefore: (String, String) -> Bool = { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return (files.sorted(by: isBefore), others.sorted(by: isBefore))
  }

  /// The names in one directory, with the kind of each.
  private func entries(
    _ relative: String,
    limit: Int
  ) throws(ReadError) -> [(name: String, kind: mode_t)] {
    let opened = try directoryDescriptor(relative)
    guard let directory = fdopendir(opened) else {
      close(opened)
      throw ReadError(.ioRead, "cannot list: " + systemMessage(), file: relative)
    }
    defer { closedir(directory) }
    var result: [(name: String, kind: mode_t)] = []
    while let entry = try nextEntry(of: directory, relative) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      guard result.count < limit else {
        throw ReadError(
          .limitExceeded,
          "the directory has too many entries",
          hint: "--limit dir-entries=N allows more"
        )
      }
      var status = stat()
      guard fstatat(dirfd(directory), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
        throw ReadError(.ioRead, "cannot stat: " + systemMessage(), file: relative + "/" + name)
      }
      result.append((name, status.st_mode & S_IFMT))
    }
    return result
  }

  /// Opens a directory below this one, part by part.
  ///
  /// What cannot be opened is an error: a model without some of its files would be another model.
  private func directoryDescriptor(_ relative: String) throws(ReadError) -> Int32 {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    var parent = openat(descriptor, ".", flags)
    guard parent >= 0 else {
      throw ReadError(.ioRead, "cannot list: " + systemMessage(), file: path)
    }
    for component in relative.split(separator: "/") {
      let next = openat(parent, String(component), flags)
      let reason = next < 0 ? systemMessage() : ""
      close(parent)
      guard next >= 0 else {
        throw ReadError(.ioRead, "cannot open the directory: " + reason, file: relative)
      }
      parent = next
    }
    return parent
  }
}

/// The next entry of an open directory; `nil` at its end.
///
/// - Parameters:
///   - directory: The directory.
///   - path: Its path, for the message.
/// - Returns: The entry, which the next call overwrites.
/// - Throws: `IO_READ` where the system cannot tell, which `readdir` alone would take for the end.
package func nextEntry(
  of directory: DirectoryStream,
  _ path: String
) throws(ReadError) -> UnsafeMutablePointer<dirent>? {
  errno = 0
  if let entry = readdir(directory) { return entry }
  guard errno == 0 else {
    throw ReadError(.ioRead, "cannot list: " + systemMessage(), file: path)
  }
  return nil
}

#if canImport(Darwin)
/// What `opendir` gives.
package typealias DirectoryStream = UnsafeMutablePointer<DIR>
#else
/// What `opendir` gives.
package typealias DirectoryStream = OpaquePointer
#endif

extension ByteSource {
  /// Whether a path that the user named is a directory.
  package static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
