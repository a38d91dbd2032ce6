import ModelIR

extension OperatorDefinition {
  /// Convolution over any number of spatial axes, grouped or not (cross-correlation, as the field
  /// says convolution): `y[o] = b[o] + Σ w[o, c, k] · x[c, stride · position + dilation · k − pad]`.
  ///
  /// Sources: ONNX Conv-22; LiteRT `tflite/kernels/conv.cc` and
  /// `internal/reference/integer_ops/conv.h` for quantized operands.
  static let convolution = OperatorDefinition(
    "convolution",
    "Slides a filter over space and sums over channels.",
    family: .convolution,
    inputs: 2...3,
    inferTypes: { (context) throws(OperatorError) in
      [try ConvolutionShapes.infer(context, .convolution)]
    },
    cost: .convolution(.convolution),
    evaluate: { (context) throws(OperatorError) in
      [try evaluateConvolution(context, .convolution)]
    }
  )

  /// Convolution of each channel by itself, with `multiplier` filters a channel.
  ///
  /// Output channel `c · multiplier + m` sees input channel `c`. Source: LiteRT
  /// `tflite/kernels/depthwise_conv.cc`.
  static let depthwiseConvolution = OperatorDefinition(
    "depthwiseConvolution",
    "Slides filters over space, each over one channel.",
    family: .convolution,
    inputs: 2...3,
    inferTypes: { (context) throws(OperatorError) in
      [try ConvolutionShapes.infer(context, .depthwise)]
    },
    cost: .convolution(.depthwise),
    evaluate: { (context) throws(OperatorError) in [try evaluateConvolution(context, .depthwise)] }
  )
}

/// Evaluates a convolution, depthwise or not, on operands x, filter and bias.
func evaluateConvolution(
  _ context: EvaluationContext,
  _ role: ConvolutionFilter.Role
) throws(OperatorError) -> Tensor {
  guard let filter = try ConvolutionFilter(context.operatorContext, role) else {
    throw .invalid("the shape of the filter is not known")
  }
  let geometry = try ConvolutionShapes.geometry(context, role, filter)
  return try ConvolutionEvaluation(
    context: context,
    geometry: geometry,
    filter: filter,
    role: role
  )()
}

extension CostRule {
  /// N·Ho·Wo·Co·Kh·Kw·Ci/g (fvcore); the bias and a fused activation are one operation each.
  static func convolution(
    _ role: ConvolutionFilter.Role,
    filterOperand: Int = 1,
    biasOperand: Int = 2
  ) -> CostRule {
    CostRule { context in
      guard let outputs = context.outputElements(),
        let type = context.node.optionalInput(filterOperand),
        let filter = try? ConvolutionFilter(type, context.node.attributes, role),
        let taps = checkedProduct(filter.spatial + [filter.inputChannels])
      else { return .uncounted }
      return .times(
        outputs,
        multiplyAdds: taps,
        otherOperations: context.epilogueOperations(biasOperand: biasOperand)
      )
    }
  }
}

extension CostContext {
  /// Operations an output element after the sum: the bias where there is one, a fused activation.
  func epilogueOperations(biasOperand: Int) -> Int {
    let hasActivation =
      ((try? node.attributes.string("activation", default: "none")) ?? "none") != "none"
    return (node.hasInput(biasOperand) ? 1 : 0) + (hasActivation ? 1 : 0)
  }
}
