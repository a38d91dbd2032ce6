import WireFormats

/// Plans among which the reader of a page can choose: a chosen one shows its actions in the table.
struct PagePlans: Sendable {
  /// The column of the first table that shows the chosen plan's actions.
  var column: Int
  /// The names of actions, each once.
  var actions: [String] = []
  /// By plan: for each row of the table the place of its action in `actions`.
  var choices: [[Int]] = []

  init(column: Int) {
    self.column = column
  }

  /// Adds a plan by the action of each row.
  mutating func add(_ rows: [String]) {
    choices.append(
      rows.map { name in
        if let place = actions.firstIndex(of: name) { return place }
        actions.append(name)
        return actions.count - 1
      }
    )
  }

  var json: JSONValue {
    [
      "column": .int(column), "actions": JSONValue(actions),
      "choices": .array(choices.map { .array($0.map { .int($0) }) }),
    ]
  }
}
