import ModelIR
import WireFormats

/// Conditions on operators.
extension RuleDecoder {
  /// A list of conditions; none where it is left out.
  mutating func conditions(_ element: JSON5Element?) throws(JSON5Error) -> [Condition] {
    var result: [Condition] = []
    for part in try element?.array() ?? [] {
      var object = try part.object("condition")
      result.append(try condition(part, &object))
    }
    return result
  }

  /// One condition; nothing else may stand in its object.
  mutating func condition(_ element: JSON5Element, _ object: inout JSON5Object)
    throws(JSON5Error) -> Condition
  {
    let fix = try object.optional("fix").map { (part) throws(JSON5Error) in try Self.line(part) }
    let reason = try object.optional("reason").map { (part) throws(JSON5Error) in
      try Self.line(part)
    }
    let source = try object.optional("source").map { (part) throws(JSON5Error) in
      try self.source(part)
    }
    let test = try self.test(element, &object)
    try object.finish()
    return Condition(test: test, fix: fix, reason: reason, source: source)
  }

  private mutating func test(_ element: JSON5Element, _ object: inout JSON5Object)
    throws(JSON5Error) -> Condition.Test
  {
    if let on = object.optional("on") {
      let selection = try Self.selection(on)
      if let other = object.optional("like") {
        let likeness: [Condition.Likeness] = try Self.words(try object.required("in"))
        return .alike(selection, try Self.selection(other), likeness)
      }
      return .tensors(selection, try Self.tensorTest(element, &object))
    }
    if let attribute = object.optional("attribute") {
      return .attribute(try attribute.string(), try Self.attributeTest(element, &object))
    }
    if let rows = object.optional("rows") { return .typeRows(try Self.typeRows(rows)) }
    if let count = object.optional("inputCount") { return .inputCount(try Self.range(count)) }
    if let count = object.optional("outputCount") { return .outputCount(try Self.range(count)) }
    if let premises = object.optional("when") {
      return .implication(
        try conditions(premises),
        try conditions(try object.required("then"))
      )
    }
    if let parts = object.optional("anyOf") {
      let choices = try conditions(parts)
      guard !choices.isEmpty else { throw parts.error("anyOf has nothing to choose from") }
      return .anyOf(choices)
    }
    if let part = object.optional("not") {
      var inner = try part.object("condition")
      return .not(try condition(part, &inner))
    }
    if let text = object.optional("unchecked") { return .unchecked(try Self.line(text)) }
    // Names the misspelt key, where there is one.
    try object.finish()
    throw element.error(
      "the condition says nothing",
      hint: "see rules/README.md for what a condition may ask"
    )
  }

  // MARK: - Tensors

  private static let selections: [String: TensorSelection] = [
    "inputs": .inputs, "outputs": .outputs, "all": .all, "activations": .activations,
    "constants": .constants,
  ]

  private static func selection(_ element: JSON5Element) throws(JSON5Error) -> TensorSelection {
    let text = try element.string()
    if let selection = selections[text] { return selection }
    let parts = text.split(separator: " ")
    if parts.count == 2, let index = Int(parts[1]), (0...255).contains(index) {
      if parts[0] == "input" { return .input(index) }
      if parts[0] == "output" { return .output(index) }
    }
    throw element.error(
      "\"\(text)\" is no operand or result",
      hint: "known: \"input 0\", \"output 0\", "
        + selections.keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
    )
  }

