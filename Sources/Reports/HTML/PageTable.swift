import WireFormats

/// A column of a table.
package struct PageColumn: Sendable {
  package var title: String
  package var isNumeric: Bool
  /// Where a narrow screen leaves columns out: 1 stays, 3 goes first, 0 stands beside the table only.
  package var priority: Int

  package init(_ title: String, isNumeric: Bool = false, priority: Int = 1) {
    self.title = title
    self.isNumeric = isNumeric
    self.priority = priority
  }
}

/// A table of any length; the writer gives both the numbers to sort by and the texts to show.
package struct PageTable: Sendable {
  /// A cell.
  package struct Cell: Sendable {
    package var text: String
    /// What it is sorted by, in numeric columns; `nil` where it is not known.
    package var value: Double?

    package init(_ text: String, value: Double? = nil) {
      self.text = text
      self.value = value
    }
  }

  /// Ours.
  package var id: String
  /// What it lists, such as "operators".
  package var noun: String
  package var columns: [PageColumn]
  package var rows: [[Cell]]
  /// Sentences about rows, by row.
  package var remarks: [(row: Int, text: String)] = []
  /// What to sort by at first, the greatest first; `nil` for the order of the rows.
  package var sortedBy: Int?
  /// The operator of each row, where the graph has a box for it.
  package var operators: [Int?]

  package init(
    id: String,
    noun: String,
    columns: [PageColumn],
    rows: [[Cell]],
    operators: [Int?]
  ) {
    self.id = id
    self.noun = noun
    self.columns = columns
    self.rows = rows
    self.operators = operators
  }

  /// Column by column: names need no repetition.
  var json: JSONValue {
    [
      "id": .string(id),
      "noun": .string(noun),
      "rowCount": .int(rows.count),
      "sortedBy": JSONValue(sortedBy),
      "operators": .array(operators.map { JSONValue($0) }),
      "remarks": .array(remarks.map { [.int($0.row), .string($0.text)] }),
      "columns": .array(columns.enumerated().map(column)),
    ]
  }

  private func column(_ place: Int, _ column: PageColumn) -> JSONValue {
    let cells = rows.map { $0.indices.contains(place) ? $0[place] : Cell("") }
    var members: [JSONValue.Member] = [
      .init("title", .string(column.title)),
      .init("numeric", .bool(column.isNumeric)),
      .init("priority", .int(column.priority)),
      .init("texts", .array(cells.map { .string($0.text) })),
    ]
    if column.isNumeric {
      members.append(.init("values", .array(cells.map { JSONValue($0.value) })))
    }
    return .object(members)
  }
}
