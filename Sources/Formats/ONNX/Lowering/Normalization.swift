/// Normalization.
extension OperatorLowering {
  static let normalization: [OperatorLowering] = [
    OperatorLowering(
      "BatchNormalization",
      nil,
      [
        .consumedInputs, .float("epsilon", default: 1e-5), .float("momentum", default: 0.9),
        .bool("training_mode", default: false, in: 14...Int.max), .bool("is_test"),
        .bool("spatial", default: true, in: 1...8),
      ],
      adjust: channelsFirst
    ),
    OperatorLowering(
      "InstanceNormalization",
      nil,
      [.consumedInputs, .float("epsilon", default: 1e-5)],
      adjust: channelsFirst
    ),
    OperatorLowering(
      "LayerNormalization",
      nil,
      [
        .int("axis", default: -1), .float("epsilon", default: 1e-5),
        .type("stash_type", default: .float32),
      ]
    ),
    OperatorLowering(
      "GroupNormalization",
      nil,
      [
        .int("num_groups"), .float("epsilon", default: 1e-5),
        .type("stash_type", default: .float32, in: 21...Int.max),
      ],
      adjust: channelsFirst
    ),
    OperatorLowering(
      "RMSNormalization",
      nil,
      [
        .int("axis", default: -1), .float("epsilon", default: 1e-5),
        .type("stash_type", default: .float32),
      ]
    ),
    // onnxruntime writes it into the default domain.
    OperatorLowering(
      "SimplifiedLayerNormalization",
      "rmsNormalization",
      [
        .int("axis", default: -1), .float("epsilon", default: 1e-5),
        .type("stash_type", default: .float32),
      ]
    ),
    OperatorLowering(
      "MeanVarianceNormalization",
      nil,
      [.ints("axes")],
      adjust: { $0.setDefault("axes", .ints([0, 2, 3])) }
    ),
    OperatorLowering(
      "LpNormalization",
      nil,
      [.int("axis", default: -1), .int("p", default: 2)]
    ),
    OperatorLowering(
      "LRN",
      "localResponseNormalization",
      [
        .int("size"), .float("alpha", default: 1e-4), .float("beta", default: 0.75),
        .float("bias", default: 1),
      ],
      adjust: channelsFirst
    ),
  ]
}
