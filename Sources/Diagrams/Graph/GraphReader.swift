import ModelIR
import Profiling

/// Reads a model's operators and the tensors between them, over all its graphs.
struct GraphReader {
  let model: Model
  let profile: ModelProfile
  /// The row of each graph's first operator.
  let firstRows: [Int]
  /// The number of each graph's first tensor.
  private let firstValues: [Int]
  /// Tensors of enclosing graphs that nested ones see: the inner number leads to the outer one.
  private var outer: [Int: Int] = [:]
  /// The operator that computes each tensor, or -1.
  private(set) var producers: [Int]
  /// The model's input that each tensor is, by number.
  private(set) var inputs: [Int: Int] = [:]
  private(set) var values: [OperatorGraph.ValueFacts] = []
  /// All operators in execution order; those of a nested graph stand behind the one that runs it.
  private(set) var order: [Int] = []
  /// The scopes that nested graphs add to the names of their operators.
  private(set) var graphScopes: [[String]]
  /// The operator that runs each graph.
  private(set) var owners: [Int?]

  init(_ model: Model, _ profile: ModelProfile) {
    self.model = model
    self.profile = profile
    var rows = 0
    var count = 0
    var firstRows: [Int] = []
    var firstValues: [Int] = []
    for graph in model.graphs {
      firstRows.append(rows)
      firstValues.append(count)
      rows += graph.nodes.count
      count += graph.values.count
    }
    self.firstRows = firstRows
    self.firstValues = firstValues
    producers = Array(repeating: -1, count: count)
    owners = Array(repeating: nil, count: model.graphs.count)
    graphScopes = Array(repeating: [], count: model.graphs.count)
    readValues()
    readOrder()
  }

  /// The number of a tensor over all graphs, seen through to the graph that it comes from.
  func number(_ value: ValueID, in graph: GraphID) -> Int {
    var number = firstValues[graph.index] + value.index
    // A capture leads outwards; the bound only guards against a file that says otherwise.
    for _ in 0..<model.graphs.count {
      guard let next = outer[number] else { break }
      number = next
    }
    return number
  }

  /// The node of an operator.
  func node(_ row: Int) -> Node {
    let operation = profile.operators[row]
    return model[operation.graph][operation.node]
  }

  private mutating func readValues() {
    for id in model.graphIDs {
      let graph = model[id]
      for value in graph.values {
        values.append(.init(name: value.name, shape: value.shape, type: value.type, bytes: nil))
      }
      for (index, node) in graph.nodes.enumerated() {
        let row = firstRows[id.index] + index
        guard profile.operators.indices.contains(row) else { continue }
        let operation = profile.operators[row]
        for (place, output) in node.outputs.compactMap({ $0 }).enumerated() {
          let number = firstValues[id.index] + output.index
          producers[number] = row
          guard operation.outputShapes.indices.contains(place),
            operation.outputTypes.indices.contains(place)
          else { continue }
          values[number].shape = operation.outputShapes[place]
          values[number].type = operation.outputTypes[place]
        }
      }
    }
    for (index, input) in model.main.inputs.enumerated() {
      inputs[input.index] = index
      guard profile.model.inputs.indices.contains(index) else { continue }
      values[input.index].shape = profile.model.inputs[index].effectiveShape
      values[input.index].type = profile.model.inputs[index].type
    }
    for number in values.indices {
      values[number].bytes = values[number].shape.elementCount
        .flatMap { values[number].type.byteCount(elements: $0) }
    }
  }

  /// Walks the graphs from the main one; those that no operator runs come last.
  private mutating func readOrder() {
    let run = Set(model.graphs.flatMap { $0.nodes.flatMap { $0.attributes.graphs } })
    var seen = Array(repeating: false, count: model.graphs.count)
    for root in model.graphIDs where !seen[root.index] {
      // Graphs that some operator runs are reached from it.
      if root != Model.mainGraph, run.contains(root) { continue }
      if root != Model.mainGraph {
        graphScopes[root.index] = [title(of: root)]
      }
      walk(root, &seen)
    }
    for left in model.graphIDs where !seen[left.index] { walk(left, &seen) }
  }

  private func title(of graph: GraphID) -> String {
    let name = model[graph].name
    return name.isEmpty ? "graph \(graph.index)" : name
  }

  private mutating func walk(_ root: GraphID, _ seen: inout [Bool]) {
    seen[root.index] = true
    var stack: [(graph: GraphID, next: Int)] = [(root, 0)]
    while let top = stack.last {
      let graph = model[top.graph]
      guard top.next < graph.nodes.count else {
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].next += 1
      let row = firstRows[top.graph.index] + top.next
      order.append(row)
      let node = graph.nodes[top.next]
      // The last one that is pushed is walked first.
      for (name, value) in node.attributes.all.reversed() {
        let bodies: [GraphID] =
          switch value {
          case .graph(let body): [body]
          case .graphs(let bodies): bodies
          default: []
          }
        for body in bodies.reversed()
        where model.graphs.indices.contains(body.index) && !seen[body.index] {
          seen[body.index] = true
          owners[body.index] = row
          graphScopes[body.index] =
            graphScopes[top.graph.index]
            + [(node.name.isEmpty ? node.origin.sourceType : node.name) + " · " + name]
          for capture in model[body].captures {
            outer[firstValues[body.index] + capture.inner.index] =
              firstValues[top.graph.index] + capture.outer.index
          }
          stack.append((body, 0))
        }
      }
    }
  }
}
