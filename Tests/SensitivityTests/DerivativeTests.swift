import ByteIO
import Calibration
import Execution
import FormatKeras
import FormatTFLite
import Foundation
import Kernels
import ModelIR
import Operators
import Techniques
import TestSupport
import Testing

@testable import Sensitivity

/// The derivative of a graph beside difference quotients of the graph itself, which know nothing of it.
@Suite struct DerivativeTests {
  private func model(_ path: String) throws -> Model {
    let bytes = try ByteSource.mapping(path: path).bytes
    return KerasFormat.probe(bytes)
      ? try KerasFormat.load(bytes, path: path) : try TFLiteFormat.load(bytes, path: path)
  }

  private func dot(_ weights: [ValueID: [Float]], _ values: [ValueID: Tensor]) -> Double {
    weights.reduce(0.0) { sum, entry in
      guard case .floats(let elements)? = values[entry.key]?.elements else { return .nan }
      return zip(entry.value, elements).reduce(sum) { $0 + Double($1.0) * Double($1.1) }
    }
  }

  /// - Returns: How many layers and activations were compared.
  private func compare(_ path: String, _ inputs: [Tensor]) throws -> Int {
    let model = try model(path)
    let compiled = try CompiledGraph(model, inputShapes: SweepFixtures.shapes(model))
    let measure = try #require(OutputMeasure(model.main, types: compiled.types))
    let context = ActionContext(model, types: compiled.types)
    let sites = context.sites.sites
    let layers = Set(sites.filter { $0.kind == .weights }.flatMap(\.nodes))
    let activations = Set(sites.filter { $0.kind == .activations }.map(\.value))
    let derivative = OutputDerivative(
      compiled,
      targets: measure.values,
      layers: layers,
      activations: activations
    )
    let executor = try CompiledGraph.Executor(compiled, keepsAll: true)
    let kept = try executor.run(
      inputs: inputs,
      keeping: derivative.reads.union(measure.values).union(activations)
    ).kept
    var generator = SeededGenerator(seed: 7)
    var seeds: [ValueID: [Float]] = [:]
    for target in measure.targets {
      let count = try #require(kept[target.value]?.count)
      seeds[target.value] = (0..<count).map { _ in Float(generator.fraction() - 0.5) }
    }
    var compared = 0
    // Steps of 2⁻¹³ of the values: a few of them cross a relu's corner (up to 1 % was seen), and the
    // quotient of float32 sums is off by another percent.
    let tolerance = 0.05
    func expect(
      _ found: Double,
      _ weights: [ValueID: [Float]],
      _ name: String,
      _ scale: Double,
      _ changed: (Float) throws -> [ValueID: Tensor]
    ) throws {
      let step: Float = 1.0 / 8192
      let quotient =
        (dot(weights, try changed(step)) - dot(weights, try changed(-step)))
        / Double(2 * step)
      #expect(abs(found - quotient) <= tolerance * scale + 1e-4, "\(name): \(found), \(quotient)")
      compared += 1
    }
    var findings: [OutputDerivative.Finding] = []
    derivative.walk(FloatRun(values: kept), seeds: seeds) { findings.append($0) }
    for finding in findings {
      switch finding {
      case .rounding: break
      case .weights(let node, let weights, _):
        let layer = try #require(WeightLayer(node, in: model.main))
        let matrix = try #require(layer.matrix(in: model.main))
        let change = matrix.map { $0.magnitude * Float(generator.sign()) }
        let product = VectorProduct.sum(weights, change)
        let length =
          (weights.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
          * (change.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
        try expect(product, seeds, model.main[node].name, max(abs(product), 0.05 * length)) {
          step in
          let moved = zip(matrix, change).map { $0 + step * $1 }
          let tensor = Tensor(layer.sizes, floats: layer.stored(moved))
          return try executor.resume(
            from: node,
            replacing: [layer.weights: tensor],
            keeping: measure.values
          ).kept
        }
      case .activation(let value, let found):
        guard !measure.values.contains(value), let tensor = kept[value],
          case .floats(let elements) = tensor.elements,
          let first = model.main.connections().consumers(of: value).min()
        else { continue }
        let change = elements.map { $0.magnitude * Float(generator.sign()) }
        let product = VectorProduct.sum(found, change)
        let length =
          (found.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
          * (change.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
        try expect(product, seeds, model.main[value].name, max(abs(product), 0.05 * length)) {
          step in
          let moved = Tensor(tensor.sizes, floats: zip(elements, change).map { $0 + step * $1 })
          return try executor.resume(
            from: first,
            replacing: [value: moved],
            keeping: measure.values
          ).kept
        }
      }
    }
    #expect(derivative.unknownLayers.isEmpty)
    return compared
  }

  @Test(arguments: [("digits_cnn.tflite", 6), ("digits_dscnn.tflite", 12)])
  func `derivatives are those of difference quotients`(name: String, least: Int) throws {
    let path = SweepFixtures.digits + name
    let samples = try SweepFixtures.digitsSamples(try model(path), 3)
    #expect(try compare(path, try samples.sample(2)) >= least)
  }

  @Test(
    .enabled(if: SharedModels.directory != nil),
    arguments: [
      "trained/mnist_cnn/mnist_cnn.h5", "trained/cifar_dscnn/cifar_dscnn.h5",
      "mlperf_tiny/ic_resnet8_f32.tflite",
    ]
  )
  func `derivatives of shared models are those of difference quotients`(name: String) throws {
    let path = SharedModels.path(name)
    let loaded = try model(path)
    var generator = SeededGenerator(seed: 3)
    let scale: Float = name.contains("resnet") ? 255 : 1
    let inputs = SweepFixtures.shapes(loaded).sorted { $0.key < $1.key }.map { entry in
      Tensor(
        entry.value,
        floats: (0..<entry.value.reduce(1, *)).map { _ in scale * Float(generator.fraction()) }
      )
    }
    #expect(try compare(path, inputs) > 4)
  }

  /// `½ δᵀ F δ` over many directions is the divergence of a small change.
  @Test func `directions make small divergences of changes`() throws {
    let scores: [Float] = [1, 2, -1, 0.5]
    let change: [Float] = [0.01, -0.02, 0.03, 0.005]
    let value = ValueID(0)
    for (metric, form) in [
      (OutputMeasure.Metric.kl, OutputMeasure.Scores.softmax(axis: 1, beta: 1, isFlattened: false)),
      (.kl, .sigmoid), (.relativeMSE, nil),
    ] as [(OutputMeasure.Metric, OutputMeasure.Scores?)] {
      let measure = OutputMeasure(
        metric: metric,
        targets: [.init(value: value, name: "y", scores: form)],
        reason: ""
      )
      let before = Tensor([1, 4], floats: scores)
      let after = Tensor([1, 4], floats: zip(scores, change).map { $0 + $1 })
      let truth = measure.figures([after], reference: [before], label: nil).divergence
      var generator = SeededGenerator(seed: 11)
      var sum = 0.0
      let count = 20_000
      for _ in 0..<count {
        let vector = try #require(measure.direction([before], &generator)[value])
        let product = zip(vector, change).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        sum += product * product / 2
      }
      // 20,000 draws of variance below 2: 3 %; the change is small, not infinitely so: 2 %.
      #expect(
        abs(sum / Double(count) / truth - 1) < 0.05,
        "\(metric) \(sum / Double(count)) \(truth)"
      )
    }
  }
}

/// What is left to chance in directions.
@Suite struct DirectionChanceTests {
  /// Where all but two classes are ruled out, one direction says all, whatever the signs.
  @Test func `samples between two classes leave nothing to chance`() throws {
    let value = ValueID(0)
    let scores = OutputMeasure.Scores.softmax(axis: 1, beta: 1, isFlattened: false)
    let measure = OutputMeasure(
      metric: .kl,
      targets: [.init(value: value, name: "y", scores: scores)],
      reason: ""
    )
    let before = Tensor([1, 4], floats: [-40, 2, -40, 1])
    let change: [Float] = [0.3, 0.01, -0.2, -0.03]
    // p = σ(±1); ½ p (1 − p) d² with d = 0.04.
    let p = 1 / (1 + exp(-1.0))
    let truth = 0.5 * p * (1 - p) * 0.04 * 0.04
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<20 {
      let vector = try #require(measure.direction([before], &generator)[value])
      let product = zip(vector, change).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      // Floats of the change and the vector: 10⁻⁶ each.
      #expect(abs(product * product / 2 / truth - 1) < 1e-4)
    }
  }

  /// Expected by NumPy 2 (`numpy.linalg.eigh`).
  @Test func `eigenvectors are those of NumPy`() {
    let vectors = SymmetricMatrix([[4, 1, -2], [1, 2, 0.5], [-2, 0.5, 3]]).eigenvectors()
    let expected: [[Double]] = [
      [-0.532324345, 0.612516987, -0.584340425],
      [0.274633932, 0.777889337, 0.565211803],
      [-0.800754017, -0.140396294, 0.58230738],
    ]
    for vector in expected {
      // Their order and signs are free: one of those found has the product ±1 with each.
      let products = vectors.map { found in abs(zip(found, vector).reduce(0) { $0 + $1.0 * $1.1 }) }
      #expect(products.count { abs($0 - 1) < 1e-8 } == 1)
    }
  }
}

/// How screening chooses its samples.
@Suite struct ScreeningSampleTests {
  @Test func `samples along the curvature are spread and each is there once`() {
    let curvatures = (0..<100).map { Double($0 * 37 % 100) }
    let chosen = ScreeningCost.spread(20, curvatures, seed: 5)
    #expect(Set(chosen).count == 20 && chosen == chosen.sorted())
    // One of every five along the order.
    let fifths = Set(chosen.map { Int(curvatures[$0]) / 5 })
    #expect(fifths.count == 20)
    #expect(ScreeningCost.spread(3, [1, 2], seed: 0).count == 2)
  }
}
