import ByteIO
import ModelIR

/// One row of the lowering table: an operator of ONNX, and the canonical one that it becomes.
struct OperatorLowering: Sendable {
  /// The name in the file.
  let source: String
  /// The canonical name.
  let target: String
  let attributes: [AttributeLowering]
  /// What names and defaults do not say: forms that changed with the operator set.
  let adjust: (@Sendable (inout LoweringInProgress) -> Void)?

  init(
    _ source: String,
    _ target: String? = nil,
    _ attributes: [AttributeLowering] = [],
    adjust: (@Sendable (inout LoweringInProgress) -> Void)? = nil
  ) {
    self.source = source
    self.target = target ?? Self.lowerCamelCase(source)
    self.attributes = attributes
    self.adjust = adjust
  }

  /// Rewrites a node's attributes.
  ///
  /// - Throws: `MODEL_INVALID` where an attribute is of another type than the operator's.
  func lower(
    _ source: [SourceAttribute],
    version: Int,
    operandCount: Int,
    node: String,
    at offset: Int
  ) throws(ReadError) -> (OperatorKind, Attributes) {
    var result = Attributes()
    for attribute in source {
      guard let row = attributes.first(where: { $0.source == attribute.name }) else {
        result[Self.lowerCamelCase(attribute.name)] = attribute.value
        continue
      }
      guard let value = row.kind.converted(attribute.value) else {
        throw ReadError(
          .modelInvalid,
          "attribute \"\(attribute.name)\" of \"\(node)\" (\(self.source)) should be"
            + " \(row.kind.title) and is \(attribute.value.title)",
          at: attribute.offset
        )
      }
      if case .drop = row.kind { continue }
      result[row.target] = value
    }
    for row in attributes {
      guard let standard = row.standard, row.versions.contains(version),
        result[row.target] == nil
      else { continue }
      result[row.target] = standard
    }
    guard let adjust else { return (.known(target), result) }
    var progress = LoweringInProgress(
      version: version,
      operandCount: operandCount,
      attributes: result
    )
    adjust(&progress)
    return (.known(target), progress.attributes)
  }

  /// The attributes of an operator that has no row: names in our spelling, values as they are.
  static func unnamed(_ source: [SourceAttribute]) -> Attributes {
    var result = Attributes()
    for attribute in source { result[lowerCamelCase(attribute.name)] = attribute.value }
    return result
  }

  /// `kernel_shape` becomes `kernelShape`, `MatMulInteger` `matMulInteger`, `STFT` `stft`.
  static func lowerCamelCase(_ name: String) -> String {
    var result = ""
    var isStart = true
    let characters = Array(name)
    var index = 0
    while index < characters.count {
      let character = characters[index]
      if character == "_", index > 0, index + 1 < characters.count, characters[index + 1] != "_" {
        index += 1
        result.append(contentsOf: characters[index].uppercased())
        isStart = false
      } else if isStart, character.isUppercase {
        // A run of capitals is one word, whose last capital begins the next.
        let nextIsSmall = index + 1 < characters.count && characters[index + 1].isLowercase
        if index > 0, nextIsSmall {
          result.append(character)
          isStart = false
        } else {
          result.append(contentsOf: character.lowercased())
        }
      } else {
        result.append(character)
        isStart = false
      }
      index += 1
    }
    return result
  }
}

/// The attributes of a node while its row rewrites them.
struct LoweringInProgress {
  let version: Int
  let operandCount: Int
  var attributes: Attributes

  /// Sets an attribute that the file does not.
  mutating func setDefault(_ name: String, _ value: AttributeValue) {
    if attributes[name] == nil { attributes[name] = value }
  }

  /// Gives an attribute another name.
  mutating func rename(_ name: String, to other: String) {
    guard let value = attributes[name] else { return }
    attributes[name] = nil
    attributes[other] = value
  }

  /// Replaces a word; others stay as they are.
  mutating func replace(_ name: String, _ words: [String: String]) {
    guard case .string(let word)? = attributes[name], let other = words[word] else { return }
    attributes[name] = .string(other)
  }

  /// The text of an attribute.
  func string(_ name: String) -> String? {
    guard case .string(let text)? = attributes[name] else { return nil }
    return text
  }
}

/// One attribute of a row: its name in the file, its canonical one, its type and its default.
struct AttributeLowering: Sendable {
  let source: String
  let target: String
  let kind: Kind
  /// What the format means where the file says nothing; `nil` where nothing is written then.
  let standard: AttributeValue?
  /// The operator sets that have the default.
  let versions: ClosedRange<Int>

  enum Kind: Sendable {
    case int, float, bool, string, ints, floats, strings, type, tensor, graph
    /// An attribute that changed its type between operator sets.
    case any
    /// An attribute that says nothing to us (`consumed_inputs`).
    case drop

