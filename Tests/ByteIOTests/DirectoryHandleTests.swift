import ByteIO
import Foundation
import TestSupport
import Testing

@Suite struct DirectoryHandleTests {
  private let root: TemporaryDirectory
  private let directory: DirectoryHandle

  /// A directory `model` with files, links and a FIFO, and a file outside it.
  init() throws {
    root = try TemporaryDirectory()
    try root.write([9], to: "outside.bin")
    try root.write([1, 2, 3], to: "model/data.bin")
    try root.write([4], to: "model/sub/deep.bin")
    try root.write([5], to: "model/twice.bin")
    let model = root.path + "/model"
    link(model + "/twice.bin", model + "/hard.bin")
    symlink("../outside.bin", model + "/soft.bin")
    symlink("..", model + "/up")
    mkfifo(model + "/fifo", 0o600)
    directory = try DirectoryHandle(containing: model + "/model.onnx")
  }

  @Test func `files below the directory are mapped`() throws {
    #expect(try directory.mapping("data.bin")?.bytes.array == [1, 2, 3])
    #expect(try directory.mapping("sub/deep.bin")?.bytes.array == [4])
  }

  @Test func `a missing file is no error`() throws {
    #expect(try directory.mapping("nothing.bin") == nil)
    #expect(try directory.mapping("nowhere/nothing.bin") == nil)
  }

  @Test(arguments: [
    "", "/etc/passwd", "..", "../outside.bin", "sub/../../outside.bin", "./data.bin",
    "sub//deep.bin", "sub/", "a\\b", "a\u{0}b", String(repeating: "a", count: 1_025), "soft.bin",
    "up/outside.bin", "fifo", "sub", "hard.bin", "data.bin/x",
  ])
  func `what leads or could lead out is refused`(path: String) {
    let error = #expect(throws: ReadError.self) { try directory.mapping(path) }
    #expect(error?.code == .modelInvalid)
  }

  @Test func `hard links can be allowed`() throws {
    #expect(try directory.mapping("hard.bin", allowsHardLinks: true)?.bytes.array == [5])
  }

  @Test func `a directory that is not there is an error`() {
    let error = #expect(throws: ReadError.self) { try DirectoryHandle(path: "/nonexistent/x") }
    #expect(error?.code == .ioRead)
  }
}
