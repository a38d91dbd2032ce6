import WireFormats

/// A page that is one file: it asks for nothing, and its policy lets it run only its own script.
///
/// Parts that need no script stand in it as they are; long tables travel as data that the script
/// shows a screen at a time.
package struct HTMLPage: Sendable {
  package var title: String
  /// A line below the title.
  package var subtitle: String
  package var sections: [PageSection]
  /// Plans among which the reader can choose; `nil` for none.
  var plans: PagePlans?
  /// What the page was written by.
  private let tool: ToolIdentity

  package init(title: String, subtitle: String, sections: [PageSection], tool: ToolIdentity) {
    self.title = title
    self.subtitle = subtitle
    self.sections = sections
    self.tool = tool
  }

  /// The file.
  package func text() -> String {
    let tables = sections.compactMap(\.table)
    let policy =
      "default-src 'none'; script-src \(PageTemplates.source(of: PageTemplates.script)); "
      + "style-src \(PageTemplates.source(of: PageTemplates.style)); "
      + "base-uri 'none'; form-action 'none'"
    var text = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="referrer" content="no-referrer">
      <meta name="color-scheme" content="light dark">
      <title>\(XMLText.escaped(title))</title>
      <style>\(PageTemplates.style)</style>
      </head>
      <body>
      <a class="skip" href="#content">Skip to the content</a>
      <header class="bar">
      <nav aria-label="Sections">
      """
    for section in sections {
      text += "<a href=\"#\(section.id)\">\(XMLText.escaped(section.title))</a>\n"
    }
    text += "</nav>\n<div class=\"tools\">\n"
    if !tables.isEmpty {
      text += """
        <label class="search"><span class="unseen">Search \(XMLText.escaped(tables[0].noun))</span>
        <input id="search" type="search" placeholder="Search  ( / )" autocomplete="off" \
        spellcheck="false" aria-describedby="found"></label>

        """
    }
    text += """
      <span id="found" role="status" aria-live="polite"></span>
      <button id="theme" type="button" aria-pressed="false">Dark</button>
      </div>
      </header>
      <main id="content">
      <h1>\(XMLText.escaped(title))</h1>
      <p class="subtitle">\(XMLText.escaped(subtitle))</p>

      """
    for section in sections { text += section.html }
    text += """
      </main>
      <footer>Written by \(XMLText.escaped(tool.name)) \(XMLText.escaped(tool.version)). \
      This page is one file and asks nothing of any network.</footer>
      <script type="application/json" id="data">\(Self.data(tables, plans))</script>
      <script>\(PageTemplates.script)</script>
      </body>
      </html>

      """
    return text
  }

  /// Data that no name can break out of: `<` appears in JSON within strings only.
  private static func data(_ tables: [PageTable], _ plans: PagePlans?) -> String {
    var members: [JSONValue.Member] = [.init("tables", .array(tables.map(\.json)))]
    if let plans { members.append(.init("plans", plans.json)) }
    let value = JSONValue.object(members)
    var bytes: [UInt8] = []
    for byte in value.serialized() {
      switch byte {
      case UInt8(ascii: "<"): bytes += #"\u003c"#.utf8
      case UInt8(ascii: ">"): bytes += #"\u003e"#.utf8
      case UInt8(ascii: "&"): bytes += #"\u0026"#.utf8
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A part of a page under a heading of its own.
package struct PageSection: Sendable {
  /// Ours, for links within the page.
  package var id: String
  package var title: String
  /// A sentence below the heading; empty for none.
  package var note: String
  /// What stands in the page, escaped.
  private let body: String
  /// What the script shows.
  let table: PageTable?

  private init(_ id: String, _ title: String, _ note: String, _ body: String, _ table: PageTable?) {
    self.id = id
    self.title = title
    self.note = note
    self.body = body
    self.table = table
  }

  var html: String {
    let remark = note.isEmpty ? "" : "<p class=\"note\">\(XMLText.escaped(note))</p>\n"
    return """
      <section id="\(id)" aria-labelledby="\(id)-title">
      <h2 id="\(id)-title">\(XMLText.escaped(title))</h2>
      \(remark)\(body)
      </section>

      """
  }

  /// A figure with what it is called and what is said beside it, for a list of class `figures`.
  static func card(_ label: String, _ answer: String, _ parts: [String]) -> String {
    var text = "<div><dt>\(XMLText.escaped(label))</dt><dd><b>\(XMLText.escaped(answer))</b>"
    if !parts.isEmpty { text += "<span>\(XMLText.escaped(parts.joined(separator: " · ")))</span>" }
    return text + "</dd></div>\n"
  }

  /// HTML that the caller has escaped.
  static func html(_ id: String, _ title: String, note: String = "", _ body: String) -> PageSection
  {
    PageSection(id, title, note, body, nil)
  }

  /// A long table that can be sorted and searched.
  package static func table(_ title: String, note: String = "", _ table: PageTable) -> PageSection {
    PageSection(
      table.id,
      title,
      note,
      """
      <div class="table" data-table="\(table.id)"><noscript><p>This table needs JavaScript; \
      --format csv and --format json have the same figures.</p></noscript></div>
      """,
      table
    )
  }

  /// A short table that stands in the page as it is.
  package static func rows(
    _ id: String,
    _ title: String,
    note: String = "",
    columns: [PageColumn],
    _ rows: [[String]]
  ) -> PageSection {
    html(id, title, note: note, staticTable(columns, rows, caption: title))
  }

  static func staticTable(_ columns: [PageColumn], _ rows: [[String]], caption: String) -> String {
    func attributes(_ place: Int) -> String {
      columns.indices.contains(place) && columns[place].isNumeric ? " class=\"number\"" : ""
    }
    var text = "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\""
    text += "\(XMLText.escaped(caption))\"><table>\n<thead><tr>"
    for (place, column) in columns.enumerated() {
      text += "<th scope=\"col\"\(attributes(place))>\(XMLText.escaped(column.title))</th>"
    }
    text += "</tr></thead>\n<tbody>\n"
    for row in rows {
      text += "<tr>"
      for (place, cell) in row.enumerated() {
        let tag = place == 0 ? "th scope=\"row\"" : "td"
        text += "<\(tag)\(attributes(place))>\(XMLText.escaped(cell))</\(place == 0 ? "th" : "td")>"
      }
      text += "</tr>\n"
    }
    return text + "</tbody></table></div>"
  }

  /// A layer graph as SVG, whose boxes say their operators in `data-operators`.
  package static func graph(_ title: String, note: String = "", svg: String) -> PageSection {
    html(
      "graph",
      title,
      note: note,
      """
      <div class="buttons" role="group" aria-label="Zoom">
      <button type="button" data-zoom="in" aria-label="Zoom in">+</button>
      <button type="button" data-zoom="out" aria-label="Zoom out">−</button>
      <button type="button" data-zoom="fit">Whole graph</button>
      <button type="button" data-zoom="width">Fit width</button>
      <span class="hint">Drag to move · Ctrl and wheel to zoom · click a box for its row · with the \
      graph in focus: arrows, + − 0, n and p for the next and previous box</span>
      </div>
      <div class="canvas">
      <div id="viewport" tabindex="0" role="application" aria-label="Layer graph. Arrow keys move, plus \
      and minus zoom, n and p go from box to box, Enter shows the row of the operator.">
      \(svg)
      </div>
      <aside id="chosen" aria-label="Chosen operator" aria-live="polite"><p class="note">Choose a box \
      or a row to see all its figures.</p></aside>
      </div>
      """
    )
  }
}
