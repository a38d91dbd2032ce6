import ModelIR
import Operators
import Testing

/// What holds for every operator of the catalog, whatever a file feeds it.
@Suite struct CatalogLawTests {
  private static let names = OperatorCatalog.all.map(\.name)

  /// Cases an operator; a trap ends the whole run, so passing means none.
  private static let caseCount = 200

  @Test(arguments: names)
  func `random operands and attributes give a result or an error`(name: String) throws {
    let definition = try #require(OperatorCatalog.definition(of: name))
    var random = Generator(seed: name)
    for _ in 0..<Self.caseCount {
      let tensors = random.operands(for: definition)
      let attributes = random.attributes()
      let outputs = random.below(3) + 1
      checkInference(definition, attributes, tensors, outputs, &random)
      checkEvaluation(definition, attributes, tensors, outputs)
    }
  }

  /// Inference sees some extents as unknown, and some values not at all.
  private func checkInference(
    _ definition: OperatorDefinition,
    _ attributes: Attributes,
    _ tensors: [Tensor?],
    _ outputs: Int,
    _ random: inout Generator
  ) {
    let operands = tensors.map { tensor -> OperatorContext.Operand? in
      guard let tensor else { return nil }
      let dimensions = tensor.sizes.map { random.below(4) == 0 ? .unknown : Dimension.fixed($0) }
      let shape: Shape = random.below(8) == 0 ? .unknownRank : .ranked(dimensions)
      return OperatorContext.Operand(
        type: TensorType(tensor.type, shape),
        value: random.below(2) == 0 ? tensor : nil,
        dimensions: random.below(8) == 0 ? [.symbolic("n"), .fixed(random.below(5))] : nil
      )
    }
    let context = OperatorContext(
      attributes: attributes,
      sourceVersion: random.below(24),
      operands: operands,
      hasOutput: Array(repeating: true, count: outputs),
      statedOutputs: Array(repeating: nil, count: outputs)
    )
    let types = try? definition.inferTypes?(context)
    _ = definition.inferDimensions?(context)
    if let cost = definition.cost?(CostContext(node: context, outputs: types ?? [])) {
      #expect(cost.multiplyAdds >= 0 && cost.otherOperations >= 0, "\(definition.name)")
    }
  }

  private func checkEvaluation(
    _ definition: OperatorDefinition,
    _ attributes: Attributes,
    _ tensors: [Tensor?],
    _ outputs: Int
  ) {
    let context = EvaluationContext(
      attributes: attributes,
      sourceVersion: 13,
      inputs: tensors,
      hasOutput: Array(repeating: true, count: outputs)
    )
    // As a run does: what would be large is refused before it is made.
    guard let types = try? definition.inferTypes?(context.operatorContext),
      types.allSatisfy({ ($0.shape.elementCount ?? 0) < 100_000 }),
      let results = try? definition.evaluate?(context)
    else { return }
    for result in results where result.type != .variant {
      #expect(result.count >= 0, "\(definition.name)")
    }
  }
}

/// Draws operands and attributes; the same ones for the same seed.
private struct Generator {
  private var state: UInt64

  // FNV-1a over the name, then Knuth's MMIX generator.
  init(seed: String) {
    state = seed.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }

  mutating func operands(for definition: OperatorDefinition) -> [Tensor?] {
    let most = min(definition.inputs.upperBound, 8)
    let count = max(0, min(most, definition.inputs.lowerBound + below(3)))
    let shared = sizes()
    return (0..<count).map { _ in
      if below(12) == 0 { return nil }
      return tensor(below(2) == 0 ? shared : sizes())
    }
  }

  private mutating func sizes() -> [Int] {
    (0..<below(6)).map { _ in [0, 1, 1, 2, 3, 4, 5][below(7)] }
  }

