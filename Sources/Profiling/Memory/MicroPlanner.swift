import ModelIR
import Operators

/// The greedy planner of TensorFlow Lite Micro over all graphs of a model.
///
/// Lifetimes: each operator is one step, nested graphs are walked where they are called, inputs are
/// released after their last use, nothing is computed in place. Source: tflite-micro,
/// tensorflow/lite/micro/micro_allocation_info.cc and memory_planner/greedy_memory_planner.cc.
struct MicroPlanner {
  let model: Model
  let types: [[TensorType]]
  /// The row of each graph's first operator.
  let firstRows: [Int]
  var includesTemporaries = true
  /// Computes these operators in place where their operand dies with them; the runtime does not.
  var inPlace: Set<String> = []

  /// tflite-micro's `MicroArenaBufferAlignment`.
  static let alignment = 16
  /// Calls of graphs are followed this deep: a file can nest them without end.
  private static let depthLimit = 16

  /// What was planned.
  struct Plan {
    var buffers: [ArenaMap.Buffer]
    var headBytes: Int
    var operators: [Int?]
    var lowerBoundBytes: Int
    var unmodelled: [String]
  }

  private struct Life {
    var first = -1
    var last = -1
  }

  /// One buffer in the planner's own order.
  struct Request {
    var request: BufferRequest
    /// The bytes rounded up to the alignment.
    var bytes: Int
    var offline: Int?
  }

  /// The plan; `nil` where a size is not known, or calls of graphs do not end.
  func plan() -> Plan? {
    var lives = model.graphs.map { Array(repeating: Life(), count: $0.values.count) }
    var operators: [Int?] = [nil]
    var scratch: [Request] = []
    var unmodelled: [String] = []
    guard mark(0, depth: 0, &lives, &operators, &scratch, &unmodelled) else { return nil }
    var requests: [Request] = []
    var tensor = 0
    for graph in model.graphIDs {
      for value in model[graph].valueIDs {
        let offline = model.plannedOffsets.flatMap { plan in
          plan.indices.contains(tensor) ? plan[tensor] : nil
        }
        tensor += 1
        switch request(graph, value, lives[graph.index][value.index], offline) {
        case .none: return nil
        case .some(.none): continue
        case .some(.some(let request)): requests.append(request)
        }
      }
    }
    share(&requests)
    if includesTemporaries { requests += scratch }
    let offsets = Self.offsets(requests)
    let buffers = zip(requests, offsets).map {
      $0.request.placed(at: $1, steps: operators.count)
    }
    return Plan(
      buffers: buffers,
      headBytes: zip(requests, offsets).map { $0.bytes + $1 }.max() ?? 0,
      operators: operators,
      lowerBoundBytes: ArenaMap(buffers: buffers, operators: operators).liveBytes.max() ?? 0,
      unmodelled: unmodelled.sorted()
    )
  }

  /// `nil` where the size is unknown; an empty optional where the value needs no place.
  private func request(_ graph: GraphID, _ id: ValueID, _ life: Life, _ offline: Int?)
    -> Request??
  {
    let value = model[graph][id]
    switch value.content {
    case .constant: return .some(.none)
    case .variable where offline == nil: return .some(.none)
    case .variable, .activation: break
    }
    let type = types[graph.index][id.index]
    if [.string, .resource, .variant].contains(type.element) { return .some(.none) }
    guard let elements = type.shape.elementCount,
      let bytes = type.element.byteCount(elements: elements)
    else { return .none }
    guard bytes > 0 else { return .some(.none) }
    return Request(
      request: BufferRequest(
        name: value.name,
        kind: graph.index == 0 ? model[graph].arenaKind(id) : .activation,
        value: id,
        bytes: bytes,
        first: life.first,
        last: life.last
      ),
      bytes: aligned(bytes, to: Self.alignment),
      offline: offline
    )
  }

  // MARK: - Lives

