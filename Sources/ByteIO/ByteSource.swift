import CFaults

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// An immutable run of bytes that lives as long as someone refers to it: a mapped file or memory.
///
/// Files are mapped, not read, so weights stay where they are and only touched pages cost memory.
// Unchecked because of the pointer; safe because the bytes are never written after `init` and are
// released only in `deinit`.
package final class ByteSource: @unchecked Sendable {
  /// The name to use in messages: the path as given.
  package let name: String
  /// The number of bytes.
  package let count: Int

  /// A descriptor for passes over the whole file, which cost less read than mapped; `nil` for
  /// memory and for small files, of which a model may have very many.
  package let descriptor: Int32?

  /// Files of this many bytes keep a descriptor.
  private static let largeFile = 64 << 20

  private let base: UnsafeRawPointer
  private let ownership: Ownership
  /// Where this source came from, to notice that it changed; `nil` for memory.
  private let identity: FileIdentity?

  private enum Ownership {
    case mapped(faultSlot: Int32)
    case allocated
  }

  /// Copies bytes into a source of their own.
  package init(_ bytes: [UInt8], name: String = "<memory>") {
    self.name = name
    count = bytes.count
    identity = nil
    descriptor = nil
    // An empty allocation still gives a valid address.
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
    UnsafeMutableRawBufferPointer(start: copy, count: bytes.count).copyBytes(from: bytes)
    base = UnsafeRawPointer(copy)
    ownership = .allocated
  }

  private init(
    name: String,
    base: UnsafeRawPointer,
    count: Int,
    ownership: Ownership,
    identity: FileIdentity,
    descriptor: Int32? = nil
  ) {
    self.name = name
    self.descriptor = descriptor
    self.base = base
    self.count = count
    self.ownership = ownership
    self.identity = identity
  }

  deinit {
    switch ownership {
    case .mapped(let slot):
      faults_unregister(slot)
      munmap(UnsafeMutableRawPointer(mutating: base), count)
      if let descriptor { close(descriptor) }
    case .allocated:
      base.deallocate()
    }
  }

  /// Maps a regular file.
  ///
  /// - Parameters:
  ///   - path: The file; it is opened without blocking, so a FIFO cannot hang the tool.
  ///   - name: The name for messages, where it is not the path.
  /// - Returns: The file's bytes.
  /// - Throws: `IO_READ` where it cannot be opened, is not a regular file, or cannot be mapped.
  package static func mapping(
    path: String,
    name: String? = nil
  ) throws(ReadError) -> ByteSource {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw ioError("cannot open: " + systemMessage()) }
    defer { close(descriptor) }
    return try mapping(descriptor: descriptor, name: name ?? path)
  }

  /// Maps an open regular file; the descriptor stays the caller's.
  package static func mapping(
    descriptor: Int32,
    name: String
  ) throws(ReadError) -> ByteSource {
    let identity = try FileIdentity(descriptor: descriptor)
    guard identity.isRegular else {
      throw ReadError(
        .ioRead,
        "not a regular file",
        hint: identity.isDirectory ? "it is a directory" : nil
      )
    }
    let count = identity.byteCount
    guard count > 0 else {
      // An empty file cannot be mapped.
      let nothing = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
      return ByteSource(
        name: name,
        base: UnsafeRawPointer(nothing),
        count: 0,
        ownership: .allocated,
        identity: identity
      )
    }
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
      address != UnsafeMutableRawPointer(bitPattern: -1)
    else { throw ioError("cannot map \(count) bytes: " + systemMessage()) }
    let slot = faults_register(
      address,
      count,
      FaultMessage.errorLine(file: name),
      FaultMessage.jsonLine(file: name)
    )
    return ByteSource(
      name: name,
      base: address,
      count: count,
      ownership: .mapped(faultSlot: slot),
      identity: identity,
      descriptor: count < largeFile ? nil : copy(of: descriptor)
    )
  }

  /// A second descriptor of the same file; `nil` where there are too many already.
  private static func copy(of descriptor: Int32) -> Int32? {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    return copy < 0 ? nil : copy
  }

  /// All of it.
  package var bytes: Bytes { Bytes(source: self, offset: 0, count: count) }

  /// Gives the bytes of a range that the caller has already checked.
  ///
  /// The pointer must not leave `body`; this source stays alive while `body` runs.
  package func withUnsafeBytes<Result, Failure>(
    offset: Int,
    count: Int,
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(offset >= 0 && count >= 0 && offset <= self.count - count)
    return try body(UnsafeRawBufferPointer(start: base + offset, count: count))
  }

  /// Gives the memory of a range back, which the caller has checked; its content stays readable.
  ///
  /// The pages of a mapped file count as memory of the process from when they are read. Reading
  /// them again after this is correct and a little slower.
  func release(offset: Int, count: Int) {
    // Memory without a file behind it would lose its content.
    guard case .mapped = ownership, count > 0 else { return }
    precondition(offset >= 0 && offset <= self.count - count)
    let start = offset - offset % Self.pageSize
    let address = UnsafeMutableRawPointer(mutating: base + start)
    // Advice that is not taken changes nothing but the memory in use.
    _ = madvise(address, offset - start + count, MADV_DONTNEED)
  }

  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  /// Reads a little-endian value; the caller has checked the range.
  @inline(__always)
  func load<Value: BitwiseCopyable>(_ offset: Int, as type: Value.Type) -> Value {
    (base + offset).loadUnaligned(as: type)
  }

  /// Refuses a file that was written, truncated or replaced since it was mapped.
  ///
  /// - Parameter path: The path that was mapped.
  /// - Throws: `IO_READ` where size, modification time or inode differ.
  package func checkUnchanged(path: String) throws(ReadError) {
    guard let identity else { return }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      throw ReadError(.ioRead, "the file went away while it was being read", hint: "run again")
    }
    defer { close(descriptor) }
    guard try FileIdentity(descriptor: descriptor) == identity else {
      throw ReadError(.ioRead, "the file changed while it was being read", hint: "run again")
    }
  }

  private static func ioError(_ message: String) -> ReadError { ReadError(.ioRead, message) }
}

/// What tells one state of a file from another.
private struct FileIdentity: Equatable {
  let device: UInt64
  let inode: UInt64
  let byteCount: Int
  let modifiedSeconds: Int
  let modifiedNanoseconds: Int
  let mode: UInt32

  init(descriptor: Int32) throws(ReadError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw ReadError(.ioRead, "cannot stat: " + systemMessage())
    }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    byteCount = Int(status.st_size)
    #if canImport(Darwin)
    modifiedSeconds = status.st_mtimespec.tv_sec
    modifiedNanoseconds = status.st_mtimespec.tv_nsec
    #else
    modifiedSeconds = status.st_mtim.tv_sec
    modifiedNanoseconds = status.st_mtim.tv_nsec
    #endif
    mode = UInt32(status.st_mode)
  }

  var isRegular: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFREG) }
  var isDirectory: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFDIR) }
}

/// The system's words for the last error.
package func systemMessage() -> String {
  String(cString: strerror(errno))
}

/// What the signal handler prints when a mapped file shrinks under it.
private enum FaultMessage {
  static let what = "the file was truncated while it was being read"
  static let hint = "run again when nothing writes to it"

  static func errorLine(file: String) -> String {
    "analyze: error: \(escapedForTerminal(file)): IO_READ: \(what); \(hint)\n"
  }

  static func jsonLine(file: String) -> String {
    #"{"error":{"code":"IO_READ","message":"\#(what); \#(hint)","path":\#(jsonQuoted(file)),"#
      + #""offset":null}}"# + "\n"
  }
}
