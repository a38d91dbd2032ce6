import ByteIO
import ModelIR

/// Makes a graph show the network as its author wrote it, by exact rewriting.
///
/// 1. A constant that is only given another shape is a constant of that shape; arithmetic on few
///    constant integers (shapes) is done.
/// 2. A batch normalization in parts, `x·s + (bias − mean·s)` with `s = scale/√(variance + ε)`, is one.
/// 3. A sum with a bias behind a convolution or matrix product is that operator's bias.
/// 4. What nothing reads any more goes away.
struct GraphCleaner {
  private var graph: Graph
  private var sources: [Source?]
  private var stored: [ValueID: StoredTensor]
  private(set) var assembledNormalizations = 0
  private(set) var refusedBiases = 0

  init(_ emitted: GraphEmitter.EmittedGraph) {
    graph = emitted.graph
    sources = emitted.sources
    stored = emitted.stored
  }

  /// Rewrites the graph.
  ///
  /// - Parameter captured: Values that nested graphs read.
  /// - Returns: The graph, its values not renumbered yet.
  mutating func clean(captured: Set<ValueID>) -> GraphEmitter.EmittedGraph {
    foldConstants()
    var readers = countReaders(captured)
    assembleNormalizations(&readers)
    readers = countReaders(captured)
    joinBiases(&readers)
    removeUnread(captured)
    var result = GraphEmitter.EmittedGraph(graph: graph, sources: sources)
    result.stored = stored
    return result
  }

  // MARK: - What is constant

  private func integers(_ value: ValueID?) -> (values: [Int], sizes: [Int], type: ElementType)? {
    guard let value, graph[value].type == .int32 || graph[value].type == .int64,
      let bytes = graph[value].constant?.bytes, let sizes = graph[value].shape.sizes,
      let count = checkedProduct(sizes), count <= 1_024,
      let values = readIntegers(bytes, graph[value].type, count)
    else { return nil }
    return (values, sizes, graph[value].type)
  }

  private func number(_ value: ValueID?) -> Double? {
    guard let value, graph[value].shape.elementCount == 1,
      let bytes = graph[value].constant?.bytes
    else { return nil }
    switch graph[value].type {
    case .float32: return (try? bytes.float32(at: 0)).map { Double($0) }
    case .float64: return try? bytes.float64(at: 0)
    default: return nil
    }
  }

  private mutating func foldConstants() {
    var kept: [Node] = []
    kept.reserveCapacity(graph.nodes.count)
    for node in graph.nodes where !fold(node) { kept.append(node) }
    graph.nodes = kept
  }

