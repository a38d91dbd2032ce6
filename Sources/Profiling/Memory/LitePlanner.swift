import ModelIR
import Operators

/// TensorFlow Lite's plan for one graph: builtin kernels, no delegate, one thread.
///
/// Lifetimes, in-place rules, the order of placement and the ranges that dynamic shapes split follow
/// LiteRT, tflite/arena_planner.cc (`PlanAllocations`, `IdentifyInPlaceTensors`,
/// `CalculateAllocations`, `CreateTensorAllocationVector`).
struct LitePlanner {
  let graph: Graph
  let types: [TensorType]
  /// Whether this is a branch or a loop's body, whose inputs the caller owns.
  var isNested = false
  /// Whether kernels' temporaries are placed.
  var includesTemporaries = true
  /// Operators that work in place beside those of the runtime, by their source type.
  var furtherInPlace: Set<String> = []

  /// What was planned.
  struct Plan {
    var buffers: [ArenaMap.Buffer]
    var arenaBytes: Int
    var persistentBytes: Int
    var heapBytes: Int
    var unmodelled: [String]
  }

  /// Source: LiteRT: `inplace_operator` of the registrations; the operands that may be shared.
  static let changing: [String: Int] = [
    "SOFTMAX": 1, "ADD": 2, "SUB": 2, "MUL": 2, "DIV": 2, "DYNAMIC_UPDATE_SLICE": 1,
  ]
  private static let unchanging: Set<String> = ["RESHAPE", "SQUEEZE", "EXPAND_DIMS", "BITCAST"]
  /// LiteRT's `kScalarTensorBytes`.
  private static let scalarBytes = 4

  /// The life of a value in steps.
  private struct Life {
    var first: Int?
    var last: Int?
  }

  /// The plan; `nil` where a size that it needs is not known.
  func plan() -> Plan? {
    let preparation = LitePreparation(graph, types: types)
    var storage = preparation.storage
    if isNested {
      for input in graph.inputs where storage[input.index] == .arena {
        storage[input.index] = .dynamic
      }
    }
    // While memory is planned only the first range of nodes is prepared.
    let prepared = preparation.ranges[0].upperBound
    var early = graph.values.indices.map { index -> LiteStorage in
      switch graph.values[index].content {
      case .constant: .constant
      case .variable: .persistent
      case .activation: .arena
      }
    }
    for node in graph.nodes.prefix(prepared + 1) {
      for case .some(let output) in node.outputs { early[output.index] = storage[output.index] }
    }
    guard let bytes = sizes(storage) else { return nil }
    let references = referenceCounts()
    var roots = sharing(early, bytes, references)
    let lives = lives(roots)
    return place(preparation, storage, bytes, lives, &roots)
  }

  // MARK: - Sizes and references

  /// The bytes of every value; 0 for those that are in no arena and unknown.
  private func sizes(_ storage: [LiteStorage]) -> [Int]? {
    var isUsed = Array(repeating: false, count: graph.values.count)
    for id in graph.inputs + graph.outputs { isUsed[id.index] = true }
    for node in graph.nodes {
      for case .some(let output) in node.outputs { isUsed[output.index] = true }
    }
    var bytes: [Int] = []
    for index in graph.values.indices {
      let type = types[index]
      let known = type.shape.elementCount.flatMap { type.element.byteCount(elements: $0) }
      let needed = storage[index] == .arena || storage[index] == .persistent
      // Text and handles to resources have no bytes in an arena.
      let isOpaque = [.string, .resource, .variant].contains(type.element)
      guard let size = known ?? (needed && isUsed[index] && !isOpaque ? nil : 0) else { return nil }
      bytes.append(size)
    }
    return bytes
  }

  private func referenceCounts() -> [Int] {
    var counts = ownReferences()
    for node in graph.nodes {
      for case .some(let input) in node.inputs { counts[input.index] += 1 }
    }
    return counts
  }

  /// References that keep a value to the end: it is an input, an output or a variable.
  private func ownReferences() -> [Int] {
    var counts = Array(repeating: 0, count: graph.values.count)
    for id in graph.outputs { counts[id.index] += 1 }
    for id in graph.inputs { counts[id.index] += 1 }
    for (index, value) in graph.values.enumerated() {
      if case .variable = value.content { counts[index] += 1 }
    }
    return counts
  }

  // MARK: - In place

  /// The value whose bytes each value uses: its own, or those of an operand.
  private func sharing(_ storage: [LiteStorage], _ bytes: [Int], _ references: [Int]) -> [Int] {
    var roots = Array(graph.values.indices)
    let inputs = Set(graph.inputs)
    let outputs = Set(graph.outputs)
    for node in graph.nodes {
      guard let first = node.outputs.first, let output = first else { continue }
      let type = node.origin.sourceType
      let changes = !Self.unchanging.contains(type)
      let candidates = changes ? Self.changing[type] ?? (furtherInPlace.contains(type) ? 1 : 0) : 1
      guard candidates > 0, !outputs.contains(output) else { continue }
      let shared = node.inputs.prefix(candidates).compactMap { $0 }.first { input in
        if changes {
          guard bytes[input.index] == bytes[output.index], bytes[input.index] > Self.scalarBytes,
            references[input.index] <= 1
          else { return false }
        }
        return !inputs.contains(input)
          && (storage[input.index] == storage[output.index] || storage[input.index] == .arena)
      }
      guard let shared else { continue }
      let root = roots[shared.index]
      if changes, references[root] > 1 { continue }
      roots[output.index] = root
    }
    return roots
  }

