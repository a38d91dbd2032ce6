import ModelIR

/// A graph as a converter to another format would leave it, as far as that can be told.
///
/// Only what the formats' converters do alike is done: operators of nothing but constants, and those
/// that ask for a shape that is known, are folded, normalization goes into the filters before it where
/// the TensorFlow Lite converter puts it there, pairs of quantization become the types and scales of the tensors around them, and
/// integers that count or index take the width that the other format uses for it.
struct ConvertedGraph {
  /// The graph; its values have the types that they would have.
  private(set) var graph: Graph
  /// Whether each operator would be gone.
  private(set) var isGone: [Bool]

  /// - Parameters:
  ///   - original: The graph, in execution order.
  ///   - format: The format that it would be converted to.
  init(_ original: Graph, to format: ModelFormat) {
    graph = original
    let connections = original.connections()
    isGone = Array(repeating: false, count: original.nodes.count)
    for (index, node) in original.nodes.enumerated() {
      isGone[index] =
        OperatorVocabulary.vanishing.contains(node.op.name) || fold(node, format)
        || (format == .tflite && (absorb(node) || isFolded(node, original, connections)))
        // ONNX has such pairs around every quantized tensor; those of the model are among them.
        || (format == .onnx && ["quantize", "dequantize"].contains(node.op.name))
    }
    for index in graph.values.indices { adapt(index, to: format) }
  }

  /// Makes constants of the results of an operator that has nothing but constants as operands.
  private mutating func fold(_ node: Node, _ format: ModelFormat) -> Bool {
    let operands = node.inputs.compactMap { $0 }
    let isQuestion = ["shape", "size", "rank"].contains(node.op.name)
    guard !operands.isEmpty, node.attributes.graphs.isEmpty,
      operands.allSatisfy({ graph[$0].isConstant || isQuestion && graph[$0].shape.isFixed })
    else { return false }
    if node.op.name == "dequantize", format == .tflite { return absorb(node) }
    for case .some(let output) in node.outputs { graph[output].content = .constant(.absent) }
    return true
  }

  /// Whether a normalization by constants becomes part of the filters of the operator before it.
  ///
  /// Source: TensorFlow Lite converter (the multiplication and addition that a normalization becomes
  /// go into the filter and bias of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED).
  private func isFolded(_ node: Node, _ original: Graph, _ connections: Connections) -> Bool {
    guard node.op.name == "batchNormalization", case .some(let input)? = node.inputs.first,
      node.inputs.dropFirst().allSatisfy({ $0.map { original[$0].isConstant } ?? true }),
      let producer = connections.producer(of: input), connections.consumers(of: input).count == 1,
      !original.outputs.contains(input)
    else { return false }
    return [
      "convolution", "depthwiseConvolution", "fullyConnected", "gemm", "matMul",
    ].contains(original[producer].op.name)
  }

  /// Makes a quantization operator a property of the tensor.
  private mutating func absorb(_ node: Node) -> Bool {
    guard node.inputs.count > 1, case .some(let input) = node.inputs[0],
      case .some(let output) = node.outputs.first ?? nil
    else { return false }
    let scales = node.inputs[1].flatMap { graph[$0].shape.elementCount }
    let axis: Int
    if case .int(let value)? = node.attributes["axis"] { axis = value } else { axis = 0 }
    let quantization = Quantization(
      granularity: scales == 1 ? .perTensor : .perAxis(axis),
      scales: Array(repeating: 1, count: scales == 1 ? 1 : 2),
      zeroPoints: []
    )
    switch node.op.name {
    case "dequantize":
      graph[output].type = graph[input].type
      graph[output].quantization = quantization
      if graph[input].isConstant { graph[output].content = graph[input].content }
    case "quantize":
      // What is given as floats stays so: the quantization is an operator then.
      guard !graph.inputs.contains(input) else { return false }
      graph[input].type = graph[output].type
      graph[input].quantization = quantization
      graph[output].quantization = quantization
    default: return false
    }
    return true
  }

  private mutating func adapt(_ index: Int, to format: ModelFormat) {
    let value = graph.values[index]
    switch (format, value.type) {
    case (.tflite, .int64): graph.values[index].type = .int32
    // Quantized tensors become pairs of operators around float ones.
    case (.onnx, .int8), (.onnx, .uint8), (.onnx, .int16), (.onnx, .int32), (.onnx, .int64):
      if let quantization = value.quantization, !quantization.scales.isEmpty {
        graph.values[index].type = .float32
        graph.values[index].quantization = nil
      } else if value.type == .int32 {
        graph.values[index].type = .int64
      }
    default: break
    }
  }
}
