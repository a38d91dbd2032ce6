import ByteIO
import Execution
import Foundation
import ModelIR
import Operators
import TestSupport
import Testing
import WireFormats

/// Labelled samples: as many answers must be right as the official runtimes get right.
///
/// The counts are those that the models' README states, but for two: there they are those of the
/// default kernels, which are not the arithmetic followed here. LiteRT 2.3.0 with its reference
/// kernels (`OpResolverType.BUILTIN_REF`) gets 173 of `ic_resnet8_int8` (README: 170) and 901 of
/// `kws_dscnn_int8` (902).
@Suite struct AccuracyTests {
  /// A model, its samples, and how many of the official runtime's answers are right.
  struct Case: CustomTestStringConvertible, Sendable {
    var model: String
    var samples: String
    var labels: String
    /// What a stored sample is divided by.
    var divisor: Float = 1
    /// Whether stored samples are the model's own integers.
    var isStored = false
    var correct: Int

    var testDescription: String { model }
  }

  private static let shared: [Case] =
    [
      ("mnist_cnn_f32.tflite", 1944), ("mnist_cnn_int8.tflite", 1944),
      ("mnist_cnn_dynamic_int8.onnx", 1944), ("mnist_cnn_qdq_int8.onnx", 1943),
    ].map { name, correct in
      Case(
        model: "trained/mnist_cnn/" + name,
        samples: "data/mnist_test_images.npy",
        labels: "data/mnist_test_labels.npy",
        divisor: 255,
        correct: correct
      )
    } + [
      Case(
        model: "trained/cifar_dscnn/cifar_dscnn_int8.tflite",
        samples: "data/cifar10_jpeg_test_images.npy",
        labels: "data/cifar10_jpeg_test_labels.npy",
        divisor: 255,
        correct: 796
      ),
      Case(
        model: "mlperf_tiny/ic_resnet8_f32.tflite",
        samples: "data/ic01_images.npy",
        labels: "data/ic01_labels.npy",
        correct: 171
      ),
      Case(
        model: "mlperf_tiny/ic_resnet8_int8.tflite",
        samples: "data/ic01_images.npy",
        labels: "data/ic01_labels.npy",
        correct: 173
      ),
      Case(
        model: "mlperf_tiny/kws_dscnn_int8.tflite",
        samples: "data/kws01_features_int8.npy",
        labels: "data/kws01_labels.npy",
        isStored: true,
        correct: 901
      ),
    ]

  @Test(.enabled(if: SharedModels.directory != nil), arguments: shared)
  func `answers are right as often as the official runtime's`(_ test: Case) throws {
    func array(_ name: String) throws -> Tensor {
      let bytes = try ByteSource.mapping(path: SharedModels.path(name)).bytes
      return try #require(Tensor(try NPYArray(bytes)))
    }
    let golden = Golden(
      name: test.model,
      modelPath: SharedModels.path(test.model),
      archivePath: ""
    )
    var samples = try array(test.samples)
    if !test.isStored { samples = try real(samples, dividedBy: test.divisor) }
    let labels = try #require(try array(test.labels).integerValues)
    let correct = try correctAnswers(golden, samples, labels)
    print("accuracy \(test.model): \(correct) of \(labels.count), official \(test.correct)")
    // 0.2 points: scores that are equal but for rounding.
    #expect(abs(correct - test.correct) * 500 <= labels.count)
  }

  @Test(arguments: Golden.all.filter { !$0.prefix.isEmpty })
  func `digits are recognised as often as by the official runtime`(_ golden: Golden) throws {
    let folder = Golden.examplesFolder
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json"))
    let root = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    let models = root?["models"] as? [String: [String: Any]]
    let expected = try #require(models?[golden.name]?["correct"] as? Int)
    let archive = try TensorArchive(try ByteSource.mapping(path: folder + "/test.npz").bytes)
    func array(_ name: String) throws -> Tensor {
      let entry = try #require(archive.entries.first { $0.name == name })
      return try #require(Tensor(entry.array))
    }
    let labels = try #require(try array("labels").integerValues)
    #expect(try correctAnswers(golden, try array("image"), labels) == expected)
  }

  // MARK: - Answers

  private func correctAnswers(_ golden: Golden, _ samples: Tensor, _ labels: [Int]) throws -> Int {
    let call = try ModelCall(try golden.load())
    let value = call.model[call.graph][call.inputs[0].value]
    // Pieces that fit the memory of any machine; the number of rows does not change the answers.
    let piece = 100
    var scores: [Double] = []
    for start in stride(from: 0, to: labels.count, by: piece) {
      let rows = try samples.rows(start..<min(start + piece, labels.count))
      let inputs = [stored(fitted(rows, to: value), as: value)]
      scores += try #require(try call.run(inputs).outputs.first?.doubleValues)
    }
    let classes = scores.count / labels.count
    return labels.indices.count { sample in
      let row = scores[sample * classes..<(sample + 1) * classes]
      return row.firstIndex(of: row.max() ?? 0) == sample * classes + labels[sample]
    }
  }

  /// The samples with the axis of one channel that some files leave out.
  private func fitted(_ samples: Tensor, to value: Value) -> Tensor {
    guard let rank = value.shape.rank, samples.rank < rank else { return samples }
    let more = Array(repeating: 1, count: rank - samples.rank)
    return samples.reshaped(to: samples.sizes + more)
  }

  private func real(_ tensor: Tensor, dividedBy divisor: Float) throws -> Tensor {
    let values = try #require(tensor.doubleValues)
    return Tensor(tensor.sizes, floats: values.map { Float($0) / divisor })
  }

  /// The samples as the model's input takes them: as they are, or quantized by its own scale.
  private func stored(_ samples: Tensor, as value: Value) -> Tensor {
    guard case .floats(let values) = samples.elements, value.type.isInteger,
      let quantization = value.quantization, let scale = quantization.scales.first
    else { return samples }
    let limits = FixedPoint.range(of: value.type)
    let integers = values.map { number in
      let step = Int((number / scale).rounded(.toNearestOrEven)) + quantization.zeroPoint(0)
      return Int64(min(max(step, limits.lowerBound), limits.upperBound))
    }
    return Tensor(type: value.type, sizes: samples.sizes, elements: .integers(integers))
  }
}
