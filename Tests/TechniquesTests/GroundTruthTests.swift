import Calibration
import Execution
import Foundation
import Kernels
import ModelIR
import Operators
import TestSupport
import Testing

@testable import Techniques

/// What changing one layer's weights really did, measured with Keras (`sensitivity_ground_truth.json`).
@Suite(.enabled(if: SharedModels.directory != nil)) struct GroundTruthTests {
  private static let actions = [
    ("int8_per_channel", "int8-channel"), ("int4_per_channel", "int4-channel"),
    ("int4_per_tensor", "int4-tensor"), ("int2_per_channel", "int2-channel"),
    ("prune50", "prune-50"), ("prune80", "prune-80"),
  ]

  private func truth(_ model: String) throws -> [String: [String: Any]] {
    let path = SharedModels.path("trained/sensitivity_ground_truth.json")
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let root = try JSONSerialization.jsonObject(with: data) as? [String: [String: [String: Any]]]
    return try #require(root?[model])
  }

  /// Batch normalisation is folded into the weights of `cifar_dscnn_f32.tflite`.
  ///
  /// Scales by channel do not
  /// notice; one scale a tensor, and one threshold a layer, are other definitions then.
  @Test(arguments: [
    (TechniqueFixtures.mnist, ["conv", "probs"], 12),
    (TechniqueFixtures.cifar, ["stem", "b1_dw", "b3_pw", "b6_dw", "probs"], 15 + 3),
  ])
  func `the answers of changed layers are right as often as Keras found`(
    name: String,
    layers: [String],
    count: Int
  ) throws {
    let isFolded = name == TechniqueFixtures.cifar
    let truth = try truth(String(name.split(separator: "/")[1]))
    let model = try TechniqueFixtures.model(name + "_f32.tflite")
    let context = try TechniqueFixtures.context(model)
    let compiled = try TechniqueFixtures.compiled(model)
    let test = try TechniqueFixtures.test(model)
    let labels = try #require(test.labels)
    var inputs: [[Tensor]] = []
    for index in 0..<test.count { inputs.append(try test.sample(index)) }
    let queue = WorkQueue(threadCount: 2)
    #expect(
      try TechniqueFixtures.correct(compiled, inputs, labels, queue)
        == truth["baseline"]?["correct_subset"] as? Int
    )
    var compared = 0
    for layer in layers {
      let site = try #require(
        context.sites.sites(.weights).first { $0.tensor.contains("/\(layer)_") }
      )
      for (key, name) in Self.actions {
        guard let cell = truth[layer]?[key] as? [String: Any],
          !isFolded || name.hasSuffix("-channel") || layer == "probs"
        else { continue }
        let expected = try #require(cell["correct_subset"] as? Int)
        let constants = try Action(name).apply(to: site, in: context).constants
        let variant = try compiled.replacing(constants)
        let found = try TechniqueFixtures.correct(variant, inputs, labels, queue)
        print("truth \(layer) \(name): \(found), Keras \(expected) of \(test.count)")
        #expect(abs(found - expected) * 1000 <= 3 * test.count, "\(layer) \(name)")
        compared += 1
      }
    }
    #expect(compared == count)
  }
}
