/// The names of attributes that operators of the catalog ask for, by what they hold.
enum AttributeNames {
  static let integers = [
    "alignCorners", "allowZero", "alphaPerElement", "antialias", "asymmetricQuantizeInputs",
    "axis", "batchAxis", "batchDims", "bits", "blockSize", "broadcast", "ceilMode",
    "centerPointBox", "count", "countIncludePad", "detectNegative", "detectPositive",
    "detectionsPerClass", "doRotary", "end", "excludeOutside", "exclusive", "flattened", "fmod",
    "goBackwards", "groups", "halfPixelCenters", "hiddenSize", "ignoreIndex", "includeAllNgrams",
    "inputForget", "interleaved", "inverse", "isCaseSensitive", "isCausal", "isGrowing", "k",
    "keepDimensions", "kernelOutputFeatureDimension", "kvNumHeads", "largest", "layout",
    "leftWindowSize", "legacyBroadcast", "linearBeforeReset", "maxClassesPerDetection",
    "maxDetections", "maxGramLength", "maxSkipCount", "maxSkipSize", "maxsplit", "meanOfSquares",
    "mergeOutputs", "minGramLength", "n", "narrowRange", "newAxis", "ngramSize",
    "noopWithEmptyAxes", "numBits", "numClasses", "numGroups", "numHeads", "numScanInputs",
    "offset", "offsetGroup", "onesided", "opset", "outputHeight", "outputWidth", "p", "periodic",
    "qNumHeads", "qkMatmulOutputMode", "rank", "resetAfter", "returnSequences", "reverse",
    "rightWindowSize", "rotaryEmbeddingDim", "sampleSize", "samplingRatio", "saturate",
    "selectLastIndex", "size", "sorted", "spatial", "start", "storageOrder", "strictOverlap",
    "tableId", "timeAxis", "timeMajor", "trainingMode", "transposeA", "transposeB",
    "transposeBatchA", "transposeBatchB", "unidirectional", "upper", "useRegularNms",
    "zeroOutputForMask",
  ]

  static let lists = [
    "activationAlpha", "activationBeta", "activationParams", "activations", "axes", "boundaries",
    "broadcastDimensions", "directions", "high", "interior", "intermediateScales",
    "intermediateZeroPoints", "kernel", "keysFloats", "keysStrings", "lhsContractingDimensions",
    "low", "ngramCounts", "ngramIndexes", "outputPadding", "outputShape", "outputSize",
    "poolStrings", "pooledShape", "qkvHiddenSizes", "scales", "scanInputAxes",
    "scanInputDirections", "scanOutputAxes", "scanOutputDirections", "shape", "sizes", "stopwords",
    "valuesFloats", "valuesStrings", "weights", "windowDimensions", "xs",
  ]

  static let floats = [
    "alpha", "beta", "bias", "cellClip", "clip", "cubicCoefficient", "decayFactor", "defaultFloat",
    "epsilon", "extrapolationValue", "high", "iouThreshold", "lambd", "low", "maskFilterValue",
    "max", "mean", "min", "momentum", "nmsIouThreshold", "nmsScoreThreshold", "normCoefficient",
    "normCoefficientPost", "p", "projectionClip", "scale", "seed", "softcap", "spatialScale",
    "value",
  ]

  static let words: [(String, [String])] = [
    ("activation", ["relu", "none", "tanh", "relu6"]),
    ("approximate", ["", "x", "none", "relu", "floor", "left"]),
    ("caseChangeAction", ["", "x", "none", "relu", "floor", "left"]),
    ("combiner", ["", "x", "none", "relu", "floor", "left"]),
    ("container", ["", "x", "none", "relu", "floor", "left"]),
    ("coordinateMode", ["asymmetric", "half_pixel", "align_corners", "tf_crop_and_resize"]),
    ("dataLayout", ["nhwc", "nchw"]),
    ("defaultString", ["", "x", "none", "relu", "floor", "left"]),
    ("delimiter", ["", "x", "none", "relu", "floor", "left"]),
    ("direction", ["forward", "reverse", "bidirectional"]),
    ("equation", ["ij,jk->ik", "ii", "...", "a,b,c->", "ij->ji", "", "i...->...i"]),
    ("filterLayout", ["ohwi", "oihw", "hwio", "ihwo", "iohw", "hwoi"]),
    ("keepAspectRatioPolicy", ["", "x", "none", "relu", "floor", "left"]),
    ("kernelType", ["", "x", "none", "relu", "floor", "left"]),
    ("method", ["", "x", "none", "relu", "floor", "left"]),
    (
      "mode",
      [
        "nearest", "linear", "cubic", "constant", "reflect", "edge", "wrap", "CRD", "bilinear",
        "lpips", "avg", "max",
      ]
    ),
    ("nearestMode", ["", "x", "none", "relu", "floor", "left"]),
    ("operandOrder", ["tflite", "onnx", "upsample"]),
    ("padding", ["same", "valid", "explicit", "sameLower", "x"]),
    ("paddingMode", ["", "x", "none", "relu", "floor", "left"]),
    ("padsLayout", ["pairs", "onnx"]),
    ("pattern", ["", "x", "none", "relu", "floor", "left"]),
    ("pixelFormat", ["", "x", "none", "relu", "floor", "left"]),
    ("reduction", ["add", "mean", "none", "max", "sum", "mul"]),
    ("roundMode", ["", "x", "none", "relu", "floor", "left"]),
    ("sharedName", ["", "x", "none", "relu", "floor", "left"]),
    ("type", ["", "x", "none", "relu", "floor", "left"]),
    ("updateRule", ["", "x", "none", "relu", "floor", "left"]),
    ("weightsFormat", ["", "x", "none", "relu", "floor", "left"]),
  ]
}
