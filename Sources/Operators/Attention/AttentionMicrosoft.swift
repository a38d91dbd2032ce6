import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorDefinition {
  /// Multi-head self-attention with its input projection, as onnxruntime fuses it.
  ///
  /// Operands x `[batch, length, in]`, weights `[in, q + k + v]`, bias?, mask?, past `[2, batch, heads,
  /// past, size]`?, attention bias?, past length?. Results: y `[batch, length, v]`, and keys and values
  /// with this step's. Masks: `[batch]` valid lengths, `[2·batch]` ends then starts, `[batch, total]`
  /// or `[batch, length, total]` of 0 and 1.
  /// Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.Attention.
  static let attentionMicrosoft = OperatorDefinition(
    "attentionMicrosoft",
    "Multi-head self-attention with its input projection.",
    family: .matrixProduct,
    inputs: 2...7,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let shape = try FusedAttentionShape(context)
      return [input.with(shape.result), input.with(shape.present)]
    },
    // The projection, then both products; a softmax and a scale are six operations a score.
    cost: CostRule { context in
      guard let shape = try? FusedAttentionShape(context.node) else { return .uncounted }
      return shape.cost(hasBias: context.node.hasInput(2))
    },
    evaluate: { (context) throws(OperatorError) in
      context.named(try FusedAttention(context).results())
    }
  )
}

/// The extents of onnxruntime's fused attention.
private struct FusedAttentionShape {
  var batch: Dimension = .unknown
  var length: Dimension = .unknown
  var width: Dimension = .unknown
  var past: Int? = 0
  let heads: Int
  /// The widths of all queries, keys and values; `nil` where the weights' shape is not known.
  var parts: [Int]?

  init(_ context: OperatorContext) throws(OperatorError) {
    heads = try context.attributes.int("numHeads", default: 0)
    guard heads > 0 else { throw .invalid("the attribute numHeads is missing") }
    let input = try context.input(0).shape
    if let axes = input.dimensions {
      guard axes.count == 3 else { throw .invalid("an operand of shape \(input)") }
      (batch, length, width) = (axes[0], axes[1], axes[2])
    }
    if context.hasInput(4) {
      past = context.optionalInput(4)?.shape.dimensions.flatMap { $0.count == 5 ? $0[3].size : nil }
    }
    let weights = try context.input(1).shape
    if let axes = weights.dimensions, axes.count != 2 {
      throw .invalid("weights of shape \(weights)")
    }
    if let stated = try context.attributes.ints("qkvHiddenSizes"), !stated.isEmpty {
      guard stated.count == 3, stated[0] == stated[1] else {
        throw .invalid("qkvHiddenSizes \(stated)")
      }
      parts = stated
    } else if let all = weights.dimensions?[1].size {
      parts = [all / 3, all / 3, all - 2 * (all / 3)]
    }
    if let parts {
      guard parts.allSatisfy({ $0 >= 0 && $0 % heads == 0 }),
        weights.dimensions?[1].size.map({ $0 == parts.reduce(0, &+) }) ?? true
      else { throw .invalid("widths \(parts) do not divide among \(heads) heads") }
    }
    if let own = width.size, let taken = weights.dimensions?[0].size, own != taken {
      throw .invalid("rows of \(own) elements, the weights take \(taken)")
    }
  }

  var total: Dimension {
    guard let past, let own = length.size else { return .unknown }
    return .fixed(past &+ own)
  }

  var result: Shape { .ranked([batch, length, parts.map { .fixed($0[2]) } ?? .unknown]) }

  var present: Shape {
    let size = parts.map { Dimension.fixed($0[0] / heads) } ?? .unknown
    return .ranked([2, batch, .fixed(heads), total, size])
  }

  func cost(hasBias: Bool) -> OperatorCost {
    guard let parts, let rows = Shape.ranked([batch, length]).elementCount,
      let width = width.size, let total = total.size,
      let scores = checkedProduct([rows, heads, total]),
      let projected = checkedProduct([rows, parts.reduce(0, &+)])
    else { return .uncounted }
    let projection = OperatorCost.times(
      projected,
      multiplyAdds: width,
      otherOperations: hasBias ? 1 : 0
    )
    let products = OperatorCost.times(
      scores,
      multiplyAdds: parts[0] / heads + parts[2] / heads,
      otherOperations: 6
    )
    guard projection.status == .counted, products.status == .counted else { return .uncounted }
    return OperatorCost(
      multiplyAdds: projection.multiplyAdds &+ products.multiplyAdds,
      otherOperations: projection.otherOperations &+ products.otherOperations
    )
  }
}

/// Fused attention with all extents known, in double precision.
private struct FusedAttention {
  let context: EvaluationContext
  let type: ElementType
  let batch: Int
  let length: Int
  let heads: Int
  let past: Int
  let size: Int
  let valueSize: Int
  /// `[row][q, k, v]`.
  let projected: [Double]
  let width: Int

