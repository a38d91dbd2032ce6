import ByteIO
import Differences
import WireFormats

extension Policy {
  /// Reads a policy.
  ///
  /// Strict, because a misspelt limit is a limit that does not hold: unknown and repeated keys, bare
  /// numbers where a unit belongs, limits that contradict each other, and a policy that governs
  /// nothing are errors with their line.
  ///
  /// - Parameter bytes: The whole file, JSON5 in UTF-8.
  /// - Throws: `POLICY_INVALID`, or `LIMIT_EXCEEDED` for more than 1 MiB.
  package init(_ bytes: Bytes) throws(JSON5Error) {
    let root = try JSON5.decode(bytes, options: .policy)
    var document = try root.object("policy")
    let schema = try document.required("schema")
    guard try schema.string() == Self.schema else {
      throw schema.mismatch("\"\(Self.schema)\"")
    }
    pinned = try document.optional("pinned")?.string()
    let entries = try document.required("budgets").array()
    var budgets: [Budget] = []
    for (index, entry) in entries.enumerated() {
      budgets.append(try Self.budget(entry, index))
    }
    self.budgets = budgets
    guard !budgets.isEmpty else {
      throw root.error("it has no budgets, so it would pass anything")
    }
    try document.finish()
    if pinned == nil {
      for constraint in budgets.flatMap({ $0.constraints + $0.totals })
      where constraint.drift != nil {
        throw root.error(
          "\(constraint.path).drift needs the baseline that it is measured against",
          hint: "name it: pinned: \"baseline.json\""
        )
      }
    }
  }

  private static func budget(_ element: JSON5Element, _ index: Int) throws(JSON5Error) -> Budget {
    var object = try element.object("budget")
    let models = try object.required("models")
    let patterns: [JSON5Element]
    if case .array = models.node.value {
      patterns = try models.array()
    } else {
      patterns = [models]
    }
    var texts: [String] = []
    for pattern in patterns {
      let text = try pattern.string()
      guard PathPattern(text) != nil else {
        throw pattern.error(
          "\(jsonQuoted(text)) is no path or pattern from the policy's folder",
          hint: "no empty, absolute or \"..\" parts"
        )
      }
      texts.append(text)
    }
    guard !texts.isEmpty else { throw models.error("it names no models") }
    let constraints = try constraints(&object, layer: nil)
    var layers: [Constraint] = []
    for entry in try object.optional("layers")?.entries("limits by layer") ?? [] {
      var limits = try entry.value.object("limits of a layer")
      layers += try Self.constraints(&limits, layer: entry.name)
      try limits.finish()
    }
    var totals: [Constraint] = []
    if let sums = object.optional("total") {
      var limits = try sums.object("limits of the sum over the models")
      totals = try Self.constraints(&limits, layer: nil, areSums: true)
      try limits.finish()
    }
    let advice = try object.optional("advice")?.string()
    try object.finish()
    guard !(constraints + layers + totals).isEmpty else {
      throw element.error("it limits nothing")
    }
    return Budget(
      index: index,
      patterns: texts,
      constraints: constraints + layers,
      totals: totals,
      advice: advice
    )
  }

  private static func constraints(
    _ object: inout JSON5Object,
    layer: String?,
    areSums: Bool = false
  ) throws(JSON5Error) -> [Constraint] {
    var result: [Constraint] = []
    for figure in figures(ofLayer: layer != nil, areSums: areSums) {
      guard let element = object.optional(figure.rawValue) else { continue }
      // Several planners or targets: a list of limits for the same figure.
      if case .array = element.node.value {
        let entries = try element.array()
        guard !entries.isEmpty else { throw element.error("it limits nothing") }
        for entry in entries { result.append(try constraint(entry, figure, layer)) }
      } else {
        result.append(try constraint(element, figure, layer))
      }
    }
    return result
  }

  private static func figures(ofLayer: Bool, areSums: Bool) -> [Figure] {
    if ofLayer { return [.weightBytes, .parameters, .macs, .activationBytes] }
    guard areSums else { return Figure.allCases }
    return [
      .fileBytes, .gzipBytes, .zstdBytes, .weightBytes, .parameters, .operators, .macs, .flops,
      .uncounted,
    ]
  }

