import ByteIO
import ModelIR
import Operators

extension Interpreter {
  /// The operands of a node, those that are variables with what they hold.
  func withStates(
    _ inputs: [Tensor?],
    of node: Node,
    _ graph: GraphID
  ) throws(ExecutionError) -> [Tensor?] {
    var inputs = inputs
    for (index, input) in node.inputs.enumerated() where inputs[index] == nil {
      guard let input else { continue }
      let value = model[graph][input]
      guard case .variable(let initial) = value.content else { continue }
      if let state = variables.state(of: .init(graph, input)) {
        inputs[index] = state
      } else {
        do throws(OperatorError) {
          inputs[index] = try start(value, initial)
        } catch {
          throw ExecutionError(error, node: node)
        }
      }
    }
    return inputs
  }

  /// What a variable holds before the first run.
  ///
  /// LiteRT starts from the real number 0: zero bytes, and the zero point where the variable is int8.
  /// Source: LiteRT `tflite/core/subgraph.cc` (`ResetVariableTensors`).
  private func start(_ value: Value, _ initial: TensorStorage?) throws(OperatorError) -> Tensor {
    guard let sizes = value.shape.sizes else {
      throw .unsupported("the shape \(value.shape) of the state \"\(value.name)\" is open")
    }
    if let initial, let tensor = Tensor(type: value.type, sizes: sizes, storage: initial) {
      return tensor
    }
    guard let bytes = value.byteCount, bytes <= limits.tensorBytes else {
      throw OperatorError(.limit, "the state \"\(value.name)\" is above the limit")
    }
    var tensor = try Tensor.zeros(value.type, sizes)
    if value.type == .int8, let zeroPoint = value.quantization?.zeroPoint(0) {
      tensor.elements = .integers(Array(repeating: Int64(zeroPoint), count: tensor.count))
    }
    return tensor
  }

  /// Keeps the new states, which follow a node's other results.
  func keepStates(_ results: [Tensor], _ operands: [Int], of node: Node, _ graph: GraphID) {
    guard results.count >= operands.count else { return }
    for (operand, tensor) in zip(operands, results.suffix(operands.count)) {
      guard node.inputs.indices.contains(operand), let value = node.inputs[operand],
        case .variable = model[graph][value].content
      else { continue }
      variables.setState(tensor, of: .init(graph, value))
    }
  }
}

extension Model {
  /// Whether a run depends on those before it.
  package var isStateful: Bool {
    graphs.contains { graph in
      graph.nodes.contains(where: Self.isStateful)
        || graph.values.contains {
          if case .variable = $0.content { true } else { false }
        }
    }
  }

  /// Whether the node reads or writes what outlives a run.
  static func isStateful(_ node: Node) -> Bool {
    guard case .known(let name) = node.op,
      let definition = OperatorCatalog.definition(of: name)
    else { return false }
    return definition.family == .state || name == "callOnce"
      || !definition.stateOperands(AttributeReader(node.attributes)).isEmpty
  }
}
