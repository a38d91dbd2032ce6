import ModelIR

/// Which axes of a tensor attention goes over, and how they become one.
///
/// All axes but the last (the features) are either attended to or part of the batch. Those of the batch
/// become one axis, those attended to the one after it, and come back afterwards.
/// Source: Keras 3 `MultiHeadAttention`, option `attention_axes`.
struct AttentionLayout {
  /// The axes that attention goes over, counted from the front.
  let axes: [Int]
  /// The axes of the batch.
  private let others: [Int]
  private let rank: Int

  /// - Parameters:
  ///   - query: The tensor whose axes are counted; three where that is not known.
  ///   - stated: The option; without it attention goes over all but the first and the last axis.
  /// - Throws: where the axes are not those of the tensor.
  init(_ query: KerasTensor, stated: [Int]?) throws(LayerProblem) {
    let rank = query.rank ?? 3
    guard rank >= 3 else { throw .invalid("attention of \(rank) axes") }
    let axes = stated.map { $0.map { $0 < 0 ? $0 + rank : $0 } } ?? Array(1..<(rank - 1))
    guard !axes.isEmpty, Set(axes).count == axes.count,
      axes.allSatisfy({ $0 > 0 && $0 < rank - 1 })
    else { throw .unsupported("attention over the axes \(axes) of \(rank)") }
    self.rank = rank
    self.axes = axes
    others = (0..<(rank - 1)).filter { !axes.contains($0) }
  }

  /// Whether the tensor has the form `[batch, steps, features]` already.
  var isPlain: Bool { rank == 3 }

  /// The tensor as `[batch, steps, features]`.
  func flattened(_ x: KerasTensor, _ context: LayerContext) -> KerasTensor {
    let steps = merged(turned(x.value, axes + others, context), axes.count, context)
    let back = turned(steps, Array(1...others.count) + [0], context)
    return KerasTensor(value: merged(back, others.count, context), rank: 3)
  }

  /// A tensor `[batch, steps, features]` with the axes of another again.
  func restored(
    _ x: KerasTensor,
    like original: KerasTensor,
    _ context: LayerContext
  ) -> KerasTensor {
    let batch = turned(original.value, others + axes, context)
    var value = split(x.value, like: batch, others.count, context)
    let order = [others.count] + Array(0..<others.count)
    value = turned(value, order, context)
    value = split(value, like: turned(original.value, axes + others, context), axes.count, context)
    var back = Array(repeating: 0, count: rank - 1)
    for (place, axis) in (axes + others).enumerated() { back[axis] = place }
    return context.like(original, turned(value, back, context))
  }

  /// The tensor with the axes before the last in another order.
  private func turned(_ value: ValueID, _ order: [Int], _ context: LayerContext) -> ValueID {
    if order == Array(order.indices) { return value }
    return context.emit("transpose", [value], ["permutation": .ints(order + [order.count])])
  }

  private func merged(_ value: ValueID, _ count: Int, _ context: LayerContext) -> ValueID {
    count == 1 ? value : context.emit("mergeAxes", [value], ["count": .int(count)])
  }

  private func split(
    _ value: ValueID,
    like other: ValueID,
    _ count: Int,
    _ context: LayerContext
  ) -> ValueID {
    count == 1 ? value : context.emit("splitAxes", [value, other], ["count": .int(count)])
  }
}
