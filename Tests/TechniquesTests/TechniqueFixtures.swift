import ByteIO
import Calibration
import Execution
import FormatONNX
import FormatTFLite
import Kernels
import ModelIR
import Operators
import TestSupport
import Testing

@testable import Techniques

/// Models and data of these tests.
enum TechniqueFixtures {
  static let mnist = "trained/mnist_cnn/mnist_cnn"
  static let cifar = "trained/cifar_dscnn/cifar_dscnn"

  static func model(_ name: String) throws -> Model {
    let path = SharedModels.path(name)
    let bytes = try ByteSource.mapping(path: path).bytes
    return name.hasSuffix(".onnx")
      ? try ONNXFormat.load(bytes, path: path) : try TFLiteFormat.load(bytes, path: path)
  }

  /// The types for one sample.
  static func types(_ model: Model) throws -> [TensorType] {
    let shapes = InputForm.shapes(try InputForm.all(of: model)).mapValues(Shape.fixed)
    return GraphInference(inputShapes: shapes).infer(model)[Model.mainGraph.index].types
  }

  static func compiled(_ model: Model) throws -> CompiledGraph {
    try CompiledGraph(model, inputShapes: InputForm.shapes(try InputForm.all(of: model)))
  }

  static func samples(_ model: Model, calibration count: Int) throws -> SampleSet {
    let isMNIST = model.path.contains("mnist")
    let data = isMNIST ? "mnist_calib_images.npy" : "cifar10_jpeg_calib_images.npy"
    return try SampleSet(
      path: SharedModels.path("data/" + data),
      forms: try InputForm.all(of: model),
      options: SampleSet.Options(preprocessing: try Preprocessing("scale=1/255"))
    ).choosing(count)
  }

  static func test(_ model: Model) throws -> SampleSet {
    let data = model.path.contains("mnist") ? "mnist_test" : "cifar10_jpeg_test"
    return try SampleSet(
      path: SharedModels.path("data/\(data)_images.npy"),
      forms: try InputForm.all(of: model),
      options: SampleSet.Options(
        labels: SharedModels.path("data/\(data)_labels.npy"),
        preprocessing: try Preprocessing("scale=1/255")
      )
    )
  }

  static func context(
    _ model: Model,
    samples count: Int = 0,
    gramBytes: Int = 0
  ) throws -> ActionContext {
    var record: CalibrationRecord?
    if count > 0 {
      var options = CalibrationRecord.Options()
      options.gramBytes = gramBytes
      record = try CalibrationRecord(
        try compiled(model),
        samples: try samples(model, calibration: count),
        options: options,
        queue: WorkQueue(threadCount: 2)
      )
    }
    return ActionContext(model, types: try types(model), record: record)
  }

  /// The samples whose greatest score is their label's.
  static func correct(
    _ graph: CompiledGraph,
    _ inputs: [[Tensor]],
    _ labels: [Int],
    _ queue: WorkQueue
  ) throws -> Int {
    let outputs = try graph.run(samples: inputs, on: queue)
    return zip(outputs, labels).count { output, label in
      guard case .floats(let scores)? = output.first?.elements else { return false }
      return scores.firstIndex(of: scores.max() ?? 0) == label
    }
  }
}
