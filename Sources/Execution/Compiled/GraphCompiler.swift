import ByteIO
import Kernels
import ModelIR
import Operators

/// Turns a graph into steps: infers shapes, computes what depends on constants alone, chooses kernels,
/// decides where values live.
struct GraphCompiler {
  let model: Model
  let types: [TensorType]
  private let issues: [GraphTypes.Issue]
  private let limits: CompiledGraph.Limits
  private let arithmetic: CompiledGraph.Arithmetic
  private let interpreter: Interpreter
  /// Constants that were computed here.
  private(set) var folded: [ValueID: Tensor] = [:]
  private(set) var steps: [CompiledGraph.Step] = []
  private(set) var places: [CompiledGraph.Place]
  private(set) var groups: [FusedGroup] = []
  private(set) var groupOfStep: [Int?] = []
  private var foldedBytes = 0
  private var channelsLast: Set<ValueID> = []

  private var graph: Graph { model.main }

  init(
    _ model: Model,
    inputShapes: [ValueID: [Int]],
    limits: CompiledGraph.Limits,
    arithmetic: CompiledGraph.Arithmetic
  ) {
    self.model = model
    self.arithmetic = arithmetic
    self.limits = limits
    interpreter = Interpreter(model, limits: limits.interpreter)
    let inferred = GraphInference(inputShapes: inputShapes.mapValues(Shape.fixed)).infer(model)
    types = inferred[Model.mainGraph.index].types
    issues = inferred[Model.mainGraph.index].issues
    places = model.main.values.map { $0.isConstant ? .constant : .tensor }
    for (index, known) in inferred[Model.mainGraph.index].known.enumerated() {
      // Inputs and their like stay what the caller gives.
      guard let known, !model.main.values[index].isConstant else { continue }
      folded[ValueID(index)] = known
    }
  }

  mutating func compile() throws(ExecutionError) {
    for input in graph.inputs where !graph[input].isConstant {
      folded[input] = nil
      guard types[input.index].shape.isFixed else {
        throw ExecutionError(
          .dataInvalid,
          "the shape \(types[input.index].shape) of input \"\(graph[input].name)\" is open; state it"
        )
      }
    }
    if let issue = issues.first(where: { !$0.isStatedShape }) {
      throw ExecutionError(.invalid(issue.message), node: graph[issue.node])
    }
    try CompiledGraph.checkSizes(graph, types, limit: limits.tensorBytes)
    for value in folded.keys { places[value.index] = .constant }
    for node in graph.nodeIDs { try compile(node) }
    placeBuffers()
    try checkTensors()
    var fusion = StepFusion(graph, steps, places)
    groups = fusion.groups()
    groupOfStep = Array(repeating: nil, count: steps.count)
    for (index, group) in groups.enumerated() {
      for step in group.steps { groupOfStep[step] = index }
    }
  }

  /// Refuses values that are larger than a tensor may be.
  private func checkTensors() throws(ExecutionError) {
    for value in graph.valueIDs where places[value.index] != .constant {
      guard let count = types[value.index].shape.elementCount,
        let bytes = types[value.index].element.byteCount(elements: count),
        bytes > limits.tensorBytes
      else { continue }
      throw ExecutionError(
        .limitExceeded,
        "\"\(graph[value].name)\" takes \(bytes) bytes, the limit is \(limits.tensorBytes)"
      )
    }
  }

  private mutating func compile(_ id: NodeID) throws(ExecutionError) {
    let node = graph[id]
    let outputs = node.outputs.compactMap { $0 }
    let isNeeded = !outputs.allSatisfy { folded[$0] != nil } || outputs.isEmpty
    if !isNeeded { return }
    if try fold(id) { return }
    // A node with several results, some of them known, computes them all again.
    for output in outputs where folded.removeValue(forKey: output) != nil {
      places[output.index] = .tensor
    }
    let chooser = KernelChooser(
      graph: graph,
      node: node,
      types: types,
      constant: constant,
      isChannelsLast: channelsLast.contains,
      evaluate: { [interpreter] inputs in
        try? interpreter.evaluate(id, of: Model.mainGraph, inputs: inputs, captured: [:])
      },
      arithmetic: arithmetic
    )
    let kernel = chooser.choose()
    if let kernel, kernel.isChannelsLast, let output = outputs.first,
      Relayout.extents(types[output.index].shape.sizes ?? []) != nil
    {
      channelsLast.insert(output)
    }
    steps.append(CompiledGraph.Step(node: id, reads: reads(node), kernel: kernel))
  }

  private func constant(_ value: ValueID) -> Tensor? {
    if let tensor = folded[value] { return tensor }
    // Kernels copy what they need: decoded weights are not kept.
    let stored = graph[value]
    guard let storage = stored.constant, let sizes = stored.shape.sizes else { return nil }
    return Tensor(type: stored.type, sizes: sizes, storage: storage)
  }

  /// The operands, and what nested graphs capture.
  private func reads(_ node: Node) -> [ValueID] {
    var seen: Set<ValueID> = []
    let captured = node.attributes.graphs.filter { model.graphs.indices.contains($0.index) }
      .flatMap { model[$0].captures.map(\.outer) }
    return (node.inputs.compactMap { $0 } + captured).filter { seen.insert($0).inserted }
  }

