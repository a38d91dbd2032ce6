import ModelIR
import WireFormats

/// Attention, with one head and with several.
extension LayerDefinition {
  static let attention: [LayerDefinition] = [
    LayerDefinition(
      "Attention",
      slots: { config in
        let scale = config.config["use_scale"]?.truth ?? false
        let isConcat = config.config["score_mode"]?.text == "concat"
        return (scale ? [WeightSlot("scale")] : [])
          + (isConcat ? [WeightSlot("concat_score_weight")] : [])
      }
    ) { (context) throws(LayerProblem) in
      let (query, key, value) = try context.attentionOperands()
      let scale = try context.weight("scale", if: context.bool("use_scale"))
      var scores: ValueID
      if context.string("score_mode", default: "dot") == "dot" {
        scores = context.emit("matMul", [query.value, key.value], ["transposeB": .bool(true)])
        if let scale { scores = context.emit("mul", [scores, scale]) }
      } else {
        // weight · Σ tanh(scale · (q + k))
        var sums = context.pairwiseSum(query, key)
        if let scale { sums = context.emit("mul", [sums, scale]) }
        let folded = context.folded(context.emit("tanh", [sums]))
        scores = context.emit("mul", [folded, try context.weight("concat_score_weight")])
      }
      return try context.attended(scores, query, value)
    },
    // Σ scale · tanh(q + k)
    LayerDefinition(
      "AdditiveAttention",
      slots: { config in
        config.config["use_scale"]?.truth ?? true ? [WeightSlot("scale")] : []
      }
    ) { (context) throws(LayerProblem) in
      let (query, key, value) = try context.attentionOperands()
      var sums = context.emit("tanh", [context.pairwiseSum(query, key)])
      if context.bool("use_scale", default: true) {
        sums = context.emit("mul", [sums, try context.weight("scale")])
      }
      return try context.attended(context.folded(sums), query, value)
    },
    LayerDefinition(
      "MultiHeadAttention",
      slots: { config in projections(config, "") },
      keepsMask: true
    ) { (context) throws(LayerProblem) in
      let heads = context.int("num_heads", default: 1)
      let size = context.int("key_dim", default: 1)
      guard context.config.config["attention_axes"]?.integers ?? [1] == [1] else {
        throw .unsupported("attention over other axes than the second")
      }
      let valueSize = context.int("value_dim") ?? size
      return try context.multiHead(
        "",
        (query: heads, key: heads),
        (size: size, value: valueSize)
      )
    },
    LayerDefinition(
      "GroupedQueryAttention",
      "GroupQueryAttention",
      slots: { config in projections(config, "_") },
      keepsMask: true
    ) { (context) throws(LayerProblem) in
      let size = context.int("head_dim", default: 1)
      return try context.multiHead(
        "_",
        (
          query: context.int("num_query_heads", default: 1),
          key: context.int("num_key_value_heads", default: 1)
        ),
        (size: size, value: size)
      )
    },
  ]

  /// Kernels and biases of the four projections.
  private static func projections(_ config: LayerConfig, _ mark: String) -> [WeightSlot] {
    let hasBias = config.config["use_bias"]?.truth ?? true
    return ["query", "key", "value", "output"].flatMap { name in
      (["kernel"] + (hasBias ? ["bias"] : [])).map { WeightSlot($0, path: mark + name + "_dense") }
    }
  }
}

extension LayerContext {
  /// Query, key and value; the key is the value where it is not given.
  fileprivate func attentionOperands() throws(LayerProblem)
    -> (query: KerasTensor, key: KerasTensor, value: KerasTensor)
  {
    let query = try input(0)
    let value = try input(1)
    guard !isTrue("use_causal_mask"), !bool("causal"), named("mask")?.tensors.isEmpty ?? true else {
      throw .unsupported("attention with a causal or a given mask")
    }
    return (query, inputs.count > 2 ? try input(2) : value, value)
  }

  /// Whether an argument of the call is true.
  fileprivate func isTrue(_ name: String) -> Bool { named(name)?.literal?.truth ?? false }

  /// `q[:, :, None, :] + k[:, None, :, :]`.
  fileprivate func pairwiseSum(_ query: KerasTensor, _ key: KerasTensor) -> ValueID {
    let q = emit("expandDims", [query.value], ["axes": .ints([2])])
    let k = emit("expandDims", [key.value], ["axes": .ints([1])])
    return emit("add", [q, k])
  }

  /// The sum over the last axis.
  fileprivate func folded(_ x: ValueID) -> ValueID {
    emit("reduceSum", [x], ["axes": .ints([-1]), "keepDimensions": .bool(false)])
  }

