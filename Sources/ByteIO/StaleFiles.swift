#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Temporary files that a killed process left beside a file that it was about to replace.
///
/// Their names say whose they are: `.NAME.analyze-tmp-PROCESS-SUFFIX`.
struct StaleFiles {
  private let name: String
  private let directory: String

  /// A file that was written to later than so many seconds ago may be another machine's work.
  private static let seconds = 10

  /// - Parameters:
  ///   - name: The name of the file that is replaced.
  ///   - directory: Where it is.
  init(of name: String, in directory: String) {
    self.name = name
    self.directory = directory
  }

  /// What the names of temporary files begin with; a name of 255 bytes leaves no room for more.
  static func prefix(_ name: String) -> String {
    "." + String(decoding: name.utf8.prefix(200), as: UTF8.self) + ".analyze-tmp-"
  }

  /// Removes those whose process is no more; what cannot be removed stays.
  func remove() {
    guard let listing = opendir(directory) else { return }
    defer { closedir(listing) }
    let prefix = Self.prefix(name)
    while let entry = readdir(listing) {
      let found = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard found.hasPrefix(prefix),
        let process = found.dropFirst(prefix.count).split(separator: "-").first.flatMap({
          pid_t($0)
        }), process > 0, kill(process, 0) != 0, errno == ESRCH
      else { continue }
      var status = stat()
      guard fstatat(dirfd(listing), found, &status, AT_SYMLINK_NOFOLLOW) == 0,
        status.st_mode & S_IFMT == S_IFREG, time(nil) - modified(status) > Self.seconds
      else { continue }
      unlinkat(dirfd(listing), found, 0)
    }
  }

  private func modified(_ status: stat) -> Int {
    #if canImport(Darwin)
    status.st_mtimespec.tv_sec
    #else
    status.st_mtim.tv_sec
    #endif
  }
}