  /// Computes a node whose operands are all constant.
  private mutating func fold(_ id: NodeID) throws(ExecutionError) -> Bool {
    let node = graph[id]
    guard case .known(let name) = node.op, node.attributes.graphs.isEmpty,
      let definition = OperatorCatalog.definition(of: name), definition.isPure,
      definition.evaluate != nil, !node.inputs.isEmpty,
      node.inputs.allSatisfy({ $0.map { places[$0.index] == .constant } ?? true })
    else { return false }
    var bytes = 0
    for case .some(let output) in node.outputs {
      guard let count = types[output.index].shape.elementCount,
        // Elements are held in their widest form.
        let size = checkedProduct([count, MemoryLayout<Int64>.size])
      else { return false }
      bytes += min(size, limits.foldedBytes)
    }
    guard foldedBytes + bytes <= limits.foldedBytes else { return false }
    let inputs = node.inputs.map { input in input.flatMap(constant) }
    let results = try interpreter.evaluate(id, of: Model.mainGraph, inputs: inputs, captured: [:])
    foldedBytes += bytes
    for (output, result) in zip(node.outputs, results) {
      guard let output else { continue }
      folded[output] = result
      places[output.index] = .constant
    }
    return true
  }

  // MARK: - Memory

  /// Values that a kernel reads or writes are buffers; all others are tensors.
  private mutating func placeBuffers() {
    for step in steps {
      guard let kernel = step.kernel else { continue }
      let touched = kernel.operands.map(\.value) + [graph[step.node].outputs[0]].compactMap { $0 }
      for value in touched {
        places[value.index] = .buffer(
          sizes: types[value.index].shape.sizes ?? [],
          element: types[value.index].element,
          isChannelsLast: channelsLast.contains(value)
        )
      }
    }
  }

  /// The first and the last step that needs each value that is no constant.
  private func lifetimes() -> [ClosedRange<Int>?] {
    var result = [ClosedRange<Int>?](repeating: nil, count: graph.values.count)
    // Inputs are there before the first step.
    for input in graph.inputs { result[input.index] = 0...0 }
    for (index, step) in steps.enumerated() {
      for case .some(let output) in graph[step.node].outputs {
        result[output.index] = index...index
      }
      for value in step.reads {
        result[value.index] = result[value.index].map { $0.lowerBound...max($0.upperBound, index) }
      }
    }
    for output in graph.outputs {
      result[output.index] = result[output.index].map { $0.lowerBound...steps.count }
    }
    return result
  }

  /// The same where a group runs in the place of its last step: what it reads must last until then.
  private func bufferLifetimes() -> [ClosedRange<Int>?] {
    var result = lifetimes()
    for group in groups {
      guard let last = group.steps.last else { continue }
      for operand in group.choice.operands {
        result[operand.value.index] = result[operand.value.index].map {
          $0.lowerBound...max($0.upperBound, last)
        }
      }
      // Inner values lie where the result will be.
      let aliases = group.aliases.compactMap { result[$0.index]?.lowerBound }
      guard let first = aliases.min() else { continue }
      result[group.result.index] = result[group.result.index].map { first...$0.upperBound }
    }
    return result
  }

  /// Bytes of values that are kept as tensors, in the form they are evaluated in.
  func tensorBytes() -> (shared: Int, separate: Int) {
    let all = lifetimes()
    var alive = Array(repeating: 0, count: steps.count + 1)
    var total = 0
    func bytes(_ value: ValueID) -> Int {
      let count = types[value.index].shape.elementCount ?? 0
      let isReal = [.float32, .float16, .bfloat16].contains(types[value.index].element)
      return checkedProduct([count, isReal ? 4 : 8]) ?? 0
    }
    for value in graph.valueIDs where places[value.index] == .tensor {
      guard let range = all[value.index] else { continue }
      total += bytes(value)
      for step in range where alive.indices.contains(step) { alive[step] += bytes(value) }
    }
    // An evaluated operator reads and writes copies of what lies in the arena.
    for (index, step) in steps.enumerated() where step.kernel == nil {
      for value in step.reads + graph[step.node].outputs.compactMap({ $0 }) {
        if case .buffer = places[value.index] { alive[index] += bytes(value) }
      }
    }
    return (alive.max() ?? 0, total)
  }

  func plans() throws(ExecutionError) -> (shared: ArenaPlan, separate: ArenaPlan) {
    var list: [ArenaPlan.Lifetime] = []
    let all = bufferLifetimes()
    var targets: [ValueID: ValueID] = [:]
    for group in groups {
      for value in group.aliases { targets[value] = group.result }
    }
    var whole: [ArenaPlan.Lifetime] = []
    for value in graph.valueIDs {
      guard case .buffer(let sizes, let element, _) = places[value.index],
        let steps = all[value.index], let width = StoredElement.byteCount(element),
        let bytes = checkedProduct(sizes + [width])
      else { continue }
      let lifetime = ArenaPlan.Lifetime(value: value, byteCount: bytes, steps: steps)
      if targets[value] == nil { list.append(lifetime) }
      whole.append(lifetime)
    }
    for index in whole.indices { whole[index].steps = 0...steps.count }
    guard let shared = ArenaPlan(list, valueCount: graph.values.count, aliases: targets),
      let separate = ArenaPlan(whole, valueCount: graph.values.count),
      shared.byteCount <= limits.arenaBytes
    else {
      throw ExecutionError(
        .limitExceeded,
        "the activations take more than the limit of \(limits.arenaBytes) bytes"
      )
    }
    return (shared, separate)
  }

  func releases() -> [[ValueID]] {
    var result = [[ValueID]](repeating: [], count: steps.count)
    for (index, steps) in lifetimes().enumerated() {
      guard let last = steps?.upperBound, result.indices.contains(last) else { continue }
      result[last].append(ValueID(index))
    }
    return result
  }
}
