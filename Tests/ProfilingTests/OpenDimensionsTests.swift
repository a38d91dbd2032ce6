import ModelIR
import Testing

@testable import Profiling

@Suite struct OpenDimensionsTests {
  private func graph(_ inputs: [(name: String, shape: [Dimension])]) -> Graph {
    Graph(
      name: "test",
      values: inputs.map { Value(name: $0.name, type: .float32, shape: .ranked($0.shape)) },
      inputs: inputs.indices.map { ValueID($0) }
    )
  }

  @Test func `an open batch is 1`() throws {
    let found = try OpenDimensions(graph([("x", [.unknown, 8])]))
    #expect(found.shapes == [ValueID(0): .fixed([1, 8])])
    #expect(found.assumedBatch == 1)
    #expect(found.stillOpen.isEmpty)
  }

  @Test func `a batch that is given takes the place of the stated one`() throws {
    let found = try OpenDimensions(graph([("x", [2, 8])]), batch: 5)
    #expect(found.shapes == [ValueID(0): .fixed([5, 8])])
    #expect(found.assumedBatch == nil)
  }

  @Test func `a fixed model needs nothing`() throws {
    let found = try OpenDimensions(graph([("x", [2, 8]), ("scalar", [])]))
    #expect(found.shapes.isEmpty)
    #expect(found.assumedBatch == nil)
  }

  @Test func `an extent with a name is the same everywhere`() throws {
    let found = try OpenDimensions(
      graph([
        ("x", [.symbolic("n"), .symbolic("t")]), ("y", [.symbolic("n"), .symbolic("t"), 4]),
      ]),
      fixed: [(name: "x", sizes: [3, 7])]
    )
    #expect(found.shapes == [ValueID(0): .fixed([3, 7]), ValueID(1): .fixed([3, 7, 4])])
    #expect(found.assumedBatch == nil)
  }

  @Test func `what stays open is told`() throws {
    let found = try OpenDimensions(graph([("x", [.symbolic("n"), .symbolic("t"), .unknown])]))
    #expect(found.stillOpen.map(\.input) == ["x"])
    #expect(found.stillOpen.map(\.shape) == [.ranked([1, .symbolic("t"), .unknown])])
  }

  @Test func `an unknown input is refused with the known ones`() {
    let error = #expect(throws: ShapeOptionError.self) {
      try OpenDimensions(graph([("x", [1]), ("y", [1])]), fixed: [(name: "z", sizes: [1])])
    }
    #expect(error == .unknownInput("z", known: ["x", "y"]))
    #expect(error?.message == "--shape names \"z\", but the inputs are x, y")
  }

  @Test func `a shape of another rank is refused`() {
    let error = #expect(throws: ShapeOptionError.self) {
      try OpenDimensions(graph([("x", [1, .unknown])]), fixed: [(name: "x", sizes: [1])])
    }
    #expect(error == .mismatch("x", stated: .ranked([1, .unknown]), given: [1]))
  }
}