    /// What the attribute should be, for messages.
    var title: String {
      switch self {
      case .int, .bool, .type: "an integer"
      case .float: "a float"
      case .string: "text"
      case .ints: "a list of integers"
      case .floats: "a list of floats"
      case .strings: "a list of texts"
      case .tensor: "a tensor"
      case .graph: "a graph"
      case .any, .drop: "anything"
      }
    }

    /// The value in our type; `nil` where the file's type does not fit.
    func converted(_ value: AttributeValue) -> AttributeValue? {
      switch (self, value) {
      case (.int, .int), (.float, .float), (.string, .string), (.ints, .ints), (.floats, .floats),
        (.strings, .strings), (.tensor, .tensor), (.graph, .graph), (.any, _), (.drop, _),
        (.type, .type):
        value
      case (.bool, .int(let number)): .bool(number != 0)
      // Unknown numbers are kept as they are.
      case (.type, .int(let number)): DataType.elementType(number).map { .type($0) } ?? value
      case (.type, .string(let name)): DataType.elementType(named: name).map { .type($0) } ?? value
      // Writers that do not state types leave an empty list without one.
      case (.floats, .ints(let list)) where list.isEmpty: .floats([])
      case (.strings, .ints(let list)) where list.isEmpty: .strings([])
      default: nil
      }
    }
  }

  private init(
    _ source: String,
    _ target: String?,
    _ kind: Kind,
    _ standard: AttributeValue?,
    _ versions: ClosedRange<Int>
  ) {
    self.source = source
    self.target = target ?? OperatorLowering.lowerCamelCase(source)
    self.kind = kind
    self.standard = standard
    self.versions = versions
  }

  static func int(
    _ source: String,
    as target: String? = nil,
    default standard: Int? = nil,
    in versions: ClosedRange<Int> = 1...Int.max
  ) -> AttributeLowering {
    AttributeLowering(source, target, .int, standard.map { .int($0) }, versions)
  }

  static func float(
    _ source: String,
    as target: String? = nil,
    default standard: Float? = nil,
    in versions: ClosedRange<Int> = 1...Int.max
  ) -> AttributeLowering {
    AttributeLowering(source, target, .float, standard.map { .float(Double($0)) }, versions)
  }

  static func bool(
    _ source: String,
    as target: String? = nil,
    default standard: Bool? = nil,
    in versions: ClosedRange<Int> = 1...Int.max
  ) -> AttributeLowering {
    AttributeLowering(source, target, .bool, standard.map { .bool($0) }, versions)
  }

  static func string(
    _ source: String,
    as target: String? = nil,
    default standard: String? = nil,
    in versions: ClosedRange<Int> = 1...Int.max
  ) -> AttributeLowering {
    AttributeLowering(source, target, .string, standard.map { .string($0) }, versions)
  }

  static func type(
    _ source: String,
    as target: String? = nil,
    default standard: ElementType? = nil,
    in versions: ClosedRange<Int> = 1...Int.max
  ) -> AttributeLowering {
    AttributeLowering(source, target, .type, standard.map { .type($0) }, versions)
  }

  static func ints(_ source: String, as target: String? = nil) -> AttributeLowering {
    AttributeLowering(source, target, .ints, nil, 1...Int.max)
  }

  static func floats(_ source: String, as target: String? = nil) -> AttributeLowering {
    AttributeLowering(source, target, .floats, nil, 1...Int.max)
  }

  static func strings(_ source: String, as target: String? = nil) -> AttributeLowering {
    AttributeLowering(source, target, .strings, nil, 1...Int.max)
  }

  static func tensor(_ source: String, as target: String? = nil) -> AttributeLowering {
    AttributeLowering(source, target, .tensor, nil, 1...Int.max)
  }

  static func graph(_ source: String, as target: String? = nil) -> AttributeLowering {
    AttributeLowering(source, target, .graph, nil, 1...Int.max)
  }

  static func any(
    _ source: String,
    as target: String? = nil,
    default standard: AttributeValue? = nil
  ) -> AttributeLowering {
    AttributeLowering(source, target, .any, standard, 1...Int.max)
  }

  /// What operator set 1 says about sharing memory.
  static let consumedInputs = AttributeLowering("consumed_inputs", nil, .drop, nil, 1...1)
}

extension AttributeValue {
  /// What kind of value it is, for messages.
  fileprivate var title: String {
    switch self {
    case .int, .bool: "an integer"
    case .float: "a float"
    case .string: "text"
    case .ints: "a list of integers"
    case .floats: "a list of floats"
    case .strings: "a list of texts"
    case .type: "a type"
    case .tensor: "a tensor"
    case .graph: "a graph"
    case .graphs: "a list of graphs"
    case .bytes: "bytes"
    }
  }
}
