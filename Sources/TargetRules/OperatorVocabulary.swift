import ModelIR

/// How formats spell the canonical operators; the formats' own tables are handed in.
package struct OperatorVocabulary: Sendable {
  private var canonical: [ModelFormat: [String: String]] = [:]
  private var spellings: [ModelFormat: [String: [String]]] = [:]

  /// No names at all.
  package init() {}

  /// Adds a format's names, each with its canonical one.
  package mutating func add(_ format: ModelFormat, _ names: [(source: String, canonical: String)]) {
    for name in names {
      canonical[format, default: [:]][name.source] = name.canonical
      spellings[format, default: [:]][name.canonical, default: []].append(name.source)
    }
  }

  /// What a format calls a canonical operator, sorted; empty where it has none of that meaning.
  package func names(meaning canonical: String, in format: ModelFormat) -> [String] {
    (spellings[format]?[canonical] ?? []).sorted()
  }

  /// The canonical name of a format's operator.
  package func canonical(_ name: String, in format: ModelFormat) -> String? {
    canonical[format]?[name]
  }

  /// What a converter may write for a canonical operator, the likeliest first; itself not among
  /// them.
  ///
  /// Source: the conversions of tf2onnx (TensorFlow to ONNX), onnx2tf and the TensorFlow Lite
  /// converter (ONNX and Keras to TFLite): each operator of a row computes the other's result, with
  /// a reshape at most.
  package static func substitutes(for name: String, _ attributes: Attributes) -> [String] {
    switch name {
    case "convolution": attributes.isDepthwise ? ["depthwiseConvolution"] : []
    case "depthwiseConvolution": ["convolution"]
    case "fullyConnected": ["gemm", "matMul"]
    case "gemm", "matMul": ["fullyConnected", "matMul", "gemm"].filter { $0 != name }
    case "batchNormalization": ["mul", "add"]
    case "globalAveragePool": ["reduceMean", "averagePool"]
    case "globalMaxPool": ["reduceMax", "maxPool"]
    case "flatten", "expandDims", "squeeze": ["reshape"]
    case "relu6", "reluN1To1", "relu0To1": ["clip"]
    case "clip": ["relu6", "minimum"]
    case "addN": ["add"]
    case "select": ["where"]
    case "pack": ["concat"]
    case "unpack": ["split"]
    case "slice": ["stridedSlice", "sliceBySize"]
    case "stridedSlice", "sliceBySize": ["slice"]
    case "square": ["mul"]
    case "squaredDifference": ["sub"]
    case "rsqrt": ["sqrt"]
    case "l2Normalization": ["lpNormalization"]
    case "lpNormalization": ["l2Normalization"]
    default: []
    }
  }

  /// Operators whose operands and results are the same in all formats: data, and nothing that directs.
  package static let alike: Set<String> = [
    "abs", "add", "addN", "averagePool", "ceil", "concat", "cos", "div", "elu", "equal", "exp",
    "floor", "gelu", "greater", "greaterEqual", "hardSwish", "leakyRelu", "less", "lessEqual",
    "log",
    "logSoftmax", "logicalAnd", "logicalNot", "logicalOr", "maxPool", "maximum", "minimum", "mul",
    "neg", "notEqual", "pow", "prelu", "relu", "relu6", "rsqrt", "sigmoid", "sin", "softmax",
    "sqrt",
    "square", "squaredDifference", "sub", "tanh",
  ]

  /// Operators that disappear when a model is converted for inference.
  package static let vanishing: Set<String> = ["identity", "dropout", "constant"]
}

extension Attributes {
  /// Whether a convolution has as many groups as channels; its filters then have one each.
  fileprivate var isDepthwise: Bool {
    guard case .int(let groups)? = self["groups"] else { return false }
    return groups > 1
  }
}
