import ModelIR
import Operators

/// A plan that no runtime promises: plain lifetimes, buffers by size, each in the tightest gap.
///
/// Inputs live to their last use, outputs to the end; nothing is computed in place. For formats whose
/// runtimes allocate as they go (ONNX Runtime, Keras) it says what a planner could reach.
struct GenericPlanner {
  let graph: Graph
  let types: [TensorType]

  /// The buffers; `nil` where a size is not known.
  func plan() -> [ArenaMap.Buffer]? {
    let lives = Liveness(graph, types: types)
    var requests: [BufferRequest] = []
    for value in graph.valueIDs {
      guard let life = lives.life(of: value) else { continue }
      let type = types[value.index]
      guard let elements = type.shape.elementCount,
        let bytes = type.element.byteCount(elements: elements)
      else { return nil }
      guard bytes > 0 else { continue }
      requests.append(
        BufferRequest(
          name: graph[value].name,
          kind: graph.arenaKind(value),
          value: value,
          bytes: bytes,
          first: life.lowerBound,
          last: life.upperBound
        )
      )
    }
    let order = requests.indices.sorted {
      (requests[$1].bytes, requests[$0].first, $0) < (requests[$0].bytes, requests[$1].first, $1)
    }
    var arena = BestFitArena()
    var buffers: [ArenaMap.Buffer] = []
    for index in order {
      let request = requests[index]
      let offset = arena.place(bytes: request.bytes, first: request.first, last: request.last)
      buffers.append(request.placed(at: offset, steps: graph.nodes.count))
    }
    return buffers
  }
}
