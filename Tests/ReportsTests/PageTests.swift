import Foundation
import ModelIR
import Operators
import Testing
import WireFormats

#if canImport(FoundationXML)
import FoundationXML
#endif

@testable import Profiling
@testable import Reports

/// What a page promises without a browser; `make page-check` drives it in one.
@Suite struct PageTests {
  private static let tool = ToolIdentity(name: "analyze", version: "1")

  /// RELIABILITY: names that break out of careless pages.
  static let hostileNames = [
    "</script><script>alert(1)</script>", "<!--<script>", "\"><img src=x onerror=alert(1)>",
    "' onload='alert(1)", "&lt;b&gt;", "]]>", "a\u{202E}b", "line\nbreak\ttab", "\u{2028}\u{2029}",
    "\u{1}\u{2}\u{7F}\u{9B}", "--></style>", String(repeating: "x", count: 20_000), "\u{FFFE}\\N\\",
  ]

  private func page(_ name: String, charts: [PageChart] = []) -> String {
    ModelPage(
      PageFixtures.profile(name: name),
      tool: Self.tool,
      graph: .init(svg: "<svg viewBox=\"0 0 1 1\"></svg>"),
      charts: charts
    ).text()
  }

  @Test(arguments: ["style", "script"])
  func `the templates in the program are the files`(name: String) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("reports/templates/page." + (name == "style" ? "css" : "js"))
    let embedded = name == "style" ? PageTemplates.style : PageTemplates.script
    #expect(try String(contentsOf: file, encoding: .utf8) == embedded)
    // They stand in elements that their own ends would close.
    #expect(!embedded.contains("</"))
  }

  /// The digest of an empty text: FIPS 180-4's value in base 64, as browsers print it.
  @Test func `the policy names digests as browsers do`() {
    #expect(
      PageTemplates.source(of: "") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    )
  }

  /// Foundation's XML parser is the oracle: a name that became markup would not be balanced, or would
  /// add an element.
  @Test(arguments: hostileNames)
  func `no name becomes markup`(name: String) throws {
    let text = page(name)
    let plain = page("plain")
    #expect(text.components(separatedBy: "<script").count == 3)
    for tag in ["<script", "<svg", "<img", "<button", "<td", "<li", "<g "] {
      #expect(
        text.components(separatedBy: tag).count == plain.components(separatedBy: tag).count,
        "\(tag)"
      )
    }
    let start = try #require(text.range(of: "<main"))
    let end = try #require(text.range(of: "</main>"))
    var body = String(text[start.lowerBound..<end.upperBound])
    // HTML's only unclosed element in the body.
    body = body.replacingOccurrences(of: "<br>", with: "<br/>")
    let parser = XMLParser(data: Data(body.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(!text.unicodeScalars.contains { $0.value == 0x202E || $0.value == 1 })
  }

  @Test(arguments: hostileNames)
  func `the data is JSON that no name can end`(name: String) throws {
    let text = page(name)
    let start = try #require(text.range(of: "id=\"data\">"))
    let end = try #require(text.range(of: "</script>", range: start.upperBound..<text.endIndex))
    let data = Data(text[start.upperBound..<end.lowerBound].utf8)
    let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let tables = try #require(root["tables"] as? [[String: Any]])
    #expect(tables[0]["rowCount"] as? Int == 3)
    #expect(!text[start.upperBound..<end.lowerBound].contains("<"))
  }

  @Test func `the page has no place to load from`() {
    let text = page("plain")
    #expect(text.contains("default-src 'none'; script-src 'sha256-"))
    // Namespaces and the policy aside, nothing names a place.
    for word in [
      "http:", "https:", "url(", "@import", "src=", " style=", "onclick", "unsafe-inline",
    ] {
      let places = text.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
      #expect(!places.contains(word), "\(word)")
    }
  }

  @Test func `charts stand there only with points`() {
    let points = [
      PageChart.Point(x: 1, y: .nan, label: "no"), .init(x: 2, y: 3, label: "yes & <b>"),
    ]
    let empty = PageChart(id: "front", title: "Front", xTitle: "x", yTitle: "y", series: [])
    var full = empty
    full.series = [.init(name: "plans", points: points)]
    #expect(!page("plain", charts: [empty]).contains("id=\"front\""))
    let text = page("plain", charts: [full])
    #expect(text.contains("id=\"front\""))
    #expect(text.components(separatedBy: "<circle").count == 2)
    #expect(text.contains("yes &amp; &lt;b&gt;"))
  }

  /// Areas by hand: half, a quarter, a quarter of 100 × 40.
  @Test func `a treemap's areas are the shares`() {
    let whole = Treemap.Frame(x: 0, y: 0, width: 100, height: 40)
    let frames = Treemap.frames([2, 1, 1], in: whole)
    let areas = frames.map { $0.width * $0.height }
    for (area, expected) in zip(areas, [2000.0, 1000, 1000]) {
      #expect(abs(area - expected) < 1e-6)
    }
    for frame in frames {
      #expect(frame.x >= 0 && frame.x + frame.width <= 100 + 1e-9)
      #expect(frame.y >= 0 && frame.y + frame.height <= 40 + 1e-9)
    }
    #expect(Treemap.frames([], in: whole).isEmpty)
    #expect(Treemap.frames([0, 0], in: whole).allSatisfy { $0.width == 0 })
  }
}
