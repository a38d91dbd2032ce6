import Foundation
import Testing

@testable import Profiling

/// The catalog that `analyze explain` prints and docs/findings.md say the same.
@Suite struct FindingCatalogTests {
  private func documented() throws -> [[String]] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(
      contentsOf: root.appendingPathComponent("docs/findings.md"),
      encoding: .utf8
    )
    let row = /(?m)^\| `([A-Z][0-9]{2} [a-z0-9-]+)` \| ([a-z]+) \| (.*?) \| (.*?) \|$/
    return page.matches(of: row).map {
      [String($0.1), String($0.2), String($0.3), String($0.4)]
    }
  }

  @Test func `the page and the catalog say the same`() throws {
    let page = try documented()
    #expect(page.count == FindingCatalog.all.count)
    let catalog = FindingCatalog.all.map { [$0.code, $0.severity.rawValue, $0.meaning, $0.fix] }
    for row in page { #expect(catalog.contains(row), "\(row[0])") }
  }

  @Test(arguments: ["B02", "b02", "duplicate-weights", "B02 duplicate-weights"])
  func `a code is found by number, name or both`(text: String) {
    #expect(FindingCatalog.explanation(of: text)?.number == "B02")
  }

  @Test(arguments: ["", "B", "B99", "weights"])
  func `what is no code is not found`(text: String) {
    #expect(FindingCatalog.explanation(of: text) == nil)
  }
}
