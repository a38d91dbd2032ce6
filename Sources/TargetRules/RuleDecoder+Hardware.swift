import ModelIR
import WireFormats

/// Memory, speed, and what compression is worth.
extension RuleDecoder {
  /// What happens to unsupported operators.
  mutating func partition(_ element: JSON5Element) throws(JSON5Error) -> PartitionRule {
    var object = try element.object("partition")
    let kind: PartitionRule.Kind = try Self.word(try object.required("kind"))
    let fallbackElement = object.optional("fallback")
    let fallback = try fallbackElement.map { (part) throws(JSON5Error) in try Self.line(part) }
    _ = try source(try object.required("source"))
    try object.finish()
    switch (kind, fallback) {
    case (.whole, .some):
      throw element.error("a model that is refused as a whole has no fallback")
    case (.prefix, nil), (.islands, nil):
      throw element.error("partition needs the fallback that takes the other operators")
    default: return PartitionRule(kind: kind, fallback: fallback)
    }
  }

  /// Sizes and the planner.
  mutating func memory(_ element: JSON5Element) throws(JSON5Error) -> MemoryRule {
    var object = try element.object("memory")
    let source = try source(try object.required("source"))
    let rule = MemoryRule(
      flashBytes: try Self.positive(object.optional("flash"), .byteCount),
      ramBytes: try Self.positive(object.optional("ram"), .byteCount),
      arenaPlanner: try object.optional("arenaPlanner").map {
        (part) throws(JSON5Error) -> MemoryRule.ArenaPlanner in try Self.word(part)
      },
      arenaAlignmentBytes: try Self.positive(object.optional("arenaAlignment"), .byteCount),
      source: source
    )
    try object.finish()
    return rule
  }

  /// Peaks, by cycle or by second.
  mutating func arithmetic(_ element: JSON5Element) throws(JSON5Error) -> ArithmeticRule {
    var object = try element.object("arithmetic")
    let source = try source(try object.required("source"))
    let clock = try Self.positive(object.optional("clock"), .frequency)
    let cores = try object.optional("cores")?.int(in: 1...4096)
    let basis = try object.optional("basis").map {
      (part) throws(JSON5Error) -> ArithmeticRule.Basis in try Self.word(part)
    }
    var rates: [ArithmeticRule.Rate] = []
    for (name, value) in try object.required("rates").entries("rates") {
      let type = try Self.elementType(name, value)
      var rate = try value.object("rate")
      let perCycle = rate.optional("perCycle")
      let perSecond = rate.optional("perSecond")
      let own = try rate.optional("source").map { (part) throws(JSON5Error) in
        try self.source(part)
      }
      try rate.finish()
      let figure: Double
      switch (perCycle, perSecond) {
      case (let perCycle?, nil):
        guard let clock else {
          throw perCycle.error("a rate by cycle needs the clock of arithmetic")
        }
        let each = try perCycle.double()
        guard each > 0, each <= 1e9 else { throw perCycle.mismatch("a number above 0") }
        figure = each * Double(clock) * Double(cores ?? 1)
      case (nil, let perSecond?):
        figure = Double(try Self.positive(perSecond, .count) ?? 0)
      default: throw value.error("a rate is given by either perCycle or perSecond")
      }
      rates.append(.init(type: type, multiplyAddsPerSecond: figure, source: own ?? source))
    }
    try object.finish()
    guard !rates.isEmpty else {
      throw element.error("arithmetic says nothing", hint: "leave it out where it is unknown")
    }
    return ArithmeticRule(
      clockHertz: clock,
      cores: cores,
      rates: rates,
      basis: basis ?? .peak,
      source: source
    )
  }

  /// Bytes a second.
  mutating func bandwidth(_ element: JSON5Element) throws(JSON5Error) -> BandwidthRule {
    var object = try element.object("bandwidth")
    let source = try source(try object.required("source"))
    let all = try Self.positive(object.optional("all"), .bandwidth)
    let weights = try Self.positive(object.optional("weights"), .bandwidth)
    var byType: [BandwidthRule.Rate] = []
    for (name, value) in try object.optional("types")?.entries("types") ?? [] {
      byType.append(
        .init(
          type: try Self.elementType(name, value),
          bytesPerSecond: try Self.positive(value, .bandwidth) ?? 0
        )
      )
    }
    try object.finish()
    guard all != nil || weights != nil || !byType.isEmpty else {
      throw element.error("bandwidth says nothing", hint: "leave it out where it is unknown")
    }
    return BandwidthRule(
      bytesPerSecond: all,
      weightBytesPerSecond: weights,
      byType: byType,
      source: source
    )
  }

  /// Time for each operator and each change of place.
  mutating func overhead(_ element: JSON5Element) throws(JSON5Error) -> OverheadRule {
    var object = try element.object("overhead")
    let source = try source(try object.required("source"))
    let perOperator = try object.optional("perOperator")?.nanoseconds()
    let perPartition = try object.optional("perPartition")?.nanoseconds()
    var byOperator: [OverheadRule.Entry] = []
    for (name, value) in try object.optional("operators")?.entries("operators") ?? [] {
      byOperator.append(.init(name: name, nanoseconds: try value.nanoseconds()))
    }
    try object.finish()
    guard perOperator != nil || perPartition != nil || !byOperator.isEmpty else {
      throw element.error("overhead says nothing", hint: "leave it out where it is unknown")
    }
    return OverheadRule(
      perOperatorNanoseconds: perOperator,
      perPartitionNanoseconds: perPartition,
      byOperator: byOperator,
      source: source
    )
  }

  /// What one way of compression is worth.
  mutating func compression(_ element: JSON5Element) throws(JSON5Error) -> CompressionRule {
    var object = try element.object("compression")
    let rule = CompressionRule(
      action: try Self.word(try object.required("action")),
      effect: try Self.word(try object.required("effect")),
      reason: try Self.line(try object.required("reason")),
      source: try source(try object.required("source"))
    )
    try object.finish()
    return rule
  }

  /// A quantity above 0.
  private static func positive(_ element: JSON5Element?, _ kind: DecodedQuantity.Kind)
    throws(JSON5Error) -> Int?
  {
    guard let element else { return nil }
    let value = try element.quantity(kind)
    guard value > 0 else {
      throw element.error(
        "\(element.path.description) is 0",
        hint: "leave it out where it is unknown"
      )
    }
    return value
  }
}

extension Optional where Wrapped == JSON5Element {
  /// The decoded value of a key that may be left out.
  func map<Decoded>(_ decode: (JSON5Element) throws(JSON5Error) -> Decoded) throws(JSON5Error)
    -> Decoded?
  {
    guard let self else { return nil }
    return try decode(self)
  }
}
