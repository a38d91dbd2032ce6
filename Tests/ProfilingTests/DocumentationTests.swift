import Foundation
import Testing

/// docs/findings.md lists every code that the sources can print.
@Suite struct DocumentationTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func sourceCodes() throws -> Set<String> {
    let sources = Self.root.appendingPathComponent("Sources")
    let files = try #require(FileManager.default.enumerator(atPath: sources.path))
    var codes: Set<String> = []
    for case let name as String in files where name.hasSuffix(".swift") {
      let text = try String(contentsOf: sources.appendingPathComponent(name), encoding: .utf8)
      for match in text.matches(of: /"([A-Z][0-9]{2} [a-z0-9-]+)"/) {
        codes.insert(String(match.output.1))
      }
    }
    return codes
  }

  private func documentedCodes() throws -> [String] {
    let page = try String(
      contentsOf: Self.root.appendingPathComponent("docs/findings.md"),
      encoding: .utf8
    )
    return page.matches(of: /(?m)^\| `([A-Z][0-9]{2} [a-z0-9-]+)` \|/).map {
      String($0.output.1)
    }
  }

  @Test func `every code has its row, and every row a code`() throws {
    let documented = try documentedCodes()
    let sources = try sourceCodes()
    #expect(sources.subtracting(documented).sorted() == [])
    #expect(Set(documented).subtracting(sources).sorted() == [])
    #expect(documented.count == Set(documented).count)
  }

  @Test func `a number stands for one code`() throws {
    let numbers = try sourceCodes().map { String($0.prefix(3)) }
    #expect(numbers.count == Set(numbers).count)
  }
}
