import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorDefinition {
  /// Attention without a softmax: a state of keys times values that each step decays and adds to.
  ///
  /// For each head and step: `S ← exp(g)·S` (gated rules), `v ← β·(v − Sᵀk)` (delta rules),
  /// `S ← S + k·vᵀ`, `y = scale · Sᵀq`. Operands query, key, value `[batch, length, heads · size]`,
  /// past state `[batch, heads, key size, value size]`?, decay?, beta?.
  /// Sources: ONNX LinearAttention-27; Katharopoulos et al. 2020; Yang et al. 2024 (gated delta rule).
  static let linearAttention = OperatorDefinition(
    "linearAttention",
    "Attention by a recurrent state instead of a softmax.",
    family: .matrixProduct,
    inputs: 3...6,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in
      let query = try context.input(0)
      guard let shape = try LinearAttentionShape(context) else {
        return [query.with(.unknownRank), query.with(.unknownRank)]
      }
      let state = context.optionalInput(3)?.element ?? query.element
      return [query.with(shape.result), TensorType(state, shape.state)]
    },
    // Writing, reading and, for the delta rules, retrieving: one product of key and value sizes each;
    // a decay is one operation an element of the state.
    cost: CostRule { context in
      guard let shape = try? LinearAttentionShape(context.node),
        let state = shape.state.elementCount, let length = shape.length.size,
        let steps = checkedProduct([state, length])
      else { return .uncounted }
      let shared = shape.keyHeads == 0 ? 1 : shape.queryHeads / shape.keyHeads
      return .times(
        steps,
        multiplyAdds: 1 + max(shared, 1) + (context.node.hasInput(5) ? 1 : 0),
        otherOperations: context.node.hasInput(4) ? 1 : 0
      )
    },
    evaluate: { (context) throws(OperatorError) in
      context.named(try evaluateLinearAttention(context))
    }
  )
}

/// The extents of linear attention.
private struct LinearAttentionShape {
  var batch: Dimension
  var length: Dimension
  var queryHeads: Int
  var keyHeads: Int
  var keySize: Dimension
  var valueSize: Dimension

  /// - Returns: `nil` where the operands' rank is not known.
  init?(_ context: OperatorContext) throws(OperatorError) {
    queryHeads = try context.attributes.int("qNumHeads", default: 0)
    keyHeads = try context.attributes.int("kvNumHeads", default: 0)
    guard queryHeads > 0, keyHeads > 0, queryHeads % keyHeads == 0 else {
      throw .invalid("\(queryHeads) heads of queries do not share \(keyHeads) heads of keys")
    }
    let query = try context.input(0).shape
    let value = try context.input(2).shape
    guard let q = query.dimensions, let v = value.dimensions else { return nil }
    guard q.count == 3, v.count == 3 else {
      throw .invalid("operands of shapes \(query) and \(value); three axes are needed")
    }
    (batch, length) = (q[0], q[1])
    keySize = try Self.part(q[2], queryHeads)
    valueSize = try Self.part(v[2], keyHeads)
  }

  private static func part(_ whole: Dimension, _ heads: Int) throws(OperatorError) -> Dimension {
    guard let size = whole.size else { return .unknown }
    guard size % heads == 0 else {
      throw .invalid("\(size) elements do not divide among \(heads) heads")
    }
    return .fixed(size / heads)
  }

  var result: Shape {
    let width = valueSize.size.flatMap { checkedProduct([queryHeads, $0]) }
    return .ranked([batch, length, width.map(Dimension.fixed) ?? .unknown])
  }

  var state: Shape { .ranked([batch, .fixed(keyHeads), keySize, valueSize]) }
}

