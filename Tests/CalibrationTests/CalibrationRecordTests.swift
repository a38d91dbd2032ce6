import ByteIO
import Calibration
import Execution
import FormatTFLite
import Kernels
import ModelIR
import Operators
import TestSupport
import Testing

@Suite(.enabled(if: SharedModels.directory != nil)) struct CalibrationRecordTests {
  private func samples(_ model: Model, _ data: String, count: Int) throws -> SampleSet {
    let options = SampleSet.Options(preprocessing: try Preprocessing("scale=1/255"))
    return try SampleSet(
      path: SharedModels.path("data/" + data),
      forms: try InputForm.all(of: model),
      options: options
    ).choosing(count)
  }

  /// The scales that the official converter stored, from the same 500 samples: within 1 %.
  ///
  /// Tensors that only an addition reads are left out: `ConverterTests` says why.
  @Test(arguments: [
    ("trained/mnist_cnn/mnist_cnn", "mnist_calib_images.npy"),
    ("trained/cifar_dscnn/cifar_dscnn", "cifar10_jpeg_calib_images.npy"),
  ])
  func `ranges equal the official converter's`(name: String, data: String) throws {
    let model = try CalibrationFixtures.model(name + "_f32.tflite")
    let official = try CalibrationFixtures.model(name + "_int8.tflite")
    let compiled = try CompiledGraph(
      model,
      inputShapes: InputForm.shapes(try InputForm.all(of: model))
    )
    var options = CalibrationRecord.Options()
    options.measuresInputs = false
    let record = try CalibrationRecord(
      compiled,
      samples: try samples(model, data, count: 500),
      options: options,
      queue: WorkQueue(threadCount: 2)
    )
    #expect(record.samples == 500 && record.sha256.count == 64)
    var compared = 0
    var most = 0.0
    let connections = model.main.connections()
    for (value, statistics) in record.statistics {
      let readers = connections.consumers(of: value).map { model.main[$0].op.name }
      guard readers != ["add"] else { continue }
      let stated = official.main.values.first { other in
        other.name == model.main[value].name && other.type == .int8 && !other.isConstant
          && other.quantization?.scales.count == 1
      }
      // The softmax has a fixed scale; pooling and reshaping take that of their operand.
      guard let scale = stated?.quantization?.scales.first, scale != 1 / 256,
        let producer = model.main.nodes.first(where: { $0.outputs.contains(value) }),
        ["convolution", "depthwiseConvolution", "fullyConnected", "add", "reduceMean"]
          .contains(producer.op.name),
        let minimum = statistics.minimum, let maximum = statistics.maximum
      else { continue }
      compared += 1
      let found = Double(max(maximum, 0) - min(minimum, 0)) / 255
      most = max(most, abs(found - Double(scale)) / Double(scale))
    }
    print("calibration \(name): \(compared) scales, most different by \(most)")
    #expect(compared >= 2)
    #expect(most < 0.01)
  }

  @Test func `nothing depends on the number of threads`() throws {
    let model = try CalibrationFixtures.model("trained/cifar_dscnn/cifar_dscnn_f32.tflite")
    let compiled = try CompiledGraph(
      model,
      inputShapes: InputForm.shapes(try InputForm.all(of: model))
    )
    let samples = try samples(model, "cifar10_jpeg_calib_images.npy", count: 7)
    var options = CalibrationRecord.Options()
    options.gramBytes = 1 << 20
    options.channelBins = 64
    let one = try CalibrationRecord(
      compiled,
      samples: samples,
      options: options,
      queue: WorkQueue(threadCount: 1)
    )
    let three = try CalibrationRecord(
      compiled,
      samples: samples,
      options: options,
      queue: WorkQueue(threadCount: 3)
    )
    #expect(one.statistics == three.statistics)
    #expect(one.moments == three.moments)
    #expect(one.sha256 == three.sha256)
    #expect(try one.sha256 == samples.digest())
    #expect(!one.layersWithoutGram.isEmpty && one.moments.values.contains { $0.gram != nil })
  }

  /// The error that Gram matrices give is that of really running the layer with other weights.
  @Test func `the local error of a change equals the measured one`() throws {
    let model = try CalibrationFixtures.model("trained/cifar_dscnn/cifar_dscnn_f32.tflite")
    let compiled = try CompiledGraph(
      model,
      inputShapes: InputForm.shapes(try InputForm.all(of: model))
    )
    let samples = try samples(model, "cifar10_jpeg_calib_images.npy", count: 3)
    var options = CalibrationRecord.Options()
    options.gramBytes = 1 << 26
    let queue = WorkQueue(threadCount: 2)
    let record = try CalibrationRecord(compiled, samples: samples, options: options, queue: queue)
    let layers = WeightLayer.all(in: model.main)
    #expect(layers.count == 16)
    // The last layer is linear; the third (a pointwise convolution) ends in ReLU6 like most.
    for layer in [layers[15], layers[4]] {
      let original = try #require(layer.matrix(in: model.main))
      let changed = original.enumerated().map { $1 + Float($0 % 7) * 0.001 }
      let tensor = Tensor(layer.sizes, floats: layer.stored(changed))
      let variant = try compiled.replacing([layer.weights: tensor])
      var measured = 0.0
      for index in 0..<samples.count {
        let inputs = try samples.sample(index)
        func output(_ graph: CompiledGraph) throws -> [Float] {
          let executor = try CompiledGraph.Executor(graph)
          let kept = try executor.run(inputs: inputs, keeping: [layer.output]).kept
          guard case .floats(let values)? = kept[layer.output]?.elements else { return [] }
          return values
        }
        for (a, b) in zip(try output(variant), try output(compiled)) {
          measured += Double(a - b) * Double(a - b)
        }
      }
      let change = zip(changed, original).map { $0 - $1 }
      let found = try #require(
        record.moments[layer.node]?.outputError(of: change, layer: layer)
      )
      print("gram \(layer.form) \(layer.taps): \(found), measured \(measured)")
      // Where a ReLU6 follows, it can only make the measured error smaller.
      #expect(measured <= found * 1.001 && found > 0)
      if layer.node == layers[15].node { #expect(abs(found - measured) < 0.001 * measured) }
    }
  }
}
