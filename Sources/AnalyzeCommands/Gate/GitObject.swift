import ByteIO

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file at a revision: `git:main:models/kws.tflite`, or `git:main` for the same path as another.
struct GitObject: Equatable {
  var revision: String
  /// From the repository's root; `nil` for the path of whatever it is compared with.
  var path: String?

  private static let prefix = "git:"

  /// Reads `git:REV:PATH`.
  ///
  /// - Returns: `nil` where the text is no such thing.
  init?(_ text: String) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    let rest = text.dropFirst(Self.prefix.count)
    let colon = rest.firstIndex(of: ":")
    revision = String(colon.map { rest[..<$0] } ?? rest[...])
    path = colon.map { String(rest[rest.index(after: $0)...]) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Reads the file through git, with the filters that a checkout would apply (Git LFS).
  ///
  /// - Parameters:
  ///   - directory: A folder in the work tree; paths that begin with `./` count from it.
  ///   - other: The path, where the object names none.
  /// - Returns: The file's bytes.
  /// - Throws: `BASELINE_MISSING` where git does not have it, `IO_READ` where git cannot be run.
  func bytes(in directory: String, path other: String? = nil) throws(ReadError) -> ByteSource {
    let path = other ?? path ?? ""
    guard !revision.isEmpty, !revision.hasPrefix("-"), !path.isEmpty else {
      throw ReadError(
        .usage,
        "\"\(revision):\(path)\" is no file at a revision",
        hint: "write git:REVISION:PATH"
      )
    }
    let folder = CIPlatform.variable("TMPDIR") ?? "/tmp"
    var template = Array("\(folder)/analyze-git-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw ReadError(.ioRead, "no temporary file: " + systemMessage()) }
    defer { close(descriptor) }
    unlink(template)
    let status = Self.run(
      ["git", "-C", directory, "cat-file", "--filters", "\(revision):\(path)"],
      output: descriptor
    )
    guard let status else {
      throw ReadError(.ioRead, "git cannot be run", hint: "is it installed?")
    }
    guard status == 0 else {
      throw ReadError(
        .baselineMissing,
        "git has no file \(path) at \(revision)",
        hint: "is the revision fetched, and the path right?"
      )
    }
    return try ByteSource.mapping(descriptor: descriptor, name: "git:\(revision):\(path)")
  }

  /// Runs a program with nothing on standard input and its messages dropped.
  ///
  /// - Returns: Its exit status, or `nil` where it did not start or was killed.
  private static func run(_ arguments: [String], output: Int32) -> Int32? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var pointers = arguments.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    var process = pid_t()
    guard posix_spawnp(&process, arguments[0], &actions, nil, pointers, environ) == 0 else {
      return nil
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { return nil }
    }
    // Left by itself: the low seven bits are 0, the next eight its status.
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
  }
}
