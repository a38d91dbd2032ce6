/// Shapes and the movement of elements.
extension OperatorLowering {
  static let movement: [OperatorLowering] = [
    OperatorLowering(
      "Reshape",
      nil,
      [.consumedInputs, .ints("shape"), .bool("allowzero", as: "allowZero", default: false)]
    ),
    OperatorLowering("Flatten", nil, [.int("axis", default: 1)]),
    OperatorLowering("Squeeze", nil, [.ints("axes")]),
    OperatorLowering("Unsqueeze", "expandDims", [.ints("axes")]),
    OperatorLowering("Transpose", nil, [.ints("perm", as: "permutation")]),
    OperatorLowering("Concat", nil, [.int("axis", default: 1, in: 1...3)]),
    // The sizes became an operand with operator set 13; before it they were an attribute.
    OperatorLowering(
      "Split",
      nil,
      [
        .int("axis", default: 0), .ints("split", as: "sizes"), .int("num_outputs", as: "count"),
      ]
    ),
    OperatorLowering("Slice", nil, [.ints("starts"), .ints("ends"), .ints("axes")]),
    OperatorLowering("Tile"),
    OperatorLowering("Expand"),
    OperatorLowering(
      "Pad",
      nil,
      [
        .string("mode", default: "constant"), .ints("pads"), .ints("paddings", as: "pads"),
        .float("value", default: 0, in: 1...10),
      ],
      adjust: { $0.attributes["padsLayout"] = .string("onnx") }
    ),
    OperatorLowering(
      "DepthToSpace",
      nil,
      [.int("blocksize", as: "blockSize"), .string("mode", default: "DCR")],
      adjust: channelsFirst
    ),
    OperatorLowering(
      "SpaceToDepth",
      nil,
      [.int("blocksize", as: "blockSize"), .string("mode", default: "DCR")],
      adjust: channelsFirst
    ),
    OperatorLowering(
      "ReverseSequence",
      nil,
      [.int("time_axis", default: 0), .int("batch_axis", default: 1)]
    ),
    OperatorLowering("Trilu", nil, [.bool("upper", default: true)]),
    OperatorLowering("CenterCropPad", nil, [.ints("axes")]),
    OperatorLowering("Compress", nil, [.int("axis")]),
    OperatorLowering(
      "TensorScatter",
      nil,
      [.int("axis", default: -2), .string("mode", default: "linear")]
    ),
    OperatorLowering("Resize", nil, resizeAttributes, adjust: lowerResize),
    OperatorLowering(
      "Upsample",
      "resize",
      [
        .string("mode", default: "nearest"), .floats("scales"), .float("height_scale"),
        .float("width_scale"),
      ],
      adjust: lowerUpsample
    ),
    OperatorLowering(
      "GridSample",
      nil,
      [
        .string("mode", default: "linear"), .string("padding_mode", default: "zeros"),
        .bool("align_corners", default: false),
      ],
      adjust: { $0.replace("mode", ["bilinear": "linear", "bicubic": "cubic"]) }
    ),
    OperatorLowering("AffineGrid", nil, [.bool("align_corners", default: false)]),
  ]

  private static let resizeAttributes: [AttributeLowering] = [
    .string("mode", default: "nearest"),
    .string(
      "coordinate_transformation_mode",
      as: "coordinateMode",
      default: "half_pixel",
      in: 11...Int.max
    ),
    .string("nearest_mode", default: "round_prefer_floor", in: 11...Int.max),
    .float("cubic_coeff_a", as: "cubicCoefficient", default: -0.75, in: 11...Int.max),
    .bool("exclude_outside", default: false, in: 11...Int.max),
    .float("extrapolation_value", default: 0, in: 11...Int.max),
    .bool("antialias", default: false, in: 18...Int.max), .ints("axes"),
    .string("keep_aspect_ratio_policy", default: "stretch", in: 18...Int.max),
  ]

  /// In operator set 10 the operands were x and scales, and coordinates were not shifted.
  private static let lowerResize: @Sendable (inout LoweringInProgress) -> Void = { node in
    if node.version < 11 { lowerUpsample(&node) }
    node.attributes["dataLayout"] = .string("nchw")
  }

  /// Upsample never shifted coordinates and rounded them down.
  ///
  /// Source: ONNX operator specification, Upsample-9 and Resize-10 (reference implementations).
  private static let lowerUpsample: @Sendable (inout LoweringInProgress) -> Void = { node in
    if case .float(let height)? = node.attributes["heightScale"],
      case .float(let width)? = node.attributes["widthScale"]
    {
      node.attributes["scales"] = .floats([1, 1, height, width])
      node.attributes["heightScale"] = nil
      node.attributes["widthScale"] = nil
    }
    node.replace("mode", ["bilinear": "linear"])
    node.attributes["coordinateMode"] = .string("asymmetric")
    node.attributes["nearestMode"] = .string("floor")
    node.attributes["operandOrder"] = .string("upsample")
    node.attributes["dataLayout"] = .string("nchw")
  }
}