  private static func tensorTest(_ element: JSON5Element, _ object: inout JSON5Object)
    throws(JSON5Error) -> TensorTest
  {
    if let types = object.optional("types") {
      var result: [ElementType] = []
      for part in try types.array() { result.append(try elementType(part)) }
      guard !result.isEmpty else { throw types.error("the list is empty") }
      return .types(result)
    }
    if let rank = object.optional("rank") { return .rank(try range(rank)) }
    if let size = object.optional("size") {
      let axis = try object.optional("axis")?.int(in: -8...7)
      return .size(axis: axis, try range(size))
    }
    if let product = object.optional("product") {
      let axes = try object.required("axes").array { (axis) throws(JSON5Error) in
        try axis.int(in: -8...7)
      }
      return .product(axes: axes, try range(product))
    }
    if let elements = object.optional("elements") { return .elements(try range(elements)) }
    if let constant = object.optional("constant") { return .isConstant(try constant.bool()) }
    if let present = object.optional("present") { return .isPresent(try present.bool()) }
    if let shape = object.optional("shape") {
      guard try shape.string() == "fixed" else {
        throw shape.error("the only word for a shape is \"fixed\"")
      }
      return .hasFixedShape
    }
    if let kinds = object.optional("quantized") { return .quantization(try words(kinds)) }
    if let points = object.optional("zeroPoint") { return .zeroPoints(try range(points)) }
    try object.finish()
    throw element.error(
      "nothing is asked of \"on\"",
      hint:
        "known: types, rank, size, product, elements, constant, present, shape, quantized, zeroPoint"
    )
  }

  private static func typeRows(_ element: JSON5Element) throws(JSON5Error) -> [Condition.TypeRow] {
    var rows: [Condition.TypeRow] = []
    for part in try element.array() {
      var object = try part.object("row")
      let inputs = try typeList(object.optional("inputs"))
      let outputs = try typeList(object.optional("outputs"))
      try object.finish()
      rows.append(Condition.TypeRow(inputs: inputs, outputs: outputs))
    }
    guard !rows.isEmpty else { throw element.error("the list is empty") }
    return rows
  }

  private static func typeList(_ element: JSON5Element?) throws(JSON5Error) -> [ElementType?] {
    var types: [ElementType?] = []
    for part in try element?.array() ?? [] {
      types.append(try part.string() == "*" ? nil : try elementType(part))
    }
    return types
  }

  // MARK: - Attributes

  private static func attributeTest(_ element: JSON5Element, _ object: inout JSON5Object)
    throws(JSON5Error) -> AttributeTest
  {
    let standard = try object.optional("default").map { (part) throws(JSON5Error) in
      try scalar(part)
    }
    if let values = object.optional("oneOf") {
      var scalars: [AttributeTest.Scalar] = []
      for part in try values.array() { scalars.append(try scalar(part)) }
      guard !scalars.isEmpty else { throw values.error("the list is empty") }
      return AttributeTest(kind: .isOneOf(scalars), standard: standard)
    }
    if let limits = object.optional("range") {
      return AttributeTest(kind: .range(try range(limits)), standard: standard)
    }
    if let limits = object.optional("product") {
      return AttributeTest(kind: .product(try range(limits)), standard: standard)
    }
    if let uniform = object.optional("uniform") {
      guard try uniform.bool() else { throw uniform.error("uniform is true or left out") }
      return AttributeTest(kind: .uniform, standard: standard)
    }
    try object.finish()
    throw element.error(
      "nothing is asked of \"attribute\"",
      hint: "known: oneOf, range, product, uniform"
    )
  }

  private static func scalar(_ element: JSON5Element) throws(JSON5Error) -> AttributeTest.Scalar {
    switch element.node.value {
    case .bool(let value): return .bool(value)
    case .string(let value): return .text(value)
    case .int, .double: return .number(try element.double())
    default: throw element.mismatch("a text, a number or a truth value")
    }
  }

  /// A number, or limits.
  private static func range(_ element: JSON5Element) throws(JSON5Error) -> NumberRange {
    if case .object = element.node.value {
      var object = try element.object("range")
      let minimum = try object.optional("min")?.double()
      let maximum = try object.optional("max")?.double()
      try object.finish()
      if minimum == nil, maximum == nil { throw element.error("the range has no limit") }
      if let minimum, let maximum, minimum > maximum {
        throw element.error("no number is in this range")
      }
      return NumberRange(minimum: minimum, maximum: maximum)
    }
    let value = try element.double()
    return NumberRange(minimum: value, maximum: value)
  }
}
