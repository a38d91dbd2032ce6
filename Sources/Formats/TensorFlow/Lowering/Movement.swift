import ByteIO
import ModelIR

/// Operators that move elements.
extension OperatorLowering {
  static let movement: [OperatorLowering] = [
    OperatorLowering("Reshape", "reshape") { node in node.attributes["allowZero"] = .bool(true) },
    OperatorLowering("Squeeze", "squeeze") { (node) throws(ReadError) in
      let axes = try node.ints("squeeze_dims")
      if !axes.isEmpty { node.attributes["axes"] = .ints(axes) }
    },
    OperatorLowering("ExpandDims", "expandDims"),
    OperatorLowering("Transpose", "transpose"),
    OperatorLowering("ConcatV2", "concat") { node in
      guard let axis = node.takeInteger(node.operands.count - 1) else { return }
      node.attributes["axis"] = .int(axis)
    },
    OperatorLowering("Concat", "concat") { node in
      guard let axis = node.takeInteger(0) else { return }
      node.attributes["axis"] = .int(axis)
    },
    OperatorLowering("Split", "split") { (node) throws(ReadError) in
      node.attributes["count"] = .int(try node.int("num_split", default: 1))
      node.attributes["operandOrder"] = .string("tflite")
    },
    OperatorLowering("SplitV", "split") { (node) throws(ReadError) in
      node.attributes["count"] = .int(try node.int("num_split", default: 1))
    },
    OperatorLowering("Slice", "sliceBySize"),
    OperatorLowering("StridedSlice", "stridedSlice") { (node) throws(ReadError) in
      for (name, source) in [
        ("beginMask", "begin_mask"), ("endMask", "end_mask"), ("ellipsisMask", "ellipsis_mask"),
        ("newAxisMask", "new_axis_mask"), ("shrinkAxisMask", "shrink_axis_mask"),
      ] {
        node.attributes[name] = .int(try node.int(source, default: 0))
      }
    },
    OperatorLowering("Pack", "pack") { (node) throws(ReadError) in
      node.attributes["axis"] = .int(try node.int("axis", default: 0))
    },
    OperatorLowering("Unpack", "unpack") { (node) throws(ReadError) in
      node.attributes["axis"] = .int(try node.int("axis", default: 0))
      node.attributes["count"] = .int(try node.int("num", default: 0))
    },
    OperatorLowering("Tile", "tile"),
    OperatorLowering("BroadcastTo", "expand"),
    OperatorLowering("BroadcastArgs", "broadcastShapes"),
    OperatorLowering("Pad", "pad", constantPad),
    OperatorLowering("PadV2", "pad", constantPad),
    OperatorLowering("MirrorPad", "pad") { (node) throws(ReadError) in
      let mode = try node.text("mode")
      node.attributes["mode"] = .string(mode == "SYMMETRIC" ? "symmetric" : "reflect")
      node.attributes["padsLayout"] = .string("pairs")
    },
    OperatorLowering("DepthToSpace", "depthToSpace", depthAndSpace),
    OperatorLowering("SpaceToDepth", "spaceToDepth", depthAndSpace),
    OperatorLowering("BatchToSpaceND", "batchToSpace"),
    OperatorLowering("SpaceToBatchND", "spaceToBatch"),
    OperatorLowering("ReverseV2", "reverse"),
    OperatorLowering("ReverseSequence", "reverseSequence") { (node) throws(ReadError) in
      node.attributes["timeAxis"] = .int(try node.int("seq_dim", default: 0))
      node.attributes["batchAxis"] = .int(try node.int("batch_dim", default: 0))
    },
    OperatorLowering("Roll", "roll"),
    OperatorLowering("MatrixDiag", "matrixDiag"),
    OperatorLowering("MatrixSetDiag", "matrixSetDiag"),
    OperatorLowering("MatrixBandPart", "matrixBandPart"),
    diagonals("MatrixDiagV2", "matrixDiagV3", "LEFT_LEFT"),
    diagonals("MatrixDiagV3", "matrixDiagV3", nil),
    OperatorLowering("MatrixDiagPart", "matrixDiagPartV3"),
    diagonals("MatrixDiagPartV2", "matrixDiagPartV3", "LEFT_LEFT"),
    diagonals("MatrixDiagPartV3", "matrixDiagPartV3", nil),
    diagonals("MatrixSetDiagV2", "matrixSetDiagV3", "LEFT_LEFT"),
    diagonals("MatrixSetDiagV3", "matrixSetDiagV3", nil),
    OperatorLowering("Shape", "shape") { (node) throws(ReadError) in
      node.attributes["outputType"] = .type(try node.type("out_type", default: 3))
    },
    OperatorLowering("Size", "size") { (node) throws(ReadError) in
      node.attributes["outputType"] = .type(try node.type("out_type", default: 3))
    },
    OperatorLowering("Rank", "rank"),
  ]

  /// Operators on a band of diagonals; the older ones stand all of them at the left.
  private static func diagonals(
    _ source: String,
    _ target: String,
    _ align: String?
  ) -> OperatorLowering {
    OperatorLowering(source, target) { (node) throws(ReadError) in
      let stated = try node.text("align", default: "RIGHT_LEFT")
      node.attributes["align"] = .string(align ?? stated)
    }
  }

  private static let constantPad: Adjustment = { node in
    node.attributes["mode"] = .string("constant")
    node.attributes["padsLayout"] = .string("pairs")
  }

  private static let depthAndSpace: Adjustment = { (node) throws(ReadError) in
    _ = try node.dataLayout()
    node.attributes["blockSize"] = .int(try node.int("block_size", default: 0))
    node.attributes["mode"] = .string("DCR")
  }
}
