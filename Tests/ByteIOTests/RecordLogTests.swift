import Foundation
import TestSupport
import Testing

@testable import ByteIO

@Suite struct RecordLogTests {
  private let records: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 7, count: 300), [9]]

  private func file() throws -> (folder: TemporaryDirectory, path: String, bytes: [UInt8]) {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/log"
    let log = try RecordLog.create(path)
    for record in records { try log.append(record) }
    return (folder, path, Array(try Data(contentsOf: URL(fileURLWithPath: path))))
  }

  @Test func `records come back in order`() throws {
    let (folder, path, bytes) = try file()
    let found = try RecordLog.read(path)
    #expect(found.records == records)
    #expect(found.byteCount == bytes.count)
    withExtendedLifetime(folder) {}
  }

  /// Wherever a process was killed, whole records stay, and what follows takes the place of the rest.
  @Test func `a file cut at any byte keeps its whole records and can go on`() throws {
    let (folder, _, bytes) = try file()
    var ends: [Int] = [8]
    for record in records { ends.append((ends.last ?? 0) + 8 + record.count) }
    for length in 0..<bytes.count {
      let path = try folder.write(Array(bytes.prefix(length)), to: "cut")
      let found = try RecordLog.read(path)
      let whole = max(ends.count { $0 <= length } - 1, 0)
      #expect(found.records == Array(records.prefix(whole)), "cut at \(length)")
      try RecordLog.append(to: path, after: found.byteCount).append([42])
      #expect(try RecordLog.read(path).records == Array(records.prefix(whole)) + [[42]])
    }
  }

  @Test func `a record whose bytes changed ends the file`() throws {
    let (folder, _, bytes) = try file()
    var changed = bytes
    changed[8 + 4] ^= 1
    let path = try folder.write(changed, to: "changed")
    #expect(try RecordLog.read(path).records.isEmpty)
  }

  @Test func `another file is no journal`() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write(Array("{\"a\": 1}".utf8), to: "other")
    let error = #expect(throws: ReadError.self) { try RecordLog.read(path) }
    #expect(error?.message == "it is no journal")
  }

  @Test func `two processes do not write one journal`() throws {
    let folder = try TemporaryDirectory()
    let log = try RecordLog.create(folder.path + "/log")
    let error = #expect(throws: WriteError.self) { try RecordLog.create(folder.path + "/log") }
    #expect(error?.message == "another process writes it")
    withExtendedLifetime(log) {}
  }
}
