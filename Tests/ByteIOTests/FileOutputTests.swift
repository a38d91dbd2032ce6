import ByteIO
import Foundation
import TestSupport
import Testing

@Suite struct FileOutputTests {
  private let directory: TemporaryDirectory
  private var folder: URL { URL(fileURLWithPath: directory.path) }

  init() throws { directory = try TemporaryDirectory() }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  @Test func `a file is replaced whole and leaves nothing beside it`() throws {
    try FileOutput.replace(path("report.json"), with: Array("old".utf8))
    try FileOutput.replace(path("report.json"), with: Array("newer".utf8))
    #expect(try String(contentsOfFile: path("report.json"), encoding: .utf8) == "newer")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["report.json"])
  }

  @Test func `a link stays a link and its target is replaced`() throws {
    try FileOutput.replace(path("target"), with: [1])
    try FileManager.default.createSymbolicLink(
      atPath: path("link"),
      withDestinationPath: path("target")
    )
    try FileOutput.replace(path("link"), with: [2])
    #expect(try Data(contentsOf: URL(fileURLWithPath: path("target"))) == Data([2]))
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == path("target")
    )
  }

  @Test func `a device is written through and not replaced`() throws {
    try FileOutput.replace("/dev/null", with: [1, 2, 3])
    let type = try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type]
    #expect(type as? FileAttributeType == .typeCharacterSpecial)
  }

  @Test func `a full device is an error`() {
    #expect(throws: WriteError.self) { try FileOutput.replace("/dev/full", with: [1]) }
  }

  @Test func `a directory that is not there is an error that names the file`() {
    let target = path("missing/report.json")
    let error = #expect(throws: WriteError.self) { try FileOutput.replace(target, with: [1]) }
    #expect(error?.path == target)
  }
}
