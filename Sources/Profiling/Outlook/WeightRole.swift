import ModelIR
import Operators

/// What a constant is to the operators that read it, as converters see it.
enum WeightRole: Equatable {
  /// The weights of a convolution or a matrix product, with the axis of the output channels.
  case weights(axis: Int, channels: Int)
  /// A table that is looked up.
  case table
  /// A bias of that many channels.
  case bias(channels: Int)
  /// Another operand of arithmetic.
  case operand
  /// Numbers that steer: shapes, axes, indices.
  case steering
}

extension Graph {
  /// The role of every constant, by its index; the first use decides.
  func weightRoles() -> [Int: WeightRole] {
    var roles: [Int: WeightRole] = [:]
    for node in nodes {
      for (position, input) in node.inputs.enumerated() {
        guard let input, self[input].isConstant, roles[input.index] == nil else { continue }
        roles[input.index] = role(of: self[input], at: position, in: node)
      }
    }
    return roles
  }

  private func role(of value: Value, at position: Int, in node: Node) -> WeightRole {
    guard value.type.isFloat || value.quantization != nil else { return .steering }
    guard let sizes = value.shape.sizes else { return .operand }
    func weights(_ axis: Int) -> WeightRole {
      sizes.indices.contains(axis) ? .weights(axis: axis, channels: sizes[axis]) : .operand
    }
    switch (node.op.name, position) {
    case ("depthwiseConvolution", 1): return weights(sizes.count - 1)
    case ("convolution", 1), ("fullyConnected", 1), ("transposedConvolution", 1): return weights(0)
    case ("convolution", 2), ("depthwiseConvolution", 2), ("fullyConnected", 2),
      ("transposedConvolution", 3):
      return .bias(channels: sizes.first ?? 1)
    case ("matMul", 1), ("gemm", 1): return weights(sizes.count - 1)
    case ("gather", 0), ("embeddingLookup", 1): return .table
    default: return .operand
    }
  }
}
