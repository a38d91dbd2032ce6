#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file of records that is only ever appended to, and whose end may be missing.
///
/// Layout, little-endian:
/// 1. eight bytes `ANLZLOG1`;
/// 2. for each record: the payload's length (4 bytes), the payload, its CRC-32C (4 bytes).
///
/// A process that is killed while it appends leaves a record without its end: reading stops before
/// it, and the next append takes its place.
package final class RecordLog {
  private let descriptor: Int32
  private let path: String

  private static let magic = Array("ANLZLOG1".utf8)
  /// A longer record is none that was written.
  private static let lengthLimit = 1 << 30

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  /// Begins a new file; one that is there is replaced.
  package static func create(_ path: String) throws(WriteError) -> RecordLog {
    let log = try open(path, flags: O_RDWR | O_CREAT)
    guard ftruncate(log.descriptor, 0) == 0 else { throw failure(path) }
    try FileOutput.write(magic, to: log.descriptor, path: path)
    return log
  }

  /// Opens a file to append to it, behind its last whole record.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - byteCount: What `read` said to be whole.
  /// - Returns: The open file.
  /// - Throws: where it cannot be written, or another process writes it.
  package static func append(to path: String, after byteCount: Int) throws(WriteError) -> RecordLog
  {
    let log = try open(path, flags: O_RDWR)
    if byteCount < magic.count {
      guard ftruncate(log.descriptor, 0) == 0 else { throw failure(path) }
      try FileOutput.write(magic, to: log.descriptor, path: path)
      return log
    }
    guard ftruncate(log.descriptor, off_t(byteCount)) == 0,
      lseek(log.descriptor, 0, SEEK_END) >= 0
    else { throw failure(path) }
    return log
  }

  /// Opens a file that no other process may write meanwhile.
  private static func open(_ path: String, flags: Int32) throws(WriteError) -> RecordLog {
    let descriptor = systemOpen(path, flags | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw failure(path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw WriteError(path: path, message: "another process writes it", isBrokenPipe: false)
    }
    return RecordLog(descriptor: descriptor, path: path)
  }

  /// Appends a record.
  package func append(_ payload: [UInt8]) throws(WriteError) {
    var check = CRC32C()
    check.update(payload)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payload.count + 8)
    bytes += Self.littleEndian(UInt32(truncatingIfNeeded: payload.count))
    bytes += payload
    bytes += Self.littleEndian(check.value)
    try FileOutput.write(bytes, to: descriptor, path: path)
  }

  /// Reads all whole records.
  ///
  /// - Returns: The payloads in order, and the bytes that they take with all that is before them.
  /// - Throws: where the file cannot be read or is no such file.
  package static func read(_ path: String) throws(ReadError) -> (records: [[UInt8]], byteCount: Int)
  {
    let bytes = try ByteSource.mapping(path: path).bytes.array
    guard bytes.prefix(magic.count).elementsEqual(magic.prefix(bytes.count)) else {
      let isOther = bytes.count >= magic.count && bytes.starts(with: magic.dropLast())
      throw ReadError(
        .dataInvalid,
        isOther ? "a journal of another version of this tool" : "it is no journal",
        at: 0,
        hint: isOther ? "--restart begins anew" : nil,
        file: path
      )
    }
    guard bytes.count >= magic.count else { return ([], 0) }
    var records: [[UInt8]] = []
    var place = magic.count
    while let length = word(bytes, at: place), length <= lengthLimit,
      place + 8 + length <= bytes.count
    {
      let payload = Array(bytes[(place + 4)..<(place + 4 + length)])
      var check = CRC32C()
      check.update(payload)
      guard word(bytes, at: place + 4 + length) == Int(check.value) else { break }
      records.append(payload)
      place += 8 + length
    }
    return (records, place)
  }

  private static func word(_ bytes: [UInt8], at place: Int) -> Int? {
    guard place + 4 <= bytes.count else { return nil }
    return (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
  }

  private static func littleEndian(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
  }

  private static func failure(_ path: String) -> WriteError {
    WriteError(path: path, message: "cannot write: " + systemMessage(), isBrokenPipe: false)
  }
}

private func systemOpen(_ path: String, _ flags: Int32) -> Int32 { open(path, flags, 0o666) }
