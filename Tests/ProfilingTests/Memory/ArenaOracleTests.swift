import Foundation
import ModelIR
import Operators
import TestSupport
import Testing

@testable import Profiling

/// What Tests/Oracles/arena.py measured with the official runtimes.
enum ArenaOracle {
  struct Entry: Decodable, Sendable {
    struct Lite: Decodable, Sendable {
      var arenaBytes: Int?
      /// The offset and size of each tensor that the script could see.
      var offsets: [String: [Int]]?
    }
    struct Micro: Decodable, Sendable {
      var headBytes: Int?
    }
    var lite: Lite
    var micro: Micro
  }

  static let entries: [String: Entry] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Oracles/arena.json")
    guard let data = try? Data(contentsOf: file) else { return [:] }
    return (try? JSONDecoder().decode([String: Entry].self, from: data)) ?? [:]
  }()

  private static let names = entries.keys.filter {
    $0.hasPrefix("digits/") || SharedModels.directory != nil
  }.sorted()

  static let lite = names.filter { entries[$0]?.lite.arenaBytes != nil }
  static let micro = names.filter { entries[$0]?.micro.headBytes != nil }

  static func analysis(_ name: String) throws -> MemoryAnalysis {
    let model = try loadModel(path: Oracle.path(name))
    let dimensions = try OpenDimensions(model.main, fixed: [], batch: nil)
    let types = GraphInference(inputShapes: dimensions.shapes).infer(model)
    return MemoryAnalysis(model, types: types)
  }
}

@Suite struct ArenaOracleTests {
  /// Models in which a tie (see below) decides the places of further tensors; sizes are equal.
  private static let withTiedNeighbours: Set<String> = [
    "basic_pitch/basic_pitch.tflite", "trained/cifar_dscnn/cifar_dscnn_dynamic.tflite",
  ]

  @Test(arguments: ArenaOracle.lite)
  func `the arena is the one that LiteRT plans`(name: String) throws {
    let expected = try #require(ArenaOracle.entries[name]?.lite)
    let plan = try #require(try ArenaOracle.analysis(name).lite())
    #expect(plan.arenaBytes == expected.arenaBytes)
    guard !Self.withTiedNeighbours.contains(name) else { return }
    // Buffers of one size that are born in one step: the runtime places them in the order of a hash
    // set, which its standard library decides.
    let births = Dictionary(grouping: plan.map.buffers) { [$0.bytes, $0.first] }
    let ties = Set(
      births.values.filter { $0.count > 1 }.flatMap { $0 }.compactMap { $0.value?.index }
    )
    var places: [Int: [Int]] = [:]
    for buffer in plan.map.buffers {
      if let value = buffer.value { places[value.index] = [buffer.offset, buffer.bytes] }
    }
    for (index, place) in places.sorted(by: { $0.key < $1.key }) where !ties.contains(index) {
      #expect(expected.offsets?[String(index)] == place, "tensor \(index)")
    }
  }

  @Test(arguments: ArenaOracle.micro)
  func `the head is the one that TensorFlow Lite Micro plans`(name: String) throws {
    let expected = try #require(ArenaOracle.entries[name]?.micro.headBytes)
    let plan = try #require(try ArenaOracle.analysis(name).micro())
    #expect(plan.arenaBytes == expected)
  }

  @Test func `at least ten models are compared`() {
    #expect(SharedModels.directory == nil || ArenaOracle.lite.count >= 10)
    #expect(ArenaOracle.lite.count >= 8)
  }
}
