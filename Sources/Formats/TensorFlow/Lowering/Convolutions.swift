import ByteIO
import ModelIR

/// Convolutions, matrix products, pooling and normalization.
extension OperatorLowering {
  static let convolutions: [OperatorLowering] = [
    convolution("Conv2D", "convolution", filterLayout: "hwio"),
    convolution("Conv3D", "convolution", filterLayout: "hwio"),
    convolution("DepthwiseConv2dNative", "depthwiseConvolution", filterLayout: "hwio"),
    fusedConvolution("_FusedConv2D", "convolution"),
    fusedConvolution("_FusedDepthwiseConv2dNative", "depthwiseConvolution"),
    transposed("Conv2DBackpropInput"),
    transposed("Conv3DBackpropInputV2"),
    OperatorLowering("MatMul", "matMul", matrixProduct("transpose_a", "transpose_b")),
    OperatorLowering("_FusedMatMul", "gemm") { (node) throws(ReadError) in
      node.attributes["transposeA"] = .bool(try node.bool("transpose_a"))
      node.attributes["transposeB"] = .bool(try node.bool("transpose_b"))
      if try node.texts("fused_ops") != ["BiasAdd"] {
        node.refusal = "fused operators that are not known"
      }
    },
    OperatorLowering("BatchMatMul", "matMul", matrixProduct("adj_x", "adj_y")),
    OperatorLowering("BatchMatMulV2", "matMul", matrixProduct("adj_x", "adj_y")),
    OperatorLowering("BatchMatMulV3", "matMul", matrixProduct("adj_x", "adj_y")),
    OperatorLowering("Einsum", "einsum") { (node) throws(ReadError) in
      node.attributes["equation"] = .string(try node.text("equation"))
    },
    OperatorLowering("MatrixDeterminant", "det"),
    OperatorLowering("BiasAdd", "add") { (node) throws(ReadError) in
      node.biasOfChannelsFirst = try node.dataLayout()
      node.attributes["dataLayout"] = nil
    },
    OperatorLowering("BiasAddV1", "add"),
    pool("MaxPool", "maxPool"), pool("MaxPool3D", "maxPool"), pool("AvgPool", "averagePool"),
    pool("AvgPool3D", "averagePool"),
    OperatorLowering("MaxPoolV2", "maxPool") { (node) throws(ReadError) in
      guard node.operands.count == 3, let strides = node.takeIntegers(2),
        let kernel = node.takeIntegers(1)
      else { return }
      try node.window(kernel: kernel)
      let isFirst = node.attributes["dataLayout"].map { "\($0)".contains("nchw") } ?? false
      node.attributes["strides"] = .ints(node.spatial(strides, channelsFirst: isFirst))
    },
    batchNormalization("FusedBatchNorm"), batchNormalization("FusedBatchNormV2"),
    batchNormalization("FusedBatchNormV3"),
    OperatorLowering("_FusedBatchNormEx", "batchNormalization", results: ["y"]) { node in
      node.refusal = "a fused activation that is not known"
    },
    OperatorLowering("BatchNormWithGlobalNormalization", "batchNormalization") {
      (node) throws(ReadError) in
      // Operands: (x, mean, variance, offset, scale); ours are (x, scale, bias, mean, variance).
      guard node.operands.count == 5, try node.bool("scale_after_normalization") else {
        node.refusal = "no scale after the normalization"
        return
      }
      let given = node.operands
      node.operands = [given[0], given[4], given[3], given[1], given[2]]
      node.attributes["epsilon"] = .float(try node.float("variance_epsilon", default: 0))
      node.attributes["dataLayout"] = .string("nhwc")
    },
    OperatorLowering("LRN", "localResponseNormalization") { (node) throws(ReadError) in
      let radius = try node.int("depth_radius", default: 5)
      let (size, overflow) = radius.multipliedReportingOverflow(by: 2)
      guard radius >= 0, !overflow, size < Int.max else {
        node.refusal = "a radius of \(radius)"
        return
      }
      node.attributes["size"] = .int(size + 1)
      node.attributes["bias"] = .float(try node.float("bias", default: 1))
      node.attributes["alpha"] = .float(try node.float("alpha", default: 1))
      node.attributes["beta"] = .float(try node.float("beta", default: 0.5))
      node.attributes["alphaPerElement"] = .bool(true)
      node.attributes["dataLayout"] = .string("nhwc")
    },
  ]

  private static func convolution(
    _ source: String,
    _ target: String,
    filterLayout: String
  ) -> OperatorLowering {
    OperatorLowering(source, target) { (node) throws(ReadError) in
      try node.window()
      node.attributes["filterLayout"] = .string(filterLayout)
    }
  }

  /// What TensorFlow's optimizer leaves: a convolution with its bias and activation.
  private static func fusedConvolution(_ source: String, _ target: String) -> OperatorLowering {
    OperatorLowering(source, target) { (node) throws(ReadError) in
      try node.window()
      node.attributes["filterLayout"] = .string("hwio")
      let fused = try node.texts("fused_ops")
      switch fused {
      case ["BiasAdd"]: break
      case ["BiasAdd", "Relu"]: node.attributes["activation"] = .string("relu")
      case ["BiasAdd", "Relu6"]: node.attributes["activation"] = .string("relu6")
      case ["BiasAdd", "Tanh"]: node.attributes["activation"] = .string("tanh")
      default: node.refusal = "fused operators that are not known"
      }
      if node.operands.count > 3 { node.refusal = "more operands than a bias" }
    }
  }

  /// The gradient of a convolution, which networks use as its transposed form: (sizes, filter, x).
  private static func transposed(_ source: String) -> OperatorLowering {
    OperatorLowering(source, "transposedConvolution") { (node) throws(ReadError) in
      try node.window()
      node.attributes["filterLayout"] = .string("hwoi")
      node.attributes["operandOrder"] = .string("tflite")
      if node.attributes["dataLayout"].map({ "\($0)".contains("nchw") }) ?? false {
        node.refusal = "channels first in a transposed convolution"
      }
    }
  }

  private static func matrixProduct(_ a: String, _ b: String) -> Adjustment {
    { (node) throws(ReadError) in
      node.attributes["transposeA"] = .bool(try node.bool(a))
      node.attributes["transposeB"] = .bool(try node.bool(b))
    }
  }

  private static func pool(_ source: String, _ target: String) -> OperatorLowering {
    OperatorLowering(source, target) { (node) throws(ReadError) in
      try node.window(kernel: try node.ints("ksize"))
      if target == "averagePool" { node.attributes["countIncludePad"] = .bool(false) }
    }
  }

  private static func batchNormalization(_ source: String) -> OperatorLowering {
    OperatorLowering(
      source,
      "batchNormalization",
      results: [
        "y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2",
        "reserve_space_3",
      ]
    ) { (node) throws(ReadError) in
      _ = try node.dataLayout()
      node.attributes["epsilon"] = .float(try node.float("epsilon", default: 1e-4))
      if try node.bool("is_training", default: true) {
        node.refusal = "statistics of the batch (is_training)"
      }
    }
  }
}
