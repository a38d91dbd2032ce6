import Differences
import Profiling
import ModelIR

/// The page of what changed between two models.
package struct DifferencePage {
  private let difference: ModelDifference
  private let words: DifferenceText
  private let tool: ToolIdentity
  private let graph: ModelPage.Picture?

  package init(
    _ difference: ModelDifference,
    tool: ToolIdentity,
    graph: ModelPage.Picture? = nil
  ) {
    self.difference = difference
    self.tool = tool
    self.graph = graph
    words = DifferenceText(difference)
  }

  /// The file.
  package func text() -> String {
    let (old, new) = (difference.old, difference.new)
    return HTMLPage(
      title: ModelPage.fileName(old.path) + " → " + ModelPage.fileName(new.path),
      subtitle: difference.isEmpty
        ? "no difference in anything that a report states"
        : Columns.shortened(old.path, to: 200) + " → " + Columns.shortened(new.path, to: 200),
      sections: sections(),
      tool: tool
    ).text()
  }

  /// The sections of the page.
  package func sections() -> [PageSection] {
    var sections = [totals()]
    if let graph { sections.append(.graph("Graph", note: graph.note, svg: graph.svg)) }
    sections.append(.table("Operators", note: words.statusCounts, operatorTable()))
    sections += ledger()
    return sections
  }

  private static let changeColumns = [
    PageColumn("figure"), PageColumn("old", isNumeric: true), PageColumn("new", isNumeric: true),
    PageColumn("change", isNumeric: true),
  ]

  private func totals() -> PageSection {
    let rows = difference.totals.map { total in
      [
        words.title(total), words.value(total.old, total.name),
        words.value(total.new, total.name), words.delta(total),
      ]
    }
    return .rows("summary", "Summary", columns: Self.changeColumns, rows)
  }

  private func ledger() -> [PageSection] {
    guard !difference.bytes.isEmpty else { return [] }
    let rows = difference.bytes.map { total in
      [
        ByteCategory(rawValue: total.name)?.title ?? Columns.shortened(total.name, to: 60),
        Quantity.bytes(total.old ?? 0), Quantity.bytes(total.new ?? 0),
        FigureText.signed(total.delta ?? 0, .bytes),
      ]
    }
    return [
      .rows(
        "bytes",
        "Where the bytes changed",
        note: "The changes sum to the change of the file.",
        columns: Self.changeColumns,
        rows
      )
    ]
  }

  private func operatorTable() -> PageTable {
    let columns = [
      PageColumn("change"), PageColumn("operator"), PageColumn("layer", priority: 2),
      PageColumn("weight bytes", isNumeric: true), PageColumn("MACs", isNumeric: true),
      PageColumn("memory alive", isNumeric: true, priority: 3), PageColumn("what", priority: 2),
      PageColumn("old #", isNumeric: true, priority: 0),
      PageColumn("new #", isNumeric: true, priority: 0), PageColumn("name", priority: 0),
    ]
    let rows = difference.operators.map { change -> [PageTable.Cell] in
      let row = difference.summary(of: change)
      return [
        .init(change.status.rawValue), .init(Columns.shortened(row?.sourceType ?? "", to: 80)),
        .init(Columns.shortened(row?.title ?? "", to: 256)),
        signed(change.deltaBytes, isBytes: true),
        signed(change.deltaMultiplyAdds, isBytes: false), signed(change.deltaPeak, isBytes: true),
        .init(change.status == .same ? "" : words.words(change)),
        index(change.old.map { difference.old.operators[$0].index }),
        index(change.new.map { difference.new.operators[$0].index }),
        .init(Columns.shortened(row?.name ?? "", to: 256)),
      ]
    }
    return PageTable(
      id: "operators",
      noun: "operators",
      columns: columns,
      rows: rows,
      operators: difference.operators.map { change in
        // Removed operators count down from −1: the numbers of the old model are taken.
        change.new.map { difference.new.operators[$0].index }
          ?? change.old.map { -1 - difference.old.operators[$0].index }
      }
    )
  }

  private func signed(_ value: Int?, isBytes: Bool) -> PageTable.Cell {
    guard let value else { return .init("unknown") }
    return .init(FigureText.signed(value, isBytes ? .bytes : .count), value: Double(value))
  }

  private func index(_ value: Int?) -> PageTable.Cell {
    .init(value.map(String.init) ?? "–", value: value.map(Double.init))
  }
}
