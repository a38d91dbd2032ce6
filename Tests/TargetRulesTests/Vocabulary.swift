import FormatONNX
import FormatTFLite
import ModelIR
import TargetRules

/// The names of the formats' own tables, as the program hands them to the checker.
enum Vocabulary {
  static let formats: OperatorVocabulary = {
    var vocabulary = OperatorVocabulary()
    vocabulary.add(.tflite, TFLiteFormat.canonicalNames)
    vocabulary.add(.onnx, ONNXFormat.canonicalNames)
    return vocabulary
  }()

  static let knownNames: [ModelFormat: Set<String>] = [
    .tflite: Set(TFLiteFormat.operatorNames),
    .onnx: Set(ONNXFormat.canonicalNames.map(\.source)),
  ]
}