  private mutating func tensor(_ sizes: [Int]) -> Tensor {
    let count = sizes.reduce(1, *)
    let types: [ElementType] = [
      .float32, .float32, .float64, .float16, .int64, .int32, .int8, .uint8, .bool, .string,
    ]
    let type = types[below(types.count)]
    switch type {
    case .float64:
      return Tensor(type: type, sizes: sizes, elements: .doubles((0..<count).map { _ in real() }))
    case .float32, .float16:
      return Tensor(
        type: type,
        sizes: sizes,
        elements: .floats((0..<count).map { _ in Float(real()) })
      )
    case .bool:
      return Tensor(
        type: type,
        sizes: sizes,
        elements: .booleans((0..<count).map { _ in below(2) == 0 })
      )
    case .string:
      let texts = ["", "a", "b c", "é.*", "1.5", "NaN"]
      return Tensor(
        type: type,
        sizes: sizes,
        elements: .strings((0..<count).map { _ in texts[below(texts.count)] })
      )
    default:
      return Tensor(
        type: type,
        sizes: sizes,
        elements: .integers((0..<count).map { _ in Int64(integer()) })
      ).normalized()
    }
  }

  private mutating func real() -> Double {
    let special = [0.0, -0.0, .infinity, -.infinity, .nan, 1e30, -1e300, 0.5]
    return below(6) == 0 ? special[below(special.count)] : Double(below(2001) - 1000) / 100
  }

  private mutating func integer() -> Int {
    let special = [Int.max, Int.min, Int(Int32.max), Int(Int32.min), 1 << 40, -1]
    return below(8) == 0 ? special[below(special.count)] : below(9) - 3
  }

  /// Attributes of all operators, with values that files could hold.
  mutating func attributes() -> Attributes {
    let integers = [
      "axis", "groups", "blockSize", "keepDimensions", "count", "batchDims", "numGroups", "size",
      "hiddenSize", "numHeads", "qNumHeads", "kvNumHeads", "offsetGroup", "largest", "sorted",
      "exclusive", "reverse", "ceilMode", "countIncludePad", "storageOrder", "beginMask",
      "endMask", "ellipsisMask", "newAxisMask", "shrinkAxisMask", "multiplier", "p", "k", "n",
      "bits", "start", "end", "timeAxis", "batchAxis", "onesided", "inverse", "noopWithEmptyAxes",
      "numScanInputs", "upper", "allowZero", "selectLastIndex", "alignCorners", "samplingRatio",
      "outputHeight", "outputWidth", "rotaryEmbeddingDim", "interleaved", "maxGramLength",
      "minGramLength", "maxSkipCount",
    ]
    let lists = [
      "axes", "strides", "dilations", "pads", "kernel", "shape", "permutation", "starts", "ends",
      "steps", "outputPadding", "outputShape", "split", "sizes", "pooledShape", "directions",
      "scanInputAxes", "repeats", "blockShape",
    ]
    let words = [
      "padding": ["same", "valid", "explicit", "sameLower", "x"], "dataLayout": ["nhwc", "nchw"],
      "filterLayout": ["ohwi", "oihw", "hwio", "ihwo", "iohw", "hwoi"],
      "mode": ["nearest", "linear", "cubic", "constant", "reflect", "edge", "wrap", "CRD"],
      "operandOrder": ["tflite", "onnx", "upsample"], "padsLayout": ["pairs", "onnx"],
      "equation": ["ij,jk->ik", "ii", "...", "a,b,c->", "ij->ji"],
      "activation": ["relu", "none", "tanh"], "direction": ["forward", "reverse", "bidirectional"],
      "reduction": ["add", "mean", "none", "max"], "coordinateMode": ["asymmetric", "half_pixel"],
    ]
    var result = Attributes()
    for _ in 0..<below(6) { result[integers[below(integers.count)]] = .int(integer()) }
    for _ in 0..<below(3) {
      result[lists[below(lists.count)]] = .ints((0..<below(6)).map { _ in integer() })
    }
    for key in words.keys.sorted() where below(4) == 0 {
      let choices = words[key] ?? []
      result[key] = .string(choices[below(choices.count)])
    }
    if below(3) == 0 { result["epsilon"] = .float(real()) }
    if below(3) == 0 { result["alpha"] = .float(real()) }
    if below(4) == 0 { result["outputType"] = .type(.int8) }
    if below(4) == 0 { result["to"] = .type([.int8, .float16, .string, .bool, .uint64][below(5)]) }
    return result
  }
}