  /// Whether the node's result is a constant now.
  private mutating func fold(_ node: Node) -> Bool {
    guard case .known(let name) = node.op, node.outputs.count == 1,
      case .some(let output) = node.outputs[0]
    else { return false }
    switch name {
    case "reshape", "squeeze", "expandDims":
      guard let input = node.inputs.first ?? nil, graph[input].isConstant,
        let sizes = graph[input].shape.sizes,
        let result = viewSizes(name, node, sizes)
      else { return false }
      graph.values[output.index].type = graph[input].type
      graph.values[output.index].shape = .fixed(result)
      graph.values[output.index].content = graph[input].content
      graph.values[output.index].name = graph[input].name
      sources[output.index] = sources[input.index]
      stored[output] = stored[input]
      return true
    default:
      guard let result = arithmetic(name, node) else { return false }
      var bytes: [UInt8] = []
      let width = result.type == .int64 ? 8 : 4
      for value in result.values {
        let bits = UInt64(bitPattern: Int64(value))
        for place in 0..<width {
          bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * place)))
        }
      }
      graph.values[output.index].type = result.type
      graph.values[output.index].shape = .fixed(result.sizes)
      graph.values[output.index].content = .constant(
        .owned(ByteSource(bytes).bytes, fileBytes: 0)
      )
      sources[output.index] = nil
      return true
    }
  }

  /// The extents after a change of shape only.
  private func viewSizes(_ name: String, _ node: Node, _ sizes: [Int]) -> [Int]? {
    switch name {
    case "reshape":
      guard node.inputs.count == 2, let wanted = integers(node.inputs[1])?.values,
        let count = checkedProduct(sizes), wanted.count <= 64
      else { return nil }
      let known = wanted.filter { $0 >= 0 }
      guard let product = checkedProduct(known), wanted.count - known.count <= 1 else { return nil }
      if known.count == wanted.count { return product == count ? wanted : nil }
      guard product > 0, count % product == 0 else { return nil }
      return wanted.map { $0 < 0 ? count / product : $0 }
    case "expandDims":
      guard node.inputs.count == 2, let axes = integers(node.inputs[1])?.values, axes.count == 1,
        sizes.count < 64
      else { return nil }
      let axis = axes[0] < 0 ? axes[0] + sizes.count + 1 : axes[0]
      guard axis >= 0, axis <= sizes.count else { return nil }
      var result = sizes
      result.insert(1, at: axis)
      return result
    default:
      guard let axes = node.attributes["axes"]?.integers else {
        return sizes.filter { $0 != 1 }
      }
      let wanted = Set(axes.map { $0 < 0 ? $0 + sizes.count : $0 })
      guard wanted.allSatisfy({ sizes.indices.contains($0) && sizes[$0] == 1 }) else { return nil }
      return sizes.indices.filter { !wanted.contains($0) }.map { sizes[$0] }
    }
  }

  /// Arithmetic on few integers of one type; `nil` where it is something else or overflows.
  private func arithmetic(
    _ name: String,
    _ node: Node
  ) -> (values: [Int], sizes: [Int], type: ElementType)? {
    guard ["add", "sub", "mul", "floorDiv", "neg", "pack", "concat", "reduceProd"].contains(name)
    else { return nil }
    var operands: [(values: [Int], sizes: [Int], type: ElementType)] = []
    for input in node.inputs {
      guard let known = integers(input) else { return nil }
      operands.append(known)
    }
    guard let first = operands.first, operands.allSatisfy({ $0.type == first.type }) else {
      return nil
    }
    let isNarrow = first.type == .int32
    func checked(_ values: [Int]) -> [Int]? {
      isNarrow && values.contains { Int32(exactly: $0) == nil } ? nil : values
    }
    switch name {
    case "neg":
      guard operands.count == 1, !first.values.contains(Int.min) else { return nil }
      return checked(first.values.map { -$0 }).map { ($0, first.sizes, first.type) }
    case "pack":
      guard operands.allSatisfy({ $0.sizes.isEmpty }) else { return nil }
      return (operands.flatMap(\.values), [operands.count], first.type)
    case "concat":
      guard operands.allSatisfy({ $0.sizes.count == 1 }) else { return nil }
      let values = operands.flatMap(\.values)
      return values.count <= 1_024 ? (values, [values.count], first.type) : nil
    case "reduceProd":
      guard operands.count == 2, first.sizes.count == 1, operands[1].values == [0],
        case .bool(false)? = node.attributes["keepDimensions"]
      else { return nil }
      var product = 1
      for value in first.values {
        let (next, overflow) = product.multipliedReportingOverflow(by: value)
        if overflow { return nil }
        product = next
      }
      return checked([product]).map { ($0, [], first.type) }
    default:
      guard operands.count == 2 else { return nil }
      let second = operands[1]
      let sizes = first.sizes.count >= second.sizes.count ? first.sizes : second.sizes
      let count = max(first.values.count, second.values.count)
      guard first.values.count == count || first.values.count == 1,
        second.values.count == count || second.values.count == 1,
        checkedProduct(sizes) == count
      else { return nil }
      var values: [Int] = []
      for index in 0..<count {
        let a = first.values[first.values.count == 1 ? 0 : index]
        let b = second.values[second.values.count == 1 ? 0 : index]
        let (value, overflow): (Int, Bool) =
          switch name {
          case "add": a.addingReportingOverflow(b)
          case "sub": a.subtractingReportingOverflow(b)
          case "mul": a.multipliedReportingOverflow(by: b)
          // Rounded down; the negative ones are left to the operator.
          default: b > 0 && a >= 0 ? (a / b, false) : (0, true)
          }
        if overflow { return nil }
        values.append(value)
      }
      return checked(values).map { ($0, sizes, first.type) }
    }
  }

  // MARK: - Patterns

  private func countReaders(_ captured: Set<ValueID>) -> [Int] {
    var readers = Array(repeating: 0, count: graph.values.count)
    for node in graph.nodes {
      for case .some(let input) in node.inputs { readers[input.index] += 1 }
    }
    for output in graph.outputs { readers[output.index] += 1 }
    for value in captured where value.index < readers.count { readers[value.index] += 1 }
    return readers
  }

  private func producers() -> [Int?] {
    var producers: [Int?] = Array(repeating: nil, count: graph.values.count)
    for (index, node) in graph.nodes.enumerated() {
      for case .some(let output) in node.outputs { producers[output.index] = index }
    }
    return producers
  }

  /// The operands of the node that computes a value, where it is that operator.
  private func operands(
    _ value: ValueID?,
    _ name: String,
    _ producers: [Int?]
  ) -> (node: Int, inputs: [ValueID])? {
    guard let value, let index = producers[value.index],
      graph.nodes[index].op == .known(name)
    else { return nil }
    let inputs = graph.nodes[index].inputs.compactMap { $0 }
    return inputs.count == graph.nodes[index].inputs.count ? (index, inputs) : nil
  }

  /// Both orders of two operands.
  private func pairs(_ values: [ValueID]) -> [(ValueID, ValueID)] {
    values.count == 2 ? [(values[0], values[1]), (values[1], values[0])] : []
  }

  /// The extent of a constant with one number a channel, with the channels last.
  private func channels(_ value: ValueID) -> Int? {
    guard graph[value].isConstant, let sizes = graph[value].shape.sizes, let last = sizes.last,
      sizes.dropLast().allSatisfy({ $0 == 1 })
    else { return nil }
    return last
  }

  private mutating func assembleNormalizations(_ readers: inout [Int]) {
    let producers = producers()
    for index in graph.nodes.indices where graph.nodes[index].op == .known("add") {
      guard let found = normalization(index, producers, readers) else { continue }
      var operands: [ValueID?] = [found.x]
      for value in [found.scale, found.bias, found.mean, found.variance] {
        operands.append(listView(value))
      }
      graph.nodes[index].op = .known("batchNormalization")
      graph.nodes[index].origin.sourceType = "BatchNorm"
      graph.nodes[index].inputs = operands
      graph.nodes[index].attributes = [
        "epsilon": .float(found.epsilon), "dataLayout": .string("nhwc"),
      ]
      assembledNormalizations += 1
    }
  }

  private struct Normalization {
    var x: ValueID
    var scale: ValueID
    var bias: ValueID
    var mean: ValueID
    var variance: ValueID
    var epsilon: Double
  }

  private func normalization(
    _ index: Int,
    _ producers: [Int?],
    _ readers: [Int]
  ) -> Normalization? {
    let inputs = graph.nodes[index].inputs.compactMap { $0 }
    for (product, rest) in pairs(inputs) {
      guard let difference = operands(rest, "sub", producers), readers[rest.index] == 1,
        let scaled = operands(product, "mul", producers), readers[product.index] == 1,
        difference.inputs.count == 2, let count = channels(difference.inputs[0]),
        let shift = operands(difference.inputs[1], "mul", producers),
        readers[difference.inputs[1].index] == 1
      else { continue }
      for (x, factor) in pairs(scaled.inputs) where !graph[x].isConstant {
        for (mean, other) in pairs(shift.inputs)
        where other == factor && channels(mean) == count && readers[factor.index] == 2 {
          guard let parts = operands(factor, "mul", producers) else { continue }
          for (root, scale) in pairs(parts.inputs) where channels(scale) == count {
            guard let radicand = operands(root, "rsqrt", producers), readers[root.index] == 1,
              let sum = operands(radicand.inputs[0], "add", producers),
              readers[radicand.inputs[0].index] == 1
            else { continue }
            for (variance, epsilon) in pairs(sum.inputs) {
              guard channels(variance) == count, let epsilon = number(epsilon) else { continue }
              return Normalization(
                x: x,
                scale: scale,
                bias: difference.inputs[0],
                mean: mean,
                variance: variance,
                epsilon: epsilon
              )
            }
          }
        }
      }
    }
    return nil
  }

  /// The same constant as a plain list.
  private mutating func listView(_ value: ValueID) -> ValueID {
    guard let sizes = graph[value].shape.sizes, sizes.count > 1, let last = sizes.last else {
      return value
    }
    var view = graph[value]
    view.shape = .fixed([last])
    let id = graph.append(view)
    sources.append(sources[value.index])
    stored[id] = stored[value]
    return id
  }

  private mutating func joinBiases(_ readers: inout [Int]) {
    let producers = producers()
    var isGone = Array(repeating: false, count: graph.nodes.count)
    for index in graph.nodes.indices where graph.nodes[index].op == .known("add") {
      let isFirst = graph.nodes[index].attributes["biasOfChannelsFirst"] != nil
      graph.nodes[index].attributes["biasOfChannelsFirst"] = nil
      let inputs = graph.nodes[index].inputs.compactMap { $0 }
      var isJoined = false
      for (x, bias) in pairs(inputs) where !isJoined {
        guard let count = channels(bias), readers[x.index] == 1, let producer = producers[x.index],
          !isGone[producer], graph.nodes[producer].inputs.count == 2,
          graph.nodes[producer].attributes["activation"] == nil,
          let filter = graph.nodes[producer].inputs[1],
          let extents = graph[filter].shape.sizes, extents.count >= 2
        else { continue }
        let outputs: Int?
        let name: String
        switch graph.nodes[producer].op {
        case .known("convolution"): (outputs, name) = (extents.last, "convolution")
        case .known("depthwiseConvolution"):
          (outputs, name) = (checkedProduct(extents.suffix(2)), "depthwiseConvolution")
        case .known("matMul") where graph.nodes[producer].origin.sourceType == "MatMul":
          var isTransposed = false
          if case .bool(true)? = graph.nodes[producer].attributes["transposeB"] {
            isTransposed = true
          }
          (outputs, name) = (isTransposed ? extents.first : extents.last, "gemm")
        default: continue
        }
        guard outputs == count, !isFirst || isChannelsFirst(graph.nodes[producer]),
          isFirst || !isChannelsFirst(graph.nodes[producer]),
          name == "gemm" || (graph[bias].shape.rank ?? 0) <= extents.count,
          name != "gemm" || (graph[bias].shape.rank ?? 0) <= 2
        else { continue }
        graph.nodes[producer].op = .known(name)
        graph.nodes[producer].inputs.append(listView(bias))
        graph.nodes[producer].outputs = graph.nodes[index].outputs
        isGone[index] = true
        isJoined = true
      }
      if isFirst, !isJoined {
        graph.nodes[index].op = .unknown("BiasAdd")
        refusedBiases += 1
      }
    }
    var kept: [Node] = []
    for (index, node) in graph.nodes.enumerated() where !isGone[index] { kept.append(node) }
    graph.nodes = kept
  }

  private func isChannelsFirst(_ node: Node) -> Bool {
    if case .string("nchw")? = node.attributes["dataLayout"] { return true }
    return false
  }

  // MARK: - What nothing reads

  private mutating func removeUnread(_ captured: Set<ValueID>) {
    var isRead = Array(repeating: false, count: graph.values.count)
    for output in graph.outputs { isRead[output.index] = true }
    for value in captured where value.index < isRead.count { isRead[value.index] = true }
    var kept: [Node] = []
    for node in graph.nodes.reversed() {
      guard node.outputs.contains(where: { $0.map { isRead[$0.index] } ?? false }) else { continue }
      for case .some(let input) in node.inputs { isRead[input.index] = true }
      kept.append(node)
    }
    graph.nodes = kept.reversed()
  }
}

