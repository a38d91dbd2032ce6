/// Look-ups by index, and what is asked about shapes.
extension OperatorLowering {
  static let indexing: [OperatorLowering] = [
    OperatorLowering("Gather", nil, [.int("axis", default: 0)]),
    OperatorLowering("GatherElements", nil, [.int("axis", default: 0)]),
    OperatorLowering("GatherND", nil, [.int("batch_dims", default: 0)]),
    OperatorLowering("Scatter", "scatterElements", scatterAttributes),
    OperatorLowering("ScatterElements", nil, scatterAttributes),
    OperatorLowering("ScatterND", nil, [.string("reduction", default: "none")]),
    OperatorLowering(
      "Shape",
      nil,
      [.int("start", default: 0, in: 15...Int.max), .int("end")],
      adjust: { $0.attributes["outputType"] = .type(.int64) }
    ),
    OperatorLowering(
      "Size",
      nil,
      [],
      adjust: { $0.attributes["outputType"] = .type(.int64) }
    ),
    OperatorLowering(
      "OneHot",
      nil,
      [.int("axis", default: -1)],
      adjust: { $0.attributes["operandOrder"] = .string("onnx") }
    ),
    OperatorLowering("NonZero"),
    OperatorLowering("Unique", nil, [.int("axis"), .bool("sorted", default: true)]),
    OperatorLowering(
      "NonMaxSuppression",
      nil,
      [.int("center_point_box", default: 0)]
    ),
  ]

  private static let scatterAttributes: [AttributeLowering] = [
    .int("axis", default: 0), .string("reduction", default: "none"),
  ]
}