  private static func constraint(
    _ element: JSON5Element,
    _ figure: Figure,
    _ layer: String?
  ) throws(JSON5Error) -> Constraint {
    var object = try element.object("limits")
    var constraint = Constraint(
      figure: figure,
      scope: try scope(&object, figure),
      path: element.path.description,
      maximum: try object.optional("max")?.amount(figure.unit),
      minimum: try object.optional("min")?.amount(figure.unit),
      growth: try object.optional("growth")?.allowance(figure.unit),
      drop: try object.optional("drop")?.allowance(figure.unit),
      drift: try object.optional("drift")?.allowance(figure.unit),
      minimumDelta: try object.optional("minimumDelta")?.amount(figure.unit) ?? 0,
      floor: try object.optional("floor")?.amount(figure.unit) ?? 0,
      level: try object.optional("level")?.choice() ?? .error,
      onUnknown: try object.optional("onUnknown")?.choice() ?? .fail,
      usesBinaryUnits: element.usesBinaryUnits
    )
    constraint.scope.layer = layer
    try object.finish()
    let isRelative = constraint.needsBaseline || constraint.drift != nil
    guard constraint.maximum != nil || constraint.minimum != nil || isRelative else {
      throw element.error(
        "it states no limit",
        hint: "limits: \"max\", \"min\", \"growth\", \"drop\", \"drift\""
      )
    }
    if let maximum = constraint.maximum, let minimum = constraint.minimum, minimum > maximum {
      throw element.error("its min is more than its max, so nothing can pass")
    }
    if case .share = figure.unit, let minimum = constraint.minimum, minimum > 10_000 {
      throw element.error("its min is more than the whole, so nothing can pass")
    }
    guard isRelative || (constraint.minimumDelta == 0 && constraint.floor == 0) else {
      throw element.error(
        "\"minimumDelta\" and \"floor\" need \"growth\", \"drop\" or \"drift\""
      )
    }
    if layer != nil, isRelative {
      throw element.error("limits of a layer are absolute: \"max\" or \"min\"")
    }
    return constraint
  }

  private static func scope(
    _ object: inout JSON5Object,
    _ figure: Figure
  ) throws(JSON5Error) -> FigureScope {
    var scope = FigureScope()
    switch figure {
    case .arena:
      scope.planner = try object.required("planner").string()
    case .latency, .unsupported, .unknown:
      scope.target = try object.required("target").string()
    case .findings:
      scope.code = try object.optional("code")?.string()
      scope.severity = try object.optional("severity")?
        .string(oneOf: ["note", "warning", "error"])
    case .accuracy, .divergence:
      scope.file = try object.required("file").string()
    default: break
    }
    return scope
  }
}

extension JSON5Element {
  /// An amount in a figure's unit.
  fileprivate func amount(_ unit: Figure.Unit) throws(JSON5Error) -> Int {
    switch unit {
    case .bytes: try byteCount()
    case .count: try count(acceptsNumbers: true)
    case .share: try hundredthsOfPercent()
    case .time: try nanoseconds()
    case .ratio: try millionths()
    }
  }

  /// Whether a size among its members is written with a unit such as `KiB`, or none with `kB`.
  fileprivate var usesBinaryUnits: Bool {
    guard case .object(let members) = node.value else { return true }
    let texts = members.compactMap { member -> String? in
      guard case .string(let text) = member.value.value, text.hasSuffix("B") else { return nil }
      return text
    }
    return texts.contains { $0.hasSuffix("iB") }
      || !texts.contains { text in ["kB", "MB", "GB"].contains { text.hasSuffix($0) } }
  }

  /// `"2 %"`, or an amount in the figure's unit.
  fileprivate func allowance(_ unit: Figure.Unit) throws(JSON5Error) -> Policy.Allowance {
    // The shares of a share would be ambiguous: 2 % of 90 %, or two points?
    if case .string(let text) = node.value, text.utf8.last == UInt8(ascii: "%") {
      if case .share = unit { return .absolute(try hundredthsOfPercent()) }
      return .relative(try hundredthsOfPercent())
    }
    return .absolute(try amount(unit))
  }

  /// A number of 0 or more without a unit, such as a divergence in nats.
  private func millionths() throws(JSON5Error) -> Int {
    let value = try double()
    guard value >= 0, let whole = Int(exactly: (value * 1e6).rounded(.down)) else {
      throw mismatch("a number of 0 or more")
    }
    return whole
  }
}
