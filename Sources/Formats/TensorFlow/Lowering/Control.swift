import ByteIO
import ModelIR

/// Control flow and tables.
extension OperatorLowering {
  static let control: [OperatorLowering] = [
    OperatorLowering("While", "while"),
    OperatorLowering("If", "if"),
    OperatorLowering("Case", "stablehloCase"),
    cuda("CudnnRNN"), cuda("CudnnRNNV2"), cuda("CudnnRNNV3"),
    OperatorLowering("HashTableV2", "hashtable"),
    OperatorLowering("LookupTableFindV2", "hashtableFind"),
    OperatorLowering("LookupTableSizeV2", "hashtableSize"),
  ]

  /// A recurrent network whose weights are one vector in an order that only cuDNN states.
  private static func cuda(_ source: String) -> OperatorLowering {
    OperatorLowering(source, "lstm") { node in
      node.refusal =
        "weights in cuDNN's own order; save the model on a machine without a GPU, or with"
        + " use_cudnn=False"
    }
  }
}
