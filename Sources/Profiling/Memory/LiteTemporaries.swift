import ModelIR
import Operators

/// The buffers that a kernel asks for beside its operands and results.
struct LiteTemporary: Equatable {
  var name: String
  var bytes: Int
  /// Where it is: in the arena for the one node, in the persistent arena, or on the heap.
  var storage: LiteStorage
}

/// What the builtin kernels of TensorFlow Lite ask for in `Prepare`, one thread, optimised kernels.
///
/// Source: LiteRT, tflite/kernels: conv.cc, depthwise_conv.cc, fully_connected.cc, batch_matmul.cc,
/// reduce.cc, add_n.cc, transpose_conv.cc.
struct LiteTemporaries {
  let graph: Graph
  let types: [TensorType]

  /// Types whose kernels ask for temporaries that are not modelled.
  static let unmodelled: Set<String> = [
    "CONV_3D", "CONV_3D_TRANSPOSE", "LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "BIDIRECTIONAL_SEQUENCE_LSTM", "RNN", "UNIDIRECTIONAL_SEQUENCE_RNN",
    "BIDIRECTIONAL_SEQUENCE_RNN", "SVDF", "RFFT2D", "STABLEHLO_REDUCE_WINDOW",
    "TFLite_Detection_PostProcess",
  ]

  /// The temporaries of a node in the order of the kernel; `nil` where a shape is not known.
  func of(_ node: Node, _ storage: [LiteStorage]) -> [LiteTemporary]? {
    switch node.origin.sourceType {
    case "CONV_2D": convolution(node)
    case "DEPTHWISE_CONV_2D": depthwise(node)
    case "FULLY_CONNECTED": fullyConnected(node)
    case "BATCH_MATMUL": matMul(node)
    case "TRANSPOSE_CONV": transposedConvolution(node)
    case "SUM", "MEAN", "REDUCE_PROD": reduction(node, storage, accumulates: true)
    case "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL":
      reduction(node, storage, accumulates: false)
    case "ADD_N": operand(node, 0).flatMap { arena("scratch", $0.bytes) }.map { [$0] }
    default: []
    }
  }

  // MARK: - Kernels

  private func convolution(_ node: Node) -> [LiteTemporary]? {
    guard let input = operand(node, 0), let filter = operand(node, 1), let output = result(node),
      input.sizes.count == 4, filter.sizes.count == 4, output.sizes.count == 4
    else { return nil }
    let isHybrid = input.type == .float32 && [.int8, .uint8, .int4].contains(filter.type)
    let strides = node.ints("strides") ?? [1, 1]
    let dilations = node.ints("dilations") ?? [1, 1]
    let needsColumns =
      dilations.contains { $0 != 1 } || strides.contains { $0 != 1 } || filter.sizes[1] != 1
      || filter.sizes[2] != 1
    var all: [LiteTemporary?] = []
    let pixels = checkedProduct([output.sizes[0], output.sizes[1], output.sizes[2]])
    if needsColumns {
      let elements = pixels.flatMap { checkedProduct([$0] + filter.sizes.dropFirst()) }
      let type = !isHybrid ? input.type : filter.type == .int4 ? .int8 : filter.type
      all.append(arena("im2col", elements.flatMap { type.byteCount(elements: $0) }))
    }
    if isHybrid {
      let groups = filter.sizes[3] > 0 ? max(1, input.sizes[3] / filter.sizes[3]) : 1
      let rows = checkedProduct([input.sizes[0], input.sizes[1], input.sizes[2], groups])
      all.append(arena("quantized input", input.elements))
      all.append(arena("scaling factors", words(rows)))
      all.append(arena("accumulators", words(checkedProduct(output.sizes))))
      if isPerChannel(node) {
        all.append(arena("input offsets", words(rows)))
        all.append(
          LiteTemporary(name: "row sums", bytes: 4 * filter.sizes[0], storage: .persistent)
        )
      }
    }
    return known(all)
  }

  private func depthwise(_ node: Node) -> [LiteTemporary]? {
    guard let input = operand(node, 0), let filter = operand(node, 1) else { return nil }
    guard input.type == .float32, filter.type == .int8, let batch = input.sizes.first else {
      return []
    }
    return known([
      arena("quantized input", input.elements), arena("scaling factors", words(batch)),
      arena("input offsets", words(batch)),
    ])
  }

  private func fullyConnected(_ node: Node) -> [LiteTemporary]? {
    guard let input = operand(node, 0), let filter = operand(node, 1), filter.sizes.count == 2
    else { return nil }
    guard input.type == .float32, [.int8, .uint8, .int4, .int2].contains(filter.type),
      filter.sizes[1] > 0
    else { return [] }
    let (units, columns) = (filter.sizes[0], filter.sizes[1])
    let batch = input.elements / columns
    if filter.type == .int4, batch > 0, columns % 2 == 0, units >= 4, columns >= 32 {
      // Packed 4-bit kernel: rows by up to 4, depth by 32, units by 4.
      // Source: LiteRT, tflite/kernels/internal/optimized/4bit/fully_connected_common.h.
      let width = batch >= 4 ? 4 : batch >= 2 ? 2 : 1
      let rows = aligned(batch, to: width)
      return known([
        arena("quantized input", checkedProduct([rows, aligned(columns, to: 32)])),
        arena("scaling factors", words(rows)),
        arena("accumulators", words(checkedProduct([rows, aligned(units, to: 4)]))),
        arena("input offsets", words(rows)),
      ])
    }
    return known([
      arena("quantized input", input.elements), arena("scaling factors", words(batch)),
      arena("accumulators", words(checkedProduct([units, batch]))),
      arena("input offsets", words(batch)),
      LiteTemporary(name: "row sums", bytes: 4 * units, storage: .persistent),
    ])
  }

