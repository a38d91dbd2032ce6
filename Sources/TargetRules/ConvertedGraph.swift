import ModelIR

/// A graph as a converter to another format would leave it, as far as that can be told.
///
/// Only what the formats' converters do alike is done: operators of nothing but constants are
/// folded, pairs of quantization become the types and scales of the tensors around them, and
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
    isGone = Array(repeating: false, count: original.nodes.count)
    for (index, node) in original.nodes.enumerated() {
      isGone[index] =
        OperatorVocabulary.vanishing.contains(node.op.name) || fold(node, format)
        || (format == .tflite && absorb(node))
        // ONNX has such pairs around every quantized tensor; those of the model are among them.
        || (format == .onnx && ["quantize", "dequantize"].contains(node.op.name))
    }
    for index in graph.values.indices { adapt(index, to: format) }
  }

  /// Makes constants of the results of an operator that has nothing but constants as operands.
  private mutating func fold(_ node: Node, _ format: ModelFormat) -> Bool {
    let operands = node.inputs.compactMap { $0 }
    guard !operands.isEmpty, node.attributes.graphs.isEmpty,
      operands.allSatisfy({ graph[$0].isConstant })
    else { return false }
    if node.op.name == "dequantize", format == .tflite { return absorb(node) }
    for case .some(let output) in node.outputs { graph[output].content = .constant(.absent) }
    return true
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
