import ModelIR
import Operators

/// What onnxruntime's quantizers add to a file: the operators, scales and zero points that they write, with
/// the names that they give them.
///
/// Source: files that onnxruntime 1.32 wrote (`quantize_static` in QDQ form with 8-bit activations,
/// `quantize_dynamic`); every term was checked against the bytes of their messages.
struct ONNXRuntimeForecast {
  private let graph: Graph
  private let types: [TensorType]
  private let fileBytes: Int
  /// The nodes that are quantized.
  private let chosen: [Node]

  /// - Parameters:
  ///   - graph: The model's graph.
  ///   - types: The inferred types of the graph's values.
  ///   - fileBytes: The size of its file.
  ///   - outputs: The names of the outputs of the nodes that are quantized.
  init(_ graph: Graph, types: [TensorType], fileBytes: Int, outputs: Set<String>) {
    self.graph = graph
    self.types = types
    self.fileBytes = fileBytes
    chosen = graph.nodes.filter { node in
      guard let output = node.outputs.first ?? nil, node.inputs.count > 1 else { return false }
      return outputs.contains(graph[output].name)
    }
  }

  private func name(_ value: ValueID) -> String { graph[value].name }

  /// The constant weights of a node; `nil` where they are no constant.
  private func weights(_ node: Node) -> ValueID? {
    guard node.inputs.count > 1, let value = node.inputs[1], graph[value].isConstant else {
      return nil
    }
    return value
  }

  private func sizes(_ value: ValueID) -> [Int] { graph[value].shape.sizes ?? [] }

  private func elements(_ value: ValueID) -> Int { sizes(value).reduce(1, *) }

  /// The channels that have a scale each.
  private func channels(_ node: Node, _ weights: ValueID) -> Int {
    let sizes = sizes(weights)
    return (node.origin.sourceType == "Conv" ? sizes.first : sizes.last) ?? 1
  }

  // MARK: - Weights

  /// A float tensor becomes bytes, with a scale and a zero point by channel.
  private func coded(_ weights: ValueID, channels: Int?) -> Int {
    let name = name(weights)
    let count = elements(weights)
    let before = ProtobufSize.tensor(
      name,
      sizes(weights),
      content: ProtobufSize.field(4 * count)
    )
    let after = ProtobufSize.tensor(
      name + "_quantized",
      sizes(weights),
      content: ProtobufSize.field(count)
    )
    let shape = channels.map { [$0] } ?? []
    let scales = ProtobufSize.tensor(
      name + "_scale",
      shape,
      content: ProtobufSize.field(4 * (channels ?? 1))
    )
    let zeros = ProtobufSize.tensor(
      name + "_zero_point",
      shape,
      content: ProtobufSize.field(channels ?? 1)
    )
    return after - before + scales + zeros
  }

  // MARK: - Static

  /// The bytes of the file with quantized activations.
  func staticBytes() -> Int {
    var bytes = fileBytes + common()
    var activations: [ValueID] = []
    var renamed = 0
    for node in chosen {
      guard let weights = weights(node) else { continue }
      let channels = channels(node, weights)
      bytes += coded(weights, channels: channels)
      bytes += dequantization(
        of: name(weights),
        from: "_quantized",
        scale: "_scale",
        zero: "_zero_point",
        to: name(weights) + "_DequantizeLinear_Output"
      )
      renamed += 1
      if node.inputs.count > 2, let bias = node.inputs[2], graph[bias].isConstant {
        bytes += self.bias(bias)
      }
      for value in [node.inputs[0], node.outputs.first ?? nil] {
        if let value, !graph[value].isConstant, !activations.contains(value) {
          activations.append(value)
        }
      }
    }
    for value in activations {
      bytes += pair(value)
      for node in graph.nodes { renamed += node.inputs.count { $0 == value } }
    }
    // Inputs get the name of the dequantized tensor.
    return bytes + renamed * "_DequantizeLinear_Output".utf8.count
  }

  /// The two operators around an activation, with its scale and zero point.
  private func pair(_ value: ValueID) -> Int {
    let name = name(value)
    let operands = [name + "_scale", name + "_zero_point"]
    let quantize = ProtobufSize.node(
      "QuantizeLinear",
      name + "_QuantizeLinear",
      inputs: [name] + operands,
      outputs: [name + "_QuantizeLinear_Output"]
    )
    let dequantize = ProtobufSize.node(
      "DequantizeLinear",
      name + "_DequantizeLinear",
      inputs: [name + "_QuantizeLinear_Output"] + operands,
      outputs: [name + "_DequantizeLinear_Output"]
    )
    let scale = ProtobufSize.tensor(operands[0], [], content: ProtobufSize.field(4))
    // Most zero points are negative: −128 behind a ReLU.
    let zero = ProtobufSize.tensor(operands[1], [], content: ProtobufSize.field(10))
    return quantize + dequantize + scale + zero
  }