  private func matMul(_ node: Node) -> [LiteTemporary]? {
    guard let left = operand(node, 0), let right = operand(node, 1), left.sizes.count >= 2,
      right.sizes.count >= 2, let rightID = node.inputs[1], let rightBytes = right.bytes
    else { return nil }
    var all: [LiteTemporary?] = [
      arena("transposed left side", left.bytes),
      LiteTemporary(
        name: "transposed right side",
        bytes: rightBytes,
        storage: graph[rightID].isConstant ? .persistent : .arena
      ),
    ]
    if left.type == .float32, right.type == .int8 {
      let rank = left.sizes.count
      let rows = left.sizes[rank - (node.bool("transposeA") ? 1 : 2)]
      let units = right.sizes[right.sizes.count - (node.bool("transposeB") ? 2 : 1)]
      let batches = checkedProduct(left.sizes.dropLast(2))
      let count = batches.flatMap { checkedProduct([$0, rows]) }
      all.append(arena("quantized input", left.elements))
      all.append(arena("scaling factors", words(count)))
      all.append(arena("accumulators", words(checkedProduct([units, rows]))))
      all.append(arena("input offsets", words(count)))
      if let bytes = words(checkedProduct(right.sizes.dropLast(2) + [units])) {
        all.append(LiteTemporary(name: "row sums", bytes: bytes, storage: .persistent))
      }
    }
    return known(all)
  }

  private func transposedConvolution(_ node: Node) -> [LiteTemporary]? {
    guard let filter = operand(node, 1), let input = operand(node, 2), let output = result(node),
      input.sizes.count == 4, filter.sizes.count == 4, let filterBytes = filter.bytes,
      let columns = words(
        checkedProduct([
          input.sizes[1], input.sizes[2], filter.sizes[0], filter.sizes[1], filter.sizes[2],
        ])
      )
    else { return nil }
    var all: [LiteTemporary?] = [
      LiteTemporary(name: "col2im", bytes: columns, storage: .dynamic),
      LiteTemporary(name: "transposed weights", bytes: filterBytes, storage: .dynamic),
    ]
    if input.type != .float32 {
      let bytes = checkedProduct([output.elements, input.type == .int16 ? 8 : 4])
      all.append(bytes.map { LiteTemporary(name: "accumulators", bytes: $0, storage: .dynamic) })
    } else if filter.type == .int8 {
      all.append(arena("quantized input", input.elements))
      all.append(arena("scaling factors", words(input.sizes[0])))
      all.append(arena("input offsets", words(input.sizes[0])))
    }
    return known(all)
  }

  private func reduction(_ node: Node, _ storage: [LiteStorage], accumulates: Bool)
    -> [LiteTemporary]?
  {
    guard let input = operand(node, 0), let axes = operand(node, 1), let output = result(node),
      let axesID = node.inputs[1]
    else { return nil }
    guard [.constant, .readOnly].contains(storage[axesID.index]) else {
      return known([arena("index", words(input.sizes.count))])
    }
    let width: Int =
      switch input.type {
      case .int32, .int64: 8
      case .bool: 1
      default: 4
      }
    var all = [arena("index", words(input.sizes.count)), arena("axes", words(axes.elements))]
    if accumulates { all.append(arena("accumulators", checkedProduct([output.elements, width]))) }
    return known(all)
  }

  // MARK: - Operands

  private struct Operand {
    var type: ElementType
    var sizes: [Int]
    var elements: Int
    var bytes: Int? { type.byteCount(elements: elements) }
  }

  private func operand(_ node: Node, _ position: Int) -> Operand? {
    guard node.inputs.indices.contains(position), let id = node.inputs[position] else { return nil }
    return operand(id)
  }

  private func result(_ node: Node) -> Operand? {
    node.outputs.first.flatMap { $0 }.flatMap { operand($0) }
  }

  private func operand(_ id: ValueID) -> Operand? {
    guard let sizes = types[id.index].shape.sizes, let elements = checkedProduct(sizes) else {
      return nil
    }
    return Operand(type: types[id.index].element, sizes: sizes, elements: elements)
  }

  /// Source: LiteRT, tflite/kernels/conv.cc: several scales that are not all equal.
  private func isPerChannel(_ node: Node) -> Bool {
    guard node.inputs.count > 1, let id = node.inputs[1],
      let scales = graph[id].quantization?.scales,
      let first = scales.first
    else { return false }
    return scales.contains { $0 != first }
  }

  private func arena(_ name: String, _ bytes: Int?) -> LiteTemporary? {
    bytes.map { LiteTemporary(name: name, bytes: $0, storage: .arena) }
  }

  private func words(_ count: Int?) -> Int? { count.flatMap { checkedProduct([$0, 4]) } }

  private func known(_ all: [LiteTemporary?]) -> [LiteTemporary]? {
    all.contains { $0 == nil } ? nil : all.compactMap { $0 }
  }
}

extension Node {
  /// An attribute that is a list of integers.
  func ints(_ name: String) -> [Int]? {
    guard case .ints(let values)? = attributes[name] else { return nil }
    return values
  }

  /// An attribute that is a truth value; false where it is left out.
  func bool(_ name: String) -> Bool {
    guard case .bool(let value)? = attributes[name] else { return false }
    return value
  }
}
