/// Signals, images, text and losses.
extension OperatorLowering {
  static let signalAndText: [OperatorLowering] = [
    OperatorLowering(
      "DFT",
      nil,
      [
        // The axis became an operand with operator set 20.
        .int("axis", default: 1, in: 1...19), .bool("inverse", default: false),
        .bool("onesided", default: false),
      ]
    ),
    OperatorLowering("STFT", nil, [.bool("onesided", default: true)]),
    OperatorLowering(
      "StringNormalizer",
      nil,
      [
        .string("case_change_action", default: "NONE"), .bool("is_case_sensitive", default: false),
        .string("locale"), .strings("stopwords"),
      ]
    ),
    OperatorLowering("StringConcat"),
    OperatorLowering("StringSplit", nil, [.string("delimiter"), .int("maxsplit")]),
    OperatorLowering("RegexFullMatch", nil, [.string("pattern")]),
    OperatorLowering(
      "TfIdfVectorizer",
      nil,
      [
        .string("mode"), .int("min_gram_length"), .int("max_gram_length"), .int("max_skip_count"),
        .ints("ngram_counts"), .ints("ngram_indexes"), .ints("pool_int64s"),
        .strings("pool_strings"), .floats("weights"),
      ]
    ),
    OperatorLowering("ImageDecoder", nil, [.string("pixel_format", default: "RGB")]),
    OperatorLowering("SoftmaxCrossEntropyLoss", nil, loss),
    OperatorLowering("NegativeLogLikelihoodLoss", nil, loss),
  ]

  private static let loss: [AttributeLowering] = [
    .string("reduction", default: "mean"), .int("ignore_index"),
  ]
}
