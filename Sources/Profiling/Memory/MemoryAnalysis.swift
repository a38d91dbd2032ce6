import ModelIR
import Operators

/// Plans the memory of a model as the runtimes that take it would.
package struct MemoryAnalysis {
  private let model: Model
  private let types: [[TensorType]]
  private let firstRows: [Int]

  /// Graphs of more operators than this are planned, but not searched for something better.
  private static let searchedNodes = 400
  /// Graphs of more operators than this are not planned: placement is quadratic.
  private static let plannedNodes = 20_000

  package init(_ model: Model, types: [GraphTypes]) {
    self.init(model, types: types.map(\.types))
  }

  init(_ model: Model, types: [[TensorType]]) {
    self.model = model
    self.types = types
    var count = 0
    firstRows = model.graphs.map { graph in
      defer { count += graph.nodes.count }
      return count
    }
  }

  /// The plans: of both TensorFlow Lite runtimes for their format, of a generic planner for others.
  ///
  /// A plan is missing where a size that it needs is unknown.
  package func plans() -> [MemoryPlan] {
    guard model.graphs.reduce(0, { $0 + $1.nodes.count }) <= Self.plannedNodes else { return [] }
    let plans = model.format == .tflite ? [lite(), micro()] : [generic()]
    return plans.compactMap { $0 }.map { plan in
      var plan = plan
      plan.whatIfs = whatIfs(plan)
      return plan
    }
  }

  // MARK: - TensorFlow Lite

  func lite() -> MemoryPlan? {
    guard let whole = liteTotal(temporaries: true), let bare = liteTotal(temporaries: false),
      let main = LitePlanner(graph: model.main, types: types[0]).plan()
    else { return nil }
    let map = ArenaMap(buffers: main.buffers, operators: mainOperators)
    var assumptions = [
      "builtin kernels, no delegate, one thread: XNNPACK and other delegates keep activations in a"
        + " workspace of their own"
    ]
    if whole.heap > 0 {
      assumptions.append("shapes that only a run tells are as inferred here")
    }
    if !whole.unmodelled.isEmpty {
      assumptions.append(
        "temporaries of \(whole.unmodelled.joined(separator: ", ")) are not known: the arena is at"
          + " least this"
      )
    }
    return MemoryPlan(
      planner: .tflite,
      arenaBytes: whole.arena,
      arenaBytesWithoutTemporaries: bare.arena,
      persistentBytes: whole.persistent,
      heapBytes: whole.heap,
      lowerBoundBytes: map.liveBytes.max() ?? 0,
      unmodelled: whole.unmodelled,
      assumptions: assumptions,
      map: map,
      nested: whole.nested,
      whatIfs: []
    )
  }

  private struct LiteTotal {
    var arena = 0
    var persistent = 0
    var heap = 0
    var unmodelled: [String] = []
    var nested: [(graph: GraphID, bytes: Int)] = []
  }

  /// Each graph that can run has an arena of its own.
  private func liteTotal(temporaries: Bool) -> LiteTotal? {
    var total = LiteTotal()
    for graph in reachable() {
      let planner = LitePlanner(
        graph: model[graph],
        types: types[graph.index],
        isNested: graph.index != 0,
        includesTemporaries: temporaries
      )
      guard let plan = planner.plan() else { return nil }
      total.arena += plan.arenaBytes
      total.persistent += plan.persistentBytes
      total.heap += plan.heapBytes
      for type in plan.unmodelled where !total.unmodelled.contains(type) {
        total.unmodelled.append(type)
      }
      if graph.index != 0 { total.nested.append((graph, plan.arenaBytes)) }
    }
    return total
  }

  /// The main graph and those that its operators call, directly or not, in the order of the file.
  private func reachable() -> [GraphID] {
    var found: Set<GraphID> = [Model.mainGraph]
    var waiting = [Model.mainGraph]
    while let graph = waiting.popLast() {
      for node in model[graph].nodes {
        for nested in node.attributes.graphs
        where model.graphs.indices.contains(nested.index) && found.insert(nested).inserted {
          waiting.append(nested)
        }
      }
    }
    return found.sorted()
  }

  private var mainOperators: [Int?] { model.main.nodes.indices.map { $0 } }

  // MARK: - TensorFlow Lite Micro

  func micro() -> MemoryPlan? {
    var planner = MicroPlanner(model: model, types: types, firstRows: firstRows)
    guard let plan = planner.plan() else { return nil }
    planner.includesTemporaries = false
    guard let bare = planner.plan() else { return nil }
    var assumptions = [
      "reference kernels: libraries for a chip (CMSIS-NN, ESP-NN) ask for other scratch buffers",
      "the persistent tail (tensor structures, kernel data) comes on top and is not in the file",
    ]
    if !plan.unmodelled.isEmpty {
      assumptions.append(
        "scratch buffers of \(plan.unmodelled.joined(separator: ", ")) are not known: the arena is"
          + " at least this"
      )
    }
    return MemoryPlan(
      planner: .tfliteMicro,
      arenaBytes: plan.headBytes,
      arenaBytesWithoutTemporaries: bare.headBytes,
      persistentBytes: 0,
      heapBytes: 0,
      lowerBoundBytes: plan.lowerBoundBytes,
      unmodelled: plan.unmodelled,
      assumptions: assumptions,
      map: ArenaMap(buffers: plan.buffers, operators: plan.operators),
      nested: [],
      whatIfs: []
    )
  }

  // MARK: - Other formats

  func generic() -> MemoryPlan? {
    guard let buffers = GenericPlanner(graph: model.main, types: types[0]).plan() else {
      return nil
    }
    let map = ArenaMap(buffers: buffers, operators: mainOperators)
    return MemoryPlan(
      planner: .generic,
      arenaBytes: map.arenaBytes,
      arenaBytesWithoutTemporaries: map.arenaBytes,
      persistentBytes: 0,
      heapBytes: 0,
      lowerBoundBytes: map.liveBytes.max() ?? 0,
      unmodelled: [],
      assumptions: [
        "no runtime's own plan: buffers by size in the tightest gap, operands freed after their last"
          + " use, nothing in place, no temporaries; nested graphs are not in it"
      ],
      map: map,
      nested: [],
      whatIfs: []
    )
  }

  // MARK: - What if

  private func whatIfs(_ plan: MemoryPlan) -> [MemoryPlan.WhatIf] {
    let all = [reordered(plan), inPlace(plan), quantized(plan)].compactMap { $0 }
    // Less than half a percent is an alignment, not a saving.
    return all.filter { 200 * (plan.arenaBytes - $0.arenaBytes) >= plan.arenaBytes }
  }

  /// The arena of a changed model, by the planner of the plan.
  private func arena(
    _ planner: MemoryPlan.Planner,
    graph: Graph,
    types: [TensorType],
    inPlace: Set<String> = []
  ) -> Int? {
    switch planner {
    case .tflite:
      var planner = LitePlanner(graph: graph, types: types)
      planner.furtherInPlace = inPlace
      return planner.plan()?.arenaBytes
    case .tfliteMicro:
      var changed = model
      changed.graphs[0] = graph
      var all = self.types
      all[0] = types
      return MicroPlanner(model: changed, types: all, firstRows: firstRows, inPlace: inPlace)
        .plan()?.headBytes
    case .generic: return GenericPlanner(graph: graph, types: types).plan()?.map(\.end).max()
    }
  }

  private func reordered(_ plan: MemoryPlan) -> MemoryPlan.WhatIf? {
    let graph = model.main
    guard plan.nested.isEmpty, graph.nodes.count <= Self.searchedNodes,
      model.plannedOffsets == nil,
      // Operators with state or branches keep their order.
      !graph.nodes.contains(where: { !$0.attributes.graphs.isEmpty }),
      !graph.values.contains(where: \.isVariable)
    else { return nil }
    var bytes: [Int] = []
    for (index, value) in graph.values.enumerated() {
      let type = types[0][index]
      let size = type.shape.elementCount.flatMap { type.element.byteCount(elements: $0) }
      bytes.append(value.isConstant ? 0 : size ?? 0)
    }
    let search = ExecutionOrder(
      graph: graph,
      bytes: bytes,
      keepsInputs: plan.planner == .tflite
    )
    guard let found = search.search() else { return nil }
    var changed = graph
    changed.nodes = found.order.map { graph[$0] }
    guard let arena = arena(plan.planner, graph: changed, types: types[0]) else { return nil }
    return MemoryPlan.WhatIf(
      change: .order,
      arenaBytes: arena,
      note: found.isComplete
        ? "operators in the order that keeps the fewest bytes alive (search complete)"
        : "operators in another order (heuristic search)",
      order: found.order
    )
  }

  /// Elementwise operators with one operand of their result's size; what a runtime can compute in
  /// place without a change of arithmetic.
  private static let elementwise: Set<String> = [
    "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU", "ELU", "HARD_SWISH", "LOGISTIC",
    "TANH", "GELU", "ABS", "NEG", "EXP", "LOG", "SQRT", "RSQRT", "SQUARE", "FLOOR", "CEIL", "ROUND",
    "SIGN", "SIN", "COS", "LOGICAL_NOT", "PRELU", "MINIMUM", "MAXIMUM", "SOFTMAX", "LOG_SOFTMAX",
  ]
  private static let microElementwise = elementwise.union([
    "ADD", "SUB", "MUL", "DIV", "RESHAPE", "SQUEEZE", "EXPAND_DIMS",
  ])

  private func inPlace(_ plan: MemoryPlan) -> MemoryPlan.WhatIf? {
    guard plan.planner != .generic, plan.nested.isEmpty else { return nil }
    let types = plan.planner == .tflite ? Self.elementwise : Self.microElementwise
    guard let arena = arena(plan.planner, graph: model.main, types: self.types[0], inPlace: types)
    else { return nil }
    return MemoryPlan.WhatIf(
      change: .inPlace,
      arenaBytes: arena,
      note: "elementwise operators and reshapes write over an operand that dies with them"
    )
  }

  private func quantized(_ plan: MemoryPlan) -> MemoryPlan.WhatIf? {
    guard plan.nested.isEmpty, types[0].contains(where: { $0.element == .float32 }),
      let arena = arena(plan.planner, graph: model.main, types: Self.int8(types[0]))
    else { return nil }
    return MemoryPlan.WhatIf(
      change: .int8,
      arenaBytes: arena,
      note: "float activations and weights as 8-bit integers, inputs and outputs too"
    )
  }

  /// The same types with 8-bit integers for floats.
  static func int8(_ types: [TensorType]) -> [TensorType] {
    types.map { type in
      type.element == .float32 ? TensorType(.int8, type.shape) : type
    }
  }
}

extension Value {
  /// Whether the value outlives a run.
  var isVariable: Bool {
    if case .variable = content { return true }
    return false
  }
}
