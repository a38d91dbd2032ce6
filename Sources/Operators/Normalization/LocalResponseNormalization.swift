import ModelIR

extension OperatorDefinition {
  /// `x / (bias + alpha / size · Σ x²)^beta`, the sum over `size` neighbouring channels.
  ///
  /// With `alphaPerElement` alpha is not divided by the size (TensorFlow). Cost: a square and a sum
  /// for each neighbour, then product, sum, power and quotient.
  /// Sources: ONNX LRN-13; A. Krizhevsky et al. 2012, section 3.3.
  static let localResponseNormalization = OperatorDefinition(
    "localResponseNormalization",
    "Divides by the energy of neighbouring channels.",
    family: .normalization,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: CostRule { context in
      guard let size = try? context.node.attributes.int("size"), size > 0, size < 1 << 20 else {
        return .uncounted
      }
      return .times(context.inputElements(), otherOperations: 2 * size + 4)
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.reals(0)
      let layout = try DataLayout(context.attributes)
      guard input.sizes.count >= 2, let size = try context.attributes.int("size"), size > 0 else {
        throw .invalid("the operand has no channels, or size is not positive")
      }
      var alpha = try context.attributes.float("alpha", default: 1e-4)
      if try !context.attributes.bool("alphaPerElement") { alpha /= Double(size) }
      let beta = try context.attributes.float("beta", default: 0.75)
      let bias = try context.attributes.float("bias", default: 1)
      let axis = layout.channelAxis(rank: input.sizes.count)
      var result = input
      result.values = AxisRows(input.sizes, axis: axis).map(input.values) { channels in
        channels.indices.map { index in
          // Of an even size the longer half is behind.
          let first = max(index - (size - 1) / 2, 0)
          let last = index + min(size / 2, channels.count - 1 - index)
          let energy = channels[first...last].reduce(0) { $0 + $1 * $1 }
          return channels[index] / Double.pow(bias + alpha * energy, beta)
        }
      }
      return [result.tensor()]
    }
  )
}
