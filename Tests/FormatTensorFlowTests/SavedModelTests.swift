import ByteIO
import FormatTensorFlow
import Foundation
import ModelIR
import Testing

/// SavedModel directories: files, signatures, labels of bytes.
@Suite struct SavedModelTests {
  private static let model = GoldenModelTests.examples + "/digits_cnn_savedmodel"

  /// A copy of the example that a test may damage.
  private func copy() throws -> String {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("savedmodel-\(UUID().uuidString)").path
    try FileManager.default.copyItem(atPath: Self.model, toPath: folder)
    return folder
  }

  @Test func `every byte of every file has a label`() throws {
    let loaded = try GoldenModelTests.load(Self.model)
    let paths = loaded.ledger.files.map(\.path)
    #expect(
      paths == [
        "saved_model.pb", "fingerprint.pb", "variables/variables.data-00000-of-00001",
        "variables/variables.index",
      ]
    )
    let sizes = try paths.map {
      try FileManager.default.attributesOfItem(atPath: Self.model + "/" + $0)[.size] as? Int ?? 0
    }
    #expect(loaded.ledger.files.map(\.byteCount) == sizes)
    let totals = loaded.ledger.totals()
    #expect(totals.reduce(0) { $0 + $1.byteCount } == sizes.reduce(0, +))
    #expect(!totals.contains { $0.category == .unattributed })
    // 7,490 parameters of four bytes (Examples/digits/expected.json).
    #expect(totals.first { $0.category == .weights }?.byteCount ?? 0 >= 7_490 * 4)
  }

  @Test func `weights are not copied`() throws {
    let loaded = try GoldenModelTests.load(Self.model)
    let constants = loaded.main.values.filter { $0.isConstant && $0.type == .float32 }
    #expect(!constants.isEmpty)
    for value in constants {
      guard case .mapped? = value.constant else {
        Issue.record("\(value.name) was copied")
        continue
      }
    }
  }

  @Test func `a signature is chosen by its name`() throws {
    let loaded = try GoldenModelTests.load(Self.model, signature: "serve")
    #expect(loaded.signatures.map(\.name) == ["serve"])
    #expect(throws: ReadError.self) { try GoldenModelTests.load(Self.model, signature: "no") }
  }

  @Test func `layers have the user's names`() throws {
    let loaded = try GoldenModelTests.load(Self.model)
    let layers = loaded.main.nodes.filter { $0.op == .known("convolution") }.map(\.origin.layer)
    #expect(layers == ["stem", "features"])
  }

  @Test func `a missing data file is a finding`() throws {
    let folder = try copy()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.removeItem(
      atPath: folder + "/variables/variables.data-00000-of-00001"
    )
    let loaded = try GoldenModelTests.load(folder)
    #expect(loaded.diagnostics.contains { $0.code == "T04 missing-weights" })
  }

  @Test func `links are not followed`() throws {
    let folder = try copy()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/assets",
      withDestinationPath: "/etc"
    )
    let loaded = try GoldenModelTests.load(folder)
    #expect(loaded.diagnostics.contains { $0.code == "T06 skipped-entry" })
    #expect(!loaded.ledger.files.contains { $0.path.hasPrefix("assets") })
  }

  @Test func `a damaged index is refused by its name`() throws {
    let folder = try copy()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let index = folder + "/variables/variables.index"
    var bytes = try #require(FileManager.default.contents(atPath: index))
    for place in 0..<bytes.count / 2 { bytes[place] = 0xFF }
    try bytes.write(to: URL(fileURLWithPath: index))
    do {
      _ = try GoldenModelTests.load(folder)
      Issue.record("the index was read")
    } catch {
      #expect((error as? ReadError)?.file == "variables/variables.index")
    }
  }

  @Test func `every prefix of the graph gives an answer`() throws {
    let bytes = try ByteSource.mapping(path: Self.model + "/saved_model.pb").bytes
    for count in stride(from: 0, to: bytes.count, by: 997) {
      _ = try? TensorFlowFormat.load(try bytes.slice(at: 0, count: count), path: "prefix")
    }
  }
}
