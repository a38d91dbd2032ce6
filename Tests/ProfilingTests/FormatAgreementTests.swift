import Foundation
import ModelIR
import TestSupport
import Testing

@testable import Profiling

/// One network in several formats has one count.
@Suite struct FormatAgreementTests {
  /// A network, its files without their endings, and what Keras counts.
  struct Network: CustomTestStringConvertible, Sendable {
    var path: String
    /// `model.count_params()` of Keras 3.15.
    var parameters: Int
    /// Numbers that converters fold away: two of four of each channel of a batch normalization.
    var folded: [String: Int]

    var testDescription: String { path }
  }

  private static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Examples/digits").standardizedFileURL.path

  static let networks: [Network] =
    [
      Network(path: examples + "/digits_cnn", parameters: 7490, folded: [:]),
      Network(
        path: examples + "/digits_dscnn",
        parameters: 22314,
        folded: [".onnx": 22314 - 21066, ".tflite": 22314 - 20874]
      ),
    ]
    + (SharedModels.directory == nil
      ? []
      : [
        Network(
          path: SharedModels.path("trained/mnist_cnn/mnist_cnn"),
          parameters: 54410,
          folded: [:]
        ),
        Network(
          path: SharedModels.path("trained/cifar_dscnn/cifar_dscnn"),
          parameters: 163466,
          folded: [:]
        ),
      ])

  private func totals(_ path: String) throws -> (macs: Int?, parameters: Int) {
    let model = try loadModel(path: path)
    let dimensions = try OpenDimensions(model.main, fixed: [], batch: nil)
    let profile = Profiler(model, dimensions: dimensions).profile(.init(threads: 1))
    #expect(profile.totals.uncounted == 0)
    return (profile.totals.multiplyAdds, profile.totals.parameters)
  }

  @Test(arguments: networks)
  func `every format of a network has its MACs`(_ network: Network) throws {
    let keras = try totals(network.path + ".keras")
    #expect(keras.parameters == network.parameters)
    let h5 = try totals(network.path + ".h5")
    #expect(h5.parameters == network.parameters)
    #expect(h5.macs == keras.macs)
    let isFolded = network.path.contains("dscnn")
    for ending in [".onnx", "_f32.tflite", ".tflite"] {
      guard FileManager.default.fileExists(atPath: network.path + ending) else { continue }
      let other = try totals(network.path + ending)
      #expect(other.macs == keras.macs, "\(ending)")
      if let folded = network.folded[ending] {
        #expect(other.parameters == network.parameters - folded, "\(ending)")
      } else if isFolded {
        #expect(other.parameters < network.parameters, "\(ending)")
      } else {
        #expect(other.parameters == network.parameters, "\(ending)")
      }
    }
  }
}
