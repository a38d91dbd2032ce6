import Foundation
import TestSupport
import Testing

/// `analyze plan` as a user runs it.
@Suite struct PlanCommandTests {
  private static let model = "Examples/digits/digits_cnn.tflite"
  private static let data = "Examples/digits/test.npz"

  private func plan(_ arguments: [String]) throws -> BuiltTool.Outcome {
    try BuiltTool.run(["plan", Self.model, "--quiet"] + arguments)
  }

  @Test func `a plan with samples is verified on those that the search did not see`() throws {
    let outcome = try plan([
      "--calibration", Self.data, "--budget", "size<=25%", "--effort", "screen", "--format", "json",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let root = try outcome.object()
    #expect(root["schema"] as? String == "analyze.plan/1")
    let verified = try #require(root["verified"] as? [String: Any])
    let predicted = try #require(root["predicted"] as? [String: Any])
    #expect(verified["samples"] as? Int == 180)
    for name in [
      "fileBytes", "peakActivationBytes", "macs", "estimatedMilliseconds", "divergence",
      "top1Agreement", "accuracy",
    ] {
      #expect(verified.keys.contains(name), "\(name)")
      #expect(predicted.keys.contains(name), "\(name)")
    }
    // 32,664 bytes / 4.
    #expect(verified["fileBytes"] as? Int ?? .max <= 8_166)
    let divergence = try #require(verified["divergence"] as? [String: Double])
    let expected = try #require(predicted["divergence"] as? [String: Double])
    #expect(divergence["mean"] ?? 1 <= expected["high"] ?? 0)
    #expect((verified["accuracy"] as? Double ?? 0) > 0.9)
    let search = try #require(root["search"] as? [String: Any])
    #expect(search["samples"] as? Int == 180)
    #expect((search["rounds"] as? [Any])?.isEmpty == false)
    #expect(root["basis"] as? String == "measured")
  }

  @Test func `measurements from a file take the place of a sweep`() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/s.json"
    let sweep = try BuiltTool.run([
      "sensitivity", Self.model, "--calibration", Self.data, "--samples", "100", "-o", path,
      "--actions", "int8-channel,int4-channel,int8-activations", "--quiet",
    ])
    #expect(sweep.status == 0, "\(sweep.errors)")
    let alone = try plan(["--sensitivity", path, "--budget", "size<=30%"])
    #expect(alone.status == 0, "\(alone.errors)")
    #expect(alone.text.contains("has not been run"))
    let both = try plan([
      "--sensitivity", path, "--calibration", Self.data, "--budget", "size<=30%",
      "--budget", "arena<=40%",
    ])
    #expect(both.status == 0, "\(both.errors)")
    #expect(both.text.contains("verified on 180 unseen samples"))
    #expect(both.text.contains("int8-activations"))
    #expect(both.text.contains("samples held out may have been among them"))
  }

  @Test func `without samples a plan is unverified and says what data would change`() throws {
    let outcome = try plan(["--budget", "size<=30%", "--format", "json"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let root = try outcome.object()
    #expect(root["verified"] is NSNull)
    let notes = try #require(root["notes"] as? [String])
    #expect(notes.contains { $0.contains("unverified") && $0.contains("--calibration") })
  }

  @Test(arguments: [
    (["--budget", "speed<=50ms"], "no figure is called \"speed\""),
    (["--budget", "size<=5"], "unit"),
    (["--budget", "size<=5MB"], "the model already meets"),
    (["--budget", "size<=20%", "--budget", "size<=30%"], "contradict each other"),
    (["--budget", "latency<=50ms"], "the model's latency is unknown"),
    (["--budget", "latency<=50ms", "--target", "tflite-gpu"], "the model's latency is unknown"),
    (["--budget", "accuracy>=95%", "--goal", "size"], "accuracy is unknown"),
    (["--budget", "size<=20%", "--labels", "x.npy"], "--labels is about samples"),
    (["--budget", "size<=20%", "--holdout", "50"], "--holdout 50 is no share"),
    (
      ["--budget", "size<=20%", "--calibration", "Examples/digits/test.npz", "--samples", "30"],
      "32 samples are held out to verify the plan, which leaves 0 of 30"
    ),
    (
      ["--budget", "size<=20%", "--calibration", "nowhere.npz"],
      "nowhere.npz"
    ),
  ])
  func `what cannot be asked is refused in one line`(arguments: [String], message: String) throws {
    let outcome = try plan(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }

  @Test func `few samples are said`() throws {
    let outcome = try plan([
      "--calibration", Self.data, "--samples", "40", "--effort", "screen", "--budget", "size<=30%",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.contains("verified on 32 unseen samples"))
    #expect(outcome.text.contains("the search saw only 8 samples"))
  }

  @Test func `nothing held out is not verified`() throws {
    let outcome = try plan([
      "--calibration", Self.data, "--samples", "40", "--holdout", "0%", "--effort", "screen",
      "--budget", "size<=30%",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.contains("the plan is not verified"))
    #expect(!outcome.text.contains("unseen samples"))
  }
}