  // MARK: - Lives

  private func lives(_ roots: [Int]) -> [Life] {
    var lives = Array(repeating: Life(), count: graph.values.count)
    var references = ownReferences()
    for (index, value) in graph.values.enumerated() {
      if case .variable = value.content { lives[index].first = 0 }
    }
    for id in graph.inputs { lives[id.index].first = 0 }
    for node in graph.nodes {
      for case .some(let input) in node.inputs { references[roots[input.index]] += 1 }
    }
    for (step, node) in graph.nodes.enumerated() {
      for case .some(let output) in node.outputs where lives[output.index].first == nil {
        lives[output.index].first = step
      }
      for case .some(let input) in node.inputs {
        let root = roots[input.index]
        references[root] -= 1
        if references[root] == 0, lives[root].first != nil { lives[root].last = step }
      }
    }
    return lives
  }

  // MARK: - Placement

  /// A tensor that is placed: a value or a temporary.
  private struct Item {
    var request: BufferRequest
    var index: Int
    var isPersistent: Bool
    /// Alive from the first step to beyond the last.
    var isWhole: Bool
  }

  private func place(
    _ preparation: LitePreparation,
    _ storage: [LiteStorage],
    _ bytes: [Int],
    _ lives: [Life],
    _ roots: inout [Int]
  ) -> Plan? {
    let steps = graph.nodes.count
    var arena = BestFitArena()
    var persistent = BestFitArena()
    var plan = Plan(buffers: [], arenaBytes: 0, persistentBytes: 0, heapBytes: 0, unmodelled: [])
    var shares: [Int: [String]] = [:]
    var temporaryIndex = graph.values.count
    let temporaries = LiteTemporaries(graph: graph, types: types)
    for range in preparation.ranges {
      var items: [Item] = []
      for value in values(in: range, lives) {
        let request = BufferRequest(
          name: graph.values[value].name,
          kind: graph.arenaKind(ValueID(value)),
          value: ValueID(value),
          bytes: bytes[value],
          first: lives[value].first ?? 0,
          last: lives[value].last ?? .max
        )
        switch storage[value] {
        case .arena, .persistent:
          items.append(
            Item(
              request: request,
              index: value,
              isPersistent: storage[value] == .persistent,
              isWhole: lives[value].first == 0 && lives[value].last == nil
            )
          )
        case .dynamic: plan.heapBytes += bytes[value]
        case .constant, .readOnly: break
        }
      }
      for step in range where graph.nodes.indices.contains(step) && includesTemporaries {
        let node = graph.nodes[step]
        if LiteTemporaries.unmodelled.contains(node.origin.sourceType) {
          if !plan.unmodelled.contains(node.origin.sourceType) {
            plan.unmodelled.append(node.origin.sourceType)
          }
          continue
        }
        guard let wanted = temporaries.of(node, storage) else { return nil }
        for temporary in wanted {
          if temporary.storage == .dynamic {
            plan.heapBytes += temporary.bytes
            continue
          }
          let isPersistent = temporary.storage == .persistent
          items.append(
            Item(
              request: BufferRequest(
                name: "\(temporary.name) of \(node.name)",
                kind: .temporary,
                value: nil,
                bytes: temporary.bytes,
                first: step,
                last: step
              ),
              index: temporaryIndex,
              isPersistent: isPersistent,
              isWhole: false
            )
          )
          temporaryIndex += 1
        }
      }
      items.sort { Self.isPlacedBefore($0, $1) }
      for item in items where item.request.bytes > 0 {
        if item.isPersistent {
          _ = persistent.place(bytes: item.request.bytes, first: item.request.first, last: .max)
          continue
        }
        if item.index < roots.count, roots[item.index] != item.index {
          let root = roots[item.index]
          if storage[root] == .arena, bytes[root] == bytes[item.index] {
            shares[root, default: []].append(item.request.name)
            continue
          }
          roots[item.index] = item.index
        }
        let request = item.request
        let offset = arena.place(bytes: request.bytes, first: request.first, last: request.last)
        plan.buffers.append(request.placed(at: offset, steps: steps))
      }
    }
    for index in plan.buffers.indices {
      if let value = plan.buffers[index].value {
        plan.buffers[index].shared = shares[value.index] ?? []
      }
    }
    plan.arenaBytes = arena.highWaterMark
    plan.persistentBytes = persistent.highWaterMark
    plan.unmodelled.sort()
    return plan
  }

  /// The values whose life begins in a range of nodes, each once, by index.
  private func values(in range: ClosedRange<Int>, _ lives: [Life]) -> [Int] {
    lives.indices.filter { lives[$0].first.map(range.contains) ?? false }
  }

  /// Whole-run tensors by index, the others by size, the larger first, then by first step.
  ///
  /// The runtime leaves what is equal in all of it to the order of a hash set, in which the newest
  /// element mostly comes first; the arena's size rarely depends on it, single offsets do.
  private static func isPlacedBefore(_ left: Item, _ right: Item) -> Bool {
    if left.isWhole || right.isWhole {
      guard left.isWhole, right.isWhole else { return left.isWhole }
      return left.index < right.index
    }
    if left.request.bytes != right.request.bytes { return left.request.bytes > right.request.bytes }
    return (left.request.first, right.index) < (right.request.first, left.index)
  }
}
