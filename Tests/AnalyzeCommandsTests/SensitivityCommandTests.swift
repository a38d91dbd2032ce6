import Foundation
import TestSupport
import Testing

/// `analyze sensitivity` as a user runs it.
@Suite struct SensitivityCommandTests {
  private static let model = "Examples/digits/digits_cnn.tflite"
  private static let data = "Examples/digits/test.npz"
  private static let few =
    "int8-channel,int4-channel,int2-channel,prune-50,int8-activations,channels-25"

  private func sweep(_ output: String, _ more: [String] = []) throws -> BuiltTool.Outcome {
    try BuiltTool.run(
      ["sensitivity", Self.model, "--calibration", Self.data, "-o", output, "--quiet"] + more
    )
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  private func document(_ path: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: bytes(path)) as? [String: Any])
  }

  @Test(arguments: ["exact", "balanced", "screen"])
  func `each effort gives the same bytes for any number of threads`(effort: String) throws {
    let folder = try TemporaryDirectory()
    var known: [Data] = []
    for threads in 1...3 {
      let path = folder.path + "/\(threads).json"
      let outcome = try sweep(
        path,
        ["--effort", effort, "--samples", "40", "--threads", "\(threads)", "--actions", Self.few]
      )
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.text.contains("What to read from it"))
      #expect(!FileManager.default.fileExists(atPath: path + ".journal"))
      known.append(try bytes(path))
    }
    #expect(known[1] == known[0])
    #expect(known[2] == known[0])
  }

  @Test func `the document has what the interface names`() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/s.json"
    let outcome = try sweep(path, ["--effort", "exact", "--samples", "60"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let root = try document(path)
    #expect(root["schema"] as? String == "analyze.sensitivity/1")
    #expect(root["metric"] as? String == "kl")
    #expect(root["status"] as? String == "complete")
    let calibration = try #require(root["calibration"] as? [String: Any])
    #expect(calibration["samples"] as? Int == 60)
    #expect((calibration["sha256"] as? String)?.count == 64)
    #expect(calibration.keys.contains("preprocess"))
    #expect(calibration.keys.contains("seed"))
    let baseline = try #require(root["baseline"] as? [String: Any])
    #expect((baseline["accuracy"] as? Double ?? 0) > 0.9)
    let sites = try #require(root["sites"] as? [[String: Any]])
    let weights = sites.filter { $0["kind"] as? String == "weights" }
    // Two convolutions and a dense layer.
    #expect(weights.count == 3)
    let parameters: [Int] = weights.compactMap { $0["parameters"] as? Int }
    // All that the file stores but the biases.
    let expected: Int = 7490 - 16 - 24 - 10
    #expect(parameters.reduce(0, +) == expected)
    let measurements = try #require(root["measurements"] as? [[String: Any]])
    let ids = Set(sites.compactMap { $0["id"] as? String })
    for measurement in measurements {
      #expect(ids.contains(measurement["site"] as? String ?? ""))
      #expect(measurement["method"] as? String == "exact")
      #expect(measurement["samples"] as? Int == 60)
      let divergence = try #require(measurement["divergence"] as? [String: Any])
      let mean = try #require(divergence["mean"] as? Double)
      #expect(try #require(divergence["low"] as? Double) <= mean)
      #expect(try #require(divergence["high"] as? Double) >= mean)
      for key in ["bytes", "macs", "sqnrDb", "cosine", "top1Agreement", "accuracy"] {
        #expect(measurement.keys.contains(key))
      }
    }
    let actions = Set(measurements.compactMap { $0["action"] as? String })
    #expect(actions.count >= 12)
    let adequacy = try #require(root["adequacy"] as? [String: Any])
    #expect(["enough", "not-enough"].contains(adequacy["verdict"] as? String))
    #expect((root["ranking"] as? [Any])?.count == sites.count)
    #expect((root["modes"] as? [Any])?.count == 4)
  }

  /// Killed at any instant and resumed, a sweep comes to the same bytes as one that ran through.
  @Test(arguments: ["exact", "balanced", "screen"])
  func `a killed sweep resumes to the same bytes`(effort: String) throws {
    let folder = try TemporaryDirectory()
    let arguments = ["--effort", effort, "--samples", "120", "--actions", Self.few]
    let whole = folder.path + "/whole.json"
    let start = ContinuousClock.now
    #expect(try sweep(whole, arguments).status == 0)
    let microseconds = Int((ContinuousClock.now - start) / Duration.microseconds(1))
    let expected = try bytes(whole)
    var generator = SystemRandomNumberGenerator()
    let path = folder.path + "/killed.json"
    var kills = 0
    while kills < 20 {
      let delay = Double(Int.random(in: 0...(microseconds * 11 / 10), using: &generator)) / 1e6
      let exists = FileManager.default.fileExists(atPath: path + ".journal")
      let outcome = try BuiltTool.run(
        ["sensitivity", Self.model, "--calibration", Self.data, "-o", path, "--quiet"] + arguments
          + (exists ? ["--resume"] : []),
        shell: #""$0" "$@" & id=$!; sleep \#(delay); kill -9 $id 2>/dev/null; wait $id"#
      )
      kills += 1
      guard FileManager.default.fileExists(atPath: path) else {
        #expect(outcome.status == 137, "\(outcome.errors)")
        continue
      }
      // It ended before it was killed.
      #expect(try bytes(path) == expected, "killed after \(delay) s")
      try FileManager.default.removeItem(atPath: path)
    }
    let exists = FileManager.default.fileExists(atPath: path + ".journal")
    #expect(try sweep(path, arguments + (exists ? ["--resume"] : [])).status == 0)
    #expect(try bytes(path) == expected)
  }

  /// The program gets a file that it can read and its word is what the document says.
  @Test func `a metric by a command stands beside the divergence`() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/s.json"
    let script = try folder.write(
      Array("#!/bin/sh\n[ -n \"$2\" ] || exit 9\nhead -c 2 \"$2\" >&2\nwc -c < \"$2\"\n".utf8),
      to: "metric.sh"
    )
    let outcome = try sweep(
      path,
      [
        "--effort", "exact", "--samples", "7", "--actions", "int8-channel", "--metric",
        "command:sh \(script) word",
      ]
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.contains("of the float model: sh \(script) word"))
    let root = try document(path)
    #expect(root["metric"] as? String == "kl")
    #expect(root["metricCommand"] as? String == "sh \(script) word")
    let baseline = try #require(root["baseline"] as? [String: Any])
    let bytes = try #require(baseline["ownMetric"] as? Double)
    // Seven samples of ten scores and a label each, and the headers of a .npz.
    #expect(bytes > 7 * (10 * 4 + 8) && bytes < 2_000)
    let measurements = try #require(root["measurements"] as? [[String: Any]])
    #expect(!measurements.isEmpty)
    for measurement in measurements {
      #expect(measurement["ownMetric"] as? Double == bytes)
      #expect(measurement["divergence"] is [String: Any])
    }
  }

  @Test(arguments: [
    ("exit 3 #", "exit status 3"), ("echo much >&2; exit 1 #", "exit status 1: much"),
    ("echo 12 apples #", "printed no number but \"12 apples\""), (": #", "but \"nothing\""),
    ("echo nan #", "printed no number but \"nan\""), ("kill -9 $$ #", "ended by signal 9"),
    ("sleep 30 #", "no answer within 1 s"), ("(sleep 30; echo 1) | cat #", "no answer within 1 s"),
    ("exec >&- 2>&-; sleep 30 #", "no answer within 1 s"),
    ("/nowhere/metric", "exit status 127"),
  ])
  func `a command without a number is told before the work`(command: String, says: String) throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/s.json"
    let outcome = try sweep(
      path,
      [
        "--samples", "3", "--actions", "int8-channel", "--metric", "command:" + command, "--limit",
        "metric-time=1",
      ]
    )
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(says), "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test(arguments: ["exact", "balanced"])
  func `parts join into the bytes of the whole`(effort: String) throws {
    let folder = try TemporaryDirectory()
    let arguments = ["--effort", effort, "--samples", "30", "--actions", Self.few]
    let whole = folder.path + "/whole.json"
    #expect(try sweep(whole, arguments).status == 0)
    var parts: [String] = []
    for part in 1...3 {
      let path = folder.path + "/part\(part)"
      #expect(try sweep(path, arguments + ["--shard", "\(part)/3"]).status == 0)
      parts.append(path)
    }
    let joined = folder.path + "/joined.json"
    let short = try sweep(joined, arguments + ["--merge"] + parts.dropLast())
    #expect(short.status == 2)
    #expect(short.errors.contains("is a part missing?"))
    #expect(try sweep(joined, arguments + ["--merge"] + parts).status == 0)
    #expect(try bytes(joined) == bytes(whole))
  }

  @Test func `time that is up leaves an incomplete result under another name`() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/s.json"
    let arguments = ["--effort", "exact", "--samples", "200"]
    let outcome = try sweep(path, arguments + ["--time", "0.001s"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("LIMIT_EXCEEDED"))
    #expect(outcome.errors.contains("--resume goes on"))
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(try document(folder.path + "/s.incomplete.json")["status"] as? String == "incomplete")
    let again = try sweep(path, arguments)
    #expect(again.status == 2)
    #expect(again.errors.contains("an unfinished sweep left its journal"))
    let other = try sweep(path, ["--effort", "exact", "--samples", "201", "--resume"])
    #expect(other.status == 2)
    #expect(other.errors.contains("the journal is of another sweep"))
    #expect(try sweep(path, arguments + ["--resume"]).status == 0)
    #expect(try document(path)["status"] as? String == "complete")
  }

  @Test func `one sample has no interval, which is said`() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/s.json"
    let outcome = try sweep(path, ["--samples", "1", "--effort", "exact", "--actions", Self.few])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.contains("one sample has no halves"))
    let root = try document(path)
    let first = try #require((root["measurements"] as? [[String: Any]])?.first)
    let divergence = try #require(first["divergence"] as? [String: Any])
    #expect(divergence["mean"] is Double)
    #expect(divergence["low"] is NSNull)
    let adequacy = try #require(root["adequacy"] as? [String: Any])
    #expect(adequacy["verdict"] as? String == "not-enough")
    #expect(adequacy["rankCorrelation"] is NSNull)
  }

  // MARK: - Bad input

  /// An array of NumPy's form.
  private func npy(_ type: String, _ shape: [Int], _ bytes: [UInt8]) -> [UInt8] {
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    let count = header.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 255), UInt8(count >> 8)]
      + Array(header.utf8) + bytes
  }

  private func floats(_ values: [Float]) -> [UInt8] {
    var bytes: [UInt8] = []
    for value in values {
      for shift: UInt32 in [0, 8, 16, 24] {
        bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
      }
    }
    return bytes
  }

  @Test func `bad data is named with its place`() throws {
    let folder = try TemporaryDirectory()
    let good = [Float](repeating: 0.5, count: 2 * 64)
    var bad = good
    bad[64 + 3] = .nan
    let cases: [(String, [UInt8], String)] = [
      ("shape.npy", npy("<f4", [2, 7, 7, 1], floats(Array(good.prefix(98)))), "DATA_INVALID"),
      ("nan.npy", npy("<f4", [2, 8, 8, 1], floats(bad)), "NaN"),
      ("empty.npy", npy("<f4", [0, 8, 8, 1], []), "there are no samples"),
    ]
    for (name, content, says) in cases {
      let path = try folder.write(content, to: name)
      let outcome = try BuiltTool.run([
        "sensitivity", Self.model, "--calibration", path, "-o", folder.path + "/s.json",
      ])
      #expect(outcome.status == 2)
      #expect(outcome.errorLines.count == 1)
      #expect(outcome.errors.contains(says), "\(outcome.errors)")
      #expect(outcome.errors.contains(name), "\(outcome.errors)")
    }
    let data = try folder.write(npy("<f4", [2, 8, 8, 1], floats(good)), to: "good.npy")
    for (text, says) in [
      ("1\n2\n3\n", "there are 3 labels for 2 samples"), ("1\n12\n", "label 12 of sample 1"),
    ] {
      let labels = try folder.write(Array(text.utf8), to: "labels.txt")
      let outcome = try BuiltTool.run([
        "sensitivity", Self.model, "--calibration", data, "--labels", labels, "-o",
        folder.path + "/s.json",
      ])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains(says), "\(outcome.errors)")
    }
  }

  /// `y = xW`, then `y / y`: with the smaller weight gone, a sample whose other number is 0 gives 0/0.
  @Test func `a layer that divides by zero after pruning is reported and leaves the rest`() throws {
    let folder = try TemporaryDirectory()
    let model = try folder.write(
      ONNX.model([
        ONNX.node("MatMul", ["x", "w"], ["y"], name: "layer"),
        ONNX.node("Div", ["y", "y"], ["z"], name: "quotient"),
        ONNX.floats(initializer: "w", [2, 1], [1, 0.5]),
        ONNX.input("x", [1, 2]), ONNX.output("z", [1, 1]),
      ]),
      to: "m.onnx"
    )
    let data = try folder.write(npy("<f4", [2, 2], floats([0, 1, 1, 1])), to: "d.npy")
    let output = folder.path + "/s.json"
    let outcome = try BuiltTool.run([
      "sensitivity", model, "--calibration", data, "-o", output, "--effort", "exact",
      "--actions", "prune-50,int8-channel",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.contains("prune-50 gave NaN or infinity"))
    let measurements = try #require(try document(output)["measurements"] as? [[String: Any]])
    let pruned = try #require(measurements.first { $0["action"] as? String == "prune-50" })
    #expect(pruned["notFinite"] as? Int == 1)
    #expect((pruned["divergence"] as? [String: Any])?["mean"] as? Double == 0)
    let quantized = try #require(measurements.first { $0["action"] as? String == "int8-channel" })
    #expect(quantized["notFinite"] as? Int == 0)
  }

  @Test(arguments: [
    (["--actions", "int9-channel"], "\"int9-channel\" is no action"),
    (["--actions", "int8-channel,int8-channel"], "names int8-channel twice"),
    (["--samples", "0"], "--samples 0 must be at least 1"),
    (["--shard", "4/3"], "--shard"), (["--time", "-1s"], "--time"),
    (["--metric", "kl", "--metric", "relative-mse"], "two units"),
    (["--metric", "command: "], "--metric"), (["--actions", "prune-50+every"], "equalize"),
    (["--resume", "--restart"], "exclude each other"), (["--limit", "memory=3"], "no such limit"),
  ])
  func `wrong options are refused`(options: [String], says: String) throws {
    let folder = try TemporaryDirectory()
    let outcome = try sweep(folder.path + "/s.json", options)
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(says), "\(outcome.errors)")
  }

  @Test func `an output that cannot be written is told before the work`() throws {
    let outcome = try sweep("/nowhere/s.json")
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("IO_WRITE"), "\(outcome.errors)")
  }

  @Test func `an integer model is told to be none for this`() throws {
    let folder = try TemporaryDirectory()
    let outcome = try BuiltTool.run([
      "sensitivity", "Examples/digits/digits_cnn_int8.tflite", "--calibration", Self.data,
      "--preprocess", "scale=1", "-o", folder.path + "/s.json",
    ])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("MODEL_UNSUPPORTED"), "\(outcome.errors)")
  }
}
