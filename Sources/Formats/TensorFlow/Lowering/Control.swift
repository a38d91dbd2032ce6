import ByteIO
import ModelIR

/// Control flow and tables.
extension OperatorLowering {
  static let control: [OperatorLowering] = [
    OperatorLowering("While", "while"),
    OperatorLowering("If", "if"),
    OperatorLowering("Case", "stablehloCase"),
    OperatorLowering("HashTableV2", "hashtable"),
    OperatorLowering("LookupTableFindV2", "hashtableFind"),
    OperatorLowering("LookupTableSizeV2", "hashtableSize"),
  ]
}
