import Kernels
import ModelIR
import Operators

/// A kernel and how it wants its operands.
struct KernelChoice: Sendable {
  /// An operand that is computed; constants are inside the kernel.
  struct Operand: Equatable, Sendable {
    var value: ValueID
    /// Whether a channels-first value is wanted with its channels last.
    var channelsLast: Bool
  }

  var kernel: any StepKernel
  var operands: [Operand]
  /// Whether a channels-first result is left with its channels last.
  var isChannelsLast = false
}

/// Chooses the kernel of one node; `nil` where the definition's evaluation has to run.
///
/// Every extent that a kernel relies on is computed here from the operands and compared with the
/// inferred type, so that a file's wrong statement cannot make a kernel leave its memory.
struct KernelChooser {
  let graph: Graph
  let node: Node
  let types: [TensorType]
  /// A constant's numbers.
  let constant: (ValueID) -> Tensor?
  /// Whether a computed channels-first value is kept with its channels last.
  let isChannelsLast: (ValueID) -> Bool
  /// Evaluates the node's definition on other operands; `nil` where it cannot be.
  let evaluate: ([Tensor?]) -> [Tensor]?
  /// How integer layers scale their sums.
  var arithmetic = CompiledGraph.Arithmetic.reference
  /// Filters that are applied side by side, the node's own first; empty for that one alone.
  var variants: [[Float]] = []

  private typealias Choose = @Sendable (KernelChooser) throws -> KernelChoice?

  private static let table: [String: Choose] = [
    "convolution": { try $0.convolution(isDepthwise: false) ?? $0.hybridConvolution() },
    "depthwiseConvolution": { try $0.convolution(isDepthwise: true) },
    "fullyConnected": { try $0.fullyConnected() ?? $0.hybridFullyConnected() },
    "gemm": { try $0.gemm() },
    "matMul": { try $0.matMul() ?? $0.dynamicMatMul() },
    "layerNormalization": { try $0.layerNormalization() },
    "leakyRelu": { try $0.leakyRelu() },
    "prelu": { try $0.prelu() },
    "erf": { $0.unary(.erf) },
    "gelu": { try $0.gelu() },
    "silu": { $0.unary(.silu) },
    "reciprocal": { $0.unary(.reciprocal) },
    "min": { try $0.binary(.minimum) },
    "max": { try $0.binary(.maximum) },
    "minimum": { try $0.binary(.minimum) },
    "maximum": { try $0.binary(.maximum) },
    "squaredDifference": { try $0.binary(.squaredDifference) },
    "reduceMin": { try $0.reduction(.minimum) },
    "averagePool": { try $0.pool(.average) },
    "maxPool": { try $0.pool(.maximum) },
    "globalAveragePool": { $0.globalPool(.mean) },
    "globalMaxPool": { $0.globalPool(.maximum) },
    "reduceMean": { try $0.reduction(.mean) },
    "reduceSum": { try $0.reduction(.sum) },
    "reduceMax": { try $0.reduction(.maximum) },
    "batchNormalization": { try $0.batchNormalization() },
    "softmax": { try $0.softmax() },
    "add": { try $0.binary(.add) },
    "sub": { try $0.binary(.subtract) },
    "mul": { try $0.binary(.multiply) },
    "div": { try $0.binary(.divide) },
    "addN": { try $0.binary(.add) },
    "relu": { $0.clamp(0, .infinity) },
    "relu6": { $0.clamp(0, 6) },
    "reluN1To1": { $0.clamp(-1, 1) },
    "relu0To1": { $0.clamp(0, 1) },
    "clip": { try $0.clip() },
    "sigmoid": { $0.unary(.sigmoid) },
    "tanh": { $0.unary(.tanh) },
    "hardSwish": { $0.unary(.hardSwish) },
    "exp": { $0.unary(.exp) },
    "sqrt": { $0.unary(.squareRoot) },
    "rsqrt": { $0.unary(.reciprocalSquareRoot) },
    "abs": { $0.unary(.absolute) },
    "neg": { $0.unary(.negate) },
    "square": { $0.unary(.square) },
    "dequantize": { try $0.lookup() },
  ]

  /// Kernels that move bytes, whatever they stand for.
  private static let movements: [String: Choose] = [
    "reshape": { $0.copy() },
    "flatten": { $0.copy() },
    "squeeze": { $0.copy() },
    "expandDims": { $0.copy() },
    "identity": { $0.copy() },
    "concat": { try $0.concat() },
    "pad": { try $0.pad() },
    "fakeQuantize": { try $0.fakeQuantize() },
    "transpose": { try $0.transpose() },
    "slice": { $0.tabulated() },
    "sliceBySize": { $0.tabulated() },
    "stridedSlice": { $0.tabulated() },
    "gather": { $0.tabulated() },
    "tile": { $0.tabulated() },
    "expand": { $0.tabulated() },
    "broadcastTo": { $0.tabulated() },
    "depthToSpace": { $0.tabulated() },
    "spaceToDepth": { $0.tabulated() },
    "reverse": { $0.tabulated() },
    // Interpolation mixes elements; only the nearest one is a movement.
    "resize": {
      try $0.attributes.string("mode", default: "nearest") == "nearest" ? $0.tabulated() : nil
    },
  ]

