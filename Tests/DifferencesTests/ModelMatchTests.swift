import ByteIO
import FormatONNX
import ModelIR
import Profiling
import TestSupport
import Testing

@testable import Differences

/// Which operators are the same, and what changed; expected by hand.
@Suite struct ModelMatchTests {
  private typealias Loaded = (model: Model, profile: ModelProfile)

  private func loaded(_ parts: [ONNX.Part]) throws -> Loaded {
    let model = try ONNXFormat.load(ByteSource(ONNX.model(parts)).bytes, path: "test.onnx")
    let profile = Profiler(model, dimensions: try OpenDimensions(model.main)).profile(
      .init(readsWeights: false)
    )
    return (model, profile)
  }

  /// Products one after the other; each has a name, a width and a value of its weights.
  private func layers(_ layers: [(name: String, width: Int, value: Float)], input: Int = 2) throws
    -> Loaded
  {
    var parts = [ONNX.input("x0", [1, .size(input)])]
    var width = input
    for (index, layer) in layers.enumerated() {
      parts.append(
        ONNX.floats(
          initializer: "w\(index)",
          [width, layer.width],
          Array(repeating: layer.value, count: width * layer.width)
        )
      )
      parts.append(
        ONNX.node("MatMul", ["x\(index)", "w\(index)"], ["x\(index + 1)"], name: layer.name)
      )
      width = layer.width
    }
    parts.append(ONNX.output("x\(layers.count)", [1, .size(width)]))
    return try loaded(parts)
  }

  @Test func `a model is the same as itself`() throws {
    let model = try layers([("a", 2, 1), ("b", 2, 2), ("c", 2, 3)])
    let match = ModelMatch(old: model, new: model)
    #expect(match.newOf == [0, 1, 2])
    let all = OperatorDifference.all(match, old: model.profile, new: model.profile)
    #expect(all.map(\.status) == [.same, .same, .same])
  }

  @Test func `names come first`() throws {
    let old = try layers([("a", 2, 1), ("b", 2, 2)])
    let new = try layers([("b", 2, 1), ("a", 2, 2)])
    #expect(ModelMatch(old: old, new: new).newOf == [1, 0])
  }

  @Test func `what was renamed is found by its weights`() throws {
    let old = try layers([("a", 2, 1), ("b", 2, 2), ("c", 2, 3)])
    let new = try layers([("z", 2, 3), ("y", 2, 1), ("x", 2, 2)])
    #expect(ModelMatch(old: old, new: new).newOf == [1, 2, 0])
  }

  @Test func `what was renamed and trained is found between its neighbours`() throws {
    let old = try layers([("a", 2, 1), ("b", 2, 2), ("c", 2, 3)])
    let new = try layers([("a", 2, 1), ("other", 2, 9), ("c", 2, 3)])
    #expect(ModelMatch(old: old, new: new).newOf == [0, 1, 2])
  }

  @Test func `added and removed operators stand where they were`() throws {
    let old = try layers([("a", 2, 1), ("gone", 2, 2), ("c", 2, 3)])
    let new = try layers([("a", 2, 1), ("c", 2, 3), ("more", 2, 4)])
    let match = ModelMatch(old: old, new: new)
    #expect(
      match.pairs == [
        .init(old: 0, new: 0), .init(old: 1, new: nil), .init(old: 2, new: 1),
        .init(old: nil, new: 2),
      ]
    )
    let all = OperatorDifference.all(match, old: old.profile, new: new.profile)
    #expect(all.map(\.status) == [.same, .removed, .same, .added])
    // Two by two floats and multiply-adds.
    #expect(all.map(\.deltaBytes) == [0, -16, 0, 16])
    #expect(all.map(\.deltaMultiplyAdds) == [0, -4, 0, 4])
  }

  @Test func `a wider layer changed, and the one behind it too`() throws {
    let old = try layers([("a", 2, 1), ("b", 2, 2)])
    let new = try layers([("a", 5, 1), ("b", 2, 2)])
    let all = OperatorDifference.all(
      ModelMatch(old: old, new: new),
      old: old.profile,
      new: new.profile
    )
    #expect(all.map(\.status) == [.changed, .changed])
    #expect(all.map(\.deltaBytes) == [24, 24])
    #expect(all[0].remarks == ["1×2 → 1×5"])
    #expect(all[1].remarks.isEmpty)
    #expect(all.reduce(0) { $0 + $1.deltaBytes } == 48)
  }

  @Test func `nothing is matched twice`() throws {
    let old = try layers((0..<40).map { ("n\($0 % 3)", 2, Float($0 % 5)) })
    let new = try layers((0..<37).map { ("n\($0 % 4)", 2, Float($0 % 7)) })
    let match = ModelMatch(old: old, new: new)
    let targets = match.newOf.compactMap { $0 }
    #expect(Set(targets).count == targets.count)
    for (old, new) in match.newOf.enumerated() {
      if let new { #expect(match.oldOf[new] == old) }
    }
    #expect(match.pairs.compactMap(\.old).sorted() == Array(0..<40))
    #expect(match.pairs.compactMap(\.new).sorted() == Array(0..<37))
  }
}
