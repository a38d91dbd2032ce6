/// A regular expression of RE2's kind: no back references, so that matching is linear in the text.
///
/// Understood: literals, `.`, classes, `\d \w \s \D \W \S` and escaped characters, groups (also
/// `(?:`), `|`, the word boundaries `\b` and `\B`, `* + ? {m,n}` (greed does not matter for a whole match), `^` and `$`.
/// Matching follows all ways at once (Thompson 1968).
struct RegularExpression {
  private indirect enum Node {
    case empty
    case set(CharacterSet)
    case start, end
    case boundary(Bool)
    case sequence([Node])
    case choice([Node])
    case repetition(Node, least: Int, most: Int?)
  }

  /// Which characters stand at a place.
  private struct CharacterSet {
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false

    func contains(_ scalar: UInt32) -> Bool {
      ranges.contains { $0.contains(scalar) } != isNegated
    }
  }

  private enum Step {
    case set(CharacterSet, next: Int)
    case split(Int, Int)
    case start(next: Int), end(next: Int)
    case boundary(Bool, next: Int)
    case accept
  }

  private var steps: [Step] = []
  private var first = 0

  /// What words are made of.
  private static let letters = CharacterSet(
    ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
  )

  /// The most steps of a compiled pattern: counted repetitions multiply.
  private static let stepLimit = 1 << 14

  /// - Throws: where the pattern is not well formed or has more than is understood.
  init(_ pattern: String) throws(OperatorError) {
    var parser = Parser(pattern)
    let node = try parser.parse()
    steps = [.accept]
    first = try compile(node, next: 0)
  }

  /// Whether the whole text is one of the language.
  func matches(_ text: String) -> Bool {
    let scalars = text.unicodeScalars.map(\.value)
    let isWord = [false] + scalars.map { Self.letters.contains($0) } + [false]
    let isBoundary = zip(isWord, isWord.dropFirst()).map { $0 != $1 }
    var current: Set<Int> = []
    for position in 0...scalars.count {
      if position == 0 { follow(first, position, isBoundary, &current) }
      guard position < scalars.count else { break }
      var next: Set<Int> = []
      for place in current {
        if case .set(let set, let target) = steps[place], set.contains(scalars[position]) {
          follow(target, position + 1, isBoundary, &next)
        }
      }
      current = next
      if current.isEmpty { return false }
    }
    return current.contains { if case .accept = steps[$0] { true } else { false } }
  }

  /// Adds a place and all that are reached from it without a character.
  private func follow(
    _ place: Int,
    _ position: Int,
    _ isBoundary: [Bool],
    _ places: inout Set<Int>
  ) {
    var open = [place]
    while let place = open.popLast() {
      guard places.insert(place).inserted else { continue }
      switch steps[place] {
      case .split(let left, let right): open += [left, right]
      case .start(let next) where position == 0: open.append(next)
      case .end(let next) where position == isBoundary.count - 1: open.append(next)
      case .boundary(let wanted, let next) where isBoundary[position] == wanted:
        open.append(next)
      default: break
      }
    }
  }

  private mutating func add(_ step: Step) throws(OperatorError) -> Int {
    guard steps.count < Self.stepLimit else {
      throw OperatorError(.limit, "a pattern of more than \(Self.stepLimit) steps")
    }
    steps.append(step)
    return steps.count - 1
  }

  /// The place where a node begins that goes on at `next`.
  private mutating func compile(_ node: Node, next: Int) throws(OperatorError) -> Int {
    switch node {
    case .empty: return next
    case .set(let set): return try add(.set(set, next: next))
    case .start: return try add(.start(next: next))
    case .end: return try add(.end(next: next))
    case .boundary(let wanted): return try add(.boundary(wanted, next: next))
    case .sequence(let nodes):
      var target = next
      for node in nodes.reversed() { target = try compile(node, next: target) }
      return target
    case .choice(let nodes):
      guard let last = nodes.last else { return next }
      var target = try compile(last, next: next)
      for node in nodes.dropLast().reversed() {
        target = try add(.split(try compile(node, next: next), target))
      }
      return target
    case .repetition(let node, let least, let most):
      var target = next
      if let most {
        for _ in least..<max(least, most) {
          target = try add(.split(try compile(node, next: target), next))
        }
      } else {
        let loop = try add(.split(next, next))
        steps[loop] = .split(try compile(node, next: loop), next)
        target = loop
      }
      for _ in 0..<least { target = try compile(node, next: target) }
      return target
    }
  }

  /// Reads a pattern.
  private struct Parser {
    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var depth = 0

    init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

    private var current: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      guard current == scalar else { return false }
      place += 1
      return true
    }

    private func broken(_ what: String) -> OperatorError {
      .invalid("the pattern has \(what) at character \(place)")
    }

    mutating func parse() throws(OperatorError) -> Node {
      let node = try choice()
      guard current == nil else { throw broken("a group that was not opened") }
      return node
    }

