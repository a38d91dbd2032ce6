import ModelIR
import WireFormats

/// Convolutions over one, two and three axes.
extension LayerDefinition {
  static let convolutions: [LayerDefinition] =
    (1...3).flatMap { [convolution($0), transposed($0)] }
    + [depthwise(1), depthwise(2), separable(1), separable(2)]

  private static func convolution(_ axes: Int) -> LayerDefinition {
    LayerDefinition("Conv\(axes)D", "Convolution\(axes)D", slots: kernelAndBias) {
      (context) throws(LayerProblem) in
      let x = try context.input()
      var attributes = try context.window("kernel_size", axes)
      attributes["groups"] = .int(context.int("groups", default: 1))
      attributes["filterLayout"] = .string("hwio")
      let bias = try context.weight("bias", if: context.bool("use_bias", default: true))
      let value = context.emit(
        "convolution",
        [x.value, try context.weight("kernel")] + (bias.map { [$0] } ?? []),
        attributes
      )
      return [context.like(x, try context.activation("activation", value), rank: axes + 2)]
    }
  }

  /// Kernel `[…, channels, multiplier]`.
  private static func depthwise(_ axes: Int) -> LayerDefinition {
    LayerDefinition(
      "DepthwiseConv\(axes)D",
      slots: { config in
        kernelAndBias(config).map { $0.name == "kernel" ? WeightSlot("depthwise_kernel") : $0 }
      }
    ) { (context) throws(LayerProblem) in
      let x = try context.input()
      let bias = try context.weight("bias", if: context.bool("use_bias", default: true))
      let value = context.emit(
        "depthwiseConvolution",
        [x.value, try context.weight("depthwise_kernel")] + (bias.map { [$0] } ?? []),
        try context.depthwiseWindow(axes)
      )
      return [context.like(x, try context.activation("activation", value), rank: axes + 2)]
    }
  }

  private static func separable(_ axes: Int) -> LayerDefinition {
    LayerDefinition(
      "SeparableConv\(axes)D",
      "SeparableConvolution\(axes)D",
      slots: { config in
        let hasBias = config.config["use_bias"]?.truth ?? true
        return [WeightSlot("depthwise_kernel"), WeightSlot("pointwise_kernel")]
          + (hasBias ? [WeightSlot("bias")] : [])
      }
    ) { (context) throws(LayerProblem) in
      let x = try context.input()
      let inner = context.emit(
        "depthwiseConvolution",
        [x.value, try context.weight("depthwise_kernel")],
        try context.depthwiseWindow(axes)
      )
      let bias = try context.weight("bias", if: context.bool("use_bias", default: true))
      let value = context.emit(
        "convolution",
        [inner, try context.weight("pointwise_kernel")] + (bias.map { [$0] } ?? []),
        [
          "dataLayout": context.dataLayout, "filterLayout": .string("hwio"),
          "padding": .string("valid"),
        ]
      )
      return [context.like(x, try context.activation("activation", value), rank: axes + 2)]
    }
  }

  /// Kernel `[…, out, in]`.
  ///
  /// Extents: `in · stride` for `same`, `in · stride + max(span − stride, 0)` for `valid`; with
  /// `output_padding` p `(in − 1) · stride + span − 2 · pad + p`. Source: Keras 3
  /// `compute_conv_transpose_output_length`; the padding before is half of what is cut, as in
  /// TensorFlow's gradient of a convolution.
  private static func transposed(_ axes: Int) -> LayerDefinition {
    LayerDefinition("Conv\(axes)DTranspose", "Deconvolution\(axes)D", slots: kernelAndBias) {
      (context) throws(LayerProblem) in
      let x = try context.input()
      let kernel = try context.ints("kernel_size", axes)
      let strides = try context.ints("strides", axes, default: 1)
      let dilations = try context.ints("dilation_rate", axes, default: 1)
      let hasOutputPadding = !(context.config.config["output_padding"]?.isNull ?? true)
      let extra = try context.ints("output_padding", axes, default: 0)
      let isSame = context.string("padding") == "same"
      guard kernel.allSatisfy({ $0 > 0 }) else { throw .invalid("kernel_size has a 0") }
      var pads = Array(repeating: 0, count: 2 * axes)
      var outputPadding = Array(repeating: 0, count: axes)
      for axis in 0..<axes {
        let span = (kernel[axis] - 1) * dilations[axis] + 1
        let cut: Int
        if hasOutputPadding {
          cut = (isSame ? 2 * (span / 2) : 0) - extra[axis]
        } else {
          cut = isSame ? span - strides[axis] : min(span - strides[axis], 0)
        }
        if cut >= 0 {
          pads[axis] = cut / 2
          pads[axes + axis] = cut - cut / 2
        } else {
          outputPadding[axis] = -cut
        }
      }
      let bias = try context.weight("bias", if: context.bool("use_bias", default: true))
      let value = context.emit(
        "transposedConvolution",
        [x.value, try context.weight("kernel")] + (bias.map { [$0] } ?? []),
        [
          "strides": .ints(strides), "dilations": .ints(dilations), "pads": .ints(pads),
          "outputPadding": .ints(outputPadding), "groups": .int(context.int("groups", default: 1)),
          "dataLayout": context.dataLayout, "filterLayout": .string("hwoi"),
        ]
      )
      return [context.like(x, try context.activation("activation", value), rank: axes + 2)]
    }
  }
}

extension LayerContext {
  /// Strides, dilations, padding and layout.
  func window(_ size: String, _ axes: Int) throws(LayerProblem) -> Attributes {
    let dilations = try ints("dilation_rate", axes, default: 1)
    var attributes: Attributes = [
      "strides": .ints(try ints("strides", axes, default: 1)), "dilations": .ints(dilations),
    ]
    switch string("padding", default: "valid") {
    case "causal":
      // Only steps before are looked at.
      let kernel = try ints(size, axes)
      guard axes == 1, kernel[0] > 0 else { throw .invalid("causal padding over \(axes) axes") }
      attributes["pads"] = .ints([(kernel[0] - 1) * dilations[0], 0])
    case let padding where padding == "same" || padding == "valid":
      attributes["padding"] = .string(padding)
    case let other: throw .invalid("the padding \"\(other)\"")
    }
    attributes["dataLayout"] = dataLayout
    return attributes
  }

  /// The same for a filter over each channel.
  fileprivate func depthwiseWindow(_ axes: Int) throws(LayerProblem) -> Attributes {
    var attributes = try window("kernel_size", axes)
    attributes["multiplier"] = .int(int("depth_multiplier", default: 1))
    attributes["filterLayout"] = .string("hwio")
    return attributes
  }
}
