/// Reductions and orders along axes.
extension OperatorLowering {
  static let reductions: [OperatorLowering] =
    [
      "ReduceSum", "ReduceMean", "ReduceProd", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2",
      "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare",
    ].map { name in
      OperatorLowering(
        name,
        nil,
        [
          .bool("keepdims", as: "keepDimensions", default: true), .ints("axes"),
          // The axes of a sum became an operand five operator sets before the others'.
          .bool(
            "noop_with_empty_axes",
            default: false,
            in: (name == "ReduceSum" ? 13 : 18)...Int.max
          ),
        ]
      )
    }
    + ["ArgMax", "ArgMin"].map { name in
      OperatorLowering(
        name,
        nil,
        [
          .int("axis", default: 0), .bool("keepdims", as: "keepDimensions", default: true),
          .bool("select_last_index", default: false),
        ],
        adjust: { $0.attributes["outputType"] = .type(.int64) }
      )
    } + [
      OperatorLowering("CumSum", "cumulativeSum", cumulative),
      OperatorLowering("CumProd", "cumulativeProduct", cumulative),
      // The count became an operand with operator set 10.
      OperatorLowering(
        "TopK",
        nil,
        [
          .int("axis", default: -1), .int("k"), .bool("largest", default: true),
          .bool("sorted", default: true),
        ]
      ),
    ]

  private static let cumulative: [AttributeLowering] = [
    .bool("exclusive", default: false), .bool("reverse", default: false),
  ]
}
