import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorDefinition {
  /// Scaled dot-product attention: `softmax(√s·Q · (√s·K)ᵀ + mask) · V` for each head.
  ///
  /// Operands Q, K, V, mask?, past key?, past value?, valid keys of each batch entry?. Results: Y, the
  /// caches with this step's keys and values, and the scores at the stage that
  /// `qkMatmulOutputMode` names (0 raw, 1 soft-capped, 2 masked, 3 after the softmax). A query that
  /// may look at no key gives zeros. `isCausal` and the windows count positions from the first key.
  /// Sources: ONNX Attention-25; Vaswani et al. 2017; Ainslie et al. 2023 (grouped queries).
  static let attention = OperatorDefinition(
    "attention",
    "Scaled dot-product attention with masks and caches.",
    family: .matrixProduct,
    inputs: 3...7,
    outputs: 1...4,
    inferTypes: { (context) throws(OperatorError) in
      let q = try context.input(0)
      let v = try context.input(2)
      guard let shape = try AttentionShape(context) else {
        return [q.with(.unknownRank), q.with(.unknownRank), v.with(.unknownRank)]
          + [q.with(.unknownRank)]
      }
      return [
        q.with(shape.result), q.with(shape.presentKey), v.with(shape.presentValue),
        q.with(shape.scores),
      ]
    },
    cost: CostRule { context in
      guard let shape = try? AttentionShape(context.node) else { return .uncounted }
      return shape.cost
    },
    evaluate: { (context) throws(OperatorError) in
      context.named(try AttentionEvaluation(context).results())
    }
  )
}

/// Attention with all extents known; every operation is rounded to the operands' type.
private struct AttentionEvaluation {
  let context: EvaluationContext
  let type: ElementType
  let round: Precision
  let batch: Int
  let queryHeads: Int
  let keyHeads: Int
  let queries: Int
  let keys: Int
  let size: Int
  let valueSize: Int
  let isMerged: Bool
  /// `[batch][head][position][size]`.
  let q: [Double]
  let k: [Double]
  let v: [Double]
  let bias: AttentionBias
  let scale: Double
  let softcap: Double
  let softmax: Precision
  let mode: Int

  init(_ context: EvaluationContext) throws(OperatorError) {
    self.context = context
    guard let shape = try AttentionShape(context.operatorContext),
      let batch = shape.batch.size, let queryHeads = shape.queryHeads.size,
      let keyHeads = shape.keyHeads.size, let queries = shape.queries.size,
      let own = shape.keys.size, let keys = shape.totalKeys.size, let size = shape.headSize.size,
      let valueSize = shape.valueSize.size
    else { throw .invalid("the shapes of the operands are not known") }
    _ = try OperandValues.count([batch, queryHeads, queries, keys])
    (self.batch, self.queryHeads, self.keyHeads) = (batch, queryHeads, keyHeads)
    (self.queries, self.keys, self.size, self.valueSize) = (queries, keys, size, valueSize)
    isMerged = shape.isMerged
    let query = try context.input(0)
    type = query.type
    round = Precision(type: type)
    func part(
      _ operand: Int,
      _ heads: Int,
      _ length: Int,
      _ width: Int,
      past: Int?
    ) throws(OperatorError) -> [Double] {
      var values = try OperandValues.doubles(try context.input(operand))
      guard values.count == (try OperandValues.count([batch, heads, length, width])) else {
        throw .invalid("operand \(operand) does not have the extents of the others")
      }
      if shape.isMerged {
        values = AxisOrder.rearrange(values, [batch, length, heads, width], [0, 2, 1, 3])
      }
      guard let past, let cached = context.optionalInput(past) else {
        guard past == nil || length == keys else {
          throw .invalid("only one of the keys and the values has a cache")
        }
        return values
      }
      let before = try OperandValues.doubles(cached)
      guard cached.sizes == [batch, heads, keys - length, width] else {
        throw .invalid("a cache of shape \(Shape.fixed(cached.sizes))")
      }
      let old = (keys - length) * width
      var joined: [Double] = []
      joined.reserveCapacity(before.count + values.count)
      for head in 0..<(batch * heads) {
        joined += before[(head * old)..<((head + 1) * old)]
        joined += values[(head * length * width)..<((head + 1) * length * width)]
      }
      return joined
    }
    q = try part(0, queryHeads, queries, size, past: nil)
    k = try part(1, keyHeads, own, size, past: 4)
    v = try part(2, keyHeads, own, valueSize, past: 5)
    bias = try AttentionBias(
      context,
      batch: batch,
      heads: queryHeads,
      queries: queries,
      keys: keys,
      cached: keys - own
    )
    let stated = try context.attributes.float("scale")
    scale = round((stated ?? 1 / Double(max(size, 1)).squareRoot()).squareRoot())
    softcap = try context.attributes.float("softcap", default: 0)
    softmax = Precision(type: try context.attributes.type("softmaxPrecision") ?? type)
    mode = try context.attributes.int("qkMatmulOutputMode", default: 0)
  }

