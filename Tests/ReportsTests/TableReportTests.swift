import Foundation
import Testing

@testable import Profiling
@testable import Reports

/// Markdown, CSV and node data.
@Suite struct TableReportTests {
  /// RFC 4180 read by a reader of our own: quotes doubled, every cell quoted.
  private func parsed(_ text: String) -> [[String]] {
    var rows: [[String]] = [[]]
    var cell = ""
    var isQuoted = false
    var scalars = Array(text.unicodeScalars)[...]
    while let scalar = scalars.popFirst() {
      if isQuoted {
        if scalar == "\"", scalars.first == "\"" {
          scalars.removeFirst()
          cell += "\""
        } else if scalar == "\"" {
          isQuoted = false
        } else {
          cell.unicodeScalars.append(scalar)
        }
      } else if scalar == "\"" {
        isQuoted = true
      } else if scalar == "," || scalar == "\n" {
        rows[rows.count - 1].append(cell)
        cell = ""
        if scalar == "\n" { rows.append([]) }
      }
    }
    return rows.dropLast()
  }

  @Test(arguments: PageTests.hostileNames + ["=1+1", "@SUM(A1)", "+1", "-1", "a\"b,c"])
  func `every name stays in its cell`(name: String) {
    let rows = parsed(CSVReport([PageFixtures.profile(name: name)]).text())
    #expect(rows.count == 4)
    #expect(rows.allSatisfy { $0.count == rows[0].count })
    for cell in rows.dropFirst().joined() {
      #expect(!["=", "+", "-", "@"].contains(cell.first))
    }
  }

  @Test func `unknown figures are empty cells`() throws {
    let rows = parsed(CSVReport([PageFixtures.profile(name: "a")]).text())
    let place = try #require(rows[0].firstIndex(of: "macs"))
    #expect(rows.dropFirst().map { $0[place] } == ["1000", "", "3000"])
  }

  /// A table's rows all have as many unescaped pipes; a name that made a cell or a row would not.
  @Test(arguments: PageTests.hostileNames + ["| a `b` [c](http://x) @d", "``` \n# x", "**b**"])
  func `no name becomes Markdown`(name: String) {
    let text = MarkdownReport(PageFixtures.profile(name: name)).text()
    let plain = MarkdownReport(PageFixtures.profile(name: "plain")).text()
    func lines(_ text: String) -> [Substring] {
      text.split(separator: "\n", omittingEmptySubsequences: false)
    }
    #expect(lines(text).count == lines(plain).count)
    for (line, other) in zip(lines(text), lines(plain)) {
      let pipes = line.replacingOccurrences(of: "\\|", with: "").count { $0 == "|" }
      #expect(pipes == other.count { $0 == "|" } || !other.hasPrefix("|"))
      #expect(line.hasPrefix("```") == other.hasPrefix("```"))
    }
    #expect(!text.contains("<script>") || text.contains("`"))
  }

  @Test func `node data has a value for each known figure`() throws {
    let value = NodeDataJSON(
      PageFixtures.profile(name: "t"),
      graphNames: ["main"],
      order: .macs
    ).value()
    let root = try #require(
      try JSONSerialization.jsonObject(with: Data(value.serialized())) as? [String: [String: Any]]
    )
    let results = try #require(root["main"]?["results"] as? [String: [String: Double]])
    #expect(results == ["t0": ["value": 1_000], "t2": ["value": 3_000]])
    let stops = try #require(root["main"]?["gradient"] as? [[String: Any]])
    #expect(stops.first?["stop"] as? Int == 0)
    #expect(stops.last?["stop"] as? Int == 1)
  }
}