private func evaluateLinearAttention(
  _ context: EvaluationContext
) throws(OperatorError) -> [Tensor] {
  guard let shape = try LinearAttentionShape(context.operatorContext),
    let batch = shape.batch.size, let length = shape.length.size,
    let keySize = shape.keySize.size, let valueSize = shape.valueSize.size
  else { throw .invalid("the shapes of the operands are not known") }
  let (queryHeads, keyHeads) = (shape.queryHeads, shape.keyHeads)
  let rule = try context.attributes.string("updateRule", default: "gated_delta")
  guard ["linear", "gated", "delta", "gated_delta"].contains(rule) else {
    throw .invalid("updateRule \"\(rule)\" is none of linear, gated, delta, gated_delta")
  }
  let query = try context.input(0)
  let key = try OperandValues.doubles(try context.input(1))
  let value = try OperandValues.doubles(try context.input(2))
  let rows = batch * length
  guard key.count == (try OperandValues.count([rows, keyHeads, keySize])),
    value.count == (try OperandValues.count([rows, keyHeads, valueSize]))
  else { throw .invalid("keys and values do not have the extents of the queries") }
  let q = try OperandValues.doubles(query)
  let decay = try rule.hasPrefix("gated") ? OperandValues.doubles(try context.input(4)) : nil
  let beta = try rule.hasSuffix("delta") ? OperandValues.doubles(try context.input(5)) : nil
  let decays = rows == 0 ? 1 : (decay?.count ?? rows) / rows
  let betas = rows == 0 ? 1 : (beta?.count ?? rows) / rows
  guard decay == nil || decays == keyHeads || decays == keyHeads * keySize,
    beta == nil || betas == 1 || betas == keyHeads,
    decay.map({ $0.count == rows * decays }) ?? true, beta.map({ $0.count == rows * betas }) ?? true
  else { throw .invalid("decay or beta do not have an element for each head") }
  let stateSizes = [batch, keyHeads, keySize, valueSize]
  let stateCount = try OperandValues.count(stateSizes)
  var state =
    try context.optionalInput(3).map { (past) throws(OperatorError) in
      try OperandValues.doubles(past)
    } ?? Array(repeating: 0, count: stateCount)
  guard state.count == stateCount else { throw .invalid("the past state has another shape") }
  let stated = try context.attributes.float("scale", default: 0)
  let scale = stated == 0 ? 1 / Double(max(keySize, 1)).squareRoot() : stated
  let shared = queryHeads / keyHeads
  var result = [Double](
    repeating: 0,
    count: try OperandValues.count([rows, queryHeads, valueSize])
  )
  for entry in 0..<batch {
    for step in 0..<length {
      let row = entry * length + step
      for head in 0..<keyHeads {
        let base = (entry * keyHeads + head) * keySize * valueSize
        let k = key[((row * keyHeads + head) * keySize)..<((row * keyHeads + head + 1) * keySize)]
        let firstValue = (row * keyHeads + head) * valueSize
        if let decay {
          for index in 0..<keySize {
            let place = decays == keyHeads ? head : head * keySize + index
            let factor = exp(decay[row * decays + place])
            for column in 0..<valueSize { state[base + index * valueSize + column] *= factor }
          }
        }
        for column in 0..<valueSize {
          var written = value[firstValue + column]
          if let beta {
            var retrieved = 0.0
            for (index, factor) in k.enumerated() {
              retrieved += state[base + index * valueSize + column] * factor
            }
            written = beta[row * betas + (betas == 1 ? 0 : head)] * (written - retrieved)
          }
          for (index, factor) in k.enumerated() {
            state[base + index * valueSize + column] += factor * written
          }
        }
        for reader in (head * shared)..<((head + 1) * shared) {
          for column in 0..<valueSize {
            var sum = 0.0
            for index in 0..<keySize {
              sum +=
                q[(row * queryHeads + reader) * keySize + index]
                * state[base + index * valueSize + column]
            }
            result[(row * queryHeads + reader) * valueSize + column] = scale * sum
          }
        }
      }
    }
  }
  let stateType = context.optionalInput(3)?.type ?? query.type
  return [
    OperandValues.tensor(query.type, [batch, length, queryHeads * valueSize], result),
    OperandValues.tensor(stateType, stateSizes, state),
  ]
}
