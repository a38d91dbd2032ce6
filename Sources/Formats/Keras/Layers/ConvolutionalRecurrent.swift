import ModelIR
import WireFormats

/// LSTM cells whose products are convolutions.
extension LayerDefinition {
  static let convolutionalRecurrent: [LayerDefinition] = (1...3).map { axes in
    LayerDefinition(
      "ConvLSTM\(axes)D",
      slots: { config in
        let hasBias = config.config["use_bias"]?.truth ?? true
        return (["kernel", "recurrent_kernel"] + (hasBias ? ["bias"] : [])).map {
          WeightSlot($0, path: "cell")
        }
      }
    ) { (context) throws(LayerProblem) in try context.convolutionalLSTM(axes) }
  }
}

extension LayerContext {
  /// More steps than this are not written out.
  private static let greatestStepCount = 1024

  /// Computes step by step, with the convolutions of all inputs done at once.
  ///
  ///     i, f, g, o = x ∗ W + b + h ∗ R
  ///     c = σ(f) · c + σ(i) · tanh(g)
  ///     h = σ(o) · tanh(c)
  ///
  /// Source: Keras 3 `ConvLSTMCell`; the first states are zeros.
  fileprivate func convolutionalLSTM(_ axes: Int) throws(LayerProblem) -> [KerasTensor] {
    let x = try input()
    guard inputs.count == 1, x.mask == nil else {
      throw .unsupported("a convolutional LSTM with given states or masked steps")
    }
    guard let steps = stepCount(x), steps > 0, steps <= Self.greatestStepCount else {
      throw .unsupported("a convolutional LSTM over a number of steps that the file leaves open")
    }
    if bool("stateful") { builder.statefulLayers.append(displayName) }
    let gates = try gatesOfInputs(x, axes)
    let recurrentKernel = try weight("cell/recurrent_kernel")
    let channels = isChannelsFirst ? 1 : -1
    let isBackwards = bool("go_backwards")
    var state: (hidden: ValueID, carry: ValueID)?
    var all: [ValueID] = []
    for step in 0..<steps {
      guard !builder.isExhausted else { break }
      let index = scalar(Double(isBackwards ? steps - 1 - step : step), .int64)
      var sums = emit("gather", [gates, index], ["axis": .int(1)])
      if let state {
        let recurrent = emit(
          "convolution",
          [state.hidden, recurrentKernel],
          [
            "dataLayout": dataLayout, "filterLayout": .string("hwio"),
            "padding": .string("same"),
          ]
        )
        sums = emit("add", [sums, recurrent])
      }
      let parts = emit(
        "split",
        [sums],
        ["axis": .int(channels), "count": .int(4)],
        outputs: 4
      )
      let added = emit("mul", [try recurrentFunction(parts[0]), try function(parts[2])])
      var carry = added
      if let state {
        carry = emit("add", [emit("mul", [try recurrentFunction(parts[1]), state.carry]), added])
      }
      let hidden = emit("mul", [try recurrentFunction(parts[3]), try function(carry)])
      state = (hidden: hidden, carry: carry)
      if bool("return_sequences") {
        all.append(emit("expandDims", [hidden], ["axes": .ints([1])]))
      }
    }
    guard let state else { throw .invalid("a sequence of no steps") }
    let result =
      all.isEmpty
      ? KerasTensor(value: state.hidden, rank: axes + 2)
      : KerasTensor(value: emit("concat", all, ["axis": .int(1)]), rank: axes + 3)
    guard bool("return_state") else { return [result] }
    return [result]
      + [state.hidden, state.carry].map { KerasTensor(value: $0, rank: axes + 2) }
  }

  /// x ∗ W + b of all steps: `[batch, steps, …]` with the four gates side by side.
  private func gatesOfInputs(_ x: KerasTensor, _ axes: Int) throws(LayerProblem) -> ValueID {
    var attributes = try window("kernel_size", axes)
    attributes["filterLayout"] = .string("hwio")
    let bias = try weight("cell/bias", if: bool("use_bias", default: true))
    let rows = emit("mergeAxes", [x.value], ["count": .int(2)])
    let sums = emit(
      "convolution",
      [rows, try weight("cell/kernel")] + (bias.map { [$0] } ?? []),
      attributes
    )
    return emit("splitAxes", [sums, x.value], ["count": .int(2)])
  }

  private func function(_ x: ValueID) throws(LayerProblem) -> ValueID {
    guard let name = try activationName("activation", default: "tanh") else { return x }
    return try apply(name, x)
  }

  private func recurrentFunction(_ x: ValueID) throws(LayerProblem) -> ValueID {
    let standard = builder.generation >= 3 ? "sigmoid" : "hard_sigmoid"
    guard let name = try activationName("recurrent_activation", default: standard) else {
      return x
    }
    return try apply(name, x)
  }

  /// The number of steps: of the operand where it is an input, or as Keras 3 noted it when the layer
  /// was made or called.
  private func stepCount(_ x: KerasTensor) -> Int? {
    if let dimensions = builder.graph[x.value].shape.dimensions, dimensions.count > 1,
      let size = dimensions[1].size
    {
      return size
    }
    let noted = config.inputShape
    return noted.count > 1 ? noted[1].integer : nil
  }
}
