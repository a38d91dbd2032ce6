import CFaults

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Why output could not be written.
package struct WriteError: Error, Equatable, Sendable {
  /// The file, or `nil` for standard output.
  package var path: String?
  /// What is wrong: lower case, no full stop.
  package var message: String
  /// Whether the reader of a pipe went away.
  package var isBrokenPipe: Bool
}

/// Writes results so that a reader sees the old file or the whole new one, never a part.
package enum FileOutput {
  /// Writes all bytes to an open descriptor.
  ///
  /// - Parameters:
  ///   - bytes: What to write.
  ///   - descriptor: Where to; it may be a pipe or a terminal.
  ///   - path: The file's name for the message; `nil` for standard output.
  /// - Throws: where the system takes fewer bytes.
  package static func write(_ bytes: [UInt8], to descriptor: Int32, path: String? = nil)
    throws(WriteError)
  {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        systemWrite(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
      }
      // Nothing written is no progress: a device that takes nothing must not hold the program.
      guard count > 0 else {
        if count < 0, errno == EINTR { continue }
        if count == 0 { errno = ENOSPC }
        throw WriteError(
          path: path,
          message: "cannot write: " + systemMessage(),
          isBrokenPipe: errno == EPIPE
        )
      }
      written += count
    }
  }

  /// Replaces a file by new content in one step.
  ///
  /// A temporary file in the same directory is written, synchronised and renamed. What is not a
  /// regular file (a device, a pipe) is written through instead, never replaced.
  ///
  /// - Parameters:
  ///   - path: The file; a symbolic link is followed and its target replaced.
  ///   - bytes: The new content.
  /// - Throws: with the old file untouched and the temporary file removed.
  package static func replace(_ path: String, with bytes: [UInt8]) throws(WriteError) {
    let target = resolvedPath(path)
    var status = stat()
    let exists = stat(target, &status) == 0
    let kind = status.st_mode & S_IFMT
    if exists, kind == S_IFDIR {
      throw WriteError(path: path, message: "it is a directory", isBrokenPipe: false)
    }
    if exists, kind != S_IFREG {
      try writeThrough(bytes, target, path)
      return
    }
    let (directory, name) = split(target)
    StaleFiles(of: name, in: directory).remove()
    var template = Array(
      (directory + "/" + StaleFiles.prefix(name) + "\(getpid())-XXXXXX").utf8CString
    )
    let descriptor = mkstemp(&template)
    let temporary = template.withUnsafeBufferPointer {
      String(decoding: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    guard descriptor >= 0 else { throw failure(path) }
    // An interrupt takes it away, too.
    let slot = faults_keep_temporary(temporary)
    defer { faults_forget_temporary(slot) }
    do throws(WriteError) {
      try write(bytes, to: descriptor, path: path)
      guard fchmod(descriptor, exists ? status.st_mode & 0o777 : defaultMode()) == 0,
        fsync(descriptor) == 0
      else { throw failure(path) }
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    guard close(descriptor) == 0, rename(temporary, target) == 0 else {
      let error = failure(path)
      unlink(temporary)
      throw error
    }
    synchronize(directory: directory)
  }

  /// Appends to a file that others write to, too, such as a CI system's summary.
  package static func append(_ path: String, _ bytes: [UInt8]) throws(WriteError) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o666)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    try write(bytes, to: descriptor, path: path)
  }

  /// Whether there is anything of that name.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0
  }

  /// Whether two paths name the same existing file.
  package static func isSameFile(_ first: String, _ second: String) -> Bool {
    var left = stat()
    var right = stat()
    return stat(first, &left) == 0 && stat(second, &right) == 0 && left.st_dev == right.st_dev
      && left.st_ino == right.st_ino
  }

  private static func writeThrough(_ bytes: [UInt8], _ target: String, _ path: String)
    throws(WriteError)
  {
    let descriptor = open(target, O_WRONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    try write(bytes, to: descriptor, path: path)
  }

  private static func failure(_ path: String) -> WriteError {
    WriteError(path: path, message: "cannot write: " + systemMessage(), isBrokenPipe: false)
  }

  private static func resolvedPath(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let directory = slash == path.startIndex ? "/" : String(path[..<slash])
    return (directory, String(path[path.index(after: slash)...]))
  }

  /// What `open` would give a new file.
  private static func defaultMode() -> mode_t {
    let mask = umask(0)
    umask(mask)
    return 0o666 & ~mask
  }

  private static func synchronize(directory: String) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
