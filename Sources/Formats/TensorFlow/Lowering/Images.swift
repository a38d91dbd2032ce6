import ByteIO
import ModelIR

/// Operators on images and boxes.
extension OperatorLowering {
  static let images: [OperatorLowering] = [
    resize("ResizeBilinear", "linear"), resize("ResizeNearestNeighbor", "nearest"),
    OperatorLowering("CropAndResize", "cropAndResize") { (node) throws(ReadError) in
      node.attributes["method"] = .string(try node.text("method", default: "bilinear"))
      node.attributes["extrapolationValue"] = .float(
        try node.float("extrapolation_value", default: 0)
      )
    },
    OperatorLowering("NonMaxSuppression", "nonMaxSuppressionV3") { (node) throws(ReadError) in
      node.attributes["iouThreshold"] = .float(try node.float("iou_threshold", default: 0.5))
    },
    OperatorLowering("NonMaxSuppressionV2", "nonMaxSuppressionV3"),
    OperatorLowering("NonMaxSuppressionV3", "nonMaxSuppressionV3"),
    OperatorLowering(
      "NonMaxSuppressionV4",
      "nonMaxSuppressionV4",
      results: ["selected_indices", "valid_outputs"]
    ) { (node) throws(ReadError) in
      node.attributes["strictOverlap"] = .bool(true)
      if try !node.bool("pad_to_max_output_size") {
        node.refusal = "pad_to_max_output_size is false"
      }
    },
    OperatorLowering(
      "NonMaxSuppressionV5",
      "nonMaxSuppressionV5",
      results: ["selected_indices", "selected_scores", "valid_outputs"]
    ) { (node) throws(ReadError) in
      node.attributes["strictOverlap"] = .bool(true)
      if try !node.bool("pad_to_max_output_size") {
        node.refusal = "pad_to_max_output_size is false"
      }
    },
  ]

  private static func resize(_ source: String, _ mode: String) -> OperatorLowering {
    OperatorLowering(source, "resize") { (node) throws(ReadError) in
      node.attributes["mode"] = .string(mode)
      node.attributes["alignCorners"] = .bool(try node.bool("align_corners"))
      node.attributes["halfPixelCenters"] = .bool(try node.bool("half_pixel_centers"))
      node.attributes["operandOrder"] = .string("tflite")
      node.attributes["dataLayout"] = .string("nhwc")
    }
  }
}
