import Foundation
import Testing

@Suite struct UsageTests {
  @Test(arguments: [["--help"], ["help"], ["report", "--help"], ["help", "report"]])
  func `help shows examples that run as they stand`(arguments: [String]) throws {
    let help = try BuiltTool.run(arguments)
    #expect(help.status == 0)
    #expect(help.errors.isEmpty)
    let examples = help.text.split(separator: "\n").filter { $0.hasPrefix("  analyze ") }
    #expect(examples.count >= 2)
    for example in examples {
      let words = example.split(separator: " ").dropFirst().map(String.init)
      let outcome = try BuiltTool.run(words)
      #expect(outcome.status == 0, "\(example): \(outcome.errors)")
      #expect(!outcome.output.isEmpty)
    }
  }

  @Test func `the version is one line`() throws {
    let outcome = try BuiltTool.run(["--version"])
    #expect(outcome.status == 0)
    #expect(outcome.text.wholeMatch(of: /analyze \d+\.\d+\.\d+\n/) != nil)
  }

  @Test func `report is the default command`() throws {
    let short = try BuiltTool.run([Example.tflite])
    let long = try BuiltTool.run(["report", Example.tflite])
    #expect(short.status == 0)
    #expect(short.output == long.output)
    #expect(short.errors.isEmpty)
  }

  @Test(arguments: [
    [], ["--bogus", "x"], ["report"], ["x", "--format", "xml"], ["x", "--top", "-1"],
    ["x", "--top", "many"], ["x", "--batch", "0"], ["x", "--threads", "0"],
    ["x", "--threads", "257"], ["x", "--shape", "image"], ["x", "--shape", "image=1x-2"],
    ["x", "--shape", "image=1xx2"], ["x", "--shape", "=1x2"],
    ["x", "--shape", "image=99999999999999999999"], ["x", "--sort", "color"],
    ["x", "--color", "blue"], ["x", "-o"],
  ])
  func `a wrong command line is one line and 2`(arguments: [String]) throws {
    let outcome = try BuiltTool.run(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("analyze: error: USAGE: "))
    #expect(outcome.errors.hasSuffix("; see analyze --help\n"))
    #expect(!outcome.errors.contains(".;"))
  }

  @Test(arguments: [["--format", "json", "--bogus"], ["--format=json"]])
  func `a wrong command line is JSON where JSON was asked for`(arguments: [String]) throws {
    let outcome = try BuiltTool.run(arguments)
    #expect(outcome.status == 2)
    let error = try #require(try outcome.object()["error"] as? [String: Any])
    #expect(error["code"] as? String == "USAGE")
    #expect(error["path"] is NSNull)
    #expect(error["offset"] is NSNull)
    #expect(outcome.errorLines.count == 1)
  }

  @Test func `an unknown input names the known ones`() throws {
    let outcome = try BuiltTool.run([Example.tflite, "--shape", "picture=1x8x8x1"])
    #expect(outcome.status == 2)
    #expect(
      outcome.errors
        == "analyze: error: \(Example.tflite): USAGE: --shape names \"picture\", but the inputs"
        + " are image\n"
    )
  }

  @Test func `a shape of another rank is refused`() throws {
    let outcome = try BuiltTool.run([Example.tflite, "--shape", "image=1x8"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("USAGE: --shape gives image 2 axes (1×8)"))
  }

  @Test func `batch and shape count for what they say`() throws {
    func macs(_ arguments: [String]) throws -> Int? {
      let outcome = try BuiltTool.run([Example.onnx, "--format", "json"] + arguments)
      return (try outcome.object()["totals"] as? [String: Any])?["macs"] as? Int
    }
    let one = try #require(try macs([]))
    #expect(try macs(["--batch", "3"]) == 3 * one)
    #expect(try macs(["--shape", "image=3x8x8x1"]) == 3 * one)
  }

  @Test(arguments: [
    "9223372036854775807x8x8x1", "1x9223372036854775807x8x1", "1x8x8x9223372036854775807",
    "9223372036854775807x9223372036854775807x9223372036854775807x9223372036854775807",
    "1099511627776x1099511627776x1099511627776x1", "0x0x0x0",
  ])
  func `extents that overflow make figures unknown`(shape: String) throws {
    for model in [Example.onnx, Example.tflite] {
      let outcome = try BuiltTool.run([model, "--shape", "image=" + shape, "--format", "json"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let totals = try #require(try outcome.object()["totals"] as? [String: Any])
      #expect(totals["macs"] is NSNull || totals["macs"] as? Int == 0)
    }
  }
}
