import ModelIR
import WireFormats

/// Attention with several heads: projections, attention, a gate, and back.
extension LayerContext {
  /// Projections to heads, attention over the axes of the configuration, and back.
  func multiHead(
    _ mark: String,
    _ heads: (query: Int, key: Int),
    _ sizes: (size: Int, value: Int)
  ) throws(LayerProblem) -> [KerasTensor] {
    let positional = call.arguments.flatMap(\.tensors)
    func operand(_ name: String, _ index: Int) -> KerasTensor? {
      named(name)?.tensors.first ?? (positional.count > index ? positional[index] : nil)
    }
    guard let query = operand("query", 0), let value = operand("value", 1) else {
      throw .invalid("attention without query or value")
    }
    let key = operand("key", 2)
    // Keras 2 takes the mask as the fourth operand.
    let given = operand("attention_mask", 3)
    let layout = try AttentionLayout(query, stated: config.config["attention_axes"]?.integers)
    guard (value.rank ?? query.rank ?? 3) == query.rank ?? 3 else {
      throw .unsupported("attention of tensors with different numbers of axes")
    }
    if layout.isPlain {
      return try attended(mark, heads, sizes, query, value, key, given)
    }
    let masks = [query, value, key, given].compactMap { $0 }.compactMap(\.mask)
    guard masks.isEmpty, given == nil, !isTrue("return_attention_scores"), window == nil,
      !isTrue("use_causal_mask") || layout.axes == [1]
    else {
      throw .unsupported("attention over several axes with masks, windows or scores")
    }
    let result = try attended(
      mark,
      heads,
      sizes,
      layout.flattened(query, self),
      layout.flattened(value, self),
      key.map { layout.flattened($0, self) },
      nil
    )
    return [layout.restored(result[0], like: query, self)]
  }

  /// The positions on either side that a query sees, where there is a limit.
  private var window: Int? { int("sliding_window") }

  /// Attention over the second of three axes.
  private func attended(
    _ mark: String,
    _ heads: (query: Int, key: Int),
    _ sizes: (size: Int, value: Int),
    _ query: KerasTensor,
    _ value: KerasTensor,
    _ key: KerasTensor?,
    _ given: KerasTensor?
  ) throws(LayerProblem) -> [KerasTensor] {
    var isCausal = isTrue("use_causal_mask")
    var mask = attentionMask(value, key, given)
    if let window { mask = windowMask(query, value, mask, window) }
    if let steps = query.mask {
      mask = queryMask(steps, value, mask, isCausal: isCausal)
      isCausal = false
    }
    let gate = bool("use_gate") ? try projected(query, "_gate_dense", isMerged: false) : nil
    let operands: [ValueID?] = [
      try projected(query, mark + "query_dense"), try projected(key ?? value, mark + "key_dense"),
      try projected(value, mark + "value_dense"), mask,
    ]
    let attributes: Attributes = [
      "qNumHeads": .int(heads.query), "kvNumHeads": .int(heads.key),
      "scale": .float(1 / Double(max(sizes.size, 1)).squareRoot()),
      "isCausal": .bool(isCausal), "qkMatmulOutputMode": .int(3),
    ]
    let wantsScores = isTrue("return_attention_scores")
    let results = emit(
      "attention",
      mask == nil ? Array(operands.dropLast()) : operands,
      attributes,
      outputs: wantsScores ? 4 : 1
    )
    var split = emit(
      "reshape",
      [results[0]],
      ["shape": .ints([0, 0, heads.query, sizes.value])]
    )
    if let gate { split = emit("mul", [split, emit("sigmoid", [gate])]) }
    let kernel = try realKernel(mark + "output_dense")
    var output = emit("einsum", [split, kernel], ["equation": .string("abcd,cde->abe")])
    if bool("use_bias", default: true) {
      output = emit("add", [output, try weight(mark + "output_dense/bias")])
    }
    let result = KerasTensor(value: output, rank: 3, mask: query.mask)
    guard wantsScores else { return [result] }
    return [result, KerasTensor(value: results[3], rank: 4)]
  }

  /// The three-axis kernel of a projection.
  private func realKernel(_ name: String) throws(LayerProblem) -> ValueID {
    let kernel = try weight(name + "/kernel")
    guard !builder.graph[kernel].type.isInteger else {
      throw .unsupported("attention whose projections Keras quantized")
    }
    guard builder.graph[kernel].shape.rank == 3 else {
      throw .unsupported("a kernel of \(name) that has no three axes")
    }
    return kernel
  }

