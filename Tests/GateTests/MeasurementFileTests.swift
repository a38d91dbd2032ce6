import ByteIO
import Differences
import Gate
import Testing
import WireFormats

/// What the gate takes from sensitivity and plan files.
@Suite struct MeasurementFileTests {
  static let hash = String(repeating: "ab", count: 32)

  /// A sweep over two layers; the numbers are chosen by hand.
  static func sensitivity(
    accuracy: String = "0.9723",
    status: String = "complete",
    sha256: String = hash
  ) -> String {
    """
    { "schema": "analyze.sensitivity/1", "status": "\(status)", "model": {"sha256": "\(sha256)"},
      "baseline": {"accuracy": \(accuracy)},
      "sites": [
        {"id": "a", "layer": "conv", "kind": "weights", "bytes": 4000},
        {"id": "b", "layer": "dense", "kind": "weights", "bytes": 8000},
        {"id": "c", "layer": "dense", "kind": "activations", "bytes": null}],
      "measurements": [
        {"site": "a", "action": "int8-channel", "bytes": 1000, "divergence": {"mean": 0.003}},
        {"site": "a", "action": "int4-channel", "bytes": 500, "divergence": {"mean": 0.1}},
        {"site": "b", "action": "int8-channel", "bytes": 2000, "divergence": {"mean": 0.0012}},
        {"site": "b", "action": "prune-50", "bytes": 8000, "divergence": {"mean": 0.5}},
        {"site": "c", "action": "int8-activations", "bytes": null, "divergence": {"mean": 0.2}}] }
    """
  }

  static func plan(verified: String, divergence: String = "0.25") -> String {
    """
    { "schema": "analyze.plan/1", "model": {"sha256": "\(hash)"}, "verified": \(verified),
      "predicted": {"accuracy": 0.99},
      "layers": [{"site": "a", "layer": null, "tensor": "t", "action": "int8-channel",
        "before": {"bytes": 4000}, "after": {"bytes": 1000}, "predictedDivergence": \(divergence)}] }
    """
  }

  static func read(_ text: String) throws -> MeasurementFile {
    try MeasurementFile(ByteSource(Array(text.utf8)).bytes)
  }

  @Test func `a sensitivity file states the accuracy of the model and the price of each action`()
    throws
  {
    let file = try Self.read(Self.sensitivity())
    #expect(file.modelHash == Self.hash)
    #expect(file.quality.accuracy == 9_723)
    #expect(file.quality.divergence == nil)
    #expect(
      file.actions.map(\.action) == ["int8-channel", "int4-channel", "int8-channel", "prune-50"]
    )
    #expect(file.actions[2].divergence == 1_200)
  }

  @Test(arguments: [("0.97239", 9_723), ("1", 10_000), ("0", 0), ("0.29", 2_900)])
  func `accuracy is rounded down`(text: String, hundredths: Int) throws {
    #expect(try Self.read(Self.sensitivity(accuracy: text)).quality.accuracy == hundredths)
  }

  @Test func `a plan states what was verified and never what was predicted`() throws {
    let unverified = try Self.read(Self.plan(verified: "null"))
    #expect(unverified.quality.accuracy == nil)
    #expect(unverified.quality.reason?.contains("not verified") == true)
    let verified = try Self.read(
      Self.plan(verified: #"{"accuracy": 0.95, "divergence": {"mean": 0.0100004}}"#)
    )
    #expect(verified.quality.accuracy == 9_500)
    // Rounded up: a ceiling is not met by rounding.
    #expect(verified.quality.divergence == 10_001)
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"schema": "analyze.report/1", "model": {"sha256": ""}}"#,
    sensitivity(status: "incomplete"), sensitivity(accuracy: "1.5"), sensitivity(accuracy: "NaN"),
    plan(verified: #"{"accuracy": "high"}"#), plan(verified: "3"),
    plan(verified: "null", divergence: "-1"),
  ]) func `what is no such document is an error`(text: String) {
    #expect(throws: JSON5Error.self) { try Self.read(text) }
  }

  // MARK: - Ways back

  private static func judge(
    limit: Int,
    _ advice: MeasurementFile? = nil,
    modes: [(String, Int)] = []
  ) throws -> WayBack? {
    var report = ReportSnapshot(path: "a.tflite", format: "tflite", sha256: hash)
    report.totals.fileBytes = 20_000
    report.operators = []
    report.modes = modes.map { name, bytes in
      var mode = ReportSnapshot.Mode(name: name)
      mode.fileBytes = bytes
      return mode
    }
    let policy = try PolicyTests.policy(
      #"{ schema: "analyze.policy/1", budgets: [{ models: "*", fileBytes: { max: "\#(limit) B" } }] }"#
    )
    let model = GatedModel(path: "a.tflite", outcome: .success(report), advice: advice)
    let result = GateEvaluation(policy: policy, models: [model]).result()
    #expect(result.verdict == .fail)
    return result.explanations.first?.wayBack
  }

  @Test func `the cheapest layers by divergence a byte lead back`() throws {
    // dense as int8 saves 6,000 bytes for 0.0012; conv as int8 3,000 for 0.003.
    let way = try Self.judge(limit: 15_000, try Self.read(Self.sensitivity()))
    guard case .layers(let actions) = try #require(way).source else { return #expect(Bool(false)) }
    #expect(actions.map(\.layer) == ["dense"])
    #expect(way?.value == 14_000)
    #expect(way?.divergence == 1_200)
    #expect(way?.isEnough == true)
  }

  @Test func `what the limit does not need is given back`() throws {
    // 12,000 needs dense and conv (11,000); 10,600 also needs the four bits of conv.
    let both = try #require(try Self.judge(limit: 12_000, try Self.read(Self.sensitivity())))
    #expect(both.value == 11_000)
    #expect(both.divergence == 4_200)
    let most = try #require(try Self.judge(limit: 10_600, try Self.read(Self.sensitivity())))
    #expect(most.value == 10_500)
    #expect(most.divergence == 101_200)
    // 17,000 is met by conv or by dense alone; dense is cheaper a byte.
    let one = try #require(try Self.judge(limit: 17_000, try Self.read(Self.sensitivity())))
    #expect(one.divergence == 1_200)
  }

  @Test func `the gentlest mode that is enough stands in where layers are not`() throws {
    let modes = [("float16", 12_000), ("full-integer", 6_000), ("int4-weights", 5_000)]
    #expect(try Self.judge(limit: 13_000, modes: modes)?.source == .mode("float16"))
    #expect(try Self.judge(limit: 7_000, modes: modes)?.source == .mode("full-integer"))
    let file = try Self.read(Self.sensitivity())
    #expect(try Self.judge(limit: 7_000, file, modes: modes)?.source == .mode("full-integer"))
    let near = try #require(try Self.judge(limit: 7_000, file))
    #expect(!near.isEnough)
    #expect(near.value == 10_500)
    #expect(try Self.judge(limit: 7_000) == nil)
  }
}
