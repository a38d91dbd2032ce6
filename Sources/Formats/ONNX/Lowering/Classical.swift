/// Classical machine learning (`ai.onnx.ml`) and operators that the standard tries out.
extension OperatorLowering {
  static let classical: [OperatorLowering] =
    [
      "ArrayFeatureExtractor", "DictVectorizer", "FeatureVectorizer", "Scaler", "ZipMap",
    ].map { OperatorLowering($0) } + [
      OperatorLowering("CategoryMapper", nil, missing),
      OperatorLowering(
        "Imputer",
        nil,
        [.int("replaced_value_int64", default: 0), .float("replaced_value_float", default: 0)]
      ),
      OperatorLowering(
        "LabelEncoder",
        nil,
        missing + [.float("default_float", default: -0.0, in: 2...Int.max)]
      ),
      OperatorLowering(
        "TreeEnsemble",
        nil,
        [.int("aggregate_function", default: 1), .int("post_transform", default: 0)]
      ),
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
    ["Gradient", "Momentum"].map { OperatorLowering($0) } + [
      OperatorLowering(
        "Adagrad",
        nil,
        [
          .float("decay_factor", default: 0), .float("epsilon", default: 1e-6),
          .float("norm_coefficient", default: 0),
        ]
      ),
      OperatorLowering(
        "Adam",
        nil,
        [
          .float("alpha", default: 0.9), .float("beta", default: 0.999),
          .float("epsilon", default: 1e-6), .float("norm_coefficient", default: 0),
          .float("norm_coefficient_post", default: 0),
        ]
      ),
      OperatorLowering(
        "FlexAttention",
        nil,
        [
          .graph("prob_mod"), .graph("score_mod"),
          .float("scale"), .type("softmax_precision"),
        ]
      ),
    ]

  /// What stands for a key that is not in the map.
  private static let missing: [AttributeLowering] = [
    .int("default_int64", default: -1), .string("default_string", default: "_Unused"),
  ]

  private static let postTransform = AttributeLowering.string("post_transform", default: "NONE")
  private static let kernel = AttributeLowering.string("kernel_type", default: "LINEAR")
}
