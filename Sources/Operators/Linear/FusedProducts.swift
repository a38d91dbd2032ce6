import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorDefinition {
  /// Matrix product times `alpha`, with transposed last axes or batch axes.
  ///
  /// `transposeBatchA` moves the first axis of a behind its batch axes. Source: onnxruntime
  /// `docs/ContribOperators.md`, com.microsoft.FusedMatMul.
  static let fusedMatMul = OperatorDefinition(
    "fusedMatMul",
    "Scaled matrix product of operands whose axes are moved.",
    family: .matrixProduct,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      let left = try context.input(0)
      let shape = try MatrixProduct.shape(
        movedShape(left.shape, try context.attributes.bool("transposeBatchA")),
        movedShape(try context.input(1).shape, try context.attributes.bool("transposeBatchB")),
        transposeA: try context.attributes.bool("transposeA"),
        transposeB: try context.attributes.bool("transposeB")
      )
      return [left.with(shape)]
    },
    cost: CostRule { context in
      let attributes = context.node.attributes
      let alpha = (try? attributes.float("alpha", default: 1)) ?? 1
      let moves = (try? attributes.bool("transposeBatchA")) ?? false
      guard let shape = context.node.optionalInput(0)?.shape,
        let sizes = movedShape(shape, moves).sizes, let last = sizes.last
      else { return .uncounted }
      let swaps = (try? attributes.bool("transposeA")) ?? false
      let inner = swaps && sizes.count > 1 ? sizes[sizes.count - 2] : last
      return .times(
        context.outputElements(),
        multiplyAdds: inner,
        otherOperations: alpha == 1 ? 0 : 1
      )
    },
    evaluate: { (context) throws(OperatorError) in
      let left = moved(
        try context.input(0),
        try context.attributes.bool("transposeBatchA")
      )
      let right = moved(try context.input(1), try context.attributes.bool("transposeBatchB"))
      let product = try MatrixProduct(
        left.sizes,
        right.sizes,
        transposeA: try context.attributes.bool("transposeA"),
        transposeB: try context.attributes.bool("transposeB")
      )
      let alpha = try context.attributes.float("alpha", default: 1)
      switch try OperandValues.pair(left, right) {
      case .floats(let a, let b):
        let values = product(a, b).map { Double(Float(alpha) * $0) }
        return [OperandValues.tensor(left.type, product.sizes, values)]
      case .doubles(let a, let b):
        return [OperandValues.tensor(left.type, product.sizes, product(a, b).map { alpha * $0 })]
      default: throw .invalid("operands of \(left.type) and \(right.type)")
      }
    }
  )

  /// Convolution, the addition of a tensor of the result's shape, and an activation.
  ///
  /// Operands x, filter, bias?, addend?. `activation` is the name of an operator of ONNX, with
  /// `activationParams`. Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.FusedConv.
  static let fusedConvolution = OperatorDefinition(
    "fusedConvolution",
    "Convolution with an addition and an activation.",
    family: .convolution,
    inputs: 2...4,
    inferTypes: { (context) throws(OperatorError) in
      [try ConvolutionShapes.infer(context, .convolution)]
    },
    cost: CostRule { context in
      var cost = CostRule.convolution(.convolution)(context)
      guard context.node.hasInput(3) else { return cost }
      let addition = OperatorCost.times(context.outputElements(), otherOperations: 1)
      cost.otherOperations = cost.otherOperations &+ addition.otherOperations
      return cost
    },
    evaluate: { (context) throws(OperatorError) in
      let operands = Array(context.inputs.prefix(3))
      let plain = context.replacing(operands).withoutActivation
      let sum = try evaluateConvolution(plain, .convolution)
      var values = try OperandValues.doubles(sum)
      if let addend = context.optionalInput(3) {
        let others = try OperandValues.doubles(addend)
        guard addend.sizes == sum.sizes else {
          throw .invalid("an addend of shape \(Shape.fixed(addend.sizes))")
        }
        for index in values.indices { values[index] += others[index] }
      }
      let name = try context.attributes.string("activation", default: "none")
      if !name.isEmpty, name != "none" {
        let parameters = try context.attributes.floats("activationParams") ?? []
        let function = try contributedActivation(name, parameters)
        values = values.map(function)
      }
      return [OperandValues.tensor(sum.type, sum.sizes, values)]
    }
  )
}

private func movedShape(_ shape: Shape, _ moves: Bool) -> Shape {
  guard moves, let axes = shape.dimensions, axes.count > 2 else { return shape }
  return .ranked(Array(axes[1..<(axes.count - 1)]) + [axes[0], axes[axes.count - 1]])
}

private func moved(_ tensor: Tensor, _ moves: Bool) -> Tensor {
  guard moves, tensor.rank > 2 else { return tensor }
  let axes = Array(1..<(tensor.rank - 1)) + [0, tensor.rank - 1]
  var result = tensor
  result.sizes = axes.map { tensor.sizes[$0] }
  switch tensor.elements {
  case .floats(let values):
    result.elements = .floats(AxisOrder.rearrange(values, tensor.sizes, axes))
  case .doubles(let values):
    result.elements = .doubles(AxisOrder.rearrange(values, tensor.sizes, axes))
  default: return tensor
  }
  return result
}

/// The activations that onnxruntime fuses into a convolution, by the names of ONNX's operators.
private func contributedActivation(
  _ name: String,
  _ parameters: [Double]
) throws(OperatorError) -> (Double) -> Double {
  func parameter(_ index: Int, _ standard: Double) -> Double {
    parameters.indices.contains(index) ? parameters[index] : standard
  }
  switch name.lowercased() {
  case "relu": return { max($0, 0) }
  case "sigmoid": return { 1 / (1 + exp(-$0)) }
  case "tanh": return { tanh($0) }
  case "leakyrelu":
    let alpha = parameter(0, 0.01)
    return { $0 < 0 ? alpha * $0 : $0 }
  case "clip":
    let (low, high) = (parameter(0, -.infinity), parameter(1, .infinity))
    return { min(max($0, low), high) }
  case "hardsigmoid":
    let (alpha, beta) = (parameter(0, 0.2), parameter(1, 0.5))
    return { min(max(alpha * $0 + beta, 0), 1) }
  default: throw .unsupported("the fused activation \"\(name)\" is not evaluated")
  }
}