  private func mark(
    _ index: Int,
    depth: Int,
    _ lives: inout [[Life]],
    _ operators: inout [Int?],
    _ scratch: inout [Request],
    _ unmodelled: inout [String]
  ) -> Bool {
    guard depth < Self.depthLimit, operators.count < 1_000_000 else { return false }
    let graph = model.graphs[index]
    func create(_ value: ValueID) {
      if lives[index][value.index].first == -1 {
        lives[index][value.index].first = operators.count - 1
      }
    }
    func use(_ value: ValueID) { lives[index][value.index].last = operators.count - 1 }
    for input in graph.inputs {
      create(input)
      use(input)
    }
    for (position, node) in graph.nodes.enumerated() {
      operators.append(firstRows[index] + position)
      for case .some(let output) in node.outputs { create(output) }
      let start = operators.count - 1
      if ["IF", "WHILE", "CALL_ONCE"].contains(node.origin.sourceType) {
        for nested in node.attributes.graphs {
          operators.append(nil)
          guard model.graphs.indices.contains(nested.index),
            mark(nested.index, depth: depth + 1, &lives, &operators, &scratch, &unmodelled)
          else { return false }
        }
      }
      for case .some(let input) in node.inputs { use(input) }
      for case .some(let output) in node.outputs { use(output) }
      let kernels = MicroScratch(graph: graph, types: types[index])
      if MicroScratch.unmodelled.contains(node.origin.sourceType),
        !unmodelled.contains(node.origin.sourceType)
      {
        unmodelled.append(node.origin.sourceType)
      }
      guard let wanted = kernels.of(node) else { return false }
      for buffer in wanted where buffer.bytes > 0 {
        scratch.append(
          Request(
            request: BufferRequest(
              name: "\(buffer.name) of \(node.name)",
              kind: .temporary,
              value: nil,
              bytes: buffer.bytes,
              first: start,
              last: operators.count - 1
            ),
            bytes: aligned(buffer.bytes, to: Self.alignment),
            offline: nil
          )
        )
      }
    }
    for output in graph.outputs {
      create(output)
      use(output)
    }
    return true
  }

  /// Joins the lives of operands and results that one buffer could hold.
  private func share(_ requests: inout [Request]) {
    guard !inPlace.isEmpty else { return }
    let graph = model.main
    var place: [ValueID: Int] = [:]
    for (index, request) in requests.enumerated() {
      if let value = request.request.value { place[value] = place[value] ?? index }
    }
    var removed: Set<Int> = []
    for node in graph.nodes where inPlace.contains(node.origin.sourceType) {
      guard let output = node.outputs.first.flatMap({ $0 }), let to = place[output] else {
        continue
      }
      let from = node.inputs.compactMap { $0 }.lazy.compactMap { place[$0] }.first {
        $0 != to && requests[$0].bytes == requests[to].bytes
          && requests[$0].request.last == requests[to].request.first
      }
      guard let from else { continue }
      requests[from].request.last = requests[to].request.last
      requests[from].request.shared.append(requests[to].request.name)
      removed.insert(to)
      place[output] = from
    }
    requests = requests.enumerated().filter { !removed.contains($0.offset) }.map(\.element)
  }

  // MARK: - Placement

  /// The offset of each buffer: the planned ones first, then by size, each in the first gap.
  ///
  /// Buffers of one size are placed in reverse order: the planner fills its list from the end before
  /// it sorts it, and its sort is stable.
  ///
  /// - Complexity: O(n²) for n buffers, as in the runtime.
  static func offsets(_ requests: [Request]) -> [Int] {
    var offsets = requests.map { $0.offline ?? 0 }
    let online = requests.indices.reversed().filter { requests[$0].offline == nil }
      .enumerated().sorted {
        (requests[$1.element].bytes, $0.offset) < (requests[$0.element].bytes, $1.offset)
      }.map(\.element)
    let order = requests.indices.filter { requests[$0].offline != nil } + online
    var placed: [Int] = []
    for index in order {
      let wanted = requests[index]
      if wanted.offline == nil, !placed.isEmpty {
        var candidate = 0
        for other in placed
        where requests[other].request.first <= wanted.request.last
          && wanted.request.first <= requests[other].request.last
        {
          if offsets[other] - candidate >= wanted.bytes { break }
          candidate = max(candidate, offsets[other] + requests[other].bytes)
        }
        offsets[index] = candidate
      }
      let position = placed.firstIndex { offsets[$0] > offsets[index] } ?? placed.count
      placed.insert(index, at: position)
    }
    return offsets
  }
}
