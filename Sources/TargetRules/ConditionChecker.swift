import ModelIR

/// One operator as conditions see it.
struct CheckedOperator {
  let graph: Graph
  let node: Node
  /// Whether its operands and axes stand as the rule's format orders them.
  let isNative: Bool

  /// Whether a position among the operands means what the rule means by it.
  var hasNativeOperands: Bool { isNative || node.attributes["operandOrder"] == nil }

  /// The value at a position; `nil` where it is left out.
  func input(_ index: Int) -> ValueID? {
    node.inputs.indices.contains(index) ? node.inputs[index] : nil
  }

  /// The result at a position.
  func output(_ index: Int) -> ValueID? {
    node.outputs.indices.contains(index) ? node.outputs[index] : nil
  }
}

/// What checking a condition comes to.
enum ConditionOutcome: Equatable {
  case holds
  /// What was seen and what is allowed, and a word for the rule.
  case broken(rule: String, detail: String)
  case unknown(rule: String, detail: String)

  /// Whether it is known to hold.
  var isHeld: Bool { self == .holds }
}

extension Condition {
  /// Whether it holds for an operator.
  func check(_ subject: CheckedOperator) -> ConditionOutcome {
    switch test {
    case .tensors(let selection, let test): return subject.check(selection, test)
    case .typeRows(let rows): return subject.check(rows)
    case .alike(let first, let second, let likeness):
      return subject.check(first, like: second, likeness)
    case .inputCount(let range):
      return subject.checkCount(subject.node.inputs.count { $0 != nil }, range, "inputs")
    case .outputCount(let range):
      return subject.checkCount(subject.node.outputs.count { $0 != nil }, range, "outputs")
    case .attribute(let name, let test): return subject.check(name, test)
    case .implication(let premises, let conclusions):
      for premise in premises {
        switch premise.check(subject) {
        case .holds: continue
        case .broken: return .holds
        case .unknown(let rule, let detail):
          // Where the conclusions hold anyway, the premise does not matter.
          guard !conclusions.allSatisfy({ $0.check(subject).isHeld }) else { return .holds }
          return .unknown(rule: rule, detail: detail)
        }
      }
      return Self.all(conclusions, subject)
    case .anyOf(let choices): return Self.any(choices, subject)
    case .not(let condition):
      switch condition.check(subject) {
      case .holds: return .broken(rule: condition.test.word, detail: condition.negation)
      case .broken: return .holds
      case .unknown(let rule, let detail): return .unknown(rule: rule, detail: detail)
      }
    case .unchecked(let text): return .unknown(rule: "unchecked", detail: text)
    }
  }

  private static func all(_ conditions: [Condition], _ subject: CheckedOperator)
    -> ConditionOutcome
  {
    var open: ConditionOutcome?
    for condition in conditions {
      let outcome = condition.check(subject)
      if case .broken = outcome { return outcome }
      if case .unknown = outcome, open == nil { open = outcome }
    }
    return open ?? .holds
  }

  private static func any(_ choices: [Condition], _ subject: CheckedOperator) -> ConditionOutcome {
    var details: [String] = []
    var rule = "condition"
    var open: ConditionOutcome?
    for choice in choices {
      switch choice.check(subject) {
      case .holds: return .holds
      case .broken(let word, let detail):
        rule = word
        if !details.contains(detail) { details.append(detail) }
      case .unknown(let word, let detail): open = .unknown(rule: word, detail: detail)
      }
    }
    return open ?? .broken(rule: rule, detail: details.joined(separator: ", or "))
  }

  /// What it says, where it must not be so.
  private var negation: String {
    reason ?? "this form of the operator is excluded (\(test.word))"
  }
}

extension Condition.Test {
  /// A word for what is looked at.
  var word: String {
    switch self {
    case .tensors(_, let test): test.word
    case .typeRows: "types"
    case .alike: "likeness"
    case .inputCount, .outputCount: "count"
    case .attribute(let name, _): "attribute \(name)"
    case .implication, .anyOf: "condition"
    case .not(let condition): condition.test.word
    case .unchecked: "unchecked"
    }
  }
}

extension TensorTest {
  /// A word for what is looked at.
  var word: String {
    switch self {
    case .types: "type"
    case .rank: "rank"
    case .size, .product: "size"
    case .elements: "elements"
    case .isConstant: "constant"
    case .isPresent: "present"
    case .hasFixedShape: "shape"
    case .quantization: "quantization"
    case .zeroPoints: "zero point"
    }
  }
}

/// Counts and attributes.
extension CheckedOperator {
  func checkCount(_ count: Int, _ range: NumberRange, _ noun: String) -> ConditionOutcome {
    guard isNative else {
      let isAlike = OperatorVocabulary.alike.contains(node.op.name)
      return isAlike && range.contains(Double(count))
        ? .holds
        : .unknown(rule: "count", detail: "the other format may have other \(noun)")
    }
    return range.contains(Double(count))
      ? .holds : .broken(rule: "count", detail: "it has \(count) \(noun); \(range) are allowed")
  }

  func check(_ name: String, _ test: AttributeTest) -> ConditionOutcome {
    let rule = "attribute \(name)"
    guard let values = scalars(name) ?? test.standard.map({ [$0] }) else {
      return isNative
        ? .broken(rule: rule, detail: "\(name) is not stated")
        : .unknown(rule: rule, detail: "the model does not state \(name)")
    }
    func broken(_ allowed: String) -> ConditionOutcome {
      let seen = values.map(\.description).joined(separator: "×")
      return .broken(rule: rule, detail: "\(name) is \(seen); \(allowed)")
    }
    switch test.kind {
    case .isOneOf(let allowed):
      let isMember = values.allSatisfy(allowed.contains)
      return isMember
        ? .holds : broken(listed(allowed.map(\.description)) + " is allowed")
    case .range(let range):
      let numbers = values.compactMap(\.number)
      return numbers.count == values.count && numbers.allSatisfy(range.contains)
        ? .holds : broken("\(range) is allowed")
    case .product(let range):
      let numbers = values.compactMap(\.number)
      return numbers.count == values.count && range.contains(numbers.reduce(1, *))
        ? .holds : broken("a product of \(range) is allowed")
    case .uniform:
      return values.dropFirst().allSatisfy { $0 == values[0] }
        ? .holds : broken("all must be equal")
    }
  }

  /// The values of an attribute; `nil` where it is left out or cannot be compared.
  private func scalars(_ name: String) -> [AttributeTest.Scalar]? {
    switch node.attributes[name] {
    case .int(let value)?: [.number(Double(value))]
    case .float(let value)?: [.number(value)]
    case .bool(let value)?: [.bool(value)]
    case .string(let value)?: [.text(value)]
    case .type(let value)?: [.text(value.rawValue)]
    case .ints(let values)? where !values.isEmpty: values.map { .number(Double($0)) }
    case .floats(let values)? where !values.isEmpty: values.map { .number($0) }
    case .strings(let values)? where !values.isEmpty: values.map { .text($0) }
    default: nil
    }
  }
}

extension AttributeTest.Scalar: CustomStringConvertible {
  /// The number, where it is one.
  var number: Double? {
    guard case .number(let value) = self else { return nil }
    return value
  }

  package var description: String {
    switch self {
    case .number(let value): NumberRange.plain(value)
    case .bool(let value): String(value)
    case .text(let value): value
    }
  }
}

/// `a, b or c`.
func listed(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "nothing" }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
