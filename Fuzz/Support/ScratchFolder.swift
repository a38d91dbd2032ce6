import ByteIO
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder for what a target reads as files, in memory where the system has such a place; it goes when
/// the process ends.
package struct ScratchFolder: Sendable {
  package let path: String

  /// Files before the folders that hold them.
  private static let made = Mutex<[String]>([])

  /// Creates a folder of this process.
  ///
  /// - Parameters:
  ///   - name: Tells it from those of other targets.
  ///   - files: What will be written, as paths below it; their folders are made.
  package init(_ name: String, files: [String]) {
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    let path = "\(parent)/analyze-fuzz-\(name)-\(getpid())"
    self.path = path
    mkdir(path, 0o700)
    let folders = Set(files.filter { $0.contains("/") }.map { $0.split(separator: "/")[0] })
    for folder in folders { mkdir(path + "/" + folder, 0o700) }
    let list = files.map { path + "/" + $0 } + folders.map { path + "/" + $0 } + [path]
    let isFirst = Self.made.withLock { made in
      defer { made += list }
      return made.isEmpty
    }
    guard isFirst else { return }
    atexit {
      for path in ScratchFolder.made.withLock({ $0 }) { remove(path) }
    }
  }

  /// Writes one of its files anew.
  package func write(_ content: [UInt8], to name: String) throws {
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
    let descriptor = open(path + "/" + name, flags, 0o600)
    guard descriptor >= 0 else { throw BrokenPromise("cannot write \(path)/\(name)") }
    defer { close(descriptor) }
    try FileOutput.write(content, to: descriptor)
  }
}
