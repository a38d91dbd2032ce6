/// The lowering table: each family's rows, found by domain and name.
///
/// A new operator is one row in its family's file.
enum OperatorTable {
  /// The row of an operator; `nil` where the tool gives it no meaning.
  static func row(domain: String, operator name: String) -> OperatorLowering? {
    switch domain {
    case "": standard[name]
    case "ai.onnx.ml": machineLearning[name]
    case "com.microsoft": microsoft[name]
    case "ai.onnx.preview", "ai.onnx.preview.training", "ai.onnx.training": preview[name]
    default: nil
    }
  }

  /// All rows, by domain.
  static let rows: [(domain: String, rows: [OperatorLowering])] = [
    ("", standardRows), ("ai.onnx.ml", OperatorLowering.classical),
    ("com.microsoft", OperatorLowering.contributed),
    ("ai.onnx.preview", OperatorLowering.experimental),
  ]

  private static let standardRows =
    OperatorLowering.elementwiseUnary + OperatorLowering.elementwiseBinary
    + OperatorLowering.convolutions + OperatorLowering.matrixProducts + OperatorLowering.pooling
    + OperatorLowering.normalization + OperatorLowering.reductions + OperatorLowering.movement
    + OperatorLowering.indexing + OperatorLowering.generators + OperatorLowering.quantization
    + OperatorLowering.recurrent + OperatorLowering.control + OperatorLowering.signalAndText

  private static let standard = indexed(standardRows)
  private static let machineLearning = indexed(OperatorLowering.classical)
  private static let microsoft = indexed(OperatorLowering.contributed)
  private static let preview = indexed(OperatorLowering.experimental)

  private static func indexed(_ rows: [OperatorLowering]) -> [String: OperatorLowering] {
    // A test checks that no name has two rows.
    Dictionary(rows.map { ($0.source, $0) }) { first, _ in first }
  }
}
