import ModelIR
import Operators

/// Where TensorFlow Lite keeps a tensor once its kernels are prepared.
enum LiteStorage: Equatable {
  /// In the model file.
  case constant
  /// In the arena of activations.
  case arena
  /// In the arena that outlives a run.
  case persistent
  /// Computed once while preparing and kept beside the arenas.
  case readOnly
  /// Allocated while running: its shape is not known before.
  case dynamic
}

/// What the `Prepare` functions of the builtin kernels decide before memory is planned.
///
/// Source: LiteRT, tflite/kernels/*.cc: uses of `SetTensorToPersistentRo`, `SetTensorToDynamic`,
/// `kTfLiteArenaRwPersistent` and `kTfLiteOutputShapeNotKnown`.
struct LitePreparation {
  /// Where each value ends up.
  var storage: [LiteStorage]
  /// The ranges of nodes that are planned together: a range ends with a node whose results only a
  /// run can size.
  var ranges: [ClosedRange<Int>] = []

  /// Kernels that compute their result while preparing where all operands are at hand by then.
  private static let folding: Set<String> = [
    "BROADCAST_ARGS", "CONCATENATION", "GATHER", "MUL", "RANGE", "RESHAPE", "STRIDED_SLICE", "TILE",
  ]

  /// Operands that a kernel must know while preparing; otherwise its results are dynamic.
  private static let needed: [String: [Int]] = [
    "ARG_MAX": [1], "ARG_MIN": [1], "BATCH_TO_SPACE_ND": [1, 2], "BROADCAST_TO": [1],
    "CONV_3D_TRANSPOSE": [0], "EXPAND_DIMS": [1], "FILL": [0], "MIRROR_PAD": [1],
    "NON_MAX_SUPPRESSION_V4": [2], "NON_MAX_SUPPRESSION_V5": [2], "ONE_HOT": [1], "PAD": [1],
    "PADV2": [1], "RANDOM_STANDARD_NORMAL": [0], "RANDOM_UNIFORM": [0], "MULTINOMIAL": [0, 1],
    "RANGE": [0, 1, 2], "SUM": [1], "MEAN": [1], "REDUCE_MAX": [1], "REDUCE_MIN": [1],
    "REDUCE_PROD": [1], "REDUCE_ANY": [1], "REDUCE_ALL": [1], "RESHAPE": [1],
    "RESIZE_BILINEAR": [1], "RESIZE_NEAREST_NEIGHBOR": [1], "RFFT2D": [1], "SCATTER_ND": [2],
    "SEGMENT_SUM": [0, 1], "SLICE": [1, 2], "SPACE_TO_BATCH_ND": [1, 2], "SPARSE_TO_DENSE": [1],
    "SPLIT": [0], "SPLIT_V": [1, 2], "STRIDED_SLICE": [1, 2, 3], "TILE": [1], "TOPK_V2": [1],
    "TRANSPOSE": [1], "TRANSPOSE_CONV": [0], "UNSORTED_SEGMENT_MAX": [1, 2],
    "UNSORTED_SEGMENT_MIN": [1, 2], "UNSORTED_SEGMENT_PROD": [1, 2],
    "UNSORTED_SEGMENT_SUM": [1, 2], "WHERE": [0],
  ]

  /// Kernels whose results are always dynamic.
  private static let alwaysDynamic: Set<String> = ["UNIQUE", "READ_VARIABLE"]

  init(_ graph: Graph, types: [TensorType]) {
    storage = graph.values.map { value in
      switch value.content {
      case .constant: .constant
      case .variable: .persistent
      case .activation: .arena
      }
    }
    var start = 0
    for (index, node) in graph.nodes.enumerated() {
      if prepare(node, graph, types) {
        ranges.append(start...index)
        start = index + 1
      }
    }
    if start < graph.nodes.count { ranges.append(start...(graph.nodes.count - 1)) }
    if ranges.isEmpty { ranges = [0...0] }
  }

  private func isKnown(_ value: ValueID) -> Bool {
    storage[value.index] == .constant || storage[value.index] == .readOnly
  }

  /// Whether the range of nodes ends here.
  private mutating func prepare(_ node: Node, _ graph: Graph, _ types: [TensorType]) -> Bool {
    let type = node.origin.sourceType
    let inputs = node.inputs.compactMap { $0 }
    let outputs = node.outputs.compactMap { $0 }
    if type == "SHAPE" || type == "RANK" {
      set(outputs, .readOnly)
      return false
    }
    let allKnown = !inputs.isEmpty && inputs.allSatisfy { isKnown($0) }
    if Self.folding.contains(type), allKnown {
      set(outputs, .readOnly)
      return false
    }
    if type == "REDUCE_PROD", allKnown, isShort(outputs, types) {
      set(outputs, .readOnly)
      return false
    }
    if ["DEQUANTIZE", "DENSIFY"].contains(type), let input = inputs.first, graph[input].isConstant {
      set(outputs, .persistent)
      return false
    }
    if ["WHILE", "IF"].contains(type), outputs.contains(where: { !types[$0.index].shape.isFixed }) {
      set(outputs, .dynamic)
      return true
    }
    if Self.alwaysDynamic.contains(type) {
      set(outputs, .dynamic)
      return true
    }
    let isSized = (Self.needed[type] ?? []).allSatisfy { position in
      guard node.inputs.indices.contains(position), let input = node.inputs[position] else {
        return true
      }
      return isKnown(input)
    }
    if isSized { return false }
    // RESHAPE keeps its place in the arena: its size is that of its operand.
    if type != "RESHAPE" { set(outputs, .dynamic) }
    return true
  }

  /// Source: LiteRT, tflite/kernels/reduce.cc, `kMaxConstantOutputTensorSize`.
  private func isShort(_ outputs: [ValueID], _ types: [TensorType]) -> Bool {
    outputs.allSatisfy { (types[$0.index].shape.elementCount ?? .max) <= 8 }
  }

  private mutating func set(_ values: [ValueID], _ kind: LiteStorage) {
    for value in values { storage[value.index] = kind }
  }
}
