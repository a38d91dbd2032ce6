import ByteIO
import ModelIR

/// How one TensorFlow operator is said in the canonical vocabulary (docs/operators.md).
struct OperatorLowering: Sendable {
  typealias Adjustment = @Sendable (inout LoweringInProgress) throws(ReadError) -> Void

  /// TensorFlow's name.
  let source: String
  /// The canonical name.
  let target: String
  /// The names of the results, which functions refer to; a list of results counts as one.
  let results: [String]
  /// What becomes of attributes and operands.
  let adjust: Adjustment?

  init(
    _ source: String,
    _ target: String,
    results: [String] = [],
    _ adjust: Adjustment? = nil
  ) {
    self.source = source
    self.target = target
    self.results = results
    self.adjust = adjust
  }
}

/// A node on its way from TensorFlow's words to ours.
struct LoweringInProgress {
  let node: SourceNode
  var target: String
  var operands: [Source?]
  var attributes = Attributes()
  /// Why the node is kept as it is; `nil` while it can be lowered.
  var refusal: String?
  /// The operand whose one axis counts the channels of an operand with channels first.
  var biasOfChannelsFirst = false
  /// Reads a constant operand that holds few integers.
  let constantIntegers: (Source) -> [Int]?
  /// Reads a constant operand that holds few numbers.
  let constantFloats: (Source) -> [Double]?

  // MARK: - The source's attributes

  func int(_ name: String, default value: Int) throws(ReadError) -> Int {
    try node.attribute(name)?.int ?? value
  }

  func float(_ name: String, default value: Double) throws(ReadError) -> Double {
    try node.attribute(name)?.float.map { Double($0) } ?? value
  }

  func bool(_ name: String, default value: Bool = false) throws(ReadError) -> Bool {
    try node.attribute(name)?.bool ?? value
  }

  func text(_ name: String, default value: String = "") throws(ReadError) -> String {
    try node.attribute(name)?.text?.string ?? value
  }

  func ints(_ name: String) throws(ReadError) -> [Int] { try node.attribute(name)?.ints ?? [] }

  func texts(_ name: String) throws(ReadError) -> [String] {
    var result: [String] = []
    for text in try node.attribute(name)?.texts ?? [] { result.append(text.string) }
    return result
  }

  func type(_ name: String, default number: Int = 1) throws(ReadError) -> ElementType {
    DataType.element(try node.attribute(name)?.type ?? number)
  }

  // MARK: - Operands

  /// Takes an operand away that is a constant list of integers, as an attribute.
  mutating func takeIntegers(_ index: Int) -> [Int]? {
    guard operands.indices.contains(index), let source = operands[index] else { return nil }
    guard let values = constantIntegers(source) else {
      refusal = refusal ?? "operand \(index) is no constant"
      return nil
    }
    operands.remove(at: index)
    return values
  }

  /// Takes an operand away that is one constant integer.
  mutating func takeInteger(_ index: Int) -> Int? {
    let values = takeIntegers(index)
    if values != nil, values?.count != 1 { refusal = "operand \(index) is not one integer" }
    return values?.first
  }

  // MARK: - What operators share

  /// `NHWC` and `NCHW`, also of other numbers of axes.
  mutating func dataLayout() throws(ReadError) -> Bool {
    let format = try text("data_format", default: "NHWC")
    let isFirst = format.hasPrefix("NC") && format.utf8.count > 2 && !format.hasSuffix("_VECT_C")
    if format.hasSuffix("VECT_C") { refusal = "data_format \(format)" }
    attributes["dataLayout"] = .string(isFirst ? "nchw" : "nhwc")
    return isFirst
  }

  /// The spatial part of a list with one number an axis.
  func spatial(_ values: [Int], channelsFirst: Bool) -> [Int] {
    guard values.count > 2 else { return values }
    return Array(channelsFirst ? values[2...] : values[1..<(values.count - 1)])
  }

  /// Whether a list with one number an axis says 1 for batch and channels.
  func isSpatialOnly(_ values: [Int], channelsFirst: Bool) -> Bool {
    guard values.count > 2 else { return values.isEmpty }
    return values[0] == 1 && values[channelsFirst ? 1 : values.count - 1] == 1
  }

  /// Strides, padding, dilations and the layout of windows.
  mutating func window(kernel: [Int]? = nil) throws(ReadError) {
    let isFirst = try dataLayout()
    let strides = try ints("strides")
    if !strides.isEmpty {
      if !isSpatialOnly(strides, channelsFirst: isFirst) {
        refusal = "strides \(strides) over batch or channels"
      }
      attributes["strides"] = .ints(spatial(strides, channelsFirst: isFirst))
    }
    let dilations = try ints("dilations")
    if !dilations.isEmpty {
      attributes["dilations"] = .ints(spatial(dilations, channelsFirst: isFirst))
    }
    if let kernel {
      if !isSpatialOnly(kernel, channelsFirst: isFirst) {
        refusal = "a window of \(kernel) over batch or channels"
      }
      attributes["kernel"] = .ints(spatial(kernel, channelsFirst: isFirst))
    }
    switch try text("padding", default: "VALID") {
    case "SAME": attributes["padding"] = .string("same")
    case "VALID": attributes["padding"] = .string("valid")
    case "EXPLICIT":
      let pairs = try ints("explicit_paddings")
      guard pairs.count % 2 == 0, pairs.count >= 6 else {
        refusal = "explicit_paddings \(pairs)"
        return
      }
      let begins = stride(from: 0, to: pairs.count, by: 2).map { pairs[$0] }
      let ends = stride(from: 1, to: pairs.count, by: 2).map { pairs[$0] }
      attributes["padding"] = .string("explicit")
      attributes["pads"] = .ints(
        spatial(begins, channelsFirst: isFirst) + spatial(ends, channelsFirst: isFirst)
      )
    case let other: refusal = "padding \(other)"
    }
    if let wrong = (attributes["strides"].flatMap { $0.integers } ?? []).first(where: { $0 < 1 }) {
      refusal = "a stride of \(wrong)"
    }
  }
}

extension AttributeValue {
  /// The list, where it is one of integers.
  var integers: [Int]? {
    guard case .ints(let values) = self else { return nil }
    return values
  }
}

/// The lowering table: each family's rows, found by name.
///
/// A new operator is one row.
enum OperatorTable {
  static let rows =
    OperatorLowering.elementwise + OperatorLowering.convolutions + OperatorLowering.reductions
    + OperatorLowering.movement + OperatorLowering.indexing + OperatorLowering.generators
    + OperatorLowering.lists + OperatorLowering.images + OperatorLowering.control

  private static let byName = Dictionary(
    rows.map { ($0.source, $0) },
    // A test checks that no name has two rows.
    uniquingKeysWith: { first, _ in first }
  )

  /// The row of an operator; `nil` where the tool gives it no meaning.
  static func row(_ name: String) -> OperatorLowering? { byName[name] }
}