  /// Softmax of the scores, and the values weighted by it.
  fileprivate func attended(
    _ scores: ValueID,
    _ query: KerasTensor,
    _ value: KerasTensor
  ) throws(LayerProblem) -> [KerasTensor] {
    var scores = scores
    if let mask = value.mask {
      // Keras takes 1e9 from the scores of what does not count (65504 in half precision).
      let limit = elementType == .float16 ? 65504.0 : 1e9
      let counts = emit("cast", [mask], ["to": .type(elementType)])
      let missing = emit("sub", [scalar(1), emit("expandDims", [counts], ["axes": .ints([1])])])
      scores = emit("sub", [scores, emit("mul", [missing, scalar(limit)])])
    }
    let weights = emit("softmax", [scores], ["axis": .int(-1)])
    var result = KerasTensor(value: emit("matMul", [weights, value.value]), rank: query.rank)
    if let mask = query.mask {
      let counts = emit("cast", [mask], ["to": .type(elementType)])
      result.value = emit(
        "mul",
        [result.value, emit("expandDims", [counts], ["axes": .ints([-1])])]
      )
      result.mask = mask
    }
    guard isTrue("return_attention_scores") else { return [result] }
    return [result, KerasTensor(value: weights, rank: query.rank)]
  }

  /// Projections to heads, attention, and back.
  fileprivate func multiHead(
    _ mark: String,
    _ heads: (query: Int, key: Int),
    _ sizes: (size: Int, value: Int)
  ) throws(LayerProblem) -> [KerasTensor] {
    guard !bool("use_gate"), config.config["sliding_window"]?.isNull ?? true else {
      throw .unsupported("attention with a gate or a sliding window")
    }
    let positional = call.arguments.flatMap(\.tensors)
    func operand(_ name: String, _ index: Int) -> KerasTensor? {
      named(name)?.tensors.first ?? (positional.count > index ? positional[index] : nil)
    }
    guard let query = operand("query", 0), let value = operand("value", 1) else {
      throw .invalid("attention without query or value")
    }
    guard (query.rank ?? 3) == 3, (value.rank ?? 3) == 3 else {
      throw .unsupported("attention over more than one axis")
    }
    let key = operand("key", 2) ?? value
    let mask = try attentionMask(value, operand("attention_mask", 3))
    let operands: [ValueID?] = [
      try projected(query, mark + "query_dense"), try projected(key, mark + "key_dense"),
      try projected(value, mark + "value_dense"), mask,
    ]
    let attributes: Attributes = [
      "qNumHeads": .int(heads.query), "kvNumHeads": .int(heads.key),
      "scale": .float(1 / Double(max(sizes.size, 1)).squareRoot()),
      "isCausal": .bool(isTrue("use_causal_mask")), "qkMatmulOutputMode": .int(3),
    ]
    let wantsScores = isTrue("return_attention_scores")
    let results = emit(
      "attention",
      mask == nil ? Array(operands.dropLast()) : operands,
      attributes,
      outputs: wantsScores ? 4 : 1
    )
    let split = emit(
      "reshape",
      [results[0]],
      ["shape": .ints([0, 0, heads.query, sizes.value])]
    )
    let kernel = try weight(mark + "output_dense/kernel")
    var output = emit("einsum", [split, kernel], ["equation": .string("abcd,cde->abe")])
    if bool("use_bias", default: true) {
      output = emit("add", [output, try weight(mark + "output_dense/bias")])
    }
    let result = KerasTensor(value: output, rank: 3, mask: query.mask)
    guard wantsScores else { return [result] }
    return [result, KerasTensor(value: results[3], rank: 4)]
  }

  /// `[batch, steps, heads · size]`.
  private func projected(_ x: KerasTensor, _ name: String) throws(LayerProblem) -> ValueID {
    let kernel = try weight(name + "/kernel")
    var value = emit("einsum", [x.value, kernel], ["equation": .string("abc,cde->abde")])
    if bool("use_bias", default: true) {
      value = emit("add", [value, try weight(name + "/bias")])
    }
    // The heads' extents are in the kernel's shape.
    guard let sizes = builder.graph[kernel].shape.sizes, sizes.count == 3,
      let width = checkedProduct(sizes[1...])
    else { throw .invalid("the kernel of \(name) has no three axes") }
    return emit("reshape", [value], ["shape": .ints([0, 0, width])])
  }

  /// Which keys a query may look at: a given mask, and the steps of the values that count.
  private func attentionMask(
    _ value: KerasTensor,
    _ given: KerasTensor?
  ) throws(LayerProblem) -> ValueID? {
    var mask: ValueID?
    if let given {
      let truth = emit("cast", [given.value], ["to": .type(.bool)])
      mask = given.rank == 4 ? truth : emit("expandDims", [truth], ["axes": .ints([1])])
    }
    if let steps = value.mask {
      let own = emit("expandDims", [steps], ["axes": .ints([1, 2])])
      mask = mask.map { emit("logicalAnd", [$0, own]) } ?? own
    }
    return mask
  }
}
