import ByteIO
import Calibration
import Foundation
import FormatTFLite
import ModelIR
import TestSupport
import Testing

/// Files and models of these tests.
///
/// `Tests/Oracles/calibration_oracle.py` makes the files.
enum CalibrationFixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures").path

  static func path(_ name: String) -> String { folder + "/" + name }

  static func decode<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    let data = try Data(contentsOf: URL(fileURLWithPath: path(name)))
    return try JSONDecoder().decode(type, from: data)
  }

  static func bytes(_ name: String) throws -> Bytes {
    try ByteSource.mapping(path: path(name)).bytes
  }

  static func model(_ name: String) throws -> Model {
    let path = SharedModels.path(name)
    return try TFLiteFormat.load(try ByteSource.mapping(path: path).bytes, path: path)
  }

  /// An input of float32.
  static func form(_ sizes: [Int?], type: ElementType = .float32) -> InputForm {
    InputForm(
      names: ["image", "in0"],
      value: ValueID(0),
      type: type,
      sizes: sizes,
      quantization: type == .float32
        ? nil : Quantization(granularity: .perTensor, scales: [0.5], zeroPoints: [3])
    )
  }

  /// The error of opening and reading all samples.
  static func failure(
    _ path: String,
    _ form: InputForm,
    _ options: SampleSet.Options = SampleSet.Options()
  ) -> ReadError? {
    do throws(ReadError) {
      let samples = try SampleSet(path: path, forms: [form], options: options)
      for index in 0..<samples.count { _ = try samples.sample(index) }
      return nil
    } catch {
      return error
    }
  }
}
