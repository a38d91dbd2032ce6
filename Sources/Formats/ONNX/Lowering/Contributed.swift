/// Operators of onnxruntime's own domain, `com.microsoft`.
extension OperatorLowering {
  static let contributed: [OperatorLowering] =
    [
      "AttnLSTM", "BeamSearch", "BiasAdd", "BiasDropout", "BiasGelu", "BiasSoftmax",
      "BiasSplitGelu", "BitmaskBiasDropout", "BitmaskDropout", "CDist", "ComplexMul",
      "ComplexMulConj", "ConvTransposeWithDynamicPads", "CropAndResize", "DecoderAttention",
      "DecoderMaskedMultiHeadAttention", "DecoderMaskedSelfAttention", "DequantizeBFP",
      "DequantizeWithOrder", "DynamicQuantizeLSTM", "DynamicQuantizeMatMul", "DynamicTimeWarping",
      "EPContext", "EmbedLayerNormalization", "FastGelu", "FusedGemm", "FusedMatMulActivation",
      "GatedRelativePositionBias", "GatherBlockQuantized", "GemmFastGelu", "GemmFloat8",
      "GemmaRotaryEmbedding", "GreedySearch", "GroupNorm", "GroupQueryAttention", "Inverse",
      "Irfft", "LongformerAttention", "MatMulBnb4", "MatMulFpQ4", "MatMulInteger16",
      "MaxpoolWithMask",
      "MoE", "MulInteger", "MultiHeadAttention", "MurmurHash3", "NGramRepeatBlock",
      "PackedAttention", "PackedMultiHeadAttention", "QMoE", "QOrderedAttention", "QOrderedGelu",
      "QOrderedLayerNormalization", "QOrderedLongformerAttention", "QOrderedMatMul", "QuantizeBFP",
      "QuantizeWithOrder", "QuickGelu", "ReduceSumInteger", "RelativePositionBias",
      "RemovePadding", "RestorePadding", "Rfft", "SampleOp", "Sampling", "SkipGroupNorm",
      "SparseAttention", "SparseToDenseMatMul", "Tokenizer", "TorchEmbedding", "UnfoldTensor",
      "WhisperBeamSearch", "WordConvEmbedding", "QLinearReduceMean", "QLinearWhere",
    ].map { OperatorLowering($0) } + sameAsStandard + quantizedContributed + [
      OperatorLowering("Attention", "attentionMicrosoft"),
      OperatorLowering("QAttention", "qAttentionMicrosoft"),
      OperatorLowering("RotaryEmbedding", "rotaryEmbeddingMicrosoft"),
      convolution("FusedConv", "fusedConvolution"),
      convolution("NhwcFusedConv", "fusedConvolution", filterLayout: "oihw", dataLayout: "nhwc"),
      convolution("NhwcConv", "convolution", filterLayout: "ohwi", dataLayout: "nhwc"),
      OperatorLowering("FusedMatMul", nil, fusedMatMul),
      OperatorLowering("TransposeMatMul", "fusedMatMul", fusedMatMul),
      OperatorLowering(
        "SkipLayerNormalization",
        nil,
        [.float("epsilon", default: 1e-12)]
      ),
      OperatorLowering(
        "SkipSimplifiedLayerNormalization",
        nil,
        [.float("epsilon", default: 1e-12)]
      ),
    ]

  /// The same meaning as an operator of the standard.
  private static let sameAsStandard: [OperatorLowering] = [
    OperatorLowering("ExpandDims"),
    OperatorLowering("GatherND", nil, [.int("batch_dims", default: 0)]),
    OperatorLowering("Gelu", nil, [.string("approximate", default: "none")]),
    OperatorLowering("Range"),
    OperatorLowering("Trilu", nil, [.bool("upper", default: true)]),
    OperatorLowering("Unique"),
    OperatorLowering(
      "Pad",
      nil,
      [.string("mode", default: "constant")],
      adjust: { $0.attributes["padsLayout"] = .string("onnx") }
    ),
    OperatorLowering(
      "GridSample",
      nil,
      [
        .string("mode", default: "bilinear"), .string("padding_mode", default: "zeros"),
        .bool("align_corners", default: false),
      ],
      adjust: { $0.replace("mode", ["bilinear": "linear", "bicubic": "cubic"]) }
    ),
    OperatorLowering("QuantizeLinear", "quantize", [.int("axis", default: 1)]),
    OperatorLowering("DequantizeLinear", "dequantize", [.int("axis", default: 1)]),
  ]

  private static let quantizedContributed: [OperatorLowering] = [
    OperatorLowering("QLinearAdd"),
    OperatorLowering("QLinearMul"),
    OperatorLowering("QLinearSigmoid"),
    OperatorLowering("QLinearLeakyRelu", nil, [.float("alpha", default: 0.01)]),
    OperatorLowering("QLinearSoftmax", nil, [.int("axis", default: -1), .int("opset")]),
    OperatorLowering(
      "QLinearAveragePool",
      nil,
      [
        .ints("kernel_shape", as: "kernel"), .ints("strides"), .ints("pads"),
        .string("auto_pad", as: "padding"), .bool("ceil_mode", default: false),
        .bool("count_include_pad", default: false), .bool("channels_last", default: false),
      ],
      adjust: { node in
        node.lowerPadding()
        node.lowerChannelsLast()
      }
    ),
    OperatorLowering(
      "QLinearGlobalAveragePool",
      nil,
      [.bool("channels_last", default: false)],
      adjust: { $0.lowerChannelsLast() }
    ),
    OperatorLowering("QLinearConcat", nil, [.int("axis")]),
    OperatorLowering(
      "QLinearConv",
      "qLinearConvolution",
      convolutionAttributes + [.bool("channels_last", default: false)],
      adjust: { node in
        node.lowerPadding()
        node.lowerChannelsLast()
        node.attributes["filterLayout"] = .string("oihw")
      }
    ),
    OperatorLowering(
      "QGemm",
      nil,
      [
        .float("alpha", default: 1), .bool("transA", as: "transposeA", default: false),
        .bool("transB", as: "transposeB", default: false),
      ]
    ),
    OperatorLowering("MatMulIntegerToFloat"),
    OperatorLowering(
      "MatMulNBits",
      nil,
      [
        .int("K", as: "k"), .int("N", as: "n"), .int("bits", default: 4), .int("block_size"),
        .int("accuracy_level", default: 0),
      ]
    ),
  ]

  private static let fusedMatMul: [AttributeLowering] = [
    .float("alpha", default: 1), .bool("transA", as: "transposeA", default: false),
    .bool("transB", as: "transposeB", default: false),
    .bool("transBatchA", as: "transposeBatchA", default: false),
    .bool("transBatchB", as: "transposeBatchB", default: false),
  ]
}

extension LoweringInProgress {
  /// Turns `channels_last` into the layout's word.
  fileprivate mutating func lowerChannelsLast() {
    if case .bool(true)? = attributes["channelsLast"] {
      attributes["dataLayout"] = .string("nhwc")
    } else {
      attributes["dataLayout"] = .string("nchw")
    }
    attributes["channelsLast"] = nil
  }
}
