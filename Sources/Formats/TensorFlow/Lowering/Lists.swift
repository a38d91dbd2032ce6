import ByteIO
import ModelIR

/// Lists of tensors: TensorFlow 2's `TensorList…` and TensorFlow 1's `TensorArray…V3`.
///
/// A tensor array is a handle and a number (`flow`) that orders what is done to it; here the flow is
/// the list itself, and the handle is nothing.
extension OperatorLowering {
  static let lists: [OperatorLowering] = [
    OperatorLowering("TensorListReserve", "listReserve") { (node) throws(ReadError) in
      // (element shape, number)
      try element(&node, "element_dtype")
    },
    OperatorLowering("EmptyTensorList", "listEmpty") { (node) throws(ReadError) in
      try element(&node, "element_dtype")
      node.operands = []
    },
    OperatorLowering("TensorListSetItem", "listSetItem"),
    OperatorLowering("TensorListGetItem", "listGetItem", elementOnly),
    OperatorLowering("TensorListFromTensor", "listFromTensor") { node in
      node.operands = Array(node.operands.prefix(1))
    },
    OperatorLowering("TensorListStack", "listStack", elementOnly),
    OperatorLowering("TensorListLength", "listLength"),
    OperatorLowering("TensorListPushBack", "listPushBack"),
    OperatorLowering("TensorListPopBack", "listPopBack", results: ["output_handle", "tensor"]) {
      (node) throws(ReadError) in
      node.operands = Array(node.operands.prefix(1))
      try element(&node, "element_dtype")
    },
    OperatorLowering("TensorListGather", "listGather", elementOnly),
    OperatorLowering("TensorListConcatV2", "listConcat", results: ["tensor", "lengths"]) {
      (node) throws(ReadError) in
      node.operands = Array(node.operands.prefix(1))
      try element(&node, "element_dtype")
    },
    OperatorLowering("TensorListResize", "listResize"),

    OperatorLowering("TensorArrayV3", "listReserve", results: ["handle", "flow"]) {
      (node) throws(ReadError) in
      try element(&node, "dtype")
      node.attributes["isGrowing"] = .bool(try node.bool("dynamic_size"))
      node.operands.insert(nil, at: 0)
    },
    OperatorLowering("TensorArrayWriteV3", "listSetItem") { node in
      // (handle, index, value, flow)
      guard node.operands.count == 4 else { return }
      node.operands = [node.operands[3], node.operands[1], node.operands[2]]
      node.attributes["isGrowing"] = .bool(true)
    },
    OperatorLowering("TensorArrayReadV3", "listGetItem") { (node) throws(ReadError) in
      guard node.operands.count == 3 else { return }
      node.operands = [node.operands[2], node.operands[1]]
      try element(&node, "dtype")
    },
    OperatorLowering("TensorArrayGatherV3", "listGather") { (node) throws(ReadError) in
      guard node.operands.count == 3 else { return }
      node.operands = [node.operands[2], node.operands[1]]
      try element(&node, "dtype")
    },
    OperatorLowering("TensorArrayScatterV3", "listScatter") { node in
      // (handle, indices, value, flow)
      guard node.operands.count == 4 else { return }
      node.operands = [node.operands[3], node.operands[1], node.operands[2]]
    },
    OperatorLowering("TensorArrayConcatV3", "listConcat", results: ["value", "lengths"]) {
      (node) throws(ReadError) in
      guard node.operands.count == 2 else { return }
      node.operands = [node.operands[1]]
      try element(&node, "dtype")
    },
    OperatorLowering("TensorArraySizeV3", "listLength") { node in
      guard node.operands.count == 2 else { return }
      node.operands = [node.operands[1]]
    },
  ]

  private static func element(
    _ node: inout LoweringInProgress,
    _ name: String
  ) throws(ReadError) {
    node.attributes["elementType"] = .type(try node.type(name))
  }

  private static let elementOnly: Adjustment = { (node) throws(ReadError) in
    try element(&node, "element_dtype")
  }
}
