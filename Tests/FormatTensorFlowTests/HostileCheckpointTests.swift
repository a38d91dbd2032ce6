import ByteIO
import FormatTensorFlow
import Foundation
import ModelIR
import TestSupport
import Testing

/// SavedModels whose directory or checkpoint was made to harm (design/RELIABILITY.md, A.3).
@Suite struct HostileCheckpointTests {
  typealias Part = ProtobufBuilder

  /// An index, and what the error about it must say.
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var index: [UInt8]
    var code: ErrorCode

    var testDescription: String { name }
  }

  private static let header = Part.int(1, 1).bytes

  /// A table of one block, stored as it is or as the compression says.
  private static func table(
    _ entry: [Part],
    compression: UInt8 = 0,
    compress: @escaping ([UInt8]) -> [UInt8] = { $0 }
  ) -> [UInt8] {
    var builder = SortedTableBuilder()
    builder.compression = compression
    builder.compress = compress
    let key: [UInt8] = Array("w".utf8)
    builder.appendData(
      SortedTableBuilder.block([
        (key: [], value: header), (key: key, value: entry.flatMap(\.bytes)),
      ]),
      upTo: key
    )
    return builder.finished()
  }

  private static func shape(_ sizes: [Int]) -> Part {
    .message(2, sizes.map { .message(2, [.int(1, $0)]) })
  }

  private static let cases: [Case] = [
    // The length that Snappy's bytes begin with: 4 GiB of three bytes.
    Case(
      name: "snappy length bomb",
      index: table([.int(1, 1)], compression: 1) { _ in
        ProtobufBuilder.varint(0xFFFF_FFFF) + [0, 0x61, 0x62]
      },
      code: .modelInvalid
    ),
    Case(
      name: "a small table that asks for gigabytes",
      index: SortedTableBuilder.footer(
        SortedTableBuilder.handle(0, 1),
        SortedTableBuilder.handle(5, 8 << 30)
      ),
      code: .modelInvalid
    ),
    Case(
      name: "extents that overflow",
      index: table([.int(1, 1), shape([1 << 40, 1 << 40]), .int(5, 4)]),
      code: .modelInvalid
    ),
    Case(
      name: "extents that the bytes do not fill",
      index: table([.int(1, 1), shape([1 << 20, 1 << 10]), .int(5, 4)]),
      code: .modelInvalid
    ),
    Case(
      name: "a negative extent",
      index: table([.int(1, 1), shape([-3]), .int(5, 4)]),
      code: .modelInvalid
    ),
    Case(
      name: "data in a file that there is not",
      index: table([.int(1, 1), .int(3, 9), .int(5, 4)]),
      code: .modelInvalid
    ),
  ]

  private static let model = GoldenModelTests.examples + "/digits_cnn_savedmodel"

  /// Loads a copy of the example that something was done to.
  private func load(changed change: (_ folder: String) throws -> Void) throws -> Model {
    let place = FileManager.default.temporaryDirectory
      .appendingPathComponent("hostile-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }
    let folder = place + "/model"
    try FileManager.default.copyItem(atPath: Self.model, toPath: folder)
    try change(folder)
    return try GoldenModelTests.load(folder)
  }

  @Test(arguments: cases)
  func `a bad index is refused by its name`(_ test: Case) throws {
    let error = #expect(throws: ReadError.self) {
      try load { folder in
        let path = folder + "/variables/variables.index"
        try Data(test.index).write(to: URL(fileURLWithPath: path))
      }
    }
    #expect(error?.file == "variables/variables.index", "\(error?.explanation ?? "")")
    #expect(error?.code == test.code, "\(error?.explanation ?? "")")
  }

  @Test func `a linked folder of variables is not followed`() throws {
    let loaded = try load { folder in
      try FileManager.default.moveItem(
        atPath: folder + "/variables",
        toPath: folder + "-variables"
      )
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/variables",
        withDestinationPath: folder + "-variables"
      )
    }
    #expect(loaded.diagnostics.contains { $0.code == "T06 skipped-entry" })
    #expect(!loaded.ledger.files.contains { $0.path.hasPrefix("variables") })
  }

  @Test func `a linked data file is not followed`() throws {
    let loaded = try load { folder in
      let path = folder + "/variables/variables.data-00000-of-00001"
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createSymbolicLink(
        atPath: path,
        withDestinationPath: Self.model + "/variables/variables.data-00000-of-00001"
      )
    }
    #expect(loaded.diagnostics.contains { $0.code == "T04 missing-weights" })
    #expect(!loaded.main.values.contains { if case .mapped? = $0.constant { true } else { false } })
  }

  @Test func `variables that are saved under two names are duplicates`() throws {
    let loaded = try GoldenModelTests.load(Self.model)
    let totals = loaded.ledger.totals()
    let weights = totals.first { $0.category == .weights }?.byteCount ?? 0
    #expect(totals.first { $0.category == .duplicates }?.byteCount ?? 0 > 0)
    #expect(totals.first { $0.category == .deadWeights } == nil)
    // One copy of 7,490 parameters of four bytes (Examples/digits/expected.json).
    #expect(weights >= 7_490 * 4)
  }

  @Test(arguments: [[1 << 62, 1 << 62], [0, 5], [-7, 3]])
  func `huge, empty and negative extents of an input are read without harm`(sizes: [Int]) throws {
    let parts = [
      HostileFileTests.placeholder("x", sizes), HostileFileTests.node("n", "Neg", ["x"]),
    ]
    do {
      let model = try HostileFileTests.load(parts)
      let count = model.main[model.main.inputs[0]].shape.elementCount
      // A product that no number holds, or an open extent, is not known.
      #expect(sizes == [0, 5] ? count == 0 : count == nil)
    } catch let error as ReadError {
      #expect(error.code == .modelInvalid)
    }
  }
}
