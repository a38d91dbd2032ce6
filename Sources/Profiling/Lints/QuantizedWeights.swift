import ModelIR

// Source of the rules: LiteRT, tflite/g3doc/performance/quantization_spec.md, and for TRANSPOSE_CONV
// tflite/converter/tools/optimize/operator_property.cc.

/// Where weights, bias and input of an operator with weights stand, and along which axis scales go.
private struct WeightedOperator {
  var weights: Int
  var bias: Int
  var input: Int
  var axis: Int

  static func of(_ sourceType: String) -> WeightedOperator? {
    switch sourceType {
    case "CONV_2D", "FULLY_CONNECTED": .init(weights: 1, bias: 2, input: 0, axis: 0)
    case "DEPTHWISE_CONV_2D": .init(weights: 1, bias: 2, input: 0, axis: 3)
    case "TRANSPOSE_CONV": .init(weights: 1, bias: 3, input: 2, axis: 0)
    default: nil
    }
  }
}

extension LintContext {
  /// The TensorFlow Lite operators with 8-bit weights, and the weights' quantization.
  fileprivate var integerWeights: [(site: Site, rule: WeightedOperator, weights: Quantization)] {
    guard model.format == .tflite else { return [] }
    return sites.compactMap { site in
      guard let rule = WeightedOperator.of(node(site).origin.sourceType),
        let id = input(site, rule.weights), model[site.graph][id].type == .int8,
        let quantization = model[site.graph][id].quantization, !quantization.scales.isEmpty
      else { return nil }
      return (site, rule, quantization)
    }
  }
}

extension Lint {
  /// Scales of weights along another axis than the output channels.
  static let quantizationAxis = Lint { context in
    let wrong = context.integerWeights.filter { entry in
      guard case .perAxis(let axis) = entry.weights.granularity, entry.weights.scales.count > 1
      else { return false }
      return axis != entry.rule.axis
    }
    return context.finding(
      "Q01 weight-axis",
      .error,
      at: wrong.map(\.site.row),
      fix: "convert again: kernels read one scale for each output channel"
    ) { "the weights of \($0) have scales along an axis that is not the output channels'" }
  }

  /// Weights of 8 bits that are not symmetric.
  static let weightZeroPoint = Lint { context in
    let wrong = context.integerWeights.filter { $0.weights.zeroPoints.contains { $0 != 0 } }
    return context.finding(
      "Q02 weight-zero-point",
      .error,
      at: wrong.map(\.site.row),
      fix: "convert again with symmetric weights: kernels refuse these or ignore the zero point"
    ) { "the 8-bit weights of \($0) have a zero point other than 0" }
  }

  /// A bias whose scale is not the product of the input's and the weights'.
  static let biasScale = Lint { context in
    let wrong = context.integerWeights.filter { entry in
      let graph = context.model[entry.site.graph]
      guard let bias = context.input(entry.site, entry.rule.bias),
        let input = context.input(entry.site, entry.rule.input), graph[bias].type == .int32,
        let scale = graph[input].quantization?.scales.first,
        let scales = graph[bias].quantization?.scales, !scales.isEmpty,
        scales.count == entry.weights.scales.count || scales.count == 1
      else { return false }
      return zip(scales, entry.weights.scales).contains { bias, weight in
        let product = Double(scale) * Double(weight)
        // Products of two floats differ by rounding; 1 % is far above it and far below a mistake.
        return product > 0 && abs(Double(bias) - product) > 0.01 * product
      }
    }
    return context.finding(
      "Q03 bias-scale",
      .error,
      at: wrong.map(\.site.row),
      fix: "convert again: kernels add the bias as it is, without a scale of its own"
    ) { "the bias of \($0) has a scale that is not input scale × weight scale" }
  }
}
