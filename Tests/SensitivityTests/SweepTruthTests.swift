import Calibration
import Execution
import Foundation
import FormatKeras
import ByteIO
import Kernels
import ModelIR
import Operators
import Techniques
import TestSupport
import Testing

@testable import Sensitivity

/// Sweeps beside what Keras and LiteRT measured on the same samples.
@Suite(.enabled(if: SharedModels.directory != nil)) struct SweepTruthTests {
  /// `ANALYZE_ALL_TRUTH=1` compares every cell; otherwise a few layers of the larger model.
  private static let comparesAll = ProcessInfo.processInfo.environment["ANALYZE_ALL_TRUTH"] != nil

  private static let actions = [
    ("int8_per_channel", "int8-channel"), ("int4_per_channel", "int4-channel"),
    ("int4_per_tensor", "int4-tensor"), ("int2_per_channel", "int2-channel"),
    ("prune50", "prune-50"), ("prune80", "prune-80"),
  ]

  private func samples(_ name: String, _ model: Model, test: Bool) throws -> SampleSet {
    let data = name == "mnist_cnn" ? "mnist" : "cifar10_jpeg"
    let part = test ? "test" : "calib"
    return try SampleSet(
      path: SharedModels.path("data/\(data)_\(part)_images.npy"),
      forms: try InputForm.all(
        of: model,
        shapes: SweepFixtures.shapes(model)
      ),
      options: SampleSet.Options(
        labels: SharedModels.path("data/\(data)_\(part)_labels.npy"),
        preprocessing: try Preprocessing("scale=1/255")
      )
    )
  }

  private func correct(_ figures: [SampleFigures?]) -> Int {
    figures.count { $0?.isCorrect == true }
  }

  /// The Keras files hold the layers' own weights: in the `.tflite` ones the batch normalisation of
  /// `cifar_dscnn` is multiplied into them, and one scale or threshold for a layer is then another.
  @Test(arguments: [("mnist_cnn", 12), ("cifar_dscnn", 96)])
  func `the answers of changed layers are right as often as Keras found`(
    name: String,
    count: Int
  ) throws {
    let path = SharedModels.path("trained/sensitivity_ground_truth.json")
    let root = try JSONSerialization.jsonObject(
      with: try Data(contentsOf: URL(fileURLWithPath: path))
    )
    let truth = try #require((root as? [String: [String: [String: Any]]])?[name])
    let file = SharedModels.path("trained/\(name)/\(name).h5")
    let model = try KerasFormat.load(try ByteSource.mapping(path: file).bytes, path: file)
    var options = SweepOptions(actions: try Self.actions.map { try Action($0.1) })
    options.pairCount = 0
    options.includesModes = false
    let isSmall = name == "mnist_cnn"
    if !isSmall, !Self.comparesAll { options.shard = SweepOptions.Shard(index: 3, of: 8) }
    let test = try samples(name, model, test: true)
    let sweep = try SweepFixtures.sweep(
      model,
      test,
      calibration: test.choosing(2),
      options: options
    )
    let records = try SweepFixtures.records(sweep)
    #expect(correct(records.baseline) == truth["baseline"]?["correct_subset"] as? Int)
    var compared = 0
    var differences: [Int: Int] = [:]
    for (index, trial) in sweep.plan.trials.enumerated() {
      guard case .action(let place, let action) = trial.subject,
        let figures = records.figures[index]
      else { continue }
      let layer = try #require(
        truth.keys.first { layer in
          let site = sweep.plan.sites[place]
          return [site.layer, site.operatorName].contains(layer)
            || site.tensor.split(separator: "/").contains { $0 == layer }
        },
        "no truth for \(sweep.plan.sites[place])"
      )
      let key = try #require(Self.actions.first { $0.1 == action.name }?.0)
      let cell = try #require(truth[layer]?[key] as? [String: Any])
      let expected = try #require(cell["correct_subset"] as? Int)
      let found = correct(figures)
      differences[abs(found - expected), default: 0] += 1
      #expect(
        abs(found - expected) * 1000 <= 3 * test.count,
        "\(layer) \(action): \(found), \(expected)"
      )
      compared += 1
    }
    print("truth \(name): \(compared) cells, differences", differences.sorted { $0.key < $1.key })
    #expect(compared == (isSmall || Self.comparesAll ? count : 12))
  }

  /// Correct answers of the converted files on the same samples: `models/README.md`, measured with
  /// LiteRT; calibrated with the same 500 images.
  @Test(arguments: [
    ("mnist_cnn", ["float16": 1944, "dynamic-range": 1944, "full-integer": 1944, "int16x8": 1944]),
    ("cifar_dscnn", ["float16": 796, "dynamic-range": 798, "full-integer": 796, "int16x8": 794]),
  ])
  func `predicted accuracies are those of the converted files`(
    name: String,
    expected: [String: Int]
  ) throws {
    let model = try SweepFixtures.model(SharedModels.path("trained/\(name)/\(name)_f32.tflite"))
    var options = SweepOptions(actions: [])
    options.pairCount = 0
    let test = try samples(name, model, test: true)
    let sweep = try SweepFixtures.sweep(
      model,
      test,
      calibration: try samples(name, model, test: false),
      options: options
    )
    let records = try SweepFixtures.records(sweep)
    var compared = 0
    for (index, trial) in sweep.plan.trials.enumerated() {
      guard case .mode(let mode) = trial.subject else { continue }
      let found = correct(try #require(records.figures[index], "\(records.failures)"))
      let real = try #require(expected[mode.rawValue])
      print("mode \(name) \(mode.rawValue): \(found), real \(real) of \(test.count)")
      // 0.5 percentage points.
      #expect(abs(found - real) * 1000 <= 5 * test.count, "\(mode): \(found), \(real)")
      compared += 1
    }
    #expect(compared == 4)
  }
}