    private mutating func choice() throws(OperatorError) -> Node {
      depth += 1
      guard depth <= 64 else { throw OperatorError(.limit, "a pattern of more than 64 groups") }
      var ways: [Node] = []
      repeat {
        var parts: [Node] = []
        while let scalar = current, scalar != "|", scalar != ")" {
          parts.append(try repeated(try atom(scalar)))
        }
        ways.append(parts.isEmpty ? .empty : .sequence(parts))
      } while take("|")
      depth -= 1
      return ways.count == 1 ? ways[0] : .choice(ways)
    }

    private mutating func atom(_ scalar: Unicode.Scalar) throws(OperatorError) -> Node {
      place += 1
      switch scalar {
      case ".": return .set(CharacterSet(ranges: [10...10], isNegated: true))
      case "^": return .start
      case "$": return .end
      case "[": return .set(try bracket())
      case "\\":
        if take("b") { return .boundary(true) }
        if take("B") { return .boundary(false) }
        guard let escaped = try escape() else { throw broken("an escape it cannot have") }
        return .set(escaped)
      case "(":
        if take("?"), !take(":") { throw broken("a group of a kind that is not understood") }
        let node = try choice()
        guard take(")") else { throw broken("a group that is not closed") }
        return node
      case "*", "+", "?": throw broken("nothing to repeat")
      default: return .set(CharacterSet(ranges: [scalar.value...scalar.value]))
      }
    }

    private mutating func repeated(_ node: Node) throws(OperatorError) -> Node {
      var result = node
      while let scalar = current {
        let bounds: (least: Int, most: Int?)
        switch scalar {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{":
          guard let counted = counts() else { return result }
          bounds = counted
        default: return result
        }
        place += 1
        // A question mark after a repetition asks for the shortest one; the language is the same.
        if current == "?" { place += 1 }
        guard bounds.least <= 1000, bounds.most ?? bounds.least <= 1000,
          bounds.most ?? .max >= bounds.least
        else { throw broken("a repetition beyond 1000") }
        result = .repetition(result, least: bounds.least, most: bounds.most)
      }
      return result
    }

    /// Reads `{m}`, `{m,}` or `{m,n}` up to before its brace; anything else is text.
    private mutating func counts() -> (least: Int, most: Int?)? {
      var text = ""
      var end = place + 1
      while end < scalars.count, scalars[end] != "}" {
        text.unicodeScalars.append(scalars[end])
        end += 1
      }
      guard end < scalars.count else { return nil }
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      guard let least = parts.first.flatMap({ Int($0) }), least >= 0, parts.count <= 2 else {
        return nil
      }
      var most: Int? = least
      if parts.count == 2 {
        most = Int(parts[1])
        guard parts[1].isEmpty || most != nil else { return nil }
      }
      place = end
      return (least, most)
    }

    /// What follows a backslash; `nil` where it has no meaning.
    private mutating func escape() throws(OperatorError) -> CharacterSet? {
      guard let scalar = current else { throw broken("a backslash at its end") }
      place += 1
      let digits: [ClosedRange<UInt32>] = [0x30...0x39]
      let spaces: [ClosedRange<UInt32>] = [0x09...0x0A, 0x0C...0x0D, 0x20...0x20]
      switch scalar {
      case "d", "D": return CharacterSet(ranges: digits, isNegated: scalar == "D")
      case "w", "W": return CharacterSet(ranges: letters.ranges, isNegated: scalar == "W")
      case "s", "S": return CharacterSet(ranges: spaces, isNegated: scalar == "S")
      case "n": return CharacterSet(ranges: [10...10])
      case "t": return CharacterSet(ranges: [9...9])
      case "r": return CharacterSet(ranges: [13...13])
      default:
        if scalar.properties.isAlphabetic || scalar.properties.numericType != nil { return nil }
        return CharacterSet(ranges: [scalar.value...scalar.value])
      }
    }

    private mutating func bracket() throws(OperatorError) -> CharacterSet {
      var result = CharacterSet()
      result.isNegated = take("^")
      var isFirst = true
      while let scalar = current, scalar != "]" || isFirst {
        isFirst = false
        place += 1
        var low = scalar.value
        if scalar == "\\" {
          guard let set = try escape(), !set.isNegated else {
            throw broken("an escape that a class cannot have")
          }
          guard set.ranges.count == 1, set.ranges[0].count == 1 else {
            result.ranges += set.ranges
            continue
          }
          low = set.ranges[0].lowerBound
        }
        guard current == "-", place + 1 < scalars.count, scalars[place + 1] != "]" else {
          result.ranges.append(low...low)
          continue
        }
        place += 1
        var high = scalars[place].value
        place += 1
        if high == 0x5C {
          guard let set = try escape(), let only = set.ranges.first, only.count == 1 else {
            throw broken("a range that ends in a class")
          }
          high = only.lowerBound
        }
        guard high >= low else { throw broken("a range that ends before it begins") }
        result.ranges.append(low...high)
      }
      guard take("]") else { throw broken("a class that is not closed") }
      return result
    }
  }
}
