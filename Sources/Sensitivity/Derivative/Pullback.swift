import Execution
import ModelIR
import Operators

/// Carries a derivative from a node's results back to its operands.
protocol Pullback: Sendable {
  /// The values of the float run that it looks at.
  var reads: [ValueID] { get }

  /// The derivative with respect to each operand.
  ///
  /// - Parameters:
  ///   - results: The derivative with respect to each result; `nil` where nothing depends on it.
  ///   - run: The float run.
  /// - Returns: One list an operand, in the operand's layout; `nil` where none is wanted.
  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?]
}

/// The values of one run of the float model.
struct FloatRun {
  let values: [ValueID: Tensor]

  /// A value's elements; empty where it was not kept.
  func floats(_ value: ValueID) -> [Float] {
    guard case .floats(let elements)? = values[value]?.elements else { return [] }
    return elements
  }
}

/// Finds the derivative of a node.
struct PullbackChooser {
  let compiled: CompiledGraph
  let id: NodeID
  /// The operands whose derivatives are wanted.
  let wanted: [Bool]

  var graph: Graph { compiled.model.main }
  var node: Node { graph[id] }
  var attributes: AttributeReader { AttributeReader(node.attributes) }

  /// The node's derivative; `nil` where there is none here.
  func choose() -> (any Pullback)? {
    guard case .known(let name) = node.op else { return nil }
    switch name {
    case "convolution", "depthwiseConvolution", "fullyConnected", "gemm": return layer()
    case "matMul": return layer() ?? product()
    case "relu": return mask { $0 > 0 ? 1 : 0 }
    case "relu6": return mask { $0 > 0 && $0 < 6 ? 1 : 0 }
    case "add": return affine() ?? sum(second: 1)
    case "sub": return affine() ?? sum(second: -1)
    case "mul": return affine() ?? factors()
    case "div": return affine() ?? differences()
    case "batchNormalization", "neg": return affine()
    case "softmax": return softmax()
    case "layerNormalization": return normalization()
    case "averagePool": return pool(isMaximum: false)
    case "maxPool": return pool(isMaximum: true)
    case "globalAveragePool", "reduceMean": return reduction(isMean: true)
    case "reduceSum": return reduction(isMean: false)
    case let name where Self.singleElements.contains(name): return differences()
    // What moves elements shows in where it moves their positions.
    default: return movement()
    }
  }

  /// Functions of single elements.
  private static let singleElements: Set<String> = [
    "abs", "sqrt", "rsqrt", "reciprocal", "square", "exp", "log", "erf", "expm1", "log1p", "erfc",
    "pow", "squaredDifference", "sigmoid", "tanh", "reluN1To1", "relu0To1", "leakyRelu", "elu",
    "selu", "celu", "gelu", "hardSwish", "hardSigmoid", "softplus", "softsign", "mish", "swish",
    "clip", "prelu", "thresholdedRelu", "shrink", "minimum", "maximum", "sin", "cos", "divNoNan",
  ]

  /// The operand's extents; `nil` where they are unknown or it is left out.
  func sizes(_ operand: Int) -> [Int]? {
    guard node.inputs.indices.contains(operand), let value = node.inputs[operand] else {
      return nil
    }
    return compiled.types[value.index].shape.sizes
  }

  /// The first result's extents.
  var resultSizes: [Int]? {
    guard case .some(let .some(output)) = node.outputs.first else { return nil }
    return compiled.types[output.index].shape.sizes
  }

  /// Operands with constants at hand in place of those that are not wanted; `nil` where one of them
  /// is neither.
  func operands(_ replace: (Int, [Int]) -> Tensor) -> [Tensor?]? {
    var result: [Tensor?] = []
    for (index, value) in node.inputs.enumerated() {
      guard let value else {
        result.append(nil)
        continue
      }
      if wanted[index] {
        guard let sizes = sizes(index) else { return nil }
        result.append(replace(index, sizes))
      } else {
        guard let constant = compiled.constant(value) else { return nil }
        result.append(constant)
      }
    }
    return result
  }
}
