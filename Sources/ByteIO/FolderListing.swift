#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What is in a folder that the user named.
package struct FolderListing: Sendable {
  /// The names of the regular files, sorted by their bytes.
  package let files: [String]
  /// The names of the folders, sorted by their bytes.
  package let folders: [String]

  /// More entries than any data set that is given as single files.
  package static let entryLimit = 4_000_000

  /// Whether the path names a folder.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Lists a folder; names that begin with a dot are left out.
  ///
  /// - Throws: `IO_READ` where it cannot be read, `LIMIT_EXCEEDED` for more entries than the limit.
  package init(path: String) throws(ReadError) {
    guard let folder = opendir(path) else {
      throw ReadError(.ioRead, "cannot open the folder: " + systemMessage(), file: path)
    }
    defer { closedir(folder) }
    var files: [String] = []
    var folders: [String] = []
    while let entry = try nextEntry(of: folder, path) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(
          to: CChar.self,
          capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)
        ) { String(cString: $0) }
      }
      guard !name.hasPrefix(".") else { continue }
      guard files.count + folders.count < Self.entryLimit else {
        throw ReadError(
          .limitExceeded,
          "a folder of more than \(Self.entryLimit) entries",
          file: path
        )
      }
      var status = stat()
      guard stat(path + "/" + name, &status) == 0 else {
        // A link that leads nowhere; what is there and cannot be looked at is an error.
        if errno == ENOENT || errno == ELOOP { continue }
        throw ReadError(.ioRead, "cannot stat: " + systemMessage(), file: path + "/" + name)
      }
      switch status.st_mode & S_IFMT {
      case S_IFREG: files.append(name)
      case S_IFDIR: folders.append(name)
      default: continue
      }
    }
    func byBytes(_ left: String, _ right: String) -> Bool {
      left.utf8.lexicographicallyPrecedes(right.utf8)
    }
    self.files = files.sorted(by: byBytes)
    self.folders = folders.sorted(by: byBytes)
  }
}
