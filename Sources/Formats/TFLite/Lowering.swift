import ModelIR

/// How one builtin operator is said in the canonical vocabulary (docs/operators.md).
struct Lowering: Sendable {
  /// The schema's name.
  let source: String
  /// The canonical name; `nil` where the operator has no meaning (it never had a kernel).
  let canonical: String?
  /// The options table that the operator has; `nil` where none is read.
  let options: OptionsTable?
  /// What becomes of the options.
  let fields: [OptionField]
  /// What depends on the operands, too.
  let refinement: Refinement?

  init(
    _ source: String,
    _ canonical: String?,
    _ options: OptionsTable? = nil,
    _ fields: [OptionField] = [],
    refinement: Refinement? = nil
  ) {
    self.source = source
    self.canonical = canonical
    self.options = options
    self.fields = fields
    self.refinement = refinement
  }

  /// What the operands add.
  enum Refinement: Sendable {
    /// `groups` from the channels of operand 0 and of the filter's last axis.
    case groups
    /// The canonical name is the second one where the operands are not truth values.
    case unlessBool(String)
    /// The canonical name is that of the comparison in slot 0.
    case comparison
    /// `size` = 2 · `radius` + 1, which takes the place of `radius`.
    case windowFromRadius
    /// `shape` is that of the first output.
    case outputShape
  }
}

/// One attribute: its canonical name, and where in the options it comes from.
enum OptionField: Sendable {
  case int(String, Int, Int32 = 0)
  case long(String, Int)
  case bool(String, Int, Bool = false)
  case float(String, Int)
  case text(String, Int)
  case type(String, Int, Int8 = 0)
  case ints(String, Int)
  case longs(String, Int)
  case bools(String, Int)
  case numbers(String, Int)
  case floats(String, Int)
  case bytes(String, Int)
  /// Numbers that must be at least 1, in the canonical order.
  case extents(String, [Int], Int32 = 0)
  /// A number that must be at least 1.
  case extent(String, Int)
  /// A name chosen by number; numbers that have none stay numbers.
  case choice(String, Int, [String])
  /// The subgraph with a number.
  case graph(String, Int)
  case graphs(String, Int)
  /// The element type of the first output, which TFLite's kernels go by.
  case outputType(String)
  case padding(Int)
  case activation(Int)
  /// What the format means without saying it.
  case always(String, AttributeValue)
}

/// The members of the schema's two unions of options that this tool reads.
///
/// Source: `BuiltinOptions` and `BuiltinOptions2` of TensorFlow Lite's schema.
enum OptionsTable: Equatable, Sendable {
  /// A member of the first union, by its number.
  case first(UInt8)
  /// A member of the second union, by its number.
  case second(UInt8)
}

/// All lowerings, by the schema's name.
enum LoweringTable {
  static let all: [Lowering] =
    elementwise + convolutions + shapes + reductions + sequences + control + stableHLO

  static let byName: [String: Lowering] = Dictionary(
    all.map { ($0.source, $0) },
    uniquingKeysWith: { first, _ in first }
  )
}
