import ByteIO
import ModelIR

/// Reductions, sums along an axis, segments.
extension OperatorLowering {
  static let reductions: [OperatorLowering] =
    [
      ("Sum", "reduceSum"), ("Mean", "reduceMean"), ("Prod", "reduceProd"), ("Max", "reduceMax"),
      ("Min", "reduceMin"), ("Any", "reduceAny"), ("All", "reduceAll"),
      ("EuclideanNorm", "reduceL2"),
    ].map { source, target in
      OperatorLowering(source, target) { (node) throws(ReadError) in
        node.attributes["keepDimensions"] = .bool(try node.bool("keep_dims"))
        // An empty list of axes leaves the tensor as it is.
        node.attributes["noopWithEmptyAxes"] = .bool(true)
      }
    } + [
      argument("ArgMax", "argMax"), argument("ArgMin", "argMin"),
      cumulative("Cumsum", "cumulativeSum"), cumulative("Cumprod", "cumulativeProduct"),
      OperatorLowering("TopKV2", "topK", results: ["values", "indices"]) {
        (node) throws(ReadError) in
        try topK(&node)
        node.attributes["outputType"] = .type(try node.type("index_type", default: 3))
      },
      OperatorLowering("TopK", "topK", results: ["values", "indices"]) { (node) throws(ReadError) in
        node.refusal = "the old form of TopKV2"
      },
      OperatorLowering("SegmentSum", "segmentSum"),
      OperatorLowering("UnsortedSegmentSum", "unsortedSegmentSum"),
      OperatorLowering("UnsortedSegmentProd", "unsortedSegmentProd"),
      OperatorLowering("UnsortedSegmentMax", "unsortedSegmentMax"),
      OperatorLowering("UnsortedSegmentMin", "unsortedSegmentMin"),
    ]

  private static func topK(_ node: inout LoweringInProgress) throws(ReadError) {
    node.attributes["axis"] = .int(-1)
    node.attributes["largest"] = .bool(true)
    node.attributes["sorted"] = .bool(try node.bool("sorted", default: true))
  }

  private static func argument(_ source: String, _ target: String) -> OperatorLowering {
    OperatorLowering(source, target) { (node) throws(ReadError) in
      node.attributes["keepDimensions"] = .bool(false)
      node.attributes["selectLastIndex"] = .bool(false)
      node.attributes["outputType"] = .type(try node.type("output_type", default: 9))
    }
  }

  private static func cumulative(_ source: String, _ target: String) -> OperatorLowering {
    OperatorLowering(source, target) { (node) throws(ReadError) in
      node.attributes["exclusive"] = .bool(try node.bool("exclusive"))
      node.attributes["reverse"] = .bool(try node.bool("reverse"))
    }
  }
}
