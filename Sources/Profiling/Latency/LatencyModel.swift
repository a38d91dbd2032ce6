import ModelIR
import Operators
import TargetRules

/// A roofline: each operator takes the longer of its arithmetic at the peak rate and its bytes at the
/// bandwidth, and an overhead.
///
/// `t = max(MACs / rate(type), activation bytes / bandwidth + weight bytes / weight bandwidth)
/// + overhead`. Source: Williams, Waterman, Patterson, "Roofline" (2009). Other operations count as
/// half a multiply-add each; where a target has no rate for their type (integers that count or index, as
/// a rule) they take no time.
struct LatencyModel {
  let model: Model
  let types: [GraphTypes]
  let rows: [ModelProfile.OperatorRow]
  let target: DeploymentTarget
  /// Types that float weights and float activations are taken to have instead of their own.
  var weightType: ElementType?
  var activationType: ElementType?

  /// The estimate; `nil` where the target states no rate, or a count or size is unknown.
  func estimate() -> LatencyEstimate? {
    guard let arithmetic = target.arithmetic else { return nil }
    var operators: [LatencyEstimate.OperatorTime] = []
    var lacksBandwidth = false
    var lacksOverhead = false
    var ratesMissing: Set<ElementType> = []
    // Nested graphs run as often as values decide: only the main graph is estimated.
    for row in rows where row.graph == Model.mainGraph {
      guard let (type, work, bytes) = demand(row) else { return nil }
      var parts: [(LatencyEstimate.Bound, Double)] = []
      if work > 0, let rate = arithmetic.multiplyAddsPerSecond(type), rate > 0 {
        parts.append((.arithmetic, work / rate))
      } else if work > 0 {
        guard row.multiplyAdds == 0 else { return nil }
        ratesMissing.insert(type)
      }
      if let memory = memorySeconds(type, bytes) {
        parts.append((.memory, memory))
      } else {
        lacksBandwidth = true
      }
      let longest = parts.max { $0.1 < $1.1 }
      var seconds = longest?.1 ?? 0
      var bound = longest?.0 ?? .overhead
      if let overhead = target.overhead?.nanoseconds(operator: row.sourceType) {
        if Double(overhead) / 1e9 > seconds { bound = .overhead }
        seconds += Double(overhead) / 1e9
      } else {
        lacksOverhead = true
      }
      operators.append(.init(index: row.index, milliseconds: seconds * 1_000, bound: bound))
    }
    return LatencyEstimate(
      target: target.name,
      milliseconds: operators.reduce(0) { $0 + $1.milliseconds },
      operators: operators,
      lacksBandwidth: lacksBandwidth,
      lacksOverhead: lacksOverhead,
      lacksRate: !ratesMissing.isEmpty,
      assumptions: assumptions(arithmetic, lacksBandwidth, lacksOverhead, ratesMissing)
    )
  }

  private func assumptions(
    _ rule: ArithmeticRule,
    _ lacksBandwidth: Bool,
    _ lacksOverhead: Bool,
    _ ratesMissing: Set<ElementType>
  ) -> [String] {
    let cores = rule.cores.map { $0 == 1 ? "1 core" : "\($0) cores" } ?? "all cores"
    var all = [
      rule.basis == .fitted
        ? "rates fitted to measured operators, \(cores)"
          + (target.source(rule.source).map { ": " + $0.file } ?? "")
        : "every multiply-add at the peak rate of \(cores); real kernels reach a part of it"
    ]
    if lacksBandwidth {
      all.append("no figure for the bandwidth: bytes take no time")
    } else {
      all.append("every byte at the bandwidth of the memory, none from a cache")
    }
    if lacksOverhead { all.append("no figure for the overhead of an operator") }
    if !ratesMissing.isEmpty {
      let types = ratesMissing.map(\.rawValue).sorted().joined(separator: ", ")
      all.append("no figure for arithmetic on \(types), which is no product here: it takes no time")
    }
    if rows.contains(where: { $0.graph != Model.mainGraph }) {
      all.append("nested graphs are not in it")
    }
    return all
  }

  struct Traffic {
    var activations = 0
    var weights = 0
  }

  /// What an operator asks of a machine; `nil` where a count or a size is unknown.
  func demand(_ row: ModelProfile.OperatorRow)
    -> (type: ElementType, work: Double, bytes: Traffic)?
  {
    let (type, bytes) = operands(model[row.graph][row.node], row.graph)
    guard let macs = row.multiplyAdds, let bytes else { return nil }
    return (type, Double(macs) + Double(row.cost.otherOperations) / 2, bytes)
  }

  private func memorySeconds(_ type: ElementType, _ bytes: Traffic) -> Double? {
    guard let bandwidth = target.bandwidth,
      let activations = bandwidth.activationBytesPerSecond(type),
      let weights = bandwidth.weightBytesPerSecond(type), activations > 0, weights > 0
    else { return nil }
    return Double(bytes.activations) / Double(activations) + Double(bytes.weights) / Double(weights)
  }

  /// The type that decides the rate, and the bytes read and written; `nil` bytes where unknown.
  ///
  /// Float activations with 8-bit weights are multiplied as 8-bit integers: the kernels quantize the
  /// operand first.
  private func operands(_ node: Node, _ graph: GraphID) -> (ElementType, Traffic?) {
    var traffic = Traffic()
    var type = ElementType.unknown
    var weights: ElementType?
    for (values, isInput) in [(node.inputs, true), (node.outputs, false)] {
      for case .some(let id) in values {
        let isConstant = model[graph][id].isConstant
        let known = types[graph.index].types[id.index]
        let element = replaced(known.element, isConstant: isConstant)
        guard let count = known.shape.elementCount, let bytes = element.byteCount(elements: count)
        else { return (type, nil) }
        if isConstant { traffic.weights += bytes } else { traffic.activations += bytes }
        if isInput, isConstant, weights == nil { weights = element }
        if isInput, !isConstant, type == .unknown { type = element }
      }
    }
    if type == .float32, weights == .int8 { type = .int8 }
    return (type, traffic)
  }

  private func replaced(_ type: ElementType, isConstant: Bool) -> ElementType {
    guard type == .float32 else { return type }
    return (isConstant ? weightType : activationType) ?? type
  }
}