  init(_ context: EvaluationContext) throws(OperatorError) {
    self.context = context
    let shape = try FusedAttentionShape(context.operatorContext)
    let input = try context.input(0)
    let weights = try context.input(1)
    guard let parts = shape.parts, input.rank == 3, let past = shape.past else {
      throw .invalid("the shapes of the operands are not known")
    }
    guard try !context.attributes.bool("doRotary") else {
      throw .unsupported("fused attention with rotary embedding")
    }
    guard !context.hasInput(6) else { throw .unsupported("fused attention with a shared cache") }
    type = input.type
    (batch, length) = (input.sizes[0], input.sizes[1])
    heads = shape.heads
    self.past = past
    (size, valueSize) = (parts[0] / heads, parts[2] / heads)
    width = parts.reduce(0, +)
    let product = try MatrixProduct(input.sizes, weights.sizes)
    var sums = product(try OperandValues.doubles(input), try OperandValues.doubles(weights))
    if let bias = context.optionalInput(2) {
      let values = try OperandValues.doubles(bias)
      guard values.count == width else { throw .invalid("a bias of \(values.count) values") }
      for index in sums.indices { sums[index] += values[index % width] }
    }
    projected = sums
  }

  func results() throws(OperatorError) -> [Tensor] {
    let total = past + length
    _ = try OperandValues.count([batch, heads, length, total])
    let cached = try context.optionalInput(4).map { (past) throws(OperatorError) in
      try OperandValues.doubles(past)
    }
    guard cached.map({ $0.count == 2 * batch * heads * past * size }) ?? true,
      cached == nil || size == valueSize
    else { throw .invalid("the past state has another shape") }
    let mask = try mask(total)
    let added = try attentionBias(total)
    let stated = try context.attributes.float("scale", default: 0)
    let scale = stated == 0 ? 1 / Double(max(size, 1)).squareRoot() : stated
    let isCausal = try context.attributes.bool("unidirectional")
    let filter = try context.attributes.float("maskFilterValue", default: -10_000)
    var present: [[Double]] = [[], []]
    var result = [Double](repeating: 0, count: batch * length * heads * valueSize)
    for entry in 0..<batch {
      for head in 0..<heads {
        let keys = series(0, entry, head, cached, size)
        let values = series(1, entry, head, cached, valueSize)
        present[0] += keys
        present[1] += values
        for query in 0..<length {
          let row = (entry * length + query) * width + head * size
          var scores: [Double] = []
          for key in 0..<total {
            var sum = 0.0
            for index in 0..<size { sum += projected[row + index] * keys[key * size + index] }
            sum *= scale
            sum += added?(entry, head, query, key) ?? 0
            if !mask(entry, query, key) { sum += filter }
            if isCausal, key > past + query { sum = -.greatestFiniteMagnitude }
            scores.append(sum)
          }
          let greatest = scores.max() ?? 0
          let powers = scores.map { exp($0 - greatest) }
          let whole = powers.reduce(0, +)
          let target = ((entry * length + query) * heads + head) * valueSize
          for column in 0..<valueSize {
            var sum = 0.0
            for key in 0..<total { sum += powers[key] * values[key * valueSize + column] }
            result[target + column] = sum / whole
          }
        }
      }
    }
    return [
      OperandValues.tensor(type, [batch, length, heads * valueSize], result),
      OperandValues.tensor(type, [2, batch, heads, total, size], present[0] + present[1]),
    ]
  }

  /// Cached and new keys (0) or values (1) of a head.
  private func series(
    _ kind: Int,
    _ entry: Int,
    _ head: Int,
    _ cached: [Double]?,
    _ own: Int
  ) -> [Double] {
    var result: [Double] = []
    if let cached {
      let start = ((kind * batch + entry) * heads + head) * past * own
      result += cached[start..<(start + past * own)]
    }
    let column = (kind == 0 ? heads * size : 2 * heads * size) + head * own
    for step in 0..<length {
      let row = (entry * length + step) * width + column
      result += projected[row..<(row + own)]
    }
    return result
  }

  /// Whether a query may look at a key.
  private func mask(
    _ total: Int
  ) throws(OperatorError) -> (_ entry: Int, _ query: Int, _ key: Int) -> Bool {
    guard let operand = context.optionalInput(3) else { return { _, _, _ in true } }
    let values = try OperandValues.integers(operand)
    let (batch, length) = (batch, length)
    switch operand.sizes {
    case [batch]: return { entry, _, key in key < values[entry] }
    case [2 * batch]:
      return { entry, _, key in key < values[entry] && key >= values[batch + entry] }
    case [batch, total]: return { entry, _, key in values[entry * total + key] != 0 }
    case [batch, length, total]:
      return { entry, query, key in values[(entry * length + query) * total + key] != 0 }
    default: throw .unsupported("a mask of shape \(Shape.fixed(operand.sizes))")
    }
  }

  /// What is added to the scores; extents of 1 broadcast.
  private func attentionBias(
    _ total: Int
  ) throws(OperatorError) -> ((_ entry: Int, _ head: Int, _ query: Int, _ key: Int) -> Double)? {
    guard let operand = context.optionalInput(5) else { return nil }
    let values = try OperandValues.doubles(operand)
    let sizes = operand.sizes
    guard sizes.count == 4, sizes[0] == batch || sizes[0] == 1, sizes[1] == heads || sizes[1] == 1,
      sizes[2] == length, sizes[3] == total
    else { throw .invalid("an attention bias of shape \(Shape.fixed(sizes))") }
    let (length, isBatched, isHeaded) = (length, sizes[0] > 1, sizes[1] > 1)
    let planes = sizes[1]
    return { entry, head, query, key in
      let plane = (isBatched ? entry : 0) * planes + (isHeaded ? head : 0)
      return values[(plane * length + query) * total + key]
    }
  }
}
