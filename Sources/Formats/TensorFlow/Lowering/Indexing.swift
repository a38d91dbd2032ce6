import ByteIO
import ModelIR

/// Operators on indices, look-ups.
extension OperatorLowering {
  static let indexing: [OperatorLowering] = [
    OperatorLowering("Gather", "gather") { node in node.attributes["axis"] = .int(0) },
    OperatorLowering("ResourceGather", "gather") { (node) throws(ReadError) in
      node.attributes["axis"] = .int(0)
      node.attributes["batchDims"] = .int(try node.int("batch_dims", default: 0))
    },
    OperatorLowering("GatherV2", "gather") { (node) throws(ReadError) in
      guard node.operands.count == 3, let axis = node.takeInteger(2) else { return }
      node.attributes["axis"] = .int(axis)
      node.attributes["batchDims"] = .int(try node.int("batch_dims", default: 0))
    },
    OperatorLowering("GatherNd", "gatherND") { node in node.attributes["batchDims"] = .int(0) },
    OperatorLowering("ResourceGatherNd", "gatherND") { node in
      node.attributes["batchDims"] = .int(0)
    },
    OperatorLowering("ScatterNd", "scatterIntoZeros"),
    scatter("TensorScatterUpdate", "none"), scatter("TensorScatterAdd", "add"),
    scatter("TensorScatterMax", "max"), scatter("TensorScatterMin", "min"),
    OperatorLowering("OneHot", "oneHot") { (node) throws(ReadError) in
      node.attributes["axis"] = .int(try node.int("axis", default: -1))
    },
    OperatorLowering("Where", "where"),
    OperatorLowering("Unique", "unique", results: ["y", "idx"]) { (node) throws(ReadError) in
      node.attributes["indexType"] = .type(try node.type("out_idx", default: 3))
      node.attributes["operandOrder"] = .string("tflite")
    },
    OperatorLowering("Bucketize", "bucketize") { (node) throws(ReadError) in
      let boundaries = try node.node.attribute("boundaries")?.floats ?? []
      node.attributes["boundaries"] = .floats(boundaries.map(Double.init))
    },
    OperatorLowering("SparseToDense", "sparseToDense") { (node) throws(ReadError) in
      node.attributes["validateIndices"] = .bool(try node.bool("validate_indices", default: true))
    },
    OperatorLowering("InvertPermutation", "invertPermutation"),
    OperatorLowering("DynamicUpdateSlice", "dynamicUpdateSlice"),
    OperatorLowering("XlaDynamicUpdateSlice", "dynamicUpdateSlice"),
  ]

  private static func scatter(_ source: String, _ reduction: String) -> OperatorLowering {
    OperatorLowering(source, "scatterND") { node in
      node.attributes["reduction"] = .string(reduction)
    }
  }
}
