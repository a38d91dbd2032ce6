import ByteIO
import ModelIR

/// Operators on images and boxes.
extension OperatorLowering {
  static let images: [OperatorLowering] = [
    resize("ResizeBilinear", "linear"), resize("ResizeNearestNeighbor", "nearest"),
    resize("ResizeBicubic", "cubic"), resize("ResizeArea", "area"),
    OperatorLowering("ExtractImagePatches", "extractPatches") { (node) throws(ReadError) in
      let lists = [try node.ints("ksizes"), try node.ints("strides"), try node.ints("rates")]
      guard lists.allSatisfy({ $0.count == 4 && node.isSpatialOnly($0, channelsFirst: false) })
      else {
        node.refusal = "blocks over batch or channels"
        return
      }
      for (name, list) in zip(["kernel", "strides", "dilations"], lists) {
        node.attributes[name] = .ints(node.spatial(list, channelsFirst: false))
      }
      let padding = try node.text("padding")
      if padding != "SAME", padding != "VALID" { node.refusal = "padding \(padding)" }
      node.attributes["padding"] = .string(padding == "SAME" ? "same" : "valid")
    },
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
      // TensorFlow's kernels give real numbers, whatever the image's type; nearest keeps it.
      if mode != "nearest" { node.attributes["realResult"] = .bool(true) }
      node.attributes["alignCorners"] = .bool(try node.bool("align_corners"))
      node.attributes["halfPixelCenters"] = .bool(try node.bool("half_pixel_centers"))
      node.attributes["operandOrder"] = .string("tflite")
      node.attributes["dataLayout"] = .string("nhwc")
    }
  }
}
