#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder that a command writes files into.
enum OutputFolder {
  /// Makes the folder where it is missing; the one it stands in has to be there.
  static func make(_ path: String) throws(CommandFailure) {
    guard mkdir(path, 0o777) != 0, errno != EEXIST else { return }
    throw CommandFailure(.ioWrite, path: path, "the folder cannot be made (error \(errno))")
  }
}
