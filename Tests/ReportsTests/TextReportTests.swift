import ModelIR
import Operators
import Testing

@testable import Profiling
@testable import Reports

@Suite struct TextReportTests {
  /// A profile of operators with the given MACs and long names.
  private func profile(_ macs: [Int?], name: String = "layer") -> ModelProfile {
    let rows = macs.enumerated().map { index, macs in
      ModelProfile.OperatorRow(
        index: index,
        graph: Model.mainGraph,
        node: NodeID(index),
        name: "\(name)\(index)",
        type: "convolution",
        isKnown: true,
        isRunnable: true,
        sourceType: index % 2 == 0 ? "DEPTHWISE_CONV_2D_OF_SOME_KIND" : "CONV_2D",
        inputs: [],
        outputs: [],
        outputShapes: [.fixed([1, 1_000, 1_000, 1_024])],
        outputTypes: [.float32],
        parameters: 100,
        weightBytes: 1 << (20 + index),
        cost: macs.map { OperatorCost(multiplyAdds: $0) } ?? OperatorCost(status: .uncounted),
        activationBytes: 4_096,
        liveBytes: (10 - index) << 30
      )
    }
    let boundary = ModelProfile.Boundary(
      name: name,
      shape: .ranked([.symbolic(name), 8]),
      effectiveShape: .fixed([1, 8]),
      type: .float32
    )
    return ModelProfile(
      model: .init(
        path: "models/" + name + ".tflite",
        format: .tflite,
        fileBytes: 1_000,
        inputs: [boundary],
        outputs: [boundary],
        signatures: [],
        metadata: [],
        files: [],
        weightTypes: [.init(type: .float32, parameters: 100, bytes: 400)]
      ),
      totals: .init(
        operators: rows.count,
        parameters: 100,
        constantElements: 100,
        weightBytes: 400,
        fileBytes: 1_000,
        multiplyAdds: nil,
        flops: nil,
        countedMultiplyAdds: macs.compactMap { $0 }.reduce(0, +),
        counted: rows.count,
        approximated: 0,
        uncounted: macs.filter { $0 == nil }.count,
        activationBytes: nil,
        peakLowerBoundBytes: 10 << 30,
        peakOperator: 0,
        sparsity: 0.5
      ),
      bytes: [.init(category: .weights, bytes: 400), .init(category: .graph, bytes: 600)],
      operators: rows,
      operatorTypes: rows.prefix(2).map {
        .init(
          sourceType: $0.sourceType,
          type: $0.type,
          count: 2,
          multiplyAdds: $0.multiplyAdds,
          parameters: 100,
          weightBytes: $0.weightBytes
        )
      },
      constants: [],
      findings: [
        .init("F42 quantization-not-understood", .warning, name + " is odd", fix: "rename " + name)
      ]
    )
  }

  private func text(
    _ profile: ModelProfile,
    width: Int = 110,
    order: TextReport.Order = .macs,
    top: Int = 10
  ) -> String {
    TextReport(profile, options: .init(top: top, order: order, style: TextStyle(width: width)))
      .text()
  }

  @Test(arguments: [60, 72, 80, 89, 90, 100, 110, 140, 200])
  func `no line is wider than the terminal`(width: Int) {
    for name in ["layer", String(repeating: "层", count: 300), String(repeating: "a b", count: 99)] {
      let lines = text(profile([1_000, 2_000, nil, 0], name: name), width: width)
        .split(separator: "\n")
      for line in lines { #expect(Columns.width(String(line)) <= width, "\(line)") }
    }
  }

  /// The numbers of the table's rows, in their order.
  private func indices(_ text: String) -> [Int] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let table = lines.drop { !$0.hasPrefix("Where it goes") }.dropFirst(2).prefix { !$0.isEmpty }
    return table.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
  }

  @Test(arguments: [
    (TextReport.Order.macs, [1, 2, 3, 0]), (.weights, [3, 2, 1, 0]), (.memory, [0, 1, 2, 3]),
    (.run, [0, 1, 2, 3]),
  ])
  func `the table is in the order asked for`(order: TextReport.Order, expected: [Int]) {
    #expect(indices(text(profile([nil, 9, 5, 0]), order: order)) == expected)
  }

  @Test func `rows that are left out are counted`() {
    let text = text(profile([4, 3, 2, 1]), top: 1)
    #expect(indices(text) == [0])
    #expect(text.contains("… 3 more (--top 4"))
  }

  @Test func `what is not counted is said`() {
    let text = text(profile([1_000, nil]))
    #expect(text.contains("≥ 1.00 k MACs"))
    #expect(text.contains("1 not counted"))
  }

  @Test func `names cannot break out of their line`() {
    let text = text(profile([1], name: "a\n\u{1B}[2J\u{202E}"))
    #expect(!text.contains("\u{1B}"))
    #expect(!text.unicodeScalars.contains("\u{202E}"))
    #expect(text.contains(#"a\n\x1b[2J\u{202e}"#))
  }

  @Test func `a message of any length stays readable`() {
    let text = text(profile([1], name: String(repeating: "long", count: 5_000)))
    #expect(text.split(separator: "\n").count < 60)
  }
}
