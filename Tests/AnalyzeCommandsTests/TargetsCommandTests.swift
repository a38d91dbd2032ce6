import Foundation
import TestSupport
import Testing

/// `analyze targets` and `--target`, as a user meets them.
@Suite struct TargetsCommandTests {
  private static let model = "Examples/digits/digits_cnn_int8.tflite"

  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func temporaryFile(_ text: String, named name: String = "npu.json5") throws -> String {
    try folder.write(Array(text.utf8), to: name)
  }

  private static let rules = """
    {
      schema: "analyze.target/1", name: "npu", title: "An NPU", version: "1", runtime: "npu-rt",
      formats: ["tflite"], complete: true,
      sources: { manual: { project: "p", file: "f", version: "v", date: "2025-01-31" } },
      partition: { kind: "islands", fallback: "the CPU", source: "manual" },
      operators: { format: "tflite", source: "manual", list: [{ names: ["CONV_2D"] }] },
    }
    """

  @Test func `the targets are listed`() throws {
    let outcome = try BuiltTool.run(["targets"])
    #expect(outcome.status == 0)
    for name in ["tflite-builtin", "tflite-micro", "ethos-u55", "onnxruntime-cpu", "cortex-m7"] {
      #expect(outcome.text.contains("  \(name) "))
    }
  }

  @Test func `one target is printed with its sources`() throws {
    let object = try BuiltTool.run(["targets", "tflite-micro", "--format", "json"]).object()
    #expect(object["schema"] as? String == "analyze.targets/1")
    let targets = try #require(object["targets"] as? [[String: Any]])
    #expect(targets.count == 1)
    #expect((targets[0]["sources"] as? [Any])?.isEmpty == false)
    let text = try BuiltTool.run(["targets", "tflite-micro"]).text
    #expect(text.contains("micro_mutable_op_resolver.h"))
  }

  @Test func `every built-in rule file passes the check`() throws {
    let folder = BuiltTool.packageRoot + "/rules/targets"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let outcome = try BuiltTool.run(["targets"] + files.flatMap { ["--check", "\(folder)/\($0)"] })
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.split(separator: "\n").count == files.count)
  }

  @Test func `a wrong rule file is refused with its place`() throws {
    let path = try temporaryFile(Self.rules.replacingOccurrences(of: "CONV_2D", with: "CONV_2"))
    let outcome = try BuiltTool.run(["targets", "--check", path])
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1)
    #expect(
      outcome.errors.hasPrefix("analyze: error: \(path):6:59: RULES_INVALID: "),
      "\(outcome.errors)"
    )
    #expect(outcome.errors.contains("did you mean \"CONV_2D\"?"))
  }

  @Test func `an unknown target is met with the nearest`() throws {
    let outcome = try BuiltTool.run([Self.model, "--target", "tflite-mirco"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("USAGE"))
    #expect(outcome.errors.contains("did you mean \"tflite-micro\"?"))
  }

  @Test func `a report says where a model runs`() throws {
    let path = try temporaryFile(Self.rules)
    let arguments = [Self.model, "--target", path, "--target", "tflite-micro"]
    let outcome = try BuiltTool.run(arguments)
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("  Runs on "))
    #expect(outcome.text.contains("npu has no"))
    let object = try BuiltTool.run(arguments + ["--format", "json"]).object()
    let targets = try #require(object["targets"] as? [[String: Any]])
    #expect(targets.map { $0["name"] as? String } == ["npu", "tflite-micro"])
    #expect(targets.map { $0["verdict"] as? String } == ["unsupported", "supported"])
    #expect(targets[0]["estimatedMilliseconds"] is NSNull)
    #expect((targets[0]["partitions"] as? Int ?? 0) > 1)
    let findings = try #require(targets[0]["findings"] as? [[String: Any]])
    for key in ["operator", "rule", "message", "severity", "fix"] {
      #expect(findings.allSatisfy { $0[key] != nil }, "\(key)")
    }
  }

  @Test func `rules of a folder are added`() throws {
    let path = try temporaryFile(Self.rules)
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let outcome = try BuiltTool.run([Self.model, "--rules", folder, "--target", "npu"])
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("npu"))
    let absent = try BuiltTool.run([Self.model, "--rules", folder + "/none", "--target", "npu"])
    #expect(absent.status == 2)
    #expect(absent.errors.contains("IO_READ"))
  }

  // MARK: - This machine

  @Test func `calibration writes a rule file that a report takes`() throws {
    let path = try temporaryFile("", named: "host.json5")
    let calibration = try BuiltTool.run([
      "targets", "host", "--calibrate", "Examples/digits/digits_dscnn.tflite",
      "Examples/digits/digits_dscnn_int8.tflite", "--runs", "5", "--threads", "1", "-o", path,
    ])
    #expect(calibration.status == 0, "\(calibration.errors)")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("basis: \"fitted\""))
    #expect(text.contains("half of them predicted within"))
    #expect(try BuiltTool.run(["targets", "--check", path]).status == 0)
    let object = try BuiltTool.run([Self.model, "--target", path, "--format", "json"]).object()
    let targets = try #require(object["targets"] as? [[String: Any]])
    #expect(targets[0]["name"] as? String == "host")
    #expect(try #require(targets[0]["estimatedMilliseconds"] as? Double) > 0)
  }

  @Test func `this machine is measured where its target is asked for`() throws {
    let object = try BuiltTool.run([Self.model, "--target", "host", "--format", "json"]).object()
    let targets = try #require(object["targets"] as? [[String: Any]])
    #expect(try #require(targets[0]["estimatedMilliseconds"] as? Double) > 0)
  }

  @Test(arguments: [
    (
      ["targets", "tflite-micro", "--calibrate", "Examples/digits/digits_cnn.tflite"],
      "only the target host"
    ),
    (["targets", "host", "--runs", "5"], "--runs applies to --calibrate only"),
    (["targets", "host", "--calibrate", "no-such-file"], "IO_READ"),
  ])
  func `what cannot be calibrated is said`(arguments: [String], words: String) throws {
    let outcome = try BuiltTool.run(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }
}
