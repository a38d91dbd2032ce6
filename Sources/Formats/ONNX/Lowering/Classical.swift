/// Classical machine learning (`ai.onnx.ml`) and operators that the standard tries out.
extension OperatorLowering {
  static let classical: [OperatorLowering] =
    [
      "ArrayFeatureExtractor", "CategoryMapper", "DictVectorizer", "FeatureVectorizer", "Imputer",
      "LabelEncoder", "Scaler", "TreeEnsemble", "ZipMap",
    ].map { OperatorLowering($0) } + [
      OperatorLowering("Binarizer", nil, [.float("threshold", default: 0)]),
      OperatorLowering(
        "CastMap",
        nil,
        [
          .string("cast_to", default: "TO_FLOAT"), .string("map_form", default: "DENSE"),
          .int("max_map", default: 1),
        ]
      ),
      OperatorLowering("LinearClassifier", nil, [postTransform, .int("multi_class", default: 0)]),
      OperatorLowering("LinearRegressor", nil, [postTransform, .int("targets", default: 1)]),
      OperatorLowering("Normalizer", nil, [.string("norm", default: "MAX")]),
      OperatorLowering("OneHotEncoder", nil, [.bool("zeros", default: true)]),
      OperatorLowering("SVMClassifier", nil, [postTransform, kernel]),
      OperatorLowering(
        "SVMRegressor",
        nil,
        [postTransform, kernel, .int("n_supports", default: 0), .bool("one_class", default: false)]
      ),
      OperatorLowering("TreeEnsembleClassifier", nil, [postTransform]),
      OperatorLowering(
        "TreeEnsembleRegressor",
        nil,
        [postTransform, .string("aggregate_function", default: "SUM")]
      ),
    ]

  static let experimental: [OperatorLowering] =
    ["Adagrad", "Adam", "Gradient", "Momentum"].map { OperatorLowering($0) } + [
      OperatorLowering(
        "FlexAttention",
        nil,
        [
          .graph("prob_mod", as: "probabilityGraph"), .graph("score_mod", as: "scoreGraph"),
          .float("scale"), .type("softmax_precision"),
        ]
      )
    ]

  private static let postTransform = AttributeLowering.string("post_transform", default: "NONE")
  private static let kernel = AttributeLowering.string("kernel_type", default: "LINEAR")
}
