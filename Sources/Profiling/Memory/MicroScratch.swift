import ModelIR
import Operators

/// The scratch buffers that the reference kernels of TensorFlow Lite Micro ask for.
///
/// Kernel libraries for a chip (CMSIS-NN, ESP-NN, Xtensa) ask for others. Source: tflite-micro,
/// tensorflow/lite/micro/kernels: uses of `RequestScratchBufferInArena`.
struct MicroScratch {
  let graph: Graph
  let types: [TensorType]

  /// Types whose scratch buffers are not modelled.
  static let unmodelled: Set<String> = [
    "UNIDIRECTIONAL_SEQUENCE_LSTM", "TFLite_Detection_PostProcess",
  ]

  /// A pointer on a 32-bit microcontroller.
  private static let pointerBytes = 4

  /// The buffers of a node; `nil` where a shape is not known.
  func of(_ node: Node) -> [(name: String, bytes: Int)]? {
    switch node.origin.sourceType {
    case "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED":
      guard let filter = type(node, 1) else { return nil }
      guard filter.element == .int4 else { return [] }
      return filter.shape.elementCount.map { [("unpacked weights", $0)] }
    case "ADD_N": return [("pointers", Self.pointerBytes * node.inputs.count)]
    case "MIRROR_PAD":
      guard let rank = type(node, 0)?.shape.rank else { return nil }
      return [("output extents", 4 * rank), ("input extents", 4 * rank)]
    case "MEAN", "SUM": return reduction(node, accumulates: true)
    case "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ALL", "REDUCE_ANY":
      return reduction(node, accumulates: false)
    case "SVDF": return svdf(node)
    case "TRANSPOSE_CONV":
      guard let input = type(node, 2), let output = result(node) else { return nil }
      let width: Int =
        switch input.element {
        case .int8: 4
        case .int16: 8
        default: 0
        }
      return product(output.shape.elementCount, width).map { [("accumulators", $0)] }
    default: return []
    }
  }

  private func reduction(_ node: Node, accumulates: Bool) -> [(name: String, bytes: Int)]? {
    guard let input = type(node, 0), let rank = input.shape.rank,
      let axes = type(node, 1)?.shape.elementCount, let indices = product(axes, 4)
    else { return nil }
    var all: [(name: String, bytes: Int)] = []
    if accumulates, [.int8, .int16].contains(input.element) {
      guard let bytes = product(result(node)?.shape.elementCount, 4) else { return nil }
      all.append(("accumulators", bytes))
    }
    return all + [("index", 4 * rank), ("axes", indices)]
  }

  private func svdf(_ node: Node) -> [(name: String, bytes: Int)]? {
    guard let input = type(node, 0), let batch = input.shape.sizes?.first,
      let filters = type(node, 1)?.shape.sizes?.first,
      let state = product(batch, filters).flatMap({ product($0, 4) })
    else { return nil }
    guard input.element != .float32 else { return [("state", state)] }
    guard let units = result(node)?.shape.sizes?.last,
      let output = product(batch, units).flatMap({ product($0, 4) })
    else { return nil }
    return [("state", state), ("output", output)]
  }

  private func type(_ node: Node, _ position: Int) -> TensorType? {
    guard node.inputs.indices.contains(position), let id = node.inputs[position] else { return nil }
    return types[id.index]
  }

  private func result(_ node: Node) -> TensorType? {
    node.outputs.first.flatMap { $0 }.map { types[$0.index] }
  }

  private func product(_ left: Int?, _ right: Int) -> Int? {
    left.flatMap { checkedProduct([$0, right]) }
  }
}
