/// Constants, ranges, random numbers and windows.
extension OperatorLowering {
  static let generators: [OperatorLowering] = [
    // Constant nodes are folded; the row is for those that a function of that name hides.
    OperatorLowering("Constant"),
    OperatorLowering("ConstantOfShape", nil, [.tensor("value")]),
    OperatorLowering("EyeLike", nil, [.type("dtype"), .int("k", default: 0)]),
    OperatorLowering("Range", nil, [.type("stash_type", default: .float32, in: 27...Int.max)]),
    OperatorLowering("RandomNormal", nil, normal + [.ints("shape"), generatedType]),
    OperatorLowering("RandomNormalLike", nil, normal + [.type("dtype")]),
    OperatorLowering("RandomUniform", nil, uniform + [.ints("shape"), generatedType]),
    OperatorLowering("RandomUniformLike", nil, uniform + [.type("dtype")]),
    OperatorLowering("Bernoulli", nil, [.type("dtype"), .float("seed")]),
    OperatorLowering(
      "Multinomial",
      nil,
      [.type("dtype", default: .int32), .float("seed"), .int("sample_size", default: 1)]
    ),
    OperatorLowering("HannWindow", nil, window),
    OperatorLowering("HammingWindow", nil, window),
    OperatorLowering("BlackmanWindow", nil, window),
    OperatorLowering("MelWeightMatrix", nil, [.type("output_datatype", default: .float32)]),
  ]

  private static let normal: [AttributeLowering] = [
    .float("mean", default: 0), .float("scale", default: 1), .float("seed"),
  ]

  private static let uniform: [AttributeLowering] = [
    .float("low", default: 0), .float("high", default: 1), .float("seed"),
  ]

  private static let generatedType = AttributeLowering.type("dtype", default: .float32)

  private static let window: [AttributeLowering] = [
    .bool("periodic", default: true), .type("output_datatype", default: .float32),
  ]
}
