import ByteIO
import FormatTFLite
import Foundation
import ModelIR
import Profiling
import TargetRules
import TestSupport
import Testing

/// The operators that stay on the CPU are those that Arm's own compiler leaves there.
@Suite struct PlacementOracleTests {
  private struct Document: Decodable {
    var onCPU: [String: [String]]
  }

  /// What Tests/Oracles/vela_placements.py wrote.
  private static let expected: [String: [String]] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Oracles/vela_placements.json")
    guard let data = try? Data(contentsOf: file),
      let document = try? JSONDecoder().decode(Document.self, from: data)
    else { return [:] }
    return document.onCPU
  }()

  @Test func `there is something to compare with`() { #expect(Self.expected.count >= 6) }

  @Test(.enabled(if: SharedModels.directory != nil), arguments: expected.keys.sorted())
  func `ethos-u55 leaves what Vela leaves`(name: String) throws {
    let path = SharedModels.path(name)
    let model = try TFLiteFormat.load(ByteSource.mapping(path: path).bytes, path: path)
    let library = TargetLibrary()
    let checker = try TargetChecker(
      library.target(named: "ethos-u55"),
      format: .tflite,
      vocabulary: Vocabulary.formats,
      library: library
    )
    let profiler = Profiler(model, dimensions: try OpenDimensions(model.main))
    let totals = profiler.profile(.init(readsWeights: false)).totals
    let report = try #require(profiler.targetReports([checker], totals).first)
    #expect(report.unknown == 0)
    let left = try #require(report.fallbackOperators).map {
      model.main.nodes[$0].origin.sourceType
    }
    #expect(left.sorted() == Self.expected[name])
  }
}
