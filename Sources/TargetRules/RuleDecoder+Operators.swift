import ModelIR
import WireFormats

/// The list of operators.
extension RuleDecoder {
  /// The operators of a target: its own, or those of others.
  mutating func operators(_ object: inout JSON5Object) throws(JSON5Error) -> OperatorRules {
    let own = object.optional("operators")
    let others = object.optional("operatorsOf")
    switch (own, others) {
    case (let own?, nil): return try ownOperators(own)
    case (nil, let others?):
      var borrowed: [OperatorRules.Borrowed] = []
      for (name, value) in try others.entries("operatorsOf") {
        guard let format = ModelFormat(rawValue: name) else {
          throw value.error(
            "\"\(name)\" is no format",
            hint: Self.hint(for: name, in: ModelFormat.allCases.map(\.rawValue))
          )
        }
        borrowed.append(.init(format: format, target: try value.string()))
      }
      guard !borrowed.isEmpty else { throw others.error("operatorsOf names no target") }
      return OperatorRules(format: nil, entries: [], everywhere: [], borrowed: borrowed)
    case (nil, nil):
      throw object.error("the target has neither \"operators\" nor \"operatorsOf\"")
    case (_, let others?):
      throw others.error("a target has either \"operators\" or \"operatorsOf\", not both")
    }
  }

  private mutating func ownOperators(_ element: JSON5Element) throws(JSON5Error) -> OperatorRules {
    var object = try element.object("operators")
    let formatElement = try object.required("format")
    let format: ModelFormat = try Self.word(formatElement)
    let source = try source(try object.required("source"))
    var everywhere: [OperatorRules.GeneralRule] = []
    for part in try object.optional("everywhere")?.array() ?? [] {
      everywhere.append(try generalRule(part))
    }
    let unmappedElement = object.optional("unmapped")
    let unmapped = try unmappedElement.map { (part) throws(JSON5Error) in try Self.names(part) }
    var entries: [OperatorRule] = []
    var seen: [String: [ClosedRange<Int>]] = [:]
    let list = try object.required("list").array()
    entries.reserveCapacity(list.count)
    for part in list {
      let entry = try self.entry(part, source: source)
      try refuseUnknown(entry.names, format, unmapped ?? [], part)
      for name in entry.names {
        if seen[name]?.contains(where: { $0.overlaps(entry.versions) }) == true {
          throw part.error(
            "\(name) has a rule for these versions already",
            hint: "put the conditions of one operator and version into one entry"
          )
        }
        seen[name, default: []].append(entry.versions)
      }
      entries.append(entry)
    }
    for name in unmapped ?? [] where seen[name] == nil {
      throw (unmappedElement ?? element).error("the list has no \"\(name)\"")
    }
    try object.finish()
    return OperatorRules(
      format: format,
      entries: entries,
      everywhere: everywhere,
      unmapped: unmapped ?? [],
      borrowed: []
    )
  }

  /// Names that the format does not have are misspelt, unless the file says that they are strange.
  private func refuseUnknown(
    _ names: [String],
    _ format: ModelFormat,
    _ unmapped: [String],
    _ element: JSON5Element
  ) throws(JSON5Error) {
    guard let known = knownNames[format] else { return }
    for name in names
    where !known.contains(name) && !unmapped.contains(name) && !name.hasSuffix("*") {
      throw element.error(
        "\(format.title) has no operator \"\(name)\"",
        hint: nearestName(to: name, in: known.sorted()).map { "did you mean \"\($0)\"?" }
          ?? "list the name in \"unmapped\" where it is right"
      )
    }
  }

  private mutating func entry(_ element: JSON5Element, source: String) throws(JSON5Error)
    -> OperatorRule
  {
    var object = try element.object("operator")
    let names = try Self.names(try object.required("names"))
    let versions = try Self.versions(object.optional("versions"))
    let support =
      try object.optional("supported").map {
        (part) throws(JSON5Error) -> OperatorRule.Support in try Self.word(part)
      } ?? .yes
    let conditions = try conditions(object.optional("requires"))
    let note = try object.optional("note").map { (part) throws(JSON5Error) in try Self.line(part) }
    let reason = try object.optional("reason").map { (part) throws(JSON5Error) in
      try Self.line(part)
    }
    let fix = try object.optional("fix").map { (part) throws(JSON5Error) in try Self.line(part) }
    let own = try object.optional("source").map { (part) throws(JSON5Error) in
      try self.source(part)
    }
    try object.finish()
    if support == .yes, reason != nil {
      throw element.error("a reason belongs to what is not supported", hint: "is note meant?")
    }
    if support != .yes, reason == nil {
      throw element.error("an operator that is not supported needs a reason")
    }
    if support != .yes, !conditions.isEmpty {
      throw element.error("conditions are only asked of what is supported")
    }
    return OperatorRule(
      names: names,
      versions: versions,
      support: support,
      conditions: conditions,
      note: note,
      reason: reason,
      fix: fix,
      source: own ?? source
    )
  }

  private mutating func generalRule(_ element: JSON5Element) throws(JSON5Error)
    -> OperatorRules.GeneralRule
  {
    var object = try element.object("condition")
    let exceptions = try object.optional("except").map { (part) throws(JSON5Error) in
      try Self.names(part)
    }
    let only = try object.optional("only").map { (part) throws(JSON5Error) in
      try Self.names(part)
    }
    if exceptions != nil, only != nil {
      throw element.error("a condition has either \"except\" or \"only\", not both")
    }
    return OperatorRules.GeneralRule(
      condition: try condition(element, &object),
      exceptions: Set(exceptions ?? []),
      only: Set(only ?? [])
    )
  }

  /// Names of operators: at least one, each once.
  static func names(_ element: JSON5Element) throws(JSON5Error) -> [String] {
    var names: [String] = []
    var seen: Set<String> = []
    for part in try element.array() {
      let name = try part.string()
      guard (1...128).contains(name.utf8.count), !name.dropLast().contains("*") else {
        throw part.error("\"\(name)\" is no operator's name")
      }
      guard seen.insert(name).inserted else { throw part.error("\(name) stands here twice") }
      names.append(name)
    }
    guard !names.isEmpty else { throw element.error("no operator is named") }
    return names
  }

  private static func versions(_ element: JSON5Element?) throws(JSON5Error) -> ClosedRange<Int> {
    guard let element else { return 1...Int.max }
    var object = try element.object("versions")
    let minimum = try object.optional("min")?.int(in: 1...1_000_000) ?? 1
    let maximum = try object.optional("max")?.int(in: 1...1_000_000) ?? .max
    try object.finish()
    guard minimum <= maximum else { throw element.error("no version is in this range") }
    return minimum...maximum
  }
}
