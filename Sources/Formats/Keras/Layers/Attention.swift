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
    let hasGate = config.config["use_gate"]?.truth ?? false
    // The gate has no name of its own outside the layer, and so always the mark.
    let folders =
      [mark + "query_dense", mark + "key_dense"] + (hasGate ? ["_gate_dense"] : [])
      + [mark + "value_dense", mark + "output_dense"]
    return folders.flatMap { folder in
      (["kernel"] + (hasBias ? ["bias"] : [])).map { WeightSlot($0, path: folder) }
    }
  }
}

extension LayerContext {
  /// Query, key and value; the key is the value where it is not given.
  ///
  /// Masks of the call, of the query and of the value, stand for those that the tensors bring.
  fileprivate func attentionOperands() throws(LayerProblem)
    -> (query: KerasTensor, key: KerasTensor, value: KerasTensor)
  {
    var query = try input(0)
    var value = try input(1)
    if case .list(let masks)? = named("mask") {
      guard masks.count >= 2 else { throw .invalid("mask is no list of two") }
      query.mask = masks[0].tensors.first.map { emit("cast", [$0.value], ["to": .type(.bool)]) }
      value.mask = masks[1].tensors.first.map { emit("cast", [$0.value], ["to": .type(.bool)]) }
    }
    return (query, inputs.count > 2 ? try input(2) : value, value)
  }

  /// Whether an argument of the call is true.
  func isTrue(_ name: String) -> Bool { named(name)?.literal?.truth ?? false }

  /// `q[…, :, None, :] + k[…, None, :, :]`.
  fileprivate func pairwiseSum(_ query: KerasTensor, _ key: KerasTensor) -> ValueID {
    let q = emit("expandDims", [query.value], ["axes": .ints([-2])])
    let k = emit("expandDims", [key.value], ["axes": .ints([-3])])
    return emit("add", [q, k])
  }

  /// The sum over the last axis.
  func folded(_ x: ValueID) -> ValueID {
    emit("reduceSum", [x], ["axes": .ints([-1]), "keepDimensions": .bool(false)])
  }

  /// Softmax of the scores, and the values weighted by it.
  fileprivate func attended(
    _ scores: ValueID,
    _ query: KerasTensor,
    _ value: KerasTensor
  ) throws(LayerProblem) -> [KerasTensor] {
    var scores = scores
    var counts: ValueID?
    if let mask = value.mask {
      let steps = emit("cast", [mask], ["to": .type(elementType)])
      counts = emit("expandDims", [steps], ["axes": .ints([1])])
    }
    // `causal` is an option of early versions of Keras 2.
    if isTrue("use_causal_mask") || bool("causal") {
      // Ones up to the diagonal; x - x would be NaN where a score is infinite.
      let ones = emit("cast", [emit("equal", [scores, scores])], ["to": .type(elementType)])
      let past = emit("trilu", [ones], ["upper": .bool(false)])
      counts = counts.map { emit("mul", [$0, past]) } ?? past
    }
    if let counts {
      // Keras takes 1e9 from the scores of what does not count (65504 in half precision).
      let limit = elementType == .float16 ? 65504.0 : 1e9
      let missing = emit("sub", [scalar(1), counts])
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
}