  /// Kernels whose results are 8-bit integers.
  private static let quantized: [String: Choose] = [
    "convolution": { try $0.quantizedConvolution(isDepthwise: false) },
    "depthwiseConvolution": { try $0.quantizedConvolution(isDepthwise: true) },
    "fullyConnected": { try $0.quantizedFullyConnected() },
    "add": { try $0.quantizedSum(subtracts: false) },
    "sub": { try $0.quantizedSum(subtracts: true) },
    "mul": { try $0.quantizedProduct() },
    "averagePool": { try $0.quantizedPool(.average) },
    "maxPool": { try $0.quantizedPool(.maximum) },
    "reduceMean": { try $0.quantizedReduction(isMean: true) },
    "reduceSum": { try $0.quantizedReduction(isMean: false) },
    "softmax": { try $0.quantizedSoftmax() },
    "quantize": { try $0.quantize() },
    "sigmoid": { try $0.lookup() },
    "tanh": { try $0.lookup() },
    "hardSwish": { try $0.lookup() },
    "relu": { try $0.lookup() },
    "relu6": { try $0.lookup() },
    "reluN1To1": { try $0.lookup() },
    "relu0To1": { try $0.lookup() },
    "leakyRelu": { try $0.lookup() },
    "elu": { try $0.lookup() },
    "gelu": { try $0.lookup() },
    "abs": { try $0.lookup() },
    "exp": { try $0.lookup() },
    "log": { try $0.lookup() },
    "neg": { try $0.lookup() },
    "sqrt": { try $0.lookup() },
    "rsqrt": { try $0.lookup() },
  ]

  /// The kernel, or `nil`: misfits are left to the definition, which says what is wrong.
  func choose() -> KernelChoice? {
    guard case .known(let name) = node.op, node.outputs.compactMap({ $0 }).count == 1,
      let output = node.outputs[0], StoredElement.byteCount(resultElement) != nil,
      (types[output.index].shape.elementCount ?? 0) > 0,
      let choose = Self.movements[name]
        ?? (resultElement == .float32 ? Self.table[name] : Self.quantized[name])
    else { return nil }
    return (try? choose(self)) ?? nil
  }

  // MARK: - What choosers ask

  var attributes: AttributeReader { AttributeReader(node.attributes) }

  /// The extents of the result.
  var resultSizes: [Int] { node.outputs[0].flatMap { types[$0.index].shape.sizes } ?? [] }

  /// The element type of the result.
  var resultElement: ElementType {
    node.outputs.first.flatMap { $0 }.map { types[$0.index].element } ?? .unknown
  }

  func quantization(_ value: ValueID) -> Quantization? { graph[value].quantization }

  var resultQuantization: Quantization? {
    node.outputs.first.flatMap { $0 }.flatMap(quantization)
  }

  /// A computed operand that lives in the arena.
  struct Stored {
    var value: ValueID
    var sizes: [Int]
    var element: ElementType
    /// Bytes of an element.
    var width: Int
  }

  /// A computed operand of any element type that lives in the arena.
  func stored(_ index: Int) -> Stored? {
    guard hasInput(index), let value = node.inputs[index], constant(value) == nil,
      let width = StoredElement.byteCount(types[value.index].element),
      let sizes = types[value.index].shape.sizes, let count = checkedProduct(sizes), count > 0,
      checkedProduct(sizes + [width]) != nil
    else { return nil }
    return Stored(value: value, sizes: sizes, element: types[value.index].element, width: width)
  }

  func hasInput(_ index: Int) -> Bool {
    node.inputs.indices.contains(index) && node.inputs[index] != nil
  }

  /// A float32 operand that is computed, with its extents.
  func computed(_ index: Int) -> (value: ValueID, sizes: [Int])? {
    guard hasInput(index), let value = node.inputs[index], constant(value) == nil,
      types[value.index].element == .float32, let sizes = types[value.index].shape.sizes,
      let count = checkedProduct(sizes), count > 0,
      checkedProduct(sizes + [MemoryLayout<Float>.size]) != nil
    else { return nil }
    return (value, sizes)
  }

  /// A float32 constant.
  func floats(_ index: Int) -> (sizes: [Int], values: [Float])? {
    guard hasInput(index), let value = node.inputs[index], let tensor = constant(value),
      tensor.type == .float32, case .floats(let values) = tensor.elements,
      values.count == tensor.count
    else { return nil }
    return (tensor.sizes, values)
  }

  /// The bounds that a fused activation sets; `nil` where it is none of the linear ones.
  func bounds() throws -> (lower: Float, upper: Float)? {
    switch try attributes.string("activation", default: "none") {
    case "none": (-.infinity, .infinity)
    case "relu": (0, .infinity)
    case "relu6": (0, 6)
    case "reluN1To1": (-1, 1)
    default: nil
    }
  }

  /// Elements between neighbours along each axis of a row-major tensor.
  static func strides(_ sizes: [Int]) -> [Int] {
    var result = sizes
    var stride = 1
    for axis in sizes.indices.reversed() {
      result[axis] = stride
      stride *= sizes[axis]
    }
    return result
  }
}
