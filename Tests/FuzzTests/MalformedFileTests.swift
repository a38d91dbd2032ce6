import ByteIO
import FormatKeras
import FormatTensorFlow
import Foundation
import ModelIR
import TestSupport
import Testing

/// The hand-made malformed files of Keras, GraphDef and checkpoints, in process.
///
/// `Tests/Faults/malformed.py --pack` makes them, and says of each which errors are right; the file's name
/// in the archive is `FORMAT/CODES/NUMBER`, with `OK` among the codes where a model may come out.
@Suite struct MalformedFileTests {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  private func expect(
    _ format: String,
    least: Int,
    _ load: (Bytes) throws -> Void
  ) throws {
    let files = try MalformedFiles.of(format)
    #expect(files.count >= least)
    for file in files {
      var found = "OK"
      do {
        try load(ByteSource(file.bytes).bytes)
      } catch let error as ReadError {
        found = error.code.rawValue
      }
      #expect(file.codes.contains(found), "\(file.name) gives \(found)")
    }
  }

  @Test func `graphs give the error that they should`() throws {
    try expect("graph", least: 60) { _ = try TensorFlowFormat.load($0, path: "m.pb") }
  }

  @Test func `Keras files give the error that they should`() throws {
    try expect("keras", least: 60) { _ = try KerasFormat.load($0, path: "m.keras") }
  }

  @Test func `indices of checkpoints give the error that they should`() throws {
    let model = Self.tests.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Examples/digits/digits_cnn_savedmodel/saved_model.pb")
    let folder = try TemporaryDirectory()
    try folder.write(Array(try Data(contentsOf: model)), to: "saved_model.pb")
    let zeros = [UInt8](repeating: 0, count: 64)
    try folder.write(zeros, to: "variables/variables.data-00000-of-00001")
    try expect("index", least: 50) { bytes in
      try folder.write(bytes.array, to: "variables/variables.index")
      _ = try TensorFlowFormat.load(
        directory: try DirectoryHandle(path: folder.path),
        path: folder.path
      )
    }
  }
}
