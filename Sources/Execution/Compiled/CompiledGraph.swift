import ByteIO
import Kernels
import ModelIR
import Operators

/// A graph compiled for fixed input shapes: steps over an arena of float32 and 8-bit activations,
/// weights packed once.
///
/// An immutable value that any number of executors share. Operators without a kernel, and other
/// element types, are evaluated by their definitions. Neighbouring steps are fused where the result
/// is the same bit for bit (`FusedGroup`).
package struct CompiledGraph: Sendable {
  /// What compiled memory may take.
  package struct Limits: Sendable {
    /// Bytes of the activations and scratch of one executor.
    package var arenaBytes: Int
    /// Bytes of results that depend on constants alone and are computed once.
    package var foldedBytes: Int
    /// Bytes of one computed tensor in the model's own type.
    package var tensorBytes: Int
    /// Seconds of one run; `nil` for as many as it takes.
    package var seconds: Int?

    /// What the evaluation of single operators may take.
    var interpreter: Interpreter.Limits {
      Interpreter.Limits(tensorBytes: tensorBytes, seconds: seconds)
    }

    package init(
      arenaBytes: Int = 1 << 33,
      foldedBytes: Int = 1 << 31,
      tensorBytes: Int = 1 << 31,
      seconds: Int? = nil
    ) {
      self.arenaBytes = arenaBytes
      self.foldedBytes = foldedBytes
      self.tensorBytes = tensorBytes
      self.seconds = seconds
    }
  }

  /// How 8-bit convolutions scale their sums.
  package enum Arithmetic: Sendable {
    /// In fixed point: the integers of TensorFlow Lite's reference kernels, bit for bit.
    case reference
    /// With float32 factors, rounded to nearest even, as optimised runtimes do: a result may differ
    /// from the reference by one step.
    case fast
  }

  /// Where a value lives while the graph runs.
  enum Place: Equatable, Sendable {
    /// In the arena, in the bytes that kernels read; `isChannelsLast` where a channels-first value is
    /// kept with its channels last.
    case buffer(sizes: [Int], element: ElementType, isChannelsLast: Bool)
    /// As a tensor.
    case tensor
    /// It never changes.
    case constant
  }

  /// One node as it is run.
  struct Step: Sendable {
    var node: NodeID
    /// Everything that the node reads, constants included; each once.
    var reads: [ValueID]
    /// The kernel; `nil` where the definition's evaluation runs.
    var kernel: KernelChoice?
  }

  package let model: Model
  /// The types of all values for the shapes that the graph was compiled for.
  package let types: [TensorType]
  private(set) var steps: [Step]
  /// Steps that run together unless a run needs what is between them.
  private(set) var groups: [FusedGroup]
  /// The group of each step.
  let groupOfStep: [Int?]
  let places: [Place]
  /// Memory where values that are not needed at the same time share bytes.
  let shared: ArenaPlan
  /// Memory where every value has its own bytes.
  let separate: ArenaPlan
  /// For each step, the values that nothing reads after it.
  let releases: [[ValueID]]
  let limits: Limits
  let arithmetic: Arithmetic
  /// Most bytes of tensors that are alive at once, and of all of them.
  private let tensorBytes: (shared: Int, separate: Int)
  /// Constants that were computed here, and those that a variant replaces.
  private(set) var constants: [ValueID: Tensor]

  var graph: Graph { model.main }

  /// From so many bytes of weights on, they lie in large pages.
  private static let pooledBytes = 2 << 20

  /// Compiles a model's main graph.
  ///
  /// - Parameters:
  ///   - model: A model whose invariants hold.
  ///   - inputShapes: The extents of inputs that the file leaves open.
  ///   - limits: What the compiled form may take.
  ///   - arithmetic: How integer layers scale their sums.
  /// - Throws: where an input's shape stays open, an operator's operands do not fit it, or the
  ///   activations take more than the limit.
  package init(
    _ model: Model,
    inputShapes: [ValueID: [Int]] = [:],
    limits: Limits = Limits(),
    arithmetic: Arithmetic = .reference
  ) throws(ExecutionError) {
    var compiler = GraphCompiler(
      model,
      inputShapes: inputShapes,
      limits: limits,
      arithmetic: arithmetic
    )
    let weightBytes = model.main.values.reduce(0) { sum, value in
      let bytes = value.isConstant ? value.byteCount ?? 0 : 0
      return min(sum, Self.pooledBytes) + min(bytes, Self.pooledBytes)
    }
    if weightBytes >= Self.pooledBytes {
      try PagePool().serve { () throws(ExecutionError) in try compiler.compile() }
    } else {
      try compiler.compile()
    }
    let plans = try compiler.plans()
    self.model = model
    self.limits = limits
    self.arithmetic = arithmetic
    types = compiler.types
    steps = compiler.steps
    groups = compiler.groups
    groupOfStep = compiler.groupOfStep
    tensorBytes = compiler.tensorBytes()
    places = compiler.places
    constants = compiler.folded
    shared = plans.shared
    separate = plans.separate
    releases = compiler.releases()
  }

  /// The same graph with other constants: only the steps that read them are compiled again.
  ///
  /// - Parameter values: Tensors of the type and extents of the constants that they replace.
  /// - Returns: The variant; it shares all other weights with this graph.
  /// - Throws: where a value is no constant that a step reads, or the tensor does not fit it.
  package func replacing(_ values: [ValueID: Tensor]) throws(ExecutionError) -> CompiledGraph {
    for (value, tensor) in values {
      let name = graph.values.indices.contains(value.index) ? graph[value].name : "\(value.index)"
      guard places.indices.contains(value.index), places[value.index] == .constant,
        steps.contains(where: { $0.reads.contains(value) })
      else {
        throw ExecutionError(.dataInvalid, "\"\(name)\" is no constant that an operator reads")
      }
      guard tensor.tensorType == types[value.index] else {
        throw ExecutionError(
          .dataInvalid,
          "\"\(name)\" is \(types[value.index].element.rawValue) \(types[value.index].shape), its"
            + " replacement \(tensor.type.rawValue) \(Shape.fixed(tensor.sizes))"
        )
      }
    }
    var result = self
    result.constants.merge(values) { $1 }
    for (index, step) in steps.enumerated()
    where step.kernel != nil && step.reads.contains(where: { values[$0] != nil }) {
      guard let kernel = result.chooser(step.node).choose(),
        kernel.operands == step.kernel?.operands,
        kernel.isChannelsLast == step.kernel?.isChannelsLast
      else {
        throw ExecutionError(
          .dataInvalid,
          "operator \"\(graph[step.node].name)\" cannot be compiled with the replaced values",
          path: graph[step.node].origin.path
        )
      }
      result.steps[index].kernel = kernel
    }
    var fusion = StepFusion(graph, result.steps, places)
    result.groups = fusion.groups()
    guard result.groups.map(\.steps) == groups.map(\.steps) else {
      throw ExecutionError(.internal, "other values would fuse other steps")
    }
    return result
  }

  /// What chooses a node's kernel with this graph's constants.
  func chooser(_ node: NodeID) -> KernelChooser {
    KernelChooser(
      graph: graph,
      node: graph[node],
      types: types,
      constant: constant,
      isChannelsLast: isChannelsLast,
      evaluate: { [model] inputs in
        try? Interpreter(model).evaluate(
          node,
          of: Model.mainGraph,
          inputs: inputs,
          captured: [:]
        )
      },
      arithmetic: arithmetic
    )
  }

  /// A constant's numbers; `nil` where the value is none, or its bytes are not at hand.
  package func constant(_ value: ValueID) -> Tensor? {
    if let tensor = constants[value] { return tensor }
    let stored = graph[value]
    guard let storage = stored.constant, let sizes = stored.shape.sizes else { return nil }
    return Tensor(type: stored.type, sizes: sizes, storage: storage)
  }

  /// Evaluates one node of the main graph by its definition.
  ///
  /// - Parameters:
  ///   - node: A node without nested graphs.
  ///   - inputs: Its operands; `nil` where one is left out.
  /// - Returns: One tensor for each result that the node names.
  /// - Throws: where the node has no evaluation, or the operands do not fit it.
  package func evaluate(
    _ node: NodeID,
    _ inputs: [Tensor?]
  ) throws(ExecutionError) -> [Tensor] {
    try Interpreter(model).evaluate(node, of: Model.mainGraph, inputs: inputs, captured: [:])
  }

  /// Puts another constant in place without compiling anything again.
  mutating func replaceConstant(_ value: ValueID, _ tensor: Tensor) { constants[value] = tensor }

  func isChannelsLast(_ value: ValueID) -> Bool {
    if case .buffer(_, _, true) = places[value.index] { return true }
    return false
  }

  // MARK: - What it takes

  /// The nodes that run, in order; those that depend on constants alone were computed while compiling.
  package var stepNodes: [NodeID] { steps.map(\.node) }

  /// The nodes that the operators' definitions evaluate.
  package var fallbackNodes: [NodeID] { steps.filter { $0.kernel == nil }.map(\.node) }

  /// The nodes that run in one pass with others, each list in order.
  package var fusedNodes: [[NodeID]] { groups.map { $0.steps.map { steps[$0].node } } }

  /// Bytes of weights in the kernels' order, shared by all executors.
  package var packedBytes: Int {
    steps.reduce(0) { $0 + ($1.kernel?.kernel.packedByteCount ?? 0) }
      + groups.reduce(0) { $0 + $1.choice.kernel.packedByteCount }
  }

  /// Bytes of activations and scratch of one executor, and of the tensors of evaluated operators.
  ///
  /// - Parameters:
  ///   - keepsAll: Whether the executor can resume, for which all activations stay.
  ///   - threadCount: Threads that share the jobs of one operator.
  /// - Returns: The bytes that an executor allocates when it is made.
  package func plannedBytes(keepsAll: Bool = false, threadCount: Int = 1) -> Int {
    shared.byteCount + (keepsAll ? separate.byteCount + tensorBytes.separate : 0)
      + tensorBytes.shared + relayoutBytes + max(threadCount, 1) * scratchBytes
  }

  /// Refuses what would take more memory than the limit, before it is taken.
  func checkMemory(keepsAll: Bool, threadCount: Int) throws(ExecutionError) {
    let bytes = plannedBytes(keepsAll: keepsAll, threadCount: threadCount)
    guard bytes <= limits.arenaBytes else {
      throw ExecutionError(
        .limitExceeded,
        "a run takes \(bytes) bytes, the limit is \(limits.arenaBytes)"
      )
    }
  }

  /// The kernels of all steps and groups.
  private var choices: [KernelChoice] { steps.compactMap(\.kernel) + groups.map(\.choice) }

  var scratchBytes: Int { choices.reduce(0) { max($0, $1.kernel.scratchByteCount) } }

  /// Bytes for operands whose layout is changed before a kernel reads them, at most at once.
  var relayoutBytes: Int {
    choices.reduce(0) { most, choice in
      let needed = choice.operands.reduce(0) { sum, operand in
        guard case .buffer(let sizes, let element, let isLast) = places[operand.value.index],
          isLast != operand.channelsLast
        else { return sum }
        return sum + Relayout.byteCount(sizes, width: StoredElement.byteCount(element) ?? 0)
      }
      return max(most, needed)
    }
  }
}
