import ByteIO

/// The files that a model names, opened at most once each.
struct ExternalFiles {
  private enum Directory {
    case unopened
    case open(DirectoryHandle)
    case missing
  }

  /// A file and its number in the ledger.
  struct File {
    var bytes: Bytes
    var ledgerFile: Int
  }

  private var directory = Directory.unopened
  private var files: [String: File?] = [:]

  /// The file of that path beside the model, or `nil` where there is none.
  mutating func file(
    _ location: String,
    besides model: String,
    allowsHardLinks: Bool,
    book: inout LedgerBook
  ) throws(ReadError) -> File? {
    if let known = files[location] { return known }
    // The rules of paths hold whether or not there is a directory.
    _ = try DirectoryHandle.components(of: location)
    var file: File?
    if let directory = open(besides: model),
      let source = try directory.mapping(location, allowsHardLinks: allowsHardLinks)
    {
      file = File(bytes: source.bytes, ledgerFile: book.add(source.bytes, path: location))
    }
    files[location] = .some(file)
    return file
  }

  private mutating func open(besides model: String) -> DirectoryHandle? {
    switch directory {
    case .open(let handle): return handle
    case .missing: return nil
    case .unopened:
      guard let handle = try? DirectoryHandle(containing: model) else {
        directory = .missing
        return nil
      }
      directory = .open(handle)
      return handle
    }
  }
}
