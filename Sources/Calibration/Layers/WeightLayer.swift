import ModelIR
import Operators

/// A node that multiplies its input by constant weights, seen as a matrix product.
///
/// The weights are rows of `taps` numbers, one row an output channel; within a row the window's
/// positions come first and input channels last, whatever the order in the file. Row `r` reads the
/// input channels of group `r / (outputs / groups)`.
package struct WeightLayer: Equatable, Sendable {
  /// Which operator it is.
  package enum Form: String, Sendable {
    case convolution, depthwise, transposed, dense
  }

  package var node: NodeID
  package var form: Form
  package var input: ValueID
  package var weights: ValueID
  package var bias: ValueID?
  package var output: ValueID
  /// The weights' extents in the file.
  package var sizes: [Int]
  /// Output channels.
  package var outputs: Int
  /// Weights of one output channel.
  package var taps: Int
  /// Input channels of one group.
  package var inputChannels: Int
  package var groups: Int
  /// The axis of the file's extents that counts output channels.
  package var outputAxis: Int
  /// The axis of the file's extents that counts input channels of a group; `nil` for depthwise.
  package var inputAxis: Int?
  /// The file's axes in the order of the matrix.
  var axes: [Int]

  /// The layer of a node; `nil` where it is none, or its weights are no float32 constant.
  package init?(_ id: NodeID, in graph: Graph) {
    self.init(id, in: graph) { $0.type == .float32 }
  }

  /// - Parameters:
  ///   - id: A node.
  ///   - graph: Its graph.
  ///   - isStored: Whether constant weights are stored as they should be.
  init?(_ id: NodeID, in graph: Graph, isStored: (Value) -> Bool) {
    let node = graph[id]
    let attributes = AttributeReader(node.attributes)
    var order = (input: 0, weights: 1, bias: 2)
    guard case .known(let name) = node.op, let output = node.outputs.first, let output else {
      return nil
    }
    switch name {
    case "convolution": form = .convolution
    case "depthwiseConvolution": form = .depthwise
    case "transposedConvolution":
      form = .transposed
      if (try? attributes.string("operandOrder", default: "")) == "tflite" {
        order = (input: 2, weights: 1, bias: 3)
      }
    case "fullyConnected", "gemm", "matMul": form = .dense
    default: return nil
    }
    func operand(_ index: Int) -> ValueID? {
      node.inputs.indices.contains(index) ? node.inputs[index] : nil
    }
    guard let input = operand(order.input), let weights = operand(order.weights),
      !graph[input].isConstant, isStored(graph[weights]),
      graph[weights].constant?.bytes != nil, let sizes = graph[weights].shape.sizes,
      let count = checkedProduct(sizes), count > 0
    else { return nil }
    self.node = id
    self.input = input
    self.weights = weights
    self.output = output
    self.sizes = sizes
    bias = operand(order.bias).flatMap { graph[$0].isConstant ? $0 : nil }
    let groups = (try? attributes.int("groups", default: 1)) ?? 1
    switch form {
    case .dense:
      guard sizes.count == 2, let isRows = Self.hasRows(name, attributes) else { return nil }
      outputAxis = isRows ? 0 : 1
      inputAxis = isRows ? 1 : 0
      axes = isRows ? [0, 1] : [1, 0]
      self.groups = 1
    case .convolution, .depthwise, .transposed:
      guard let layout = Self.filterAxes(attributes, form, rank: sizes.count) else { return nil }
      outputAxis = layout.output
      inputAxis = form == .depthwise ? nil : layout.input
      if form == .depthwise {
        axes = [layout.input, layout.output] + layout.spatial
        // Converters write the filter as 1×H×W×(channels·multiplier) or H×W×channels×multiplier.
        self.groups = sizes[layout.input] * sizes[layout.output]
        if sizes[layout.output] == 1 { outputAxis = layout.input }
      } else {
        guard form == .convolution || groups == 1, groups > 0 else { return nil }
        axes = [layout.output] + layout.spatial + [layout.input]
        self.groups = groups
      }
    }
    if form == .depthwise {
      outputs = self.groups
      inputChannels = 1
    } else {
      outputs = sizes[outputAxis]
      inputChannels = inputAxis.map { sizes[$0] } ?? 1
    }
    guard outputs > 0, outputs % max(self.groups, 1) == 0 else { return nil }
    taps = count / outputs
  }

  /// All layers of a graph, in the order of the nodes.
  package static func all(in graph: Graph) -> [WeightLayer] {
    graph.nodeIDs.compactMap { WeightLayer($0, in: graph) }
  }

  /// The number of weights.
  package var count: Int { outputs * taps }

  /// Whether the weights of a dense operator are rows of one output each; `nil` where it scales them.
  private static func hasRows(_ name: String, _ attributes: AttributeReader) -> Bool? {
    switch name {
    case "fullyConnected":
      return (try? attributes.string("weightsFormat", default: "default")) == "default"
        ? true : nil
    case "gemm":
      guard (try? attributes.bool("transposeA")) == false else { return nil }
      return try? attributes.bool("transposeB")
    default:
      guard (try? attributes.bool("transposeA")) == false else { return nil }
      return try? attributes.bool("transposeB")
    }
  }

  private static func filterAxes(
    _ attributes: AttributeReader,
    _ form: Form,
    rank: Int
  ) -> (output: Int, input: Int, spatial: [Int])? {
    guard rank >= 3 else { return nil }
    let last = rank - 1
    let standard =
      switch form {
      case .depthwise: "ihwo"
      case .transposed: "iohw"
      default: "oihw"
      }
    switch try? attributes.string("filterLayout", default: standard) {
    case "oihw": return (0, 1, Array(2...last))
    case "iohw": return (1, 0, Array(2...last))
    case "ohwi": return (0, last, Array(1..<last))
    case "ihwo": return (last, 0, Array(1..<last))
    case "hwio": return (last, last - 1, Array(0..<(last - 1)))
    case "hwoi": return (last - 1, last, Array(0..<(last - 1)))
    default: return nil
    }
  }

  // MARK: - Matrix form

  /// The file's position of each element of the matrix.
  package var places: [Int] {
    var strides = sizes
    var stride = 1
    for axis in sizes.indices.reversed() {
      strides[axis] = stride
      stride *= sizes[axis]
    }
    var places = [0]
    for axis in axes {
      var next: [Int] = []
      next.reserveCapacity(places.count * sizes[axis])
      for place in places {
        for index in 0..<sizes[axis] { next.append(place + index * strides[axis]) }
      }
      places = next
    }
    return places
  }

  private var isInOrder: Bool { axes == Array(axes.indices) }

  /// The file's elements as rows of the matrix.
  package func matrix(_ stored: [Float]) -> [Float] {
    isInOrder ? stored : places.map { stored[$0] }
  }

  /// A matrix's elements in the order of the file.
  package func stored(_ matrix: [Float]) -> [Float] {
    guard !isInOrder else { return matrix }
    var result = [Float](repeating: 0, count: matrix.count)
    for (element, place) in places.enumerated() { result[place] = matrix[element] }
    return result
  }

  /// The weights as a matrix; `nil` where the file does not hold them.
  ///
  /// Integers of a hybrid layer count as what they stand for: each times the scale of its row.
  package func matrix(in graph: Graph) -> [Float]? {
    let value = graph[weights]
    guard let storage = value.constant,
      let tensor = Tensor(type: value.type, sizes: sizes, storage: storage)
    else { return nil }
    switch tensor.elements {
    case .floats(let values): return matrix(values)
    case .integers(let values): return matrix(values.map { Float($0) }, scaledBy: value)
    default: return nil
    }
  }
}
