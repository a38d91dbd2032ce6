import Calibration
import Execution
import Kernels
import ModelIR
import Operators
import TestSupport
import Testing

@testable import Techniques

/// What the official TensorFlow Lite converter stored, from the same float models and samples.
@Suite(.enabled(if: SharedModels.directory != nil)) struct ConverterTests {
  private func integers(_ model: Model, named name: String) -> (value: Value, codes: [Int])? {
    for value in model.main.values where value.name == name && value.type == .int8 {
      guard let storage = value.constant, let sizes = value.shape.sizes else { continue }
      let tensor = Tensor(type: .int8, sizes: sizes, storage: storage)
      if let codes = tensor?.integerValues { return (value, codes) }
    }
    return nil
  }

  @Test(arguments: [
    (TechniqueFixtures.mnist, "int8", "int8-channel", 2),
    (TechniqueFixtures.mnist, "int8_per_tensor", "int8-tensor", 2),
    (TechniqueFixtures.cifar, "int8", "int8-channel", 16),
  ])
  func `weights, scales and zero points are the converter's`(
    name: String,
    variant: String,
    action: String,
    count: Int
  ) throws {
    let model = try TechniqueFixtures.model(name + "_f32.tflite")
    let official = try TechniqueFixtures.model("\(name)_\(variant).tflite")
    let context = try TechniqueFixtures.context(model)
    var compared = 0
    for site in context.sites.sites(.weights) {
      let layer = try #require(context.layer(site))
      let stored = try #require(integers(official, named: site.tensor))
      let coded = try #require(try Action(action).apply(to: site, in: context).coded)
      let codes = layer.stored((coded.codes ?? []).map { Float($0) }).map { Int($0) }
      #expect(codes == stored.codes, "\(site.id)")
      #expect(coded.scales == stored.value.quantization?.scales, "\(site.id)")
      #expect(stored.value.quantization?.zeroPoints.allSatisfy { $0 == 0 } == true)
      #expect(coded.zeroPoints.isEmpty)
      compared += 1
    }
    #expect(compared == count)
  }

  /// Four tensors that only an addition reads have the addition's scale in the converter's file, not
  /// that of their own values (0 … 6): they are left out.
  ///
  /// The likely cause is that the calibrating
  /// interpreter lets ADD write its result over an operand, and looks at operands after the operator.
  @Test(arguments: [TechniqueFixtures.mnist, TechniqueFixtures.cifar])
  func `scales and zero points of activations are the converter's`(name: String) throws {
    let model = try TechniqueFixtures.model(name + "_f32.tflite")
    let context = try TechniqueFixtures.context(model, samples: 500)
    let official = try TechniqueFixtures.model(name + "_int8.tflite")
    let assignment = try ActivationAssignment(context, bits: 8)
    var compared = 0
    let connections = model.main.connections()
    for (value, transform) in assignment.transforms {
      let readers = connections.consumers(of: value).map { model.main[$0].op.name }
      guard readers != ["add"] else { continue }
      let name = model.main[value].name
      guard case .integer(let scale, let zeroPoint, _, _) = transform,
        let stated = official.main.values.first(where: {
          $0.name == name && $0.type == .int8 && !$0.isConstant
        })?.quantization, let wanted = stated.scales.first
      else { continue }
      compared += 1
      #expect(abs(scale - wanted) < 0.01 * wanted, "\(name): \(scale), the file has \(wanted)")
      #expect(abs(zeroPoint - stated.zeroPoint(0)) <= 1, "\(name)")
    }
    #expect(compared == (name == TechniqueFixtures.mnist ? 6 : 19))
  }

  /// The accuracy of the converted files, as the models' README states it: within half a point.
  @Test(arguments: [
    (WholeModel.fullInteger, TechniqueFixtures.mnist, 1944, 2000),
    (.int16x8, TechniqueFixtures.mnist, 1944, 2000),
    (.float16, TechniqueFixtures.mnist, 1944, 2000),
    (.dynamicRange, TechniqueFixtures.mnist, 1944, 2000),
    (.fullInteger, TechniqueFixtures.cifar, 796, 1000),
    (.int16x8, TechniqueFixtures.cifar, 794, 1000),
    (.float16, TechniqueFixtures.cifar, 796, 1000),
  ])
  func `whole models are as accurate as the converted files`(
    mode: WholeModel,
    name: String,
    correct: Int,
    count: Int
  ) throws {
    let model = try TechniqueFixtures.model(name + "_f32.tflite")
    let needsData = mode == .fullInteger || mode == .int16x8
    let context = try TechniqueFixtures.context(model, samples: needsData ? 200 : 0)
    let simulation = try mode.apply(in: context)
    let test = try TechniqueFixtures.test(model)
    #expect(test.count == count)
    var inputs: [[Tensor]] = []
    for index in 0..<test.count { inputs.append(try test.sample(index)) }
    let found = try TechniqueFixtures.correct(
      try TechniqueFixtures.compiled(simulation.model),
      inputs,
      try #require(test.labels),
      WorkQueue(threadCount: 2)
    )
    print("mode \(mode.rawValue) \(name): \(found) of \(count), official \(correct)")
    #expect(abs(found - correct) * 200 <= count)
  }
}