  func results() throws(OperatorError) -> [Tensor] {
    var output = [Double](repeating: 0, count: batch * queryHeads * queries * valueSize)
    var shown: [Double] = []
    shown.reserveCapacity(batch * queryHeads * queries * keys)
    let shared = keyHeads == 0 ? 1 : queryHeads / keyHeads
    for entry in 0..<batch {
      for head in 0..<queryHeads {
        let source = entry * keyHeads + head / max(shared, 1)
        for query in 0..<queries {
          let row = (entry * queryHeads + head) * queries + query
          let raw = scores(row, source)
          let capped = raw.map(cap)
          let offsets = bias.row(entry, head, query)
          let masked = capped.indices.map { round(capped[$0] + offsets[$0]) }
          let weights = probabilities(masked, offsets)
          switch mode {
          case 0: shown += raw
          case 1: shown += capped
          case 2: shown += masked
          default: shown += weights
          }
          for column in 0..<valueSize {
            var sum = 0.0
            for key in 0..<keys where weights[key] != 0 {
              sum += weights[key] * v[(source * keys + key) * valueSize + column]
            }
            output[row * valueSize + column] = round(sum)
          }
        }
      }
    }
    var sizes = [batch, queryHeads, queries, valueSize]
    if isMerged {
      output = AxisOrder.rearrange(output, sizes, [0, 2, 1, 3])
      sizes = [batch, queries, queryHeads * valueSize]
    }
    let valueType = try context.input(2).type
    return [
      OperandValues.tensor(type, sizes, output),
      OperandValues.tensor(type, [batch, keyHeads, keys, size], k),
      OperandValues.tensor(valueType, [batch, keyHeads, keys, valueSize], v),
      OperandValues.tensor(type, [batch, queryHeads, queries, keys], shown),
    ]
  }

  /// A score bounded smoothly, where a bound is stated.
  private func cap(_ score: Double) -> Double {
    guard softcap > 0 else { return score }
    return round(softcap * round(tanh(round(score / softcap))))
  }

  /// The scaled products of a query with all keys.
  private func scores(_ row: Int, _ source: Int) -> [Double] {
    let query = (0..<size).map { round(q[row * size + $0] * scale) }
    return (0..<keys).map { key in
      var sum = 0.0
      let base = (source * keys + key) * size
      for index in 0..<size { sum += query[index] * round(k[base + index] * scale) }
      return round(sum)
    }
  }

  /// The softmax of a row; zeros where no key may be looked at.
  private func probabilities(_ row: [Double], _ offsets: [Double]) -> [Double] {
    let isMasked = offsets.allSatisfy { $0 == -.infinity }
    let values = row.map { softmax($0) }
    guard !isMasked, let greatest = values.max(), greatest > -.infinity else {
      return Array(repeating: 0, count: row.count)
    }
    let powers = values.map { softmax(exp(softmax($0 - greatest))) }
    let total = softmax(powers.reduce(0, +))
    return powers.map { round(softmax($0 / (total == 0 ? 1 : total))) }
  }
}
