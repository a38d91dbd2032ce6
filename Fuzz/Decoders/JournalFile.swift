import ByteIO
import FuzzSupport

/// The fuzzer's bytes as the journal of a sweep.
enum JournalFile {
  private static let name = "journal"
  private static let folder = ScratchFolder("journal", files: [name])

  @Sendable static func check(_ bytes: Bytes) throws {
    let path = folder.path + "/" + name
    try folder.write(bytes.array, to: name)
    let (records, byteCount) = try RecordLog.read(path)
    try promise(byteCount <= bytes.count, "more bytes than there are")
    // What is appended after the last whole record is read back, whatever stood behind it.
    let log = try RecordLog.append(to: path, after: byteCount)
    try log.append([1, 2, 3])
    let again = try RecordLog.read(path).records
    try promise(again == records + [[1, 2, 3]], "an appended record is not read back")
  }
}
