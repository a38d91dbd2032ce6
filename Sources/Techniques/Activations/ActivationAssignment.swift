import Calibration
import ModelIR
import Operators

/// Integers for all activations of a graph at once, as TensorFlow Lite demands them: operators that
/// only move or compare numbers have one scale for operands and results, and some results have a scale
/// that never changes.
///
/// Sources: TensorFlow Lite 8-bit quantization specification; LiteRT
/// `tflite/converter/tools/optimize/operator_property.cc` (`restrict_same_input_output_scale`,
/// `restriction_on_output`).
package struct ActivationAssignment: Sendable {
  /// What is done to each activation.
  package let transforms: [ValueID: ActivationTransform]
  /// Activations that share a scale, each group in order; single ones are left out.
  package let tied: [[ValueID]]

  /// Operators whose operands and results have one scale.
  static let sameScale: Set<String> = [
    "averagePool", "maxPool", "concat", "reshape", "flatten", "squeeze", "expandDims", "resize",
    "spaceToDepth", "depthToSpace", "pad", "gather", "gatherND", "batchToSpace", "spaceToBatch",
    "transpose", "maximum", "minimum", "slice", "sliceBySize", "stridedSlice", "split", "pack",
    "unpack", "reverse", "select", "tile", "expand", "reduceMax", "reduceMin", "identity",
    "globalMaxPool",
  ]

  /// - Parameters:
  ///   - context: The model and what calibration measured.
  ///   - bits: 8 (asymmetric) or 16 (symmetric).
  ///   - method: How ranges are chosen.
  /// - Throws: `DATA_INVALID` where an activation was not measured.
  package init(
    _ context: ActionContext,
    bits: Int,
    method: RangeMethod = .minMax
  ) throws(TechniqueError) {
    guard let record = context.record else {
      throw TechniqueError(.dataInvalid, "ranges of activations need calibration data")
    }
    let graph = context.model.main
    let coding = IntegerActivations(bits: bits, method: method)
    let isMeasured = graph.values.indices.map { record.statistics[ValueID($0)] != nil }
    var ties = DisjointSets(count: graph.values.count)
    var fixed: [Int: ActivationTransform] = [:]
    for node in graph.nodes {
      if let output = node.outputs.first, let output, isMeasured[output.index],
        let transform = Self.fixedOutput(node.op.name, bits: bits)
      {
        fixed[output.index] = transform
      }
      guard Self.sameScale.contains(node.op.name) else { continue }
      let members = (node.inputs + node.outputs).compactMap { $0 }.filter { isMeasured[$0.index] }
      for member in members.dropFirst() { ties.join(members[0].index, member.index) }
    }
    var groups: [Int: [Int]] = [:]
    for index in graph.values.indices where isMeasured[index] {
      groups[ties.root(index), default: []].append(index)
    }
    var transforms: [ValueID: ActivationTransform] = [:]
    var tied: [[ValueID]] = []
    for root in groups.keys.sorted() {
      let members = groups[root] ?? []
      var range: ClosedRange<Double>?
      for member in members {
        guard let own = record.statistics[ValueID(member)]?.range(method, grid: coding.grid)
        else { continue }
        range =
          range.map { known in
            min(known.lowerBound, own.lowerBound)...max(known.upperBound, own.upperBound)
          } ?? own
      }
      guard let range else {
        throw TechniqueError(
          .dataInvalid,
          "calibration saw no finite value of \"\(graph.values[members[0]].name)\""
        )
      }
      let stated = members.compactMap { fixed[$0] }
      let isStated = stated.count > 0 && stated.allSatisfy { $0 == stated[0] && $0.holds(range) }
      let transform = isStated ? stated[0] : coding.transform(range)
      for member in members { transforms[ValueID(member)] = transform }
      if members.count > 1 { tied.append(members.map { ValueID($0) }) }
    }
    self.transforms = transforms
    self.tied = tied
  }

  /// The scale that a result has whatever was measured.
  static func fixedOutput(_ name: String, bits: Int) -> ActivationTransform? {
    if bits == 16 {
      guard ["sigmoid", "tanh", "softmax"].contains(name) else { return nil }
      return .integer(scale: 1 / 32768, zeroPoint: 0, least: -32768, greatest: 32767)
    }
    switch name {
    case "sigmoid", "softmax":
      return .integer(scale: 1 / 256, zeroPoint: -128, least: -128, greatest: 127)
    case "tanh", "l2Normalization":
      return .integer(scale: 1 / 128, zeroPoint: 0, least: -128, greatest: 127)
    case "logSoftmax":
      return .integer(scale: 16 / 256, zeroPoint: 127, least: -128, greatest: 127)
    default: return nil
    }
  }
}

extension ActivationTransform {
  /// Whether the integers reach the range but for one step.
  func holds(_ range: ClosedRange<Double>) -> Bool {
    guard case .integer(let scale, let zeroPoint, let least, let greatest) = self else {
      return false
    }
    let step = Double(scale)
    return range.lowerBound >= Double(least - zeroPoint - 1) * step
      && range.upperBound <= Double(greatest - zeroPoint + 1) * step
  }
}

/// Sets that are joined, by index.
struct DisjointSets: Sendable {
  private var parents: [Int]

  init(count: Int) { parents = Array(0..<count) }

  /// Adds a set of one member.
  mutating func append() -> Int {
    parents.append(parents.count)
    return parents.count - 1
  }

  var count: Int { parents.count }

  /// The least member of the set.
  mutating func root(_ member: Int) -> Int {
    var root = member
    while parents[root] != root { root = parents[root] }
    var place = member
    while parents[place] != root { (parents[place], place) = (root, parents[place]) }
    return root
  }

  mutating func join(_ left: Int, _ right: Int) {
    let (a, b) = (root(left), root(right))
    if a != b { parents[max(a, b)] = min(a, b) }
  }
}
