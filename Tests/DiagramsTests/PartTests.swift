import TestSupport
import Testing

@testable import Diagrams

/// Parts that are shown alone; expected boxes by hand.
@Suite struct PartTests {
  // Widths 4, 64, 4: the middle product has 64·4 twice, the others 16.
  private static let wide: [ONNX.Part] = [
    ONNX.input("x", [1, 4]),
    ONNX.floats(initializer: "a", [4, 4], Array(repeating: 1, count: 16)),
    ONNX.floats(initializer: "b", [4, 64], Array(repeating: 1, count: 256)),
    ONNX.floats(initializer: "c", [64, 4], Array(repeating: 1, count: 256)),
    ONNX.node("MatMul", ["x", "a"], ["h0"], name: "first"),
    ONNX.node("MatMul", ["h0", "b"], ["h1"], name: "widen"),
    ONNX.node("MatMul", ["h1", "c"], ["h2"], name: "narrow"),
    ONNX.node("MatMul", ["h2", "a"], ["y"], name: "last"),
    ONNX.output("y", [1, 4]),
  ]

  @Test func `hotspots are the boxes with most of the quantity`() throws {
    let diagram = try diagram(Self.wide, options: .init(part: .hotspots))
    // 256 + 256 of 544 MACs are 94 %; one alone is 47 %.
    #expect(diagram.nodes.map(\.id) == ["op1", "op2"])
  }

  @Test func `the peak is what is in memory with the operator that sets it`() throws {
    let diagram = try diagram(Self.wide, options: .init(colouring: .memory, part: .peak))
    // While "widen" or "narrow" runs, 4 and 64 floats are alive; the first one sets the peak.
    #expect(diagram.nodes.map(\.id) == ["op0", "op1"])
    #expect(diagram.node("op1")?.mark != nil)
    #expect(diagram.node("op0")?.mark == nil)
  }

  @Test func `what lies between is a dashed line`() throws {
    let overlay = DiagramOverlay(microseconds: [50, 1, 1, 48])
    let ends = try diagram(
      Self.wide,
      overlay: overlay,
      options: .init(colouring: .time, part: .hotspots)
    )
    #expect(ends.nodes.map(\.id) == ["op0", "op3"])
    #expect(ends.edges.map(\.style) == [.elided])
  }

  @Test func `focus shows what is near a layer`() throws {
    let near = try diagram(Sample.chain(9), options: .init(focus: .init(layer: "n4", radius: 2)))
    #expect(near.nodes.map(\.id) == ["op2", "op3", "op4", "op5", "op6"])
    #expect(throws: DiagramError.self) {
      try diagram(Sample.chain(3), options: .init(focus: .init(layer: "n77", radius: 2)))
    }
  }

  @Test func `unsupported is what nothing runs`() throws {
    let diagram = try diagram(
      [
        ONNX.input("x", [1, 4]), ONNX.node("ReduceSum", ["x"], ["a"]),
        ONNX.node("Mystery", ["a"], ["b"], domain: "elsewhere"),
        ONNX.node("ReduceSum", ["b"], ["y"]), ONNX.output("y"),
      ],
      options: .init(part: .unsupported)
    )
    #expect(diagram.headings == ["elsewhere.Mystery"])
    #expect(throws: DiagramError.self) {
      try Diagrams.DiagramBuilder(
        loaded(Sample.chain(2)).model,
        loaded(Sample.chain(2)).profile,
        options: .init(part: .unsupported)
      ).diagram()
    }
  }

  @Test(arguments: [DiagramOptions.Colouring.time, .sensitivity, .action])
  func `colours without data are refused`(colouring: DiagramOptions.Colouring) throws {
    #expect(throws: DiagramError.self) {
      try diagram(Self.wide, options: .init(colouring: colouring))
    }
  }

  @Test func `categories have colours and a legend`() throws {
    let diagram = try diagram(
      Self.wide,
      overlay: .init(actions: ["int8-channel", "prune-50", "int8-channel", nil]),
      options: .init(colouring: .action)
    )
    #expect(diagram.node("op0")?.fill == diagram.node("op2")?.fill)
    #expect(diagram.node("op0")?.fill != diagram.node("op1")?.fill)
    #expect(diagram.node("op3")?.fill == .plain)
    guard case .categories(let entries) = diagram.legend.scale else {
      Issue.record("no categories")
      return
    }
    #expect(entries.map(\.label) == ["int8-channel", "prune-50"])
  }
}
