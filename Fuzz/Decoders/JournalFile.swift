import ByteIO
import FuzzSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The fuzzer's bytes as the journal of a sweep.
enum JournalFile {
  private static let path: String = {
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    let path = parent + "/analyze-fuzz-journal-\(getpid())"
    atexit { unlink(JournalFile.path) }
    return path
  }()

  @Sendable static func check(_ bytes: Bytes) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw BrokenPromise("cannot write \(path)") }
    do {
      defer { close(descriptor) }
      try FileOutput.write(bytes.array, to: descriptor)
    }
    let (records, byteCount) = try RecordLog.read(path)
    try promise(byteCount <= bytes.count, "more bytes than there are")
    // What is appended after the last whole record is read back, whatever stood behind it.
    let log = try RecordLog.append(to: path, after: byteCount)
    try log.append([1, 2, 3])
    let again = try RecordLog.read(path).records
    try promise(again == records + [[1, 2, 3]], "an appended record is not read back")
  }
}
