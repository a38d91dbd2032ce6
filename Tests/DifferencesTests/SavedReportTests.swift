import ByteIO
import Differences
import Testing
import WireFormats

@Suite struct SavedReportTests {
  private func decode(_ text: String) throws(JSON5Error) -> [ReportSnapshot] {
    try ReportSnapshot.decode(ByteSource(Array(text.utf8)).bytes)
  }

  @Test func `a baseline reads back as it was written`() throws {
    var report = Network.example.report
    report.totals.gzipBytes = 77
    report.totals.sparsity = 0.25
    report.arenas = [.init(planner: "tflite", bytes: 4096), .init(planner: "generic", bytes: nil)]
    report.targets = [
      .init(
        name: "npu",
        verdict: "unsupported",
        unsupportedOperators: 3,
        unknownOperators: 4,
        estimatedNanoseconds: 1_500_000
      )
    ]
    report.findings = [.init(code: "W01", severity: "warning", operatorIndex: 2)]
    let written = ReportSnapshot.baseline([report], tool: ["name": "analyze"]).serialized()
    #expect(try ReportSnapshot.decode(ByteSource(written).bytes) == [report])
  }

  @Test(arguments: [
    ("", "empty"), ("[]", "no report"), ("{}", "schema"), ("null", "object"),
    (#"{"schema":"analyze.report/9"}"#, "schema"),
    (#"{"schema":"analyze.baseline/1","models":[]}"#, "no report"),
    (#"{"schema":"analyze.report/1","model":{"path":1}}"#, ""),
    (#"{"schema":"analyze.report/1","schema":"analyze.report/1"}"#, "twice"),
    ("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", ""),
  ]) func `what is no report is refused`(text: String, word: String) {
    let error = #expect(throws: JSON5Error.self) { try decode(text) }
    #expect(error?.code == .baselineMismatch || error?.code == .limitExceeded)
    if let error, !word.isEmpty { #expect(error.message.contains(word), "\(error.message)") }
  }

  @Test func `a report whose parts do not sum to its total was edited`() throws {
    let text = String(
      decoding: Network.example.report.json(tool: nil).serialized(),
      as: UTF8.self
    )
    let edited = text.replacing(
      "\"category\": \"graph\",\n      \"bytes\": 1000",
      with: "\"category\": \"graph\",\n      \"bytes\": 10"
    )
    #expect(edited != text)
    let error = #expect(throws: JSON5Error.self) { try decode(edited) }
    #expect(error?.hint?.contains("edited") == true)
  }

  @Test func `numbers that would overflow sums are refused`() {
    let text = String(
      decoding: Network.example.report.json(tool: nil).serialized(),
      as: UTF8.self
    ).replacing("\"weightBytes\": 1320", with: "\"weightBytes\": 9223372036854775807")
    #expect(throws: JSON5Error.self) { try decode(text) }
  }

  @Test func `every prefix of a report is refused`() {
    let bytes = Network.example.report.json(tool: nil).serialized()
    for count in stride(from: 0, to: bytes.count - 2, by: 97) {
      #expect(throws: JSON5Error.self) {
        try ReportSnapshot.decode(ByteSource(Array(bytes.prefix(count))).bytes)
      }
    }
  }
}
