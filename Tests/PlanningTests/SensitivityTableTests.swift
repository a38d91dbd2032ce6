import ByteIO
import Testing
import WireFormats

@testable import Planning

@Suite struct SensitivityTableTests {
  static func document(
    schema: String = "analyze.sensitivity/1",
    hash: String = "abc",
    mean: String = "0.2",
    site: String = "weights:a",
    extra: String = ""
  ) -> Bytes {
    let text = """
      {"schema": "\(schema)", "model": {"path": "m", "sha256": "\(hash)"},
       "calibration": {"samples": 64}, "metric": "kl", "baseline": {"accuracy": 0.9},
       "sites": [{"id": "weights:a", "operator": 0, "layer": null, "tensor": "a",
         "kind": "weights", "parameters": 10, "bytes": 40}],
       "measurements": [{"site": "\(site)", "action": "int8-channel", "bytes": 22, "macs": null,
         "divergence": {"mean": \(mean), "low": 0.1, "high": 0.3}, "accuracy": 0.88}\(extra)]}
      """
    return ByteSource(Array(text.utf8), name: "s.json").bytes
  }

  @Test func `measurements are read`() throws {
    let table = try SensitivityTable.decode(Self.document(), modelHash: "abc")
    #expect(table.origin == .measured(samples: 64))
    #expect(table.baselineAccuracy == 0.9)
    #expect(table.measurements[0].divergence?.mean == 0.2)
    let group = try #require(PlanGroup.all(in: table, originalMultiplyAdds: nil).first)
    #expect(group.choices.map(\.bytes) == [40, 22])
    let drop = try #require(group.choices[1].accuracyDrop)
    #expect(abs(drop - 0.02) < 1e-12)
  }

  @Test(arguments: [
    (document(hash: "other"), ErrorCode.baselineMismatch),
    (document(schema: "analyze.sensitivity/2"), .dataInvalid),
    (document(mean: "0.5"), .dataInvalid),
    (document(mean: "\"x\""), .dataInvalid),
    (document(site: "weights:b"), .dataInvalid),
  ])
  func `another model, another version and nonsense are refused`(bytes: Bytes, code: ErrorCode) {
    let error = #expect(throws: JSON5Error.self) {
      try SensitivityTable.decode(bytes, modelHash: "abc")
    }
    #expect(error?.code == code)
  }

  @Test func `no prefix of a document is read as one`() {
    let bytes = Array(
      """
      {"schema": "analyze.sensitivity/1", "model": {"sha256": "abc"}, "calibration": {"samples": 1},
       "metric": "kl", "sites": [], "measurements": []}
      """.utf8
    )
    for count in bytes.indices {
      #expect(throws: JSON5Error.self, "\(count) bytes") {
        try SensitivityTable.decode(
          ByteSource(Array(bytes[..<count]), name: "s").bytes,
          modelHash: "abc"
        )
      }
    }
  }

  @Test func `tied sites are one choice`() {
    let interval = SensitivityTable.Interval(mean: 0.1, low: 0, high: 0.2)
    func site(_ id: String) -> SensitivityTable.Site {
      .init(id: id, kind: "weights", name: id, tensor: id, parameters: 10, bytes: 40)
    }
    let table = SensitivityTable(
      origin: .measured(samples: 1),
      metric: "kl",
      baselineAccuracy: nil,
      sites: [site("a"), site("b"), site("c")],
      measurements: [
        .init(site: 0, action: "x", bytes: 10, divergence: interval),
        .init(site: 0, action: "y", bytes: 5, divergence: interval),
        .init(site: 1, action: "x", bytes: 10, divergence: interval),
        .init(site: 2, action: "x", bytes: nil, divergence: interval),
      ]
    )
    let groups = PlanGroup.all(in: table, originalMultiplyAdds: nil, ties: [["a", "b"]])
    // "y" is not measured at b; c's bytes are unknown, so there is no choice there.
    #expect(groups.count == 1)
    #expect(groups[0].sites == [0, 1])
    #expect(groups[0].choices.map(\.bytes) == [80, 20])
  }
}