  private func dequantization(
    of name: String,
    from: String,
    scale: String,
    zero: String,
    to output: String
  ) -> Int {
    ProtobufSize.node(
      "DequantizeLinear",
      name + "_DequantizeLinear",
      inputs: [name + from, name + scale, name + zero],
      outputs: [output],
      attributes: [ProtobufSize.attribute("axis")]
    )
  }

  /// A bias becomes 32-bit integers with as many scales and zero points.
  private func bias(_ bias: ValueID) -> Int {
    let name = name(bias)
    let content = ProtobufSize.field(4 * elements(bias))
    let sizes = sizes(bias)
    let added = ["_quantized", "_quantized_scale", "_quantized_zero_point"].reduce(0) {
      $0 + ProtobufSize.tensor(name + $1, sizes, content: content)
    }
    return added - ProtobufSize.tensor(name, sizes, content: content)
      + dequantization(
        of: name,
        from: "_quantized",
        scale: "_quantized_scale",
        zero: "_quantized_zero_point",
        to: name
      )
  }

  // MARK: - Dynamic

  /// The bytes of the file whose activations become integers while it runs.
  func dynamicBytes() -> Int {
    var bytes = fileBytes + common()
    var quantized: Set<ValueID> = []
    for node in chosen {
      guard let weights = weights(node), let input = node.inputs[0],
        let output = node.outputs.first ?? nil
      else { continue }
      let isConvolution = node.origin.sourceType == "Conv"
      bytes += coded(weights, channels: isConvolution ? nil : channels(node, weights))
      let operand = name(input)
      if quantized.insert(input).inserted {
        bytes += ProtobufSize.node(
          "DynamicQuantizeLinear",
          operand + "_QuantizeLinear",
          inputs: [operand],
          outputs: [operand + "_quantized", operand + "_scale", operand + "_zero_point"]
        )
      }
      bytes += product(node, operand, name(weights), name(output))
      if isConvolution, node.inputs.count > 2, let bias = node.inputs[2] {
        bytes += addition(name(bias), name(output), rank: sizes(weights).count)
      }
    }
    return bytes
  }

  /// The integer product in place of the float one, and what scales its result.
  private func product(_ node: Node, _ operand: String, _ weights: String, _ output: String) -> Int
  {
    let type = node.origin.sourceType
    let own = node.name
    let hasBias = type == "Conv" && node.inputs.count > 2
    let before = ProtobufSize.node(
      type,
      own,
      inputs: node.inputs.map { $0.map { graph[$0].name } ?? "" },
      outputs: [output]
    )
    let after = ProtobufSize.node(
      type + "Integer",
      own + "_quant",
      inputs: [
        operand + "_quantized", weights + "_quantized", operand + "_zero_point",
        weights + "_zero_point",
      ],
      outputs: [output + "_output_quantized"]
    )
    let cast = output + "_output_quantized_cast"
    return after - before
      + ProtobufSize.node(
        "Mul",
        own + "_quant_scales_mul",
        inputs: [operand + "_scale", weights + "_scale"],
        outputs: [own + "_quant_scales_mul:0"]
      )
      + ProtobufSize.node(
        "Cast",
        cast,
        inputs: [output + "_output_quantized"],
        outputs: [cast + "_output"],
        attributes: [ProtobufSize.attribute("to")]
      )
      + ProtobufSize.node(
        "Mul",
        own + "_quant_output_scale_mul",
        inputs: [cast + "_output", own + "_quant_scales_mul:0"],
        outputs: [hasBias ? output + "quant_scaled_output" : output]
      )
  }

  /// The bias, reshaped and added apart.
  private func addition(_ bias: String, _ output: String, rank: Int) -> Int {
    let shape = output + "_bias_reshape_shape"
    // 1, −1, 1 …: the channels are the extent that is left open.
    let content = ProtobufSize.field(10 + max(rank - 1, 0))
    return ProtobufSize.tensor(shape, [rank], content: content)
      + ProtobufSize.node(
        "Reshape",
        "",
        inputs: [bias, shape],
        outputs: [output + "_bias_reshape_output"]
      )
      + ProtobufSize.node(
        "Add",
        output + "_bias_add",
        inputs: [output + "quant_scaled_output", output + "_bias_reshape_output"],
        outputs: [output]
      )
  }

  // MARK: - Both

  /// The types that shape inference writes down, and the entry that says who did.
  private func common() -> Int {
    var bytes = ProtobufSize.field(
      ProtobufSize.text("onnx.infer") + ProtobufSize.text("onnxruntime.quant")
    )
    let outputs = Set(graph.outputs)
    for node in graph.nodes {
      for value in node.outputs {
        guard let value, !outputs.contains(value), graph[value].shape.dimensions == nil,
          let dimensions = types[value.index].shape.dimensions
        else { continue }
        // Open extents are called unk__0, unk__1 …
        bytes += ProtobufSize.valueInfo(name(value), dimensions.map(\.size), openName: 6)
      }
    }
    return bytes
  }
}