/// Takes away values that nothing names, and renumbers the others.
struct ValueCompactor {
  /// The new number of each value; `nil` where it is gone.
  private(set) var numbers: [ValueID?] = []

  /// - Parameters:
  ///   - emitted: The graph.
  ///   - captured: Values that nested graphs read.
  mutating func compact(
    _ emitted: inout GraphEmitter.EmittedGraph,
    captured: Set<ValueID>
  ) {
    var graph = emitted.graph
    var isUsed = Array(repeating: false, count: graph.values.count)
    for value in graph.inputs + graph.outputs { isUsed[value.index] = true }
    for value in captured where value.index < isUsed.count { isUsed[value.index] = true }
    for node in graph.nodes {
      for case .some(let value) in node.inputs + node.outputs { isUsed[value.index] = true }
    }
    numbers = Array(repeating: nil, count: graph.values.count)
    var values: [Value] = []
    var sources: [Source?] = []
    var stored: [ValueID: StoredTensor] = [:]
    for index in graph.values.indices where isUsed[index] {
      let id = ValueID(values.count)
      numbers[index] = id
      values.append(graph.values[index])
      sources.append(emitted.sources[index])
      if let tensor = emitted.stored[ValueID(index)] { stored[id] = tensor }
    }
    let map = numbers
    func moved(_ value: ValueID) -> ValueID { map[value.index] ?? value }
    graph.values = values
    graph.inputs = graph.inputs.map(moved)
    graph.outputs = graph.outputs.map(moved)
    graph.captures = graph.captures.compactMap { capture in
      map[capture.inner.index].map { Graph.Capture(outer: capture.outer, inner: $0) }
    }
    for index in graph.nodes.indices {
      graph.nodes[index].inputs = graph.nodes[index].inputs.map { $0.map(moved) }
      graph.nodes[index].outputs = graph.nodes[index].outputs.map { $0.map(moved) }
    }
    emitted.graph = graph
    emitted.sources = sources
    emitted.stored = stored
  }
}
