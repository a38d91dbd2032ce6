import FormatONNX
import ModelIR
import TestSupport
import Testing

@Suite struct OperatorTableTests {
  /// The operators of the default domain up to operator set 28, from the Python package onnx 1.23.2
  /// (`onnx.defs.get_all_schemas_with_history()`).
  static let standard = Set(
    """
    Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention
    AveragePool BatchNormalization Bernoulli BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr
    BitwiseXor BlackmanWindow Cast CastLike CausalConvWithState Ceil Celu CenterCropPad Clip
    Col2Im Compress Concat ConcatFromSequence Constant ConstantOfShape Conv ConvInteger
    ConvTranspose Cos Cosh CumProd CumSum DFT DeformConv DepthToSpace DequantizeLinear Det
    Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor
    GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool
    Greater GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow HardSigmoid
    HardSwish Hardmax Identity If ImageDecoder InstanceNormalization IsInf IsNaN LRN LSTM
    LayerNormalization LeakyRelu Less LessOrEqual LinearAttention Log LogSoftmax Loop
    LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean
    MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Multinomial Neg
    NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional
    OptionalGetElement OptionalHasElement Or PRelu Pad Pow QLinearConv QLinearMatMul
    QuantizeLinear RMSNormalization RNN RandomNormal RandomNormalLike RandomUniform
    RandomUniformLike Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp
    ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare RegexFullMatch Relu
    Reshape Resize ReverseSequence RoiAlign RotaryEmbedding Round STFT Scan Scatter
    ScatterElements ScatterND Selu SequenceAt SequenceConstruct SequenceEmpty SequenceErase
    SequenceInsert SequenceLength SequenceMap Shape Shrink Sigmoid Sign Sin Sinh Size Slice
    Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split SplitToSequence Sqrt
    Squeeze StringConcat StringNormalizer StringSplit Sub Sum SwiGLU Swish Tan Tanh
    TensorScatter TfIdfVectorizer ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze
    Upsample Where Xor
    """
    .split(whereSeparator: \.isWhitespace).map(String.init)
  )

  @Test func `every operator of the standard has a row`() {
    #expect(Self.standard.count == 203)
    let rows = Set(ONNXFormat.operators.filter { $0.domain.isEmpty }.map(\.source))
    #expect(Self.standard.subtracting(rows).sorted() == [])
    // What onnxruntime adds to the default domain.
    #expect(rows.subtracting(Self.standard) == ["SimplifiedLayerNormalization"])
  }

  @Test func `no operator has two rows`() {
    let names = ONNXFormat.operators.map { $0.domain + "." + $0.source }
    #expect(Set(names).count == names.count)
  }

  @Test func `canonical names are lower camel case`() {
    for row in ONNXFormat.operators {
      #expect(row.canonical.first?.isLowercase == true, "\(row)")
      #expect(row.canonical.allSatisfy { $0.isLetter || $0.isNumber }, "\(row)")
    }
  }

  @Test(arguments: [
    ("STFT", "stft"), ("LSTM", "lstm"), ("MatMulInteger", "matMulInteger"), ("PRelu", "prelu"),
    ("RMSNormalization", "rmsNormalization"), ("LRN", "localResponseNormalization"),
    ("Col2Im", "col2Im"), ("GatherND", "gatherND"), ("QLinearConv", "qLinearConvolution"),
    ("Unsqueeze", "expandDims"), ("Where", "select"), ("Sum", "addN"), ("IsNaN", "isNaN"),
    ("TfIdfVectorizer", "tfIdfVectorizer"), ("CumSum", "cumulativeSum"), ("DFT", "dft"),
    ("MaxRoiPool", "maxRoiPool"), ("BitCast", "bitCast"), ("LpPool", "lpPool"),
  ])
  func `names are those of the vocabulary`(source: String, canonical: String) {
    let row = ONNXFormat.operators.first { $0.domain.isEmpty && $0.source == source }
    #expect(row?.canonical == canonical)
  }
}
