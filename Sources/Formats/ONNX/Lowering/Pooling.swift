/// Pooling and regions.
extension OperatorLowering {
  static let pooling: [OperatorLowering] = [
    pool("AveragePool", [.bool("count_include_pad", default: false)]),
    pool("MaxPool", [.int("storage_order", default: 0, in: 8...Int.max)]),
    pool("LpPool", [.any("p", default: .int(2))]),
    OperatorLowering("GlobalAveragePool", nil, [], adjust: channelsFirst),
    OperatorLowering("GlobalMaxPool", nil, [], adjust: channelsFirst),
    OperatorLowering("GlobalLpPool", nil, [.any("p", default: .int(2))], adjust: channelsFirst),
    OperatorLowering(
      "MaxUnpool",
      nil,
      [.ints("kernel_shape", as: "kernel"), .ints("strides"), .ints("pads")]
    ),
    OperatorLowering(
      "MaxRoiPool",
      nil,
      [.ints("pooled_shape"), .float("spatial_scale", default: 1)]
    ),
    OperatorLowering(
      "RoiAlign",
      nil,
      [
        .string("mode", default: "avg"), .int("output_height", default: 1),
        .int("output_width", default: 1), .int("sampling_ratio", default: 0),
        .float("spatial_scale", default: 1),
        .string(
          "coordinate_transformation_mode",
          as: "coordinateMode",
          default: "output_half_pixel",
          in: 1...15
        ),
        .string(
          "coordinate_transformation_mode",
          as: "coordinateMode",
          default: "half_pixel",
          in: 16...Int.max
        ),
      ]
    ),
  ]

  private static func pool(
    _ source: String,
    _ attributes: [AttributeLowering]
  ) -> OperatorLowering {
    OperatorLowering(
      source,
      nil,
      [
        .ints("kernel_shape", as: "kernel"), .ints("strides"), .ints("dilations"), .ints("pads"),
        .string("auto_pad", as: "padding"), .bool("ceil_mode", default: false),
      ] + attributes,
      adjust: { node in
        node.lowerPadding()
        node.attributes["dataLayout"] = .string("nchw")
      }
    )
  }

  /// Channels come first in ONNX.
  static let channelsFirst: @Sendable (inout LoweringInProgress) -> Void = { node in
    node.attributes["dataLayout"] = .string("nchw")
  }
}
