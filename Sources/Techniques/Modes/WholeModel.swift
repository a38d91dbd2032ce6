import ByteIO
import Calibration
import ModelIR
import Operators

/// What a converter's standard modes do to a whole model, as a model that can be run here.
package enum WholeModel: String, Sendable, CaseIterable {
  /// Weights and biases of 16 bits.
  case float16
  /// Weights of 8 bits; activations become integers while the model runs.
  case dynamicRange = "dynamic-range"
  /// Weights and activations of 8 bits.
  case fullInteger = "full-integer"
  /// Weights of 8 bits, activations of 16.
  case int16x8

  /// A model that computes what the converted one would.
  package struct Simulation: Sendable {
    package var model: Model
    /// The bytes of all weights and biases afterwards, with scales and zero points.
    package var weightBytes: Int
    /// The weights' stored forms, by the site.
    package var weights: [String: CodedWeights]
    /// What is done to activations while the model runs.
    package var activations: [ValueID: ActivationTransform]
  }

  /// Weights of fewer elements stay float in the dynamic-range mode.
  ///
  /// Source: TensorFlow Lite converter, `tflite/converter/tools/optimize/quantize_weights.cc`
  /// (`kWeightsMinNumElementsDefaultValue`).
  static let dynamicRangeLeast = 1024

  /// Makes the model of a mode.
  ///
  /// Full-integer modes keep numbers real and limit them to the steps of their integers: weights by
  /// channel, activations by fake quantization behind each operator (see `ActivationAssignment`),
  /// biases to multiples of `s_input · s_weights`. The dynamic-range mode stores weights as integers,
  /// with which the engine does the converted file's own arithmetic.
  ///
  /// - Parameters:
  ///   - context: The model and what calibration measured.
  ///   - method: How ranges of activations are chosen.
  /// - Returns: The model and what became of its weights.
  /// - Throws: where weights are not finite or calibration data is missing.
  package func apply(
    in context: ActionContext,
    method: RangeMethod = .minMax
  ) throws(TechniqueError) -> Simulation {
    var graph = context.model.main
    var weights: [String: CodedWeights] = [:]
    var bytes = 0
    var activations: [ValueID: ActivationTransform] = [:]
    switch self {
    case .float16, .dynamicRange: break
    case .fullInteger:
      activations = try ActivationAssignment(context, bits: 8, method: method).transforms
    case .int16x8:
      activations = try ActivationAssignment(context, bits: 16, method: method).transforms
    }
    let coding: Action = try Action(self == .float16 ? "float16" : "int8-channel")
    var seenBiases: Set<ValueID> = []
    for site in context.sites.sites(.weights) {
      guard let layer = context.layer(site) else { continue }
      guard self != .dynamicRange || layer.count >= Self.dynamicRangeLeast else {
        bytes += 4 * layer.count
        continue
      }
      let applied = try coding.apply(to: site, in: context)
      guard let coded = applied.coded, let tensor = applied.constants[layer.weights] else {
        continue
      }
      weights[site.id] = coded
      bytes += coded.bytes
      if self == .dynamicRange {
        Self.store(coded, layer, in: &graph)
      } else {
        Self.store(tensor, layer.weights, in: &graph)
      }
      for node in site.nodes {
        guard let reader = context.layers[node], let bias = reader.bias,
          seenBiases.insert(bias).inserted
        else { continue }
        bytes += try storeBias(reader, coded, activations[reader.input], in: &graph)
      }
    }
    if !activations.isEmpty { graph = Self.limiting(activations, graph) }
    var model = context.model
    model[Model.mainGraph] = graph
    do throws(ReadError) {
      try graph.checkInvariants(graphCount: model.graphs.count)
    } catch {
      throw TechniqueError(.internal, error.message)
    }
    return Simulation(
      model: model,
      weightBytes: bytes,
      weights: weights,
      activations: activations
    )
  }

  /// Puts numbers in place of a constant's.
  static func store(_ tensor: Tensor, _ value: ValueID, in graph: inout Graph) {
    guard case .floats(let floats) = tensor.elements else { return }
    let bytes = FloatBytes.packed(floats)
    graph[value].content = .constant(.owned(ByteSource(bytes).bytes, fileBytes: bytes.count))
  }

  /// Weights as 8-bit integers with a scale a channel.
  private static func store(_ coded: CodedWeights, _ layer: WeightLayer, in graph: inout Graph) {
    guard let codes = coded.codes else { return }
    let ordered = layer.stored(codes.map { Float($0) })
    let bytes = ordered.map { UInt8(bitPattern: Int8($0)) }
    graph[layer.weights].type = .int8
    graph[layer.weights].quantization = Quantization(
      granularity: .perAxis(layer.outputAxis),
      scales: coded.scales,
      zeroPoints: Array(repeating: 0, count: coded.scales.count)
    )
    graph[layer.weights].content = .constant(
      .owned(ByteSource(bytes).bytes, fileBytes: bytes.count)
    )
  }

  /// Brings a bias to the numbers that it is stored as.
  ///
  /// - Returns: Its bytes: 2 an element for float16; 4 (8 beside 16-bit activations) and a scale and a
  ///   zero point a channel for integers; 4 where it stays.
  private func storeBias(
    _ layer: WeightLayer,
    _ coded: CodedWeights,
    _ input: ActivationTransform?,
    in graph: inout Graph
  ) throws(TechniqueError) -> Int {
    guard let bias = layer.bias, let storage = graph[bias].constant,
      let sizes = graph[bias].shape.sizes,
      let tensor = Tensor(type: graph[bias].type, sizes: sizes, storage: storage),
      case .floats(let values) = tensor.elements
    else { return 0 }
    switch self {
    case .dynamicRange: return 4 * values.count
    case .float16:
      let rounded = values.map { NarrowFloat.round($0, to: .float16) }
      Self.store(Tensor(sizes, floats: rounded), bias, in: &graph)
      return 2 * values.count
    case .fullInteger, .int16x8:
      guard case .integer(let scale, _, _, _)? = input, values.count == coded.scales.count else {
        return 4 * values.count
      }
      let rounded = zip(values, coded.scales).map { value, weightScale -> Float in
        let step = Double(scale) * Double(weightScale)
        return Float((Double(value) / step).rounded() * step)
      }
      Self.store(Tensor(sizes, floats: rounded), bias, in: &graph)
      return (self == .int16x8 ? 8 : 4) * values.count
        + coded.scales.count * (CodingSize.scaleBytes + CodingSize.zeroPointBytes)
    }
  }

  /// Brings a bias to multiples of the product of the input's and the weights' scales.
  ///
  /// It stays where the weights have other scales than one a channel or one for all.
  static func roundBias(
    _ bias: ValueID,
    _ coded: CodedWeights,
    _ input: ActivationTransform,
    in graph: inout Graph
  ) {
    guard let storage = graph[bias].constant, let sizes = graph[bias].shape.sizes,
      let tensor = Tensor(type: graph[bias].type, sizes: sizes, storage: storage),
      case .floats(let values) = tensor.elements,
      case .integer(let scale, _, _, _) = input,
      coded.scales.count == values.count || coded.scales.count == 1
    else { return }
    let rounded = values.enumerated().map { index, value -> Float in
      let step = Double(scale) * Double(coded.scales[coded.scales.count == 1 ? 0 : index])
      return step > 0 ? Float((Double(value) / step).rounded() * step) : value
    }
    store(Tensor(sizes, floats: rounded), bias, in: &graph)
  }

  /// The graph with a fake quantization behind each activation.
  static func limiting(
    _ transforms: [ValueID: ActivationTransform],
    _ graph: Graph
  ) -> Graph {
    var result = graph
    result.nodes = []
    var limited: [ValueID: ValueID] = [:]
    func append(_ value: ValueID) {
      guard let transform = transforms[value],
        case .integer(let scale, let zeroPoint, let least, let greatest) = transform
      else { return }
      var copy = result[value]
      copy.name += "#quantized"
      copy.content = .activation
      let new = result.append(copy)
      limited[value] = new
      let isSymmetric = greatest > 127
      let lowest = isSymmetric ? -greatest : least
      result.append(
        Node(
          name: result[new].name,
          op: .known("fakeQuantize"),
          attributes: [
            "min": .float(Double(lowest - zeroPoint) * Double(scale)),
            "max": .float(Double(greatest - zeroPoint) * Double(scale)),
            "numBits": .int(isSymmetric ? 16 : 8),
            "narrowRange": .bool(isSymmetric),
          ],
          inputs: [value],
          outputs: [new],
          origin: Origin(sourceType: "FAKE_QUANT", path: "activations[\(value.index)]")
        )
      )
    }
    for input in graph.inputs { append(input) }
    for node in graph.nodes {
      var copy = node
      copy.inputs = node.inputs.map { input in input.map { limited[$0] ?? $0 } }
      result.append(copy)
      for case .some(let output) in node.outputs { append(output) }
    }
    result.outputs = graph.outputs.map { limited[$0] ?? $0 }
    return result
  }
}