  /// `[batch, steps, heads · size]`, or heads and sizes apart.
  private func projected(
    _ x: KerasTensor,
    _ name: String,
    isMerged: Bool = true
  ) throws(LayerProblem) -> ValueID {
    let kernel = try realKernel(name)
    var value = emit("einsum", [x.value, kernel], ["equation": .string("abc,cde->abde")])
    if bool("use_bias", default: true) {
      value = emit("add", [value, try weight(name + "/bias")])
    }
    guard isMerged else { return value }
    // The heads' extents are in the kernel's shape.
    guard let sizes = builder.graph[kernel].shape.sizes, let width = checkedProduct(sizes[1...])
    else { throw .invalid("the kernel of \(name) has open axes") }
    return emit("reshape", [value], ["shape": .ints([0, 0, width])])
  }

  /// Which keys a query may look at: a given mask, and the steps of keys and values that count.
  private func attentionMask(
    _ value: KerasTensor,
    _ key: KerasTensor?,
    _ given: KerasTensor?
  ) -> ValueID? {
    var mask: ValueID?
    if let given {
      let truth = emit("cast", [given.value], ["to": .type(.bool)])
      mask = given.rank == 4 ? truth : emit("expandDims", [truth], ["axes": .ints([1])])
    }
    // Masks that the call names stand for those that the tensors bring.
    var steps = [named("value_mask")?.tensors.first.map { truths($0) } ?? value.mask]
    if let own = named("key_mask")?.tensors.first {
      steps.append(truths(own))
    } else if let key, key.value != value.value {
      steps.append(key.mask)
    }
    for case let own? in steps {
      let wide = emit("expandDims", [own], ["axes": .ints([1, 2])])
      mask = mask.map { emit("logicalAnd", [$0, wide]) } ?? wide
    }
    return mask
  }

  private func truths(_ x: KerasTensor) -> ValueID {
    emit("cast", [x.value], ["to": .type(.bool)])
  }

  /// Only the keys fewer than `width` positions away, on both sides.
  private func windowMask(
    _ query: KerasTensor,
    _ value: KerasTensor,
    _ mask: ValueID?,
    _ width: Int
  ) -> ValueID {
    // Ones `[batch, queries, keys]`, whose band is what counts.
    func ones(_ x: KerasTensor, _ axis: Int) -> ValueID {
      emit("expandDims", [emit("onesLike", [folded(x.value)])], ["axes": .ints([axis])])
    }
    let pairs = emit("mul", [ones(query, 2), ones(value, 1)])
    let reach = scalar(Double(width - 1), .int64)
    let band = emit("matrixBandPart", [pairs, reach, reach])
    let truth = emit("cast", [band], ["to": .type(.bool)])
    let wide = emit("expandDims", [truth], ["axes": .ints([1])])
    return mask.map { emit("logicalAnd", [$0, wide]) } ?? wide
  }

  /// What is added to the scores where steps of the query do not count.
  ///
  /// Such a step may look at nothing; its scores become one very small number, the same for all
  /// keys, so that it gets the mean of the values. A mask of truths would leave no key at all.
  private func queryMask(
    _ steps: ValueID,
    _ value: KerasTensor,
    _ mask: ValueID?,
    isCausal: Bool
  ) -> ValueID {
    // Where nothing says which keys count, all do: a truth for each step of the values.
    let keys =
      mask
      ?? emit(
        "expandDims",
        [emit("equal", [folded(value.value), folded(value.value)])],
        ["axes": .ints([1, 2])]
      )
    let rows = emit("expandDims", [steps], ["axes": .ints([1, 3])])
    var counts = emit(
      "cast",
      [emit("logicalAnd", [rows, keys])],
      ["to": .type(elementType)]
    )
    if isCausal { counts = emit("trilu", [counts], ["upper": .bool(false)]) }
    // So great that a score vanishes beside it: Keras takes 0.7 times the greatest number.
    let limit = elementType == .float16 ? 45_875.0 : 2.38e38
    return emit("mul", [emit("sub", [counts, scalar(1)]), scalar(limit)])
  }
}
