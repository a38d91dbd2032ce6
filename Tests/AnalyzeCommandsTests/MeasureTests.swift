import Foundation
import TestSupport
import Testing

/// `analyze report --measure` and `analyze run` as a user sees them.
@Suite struct MeasureTests {
  @Test func `times stand beside the MACs`() throws {
    let outcome = try BuiltTool.run([Example.tflite, "--measure", "--runs", "3"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.text.contains("Where the time goes  by time"))
    #expect(outcome.text.contains(" an inference"))
    #expect(Self.words(outcome.text).contains("median of 3 runs, one thread, random inputs"))
    #expect(outcome.text.contains("bound by"))
  }

  /// The text in one line: words wrap where the figures before them end.
  private static func words(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test(arguments: [Example.tflite, Example.onnx, Example.integer])
  func `every operator has its time as JSON`(model: String) throws {
    let outcome = try BuiltTool.run([model, "--measure", "--runs", "2", "--format", "json"])
    #expect(outcome.status == 0)
    let report = try outcome.object()
    let whole = try #require(report["measurement"] as? [String: Any])
    #expect(whole["runs"] as? Int == 2)
    #expect(whole["threads"] as? Int == 1)
    #expect((whole["totalMicroseconds"] as? Double ?? 0) > 0)
    #expect((whole["peakMacsPerSecond"] as? Double ?? 0) > 0)
    #expect((whole["peakBytesPerSecond"] as? Double ?? 0) > 0)
    let rows = try #require(report["operators"] as? [[String: Any]])
    var sum = 0.0
    for row in rows {
      switch row["timedAs"] as? String {
      case "kernel", "reference": sum += try #require(row["medianMicroseconds"] as? Double)
      case "fused": #expect(row["timedWithin"] is Int)
      case "beforehand": #expect(row["medianMicroseconds"] is NSNull)
      default: Issue.record("\(row)")
      }
    }
    let stated = try #require(whole["sumMicroseconds"] as? Double)
    #expect(abs(sum - stated) < 0.01 * Double(rows.count))
  }

  @Test func `nothing of it is there unless it is asked for`() throws {
    let report = try BuiltTool.run([Example.tflite, "--format", "json"]).object()
    #expect(report["measurement"] == nil)
    let rows = try #require(report["operators"] as? [[String: Any]])
    #expect(rows.allSatisfy { $0["medianMicroseconds"] == nil })
  }

  @Test func `inputs can be given`() throws {
    let outcome = try BuiltTool.run(
      [Example.tflite, "--measure", "--runs", "1", "--input", "Examples/digits/test.npz"]
    )
    #expect(outcome.status == 0)
    #expect(Self.words(outcome.text).contains("inputs of Examples/digits/test.npz"))
    let missing = try BuiltTool.run([Example.tflite, "--measure", "--input", "missing.npz"])
    #expect(missing.status == 2)
    #expect(missing.errors.contains("missing.npz"))
  }

  @Test func `what cannot be run keeps its report`() throws {
    let folder = try TemporaryDirectory()
    let bytes = ONNX.model([
      ONNX.node("Frobnicate", ["x"], ["y"], name: "odd"), ONNX.input("x", [.size(2)]),
      ONNX.output("y"),
    ])
    let path = try folder.write(bytes, to: "odd.onnx")
    let outcome = try BuiltTool.run([path, "--measure"])
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("R01 not-measured"))
    #expect(outcome.text.contains("\"odd\" (Frobnicate)"))
    #expect(outcome.text.contains("0 of 1 operator"))
    #expect(outcome.text.contains("no kernel for Frobnicate"))
  }

  @Test func `open extents are asked for`() throws {
    let folder = try TemporaryDirectory()
    let bytes = ONNX.model([
      ONNX.node("Neg", ["x"], ["y"]), ONNX.input("x", [.size(1), .name("length")]),
      ONNX.output("y"),
    ])
    let path = try folder.write(bytes, to: "open.onnx")
    let open = try BuiltTool.run([path, "--measure"])
    #expect(open.status == 0)
    #expect(open.text.contains("R01 not-measured"))
    #expect(open.text.contains("--shape"))
    let fixed = try BuiltTool.run([path, "--measure", "--runs", "1", "--shape", "x=1x8"])
    #expect(fixed.text.contains("Where the time goes"))
  }

  @Test(arguments: [["--runs", "3"], ["--input", "x.npz"], ["--sort", "time"]])
  func `its options need it`(arguments: [String]) throws {
    let outcome = try BuiltTool.run([Example.tflite] + arguments)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("--measure"))
  }

  // MARK: - Runs

  /// A `.npy` of float32 in C order.
  private func npy(_ sizes: [Int], _ values: [Float]) -> [UInt8] {
    let shape = sizes.map { "\($0)," }.joined()
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(shape)), }"
    while (header.utf8.count + 11) % 64 != 0 { header += " " }
    header += "\n"
    let length = header.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length % 256), UInt8(length / 256)]
      + Array(header.utf8)
      + values.flatMap { value in
        withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
      }
  }

  @Test func `NaN is run and reported`() throws {
    let folder = try TemporaryDirectory()
    var values = [Float](repeating: 0, count: 64)
    values[3] = .nan
    let input = try folder.write(npy([1, 8, 8, 1], values), to: "nan.npy")
    let outcome = try BuiltTool.run(
      ["run", Example.tflite, "--input", input, "-o", folder.path + "/out.npz"]
    )
    #expect(outcome.status == 0)
    #expect(outcome.errorLines.count == 2)
    #expect(outcome.errors.contains("input \"image\" has 1 NaN and 0 infinite of 64 values"))
    #expect(outcome.errors.contains("output \"Identity\" has"))
  }

  @Test func `the reference and any number of threads give the same answers`() throws {
    let folder = try TemporaryDirectory()
    var files: [[UInt8]] = []
    for (index, options) in [["--reference"], ["--threads", "1"], ["--threads", "3"]].enumerated() {
      let path = folder.path + "/\(index).npz"
      let outcome = try BuiltTool.run(
        ["run", Example.tflite, "--input", "Examples/digits/test.npz", "-o", path] + options
      )
      #expect(outcome.status == 0, "\(outcome.errors)")
      files.append(Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    }
    #expect(files[1] == files[2])
    #expect(files[0].count == files[1].count)
  }

  @Test(arguments: [[], ["--reference"]])
  func `a limit ends a run before memory is taken`(options: [String]) throws {
    let folder = try TemporaryDirectory()
    let outcome = try BuiltTool.run(
      [
        "run", Example.tflite, "--input", "Examples/digits/test.npz", "-o",
        folder.path + "/out.npz", "--limit", "tensor-bytes=64",
      ] + options
    )
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("LIMIT_EXCEEDED"))
    #expect(outcome.errors.contains("CONV_2D"))
  }
}
