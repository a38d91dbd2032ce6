/// Control flow, sequences and optional values.
extension OperatorLowering {
  static let control: [OperatorLowering] = [
    OperatorLowering(
      "If",
      nil,
      [.graph("then_branch", as: "thenGraph"), .graph("else_branch", as: "elseGraph")]
    ),
    OperatorLowering("Loop", nil, [.graph("body", as: "bodyGraph")]),
    OperatorLowering(
      "Scan",
      nil,
      [
        .graph("body", as: "bodyGraph"), .int("num_scan_inputs"), .ints("directions"),
        .ints("scan_input_axes"), .ints("scan_output_axes"), .ints("scan_input_directions"),
        .ints("scan_output_directions"),
      ]
    ),
    OperatorLowering("SequenceMap", nil, [.graph("body", as: "bodyGraph")]),
    OperatorLowering("SequenceConstruct"),
    OperatorLowering("SequenceEmpty", nil, [.type("dtype")]),
    OperatorLowering("SequenceInsert"),
    OperatorLowering("SequenceErase"),
    OperatorLowering("SequenceAt"),
    OperatorLowering("SequenceLength"),
    OperatorLowering(
      "SplitToSequence",
      nil,
      [.int("axis", default: 0), .bool("keepdims", as: "keepDimensions", default: true)]
    ),
    OperatorLowering(
      "ConcatFromSequence",
      nil,
      [.int("axis"), .bool("new_axis", default: false)]
    ),
    OperatorLowering("Optional", nil, [.type("type")]),
    OperatorLowering("OptionalGetElement"),
    OperatorLowering("OptionalHasElement"),
  ]
}
