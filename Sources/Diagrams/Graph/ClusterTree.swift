/// The boxes around boxes: scopes of names and folded blocks.
struct ClusterTree {
  private(set) var clusters: [Diagram.Cluster] = []
  /// The innermost one of each box of the graph.
  private(set) var innermost: [Int?]

  private struct Place {
    var step: OperatorGraph.Step
    var parent: Int?
    /// Drawn boxes in it, at any depth.
    var count = 0
    /// The least and greatest of these, by position.
    var first = Int.max
    var last = -1
  }

  /// Deeper ones are not drawn: nested frames take room and tell little.
  private static let mostNesting = 4

  init(_ graph: OperatorGraph) {
    innermost = Array(repeating: nil, count: graph.items.count)
    var places: [Place] = []
    var known: [Key: Int] = [:]
    var leaves: [Int?] = Array(repeating: nil, count: graph.items.count)
    for (index, item) in graph.items.enumerated() {
      var parent: Int?
      for step in item.path {
        let key = Key(parent: parent, step: step)
        let place = known[key] ?? places.count
        if place == places.count {
          known[key] = place
          places.append(Place(step: step, parent: parent))
        }
        places[place].count += 1
        places[place].first = min(places[place].first, index)
        places[place].last = max(places[place].last, index)
        parent = place
      }
      leaves[index] = parent
    }
    build(places, leaves, graph)
  }

  private struct Key: Hashable {
    var parent: Int?
    var step: OperatorGraph.Step
  }

  private mutating func build(
    _ places: [Place],
    _ leaves: [Int?],
    _ graph: OperatorGraph
  ) {
    let all = graph.items.count { !$0.content.isBoundary }
    var drawn: [Int?] = Array(repeating: nil, count: places.count)
    var nesting = Array(repeating: 0, count: places.count)
    // Parents come before their children.
    for (index, place) in places.enumerated() {
      let parent = place.parent.flatMap { drawn[$0] }
      let depth = place.parent.map { nesting[$0] } ?? 0
      nesting[index] = depth
      drawn[index] = parent
      switch place.step {
      case .fold(let number):
        clusters.append(
          .init(
            label: "× \(graph.folds[number])",
            details: "this block comes \(graph.folds[number]) times in a row",
            parent: parent,
            repetitions: graph.folds[number]
          )
        )
      case .scope(let name):
        // One box needs no frame, and a frame around everything says nothing.
        guard place.count > 1, place.count < all, depth < Self.mostNesting else { continue }
        if let outer = place.parent, drawn[outer] != nil, places[outer].count == place.count {
          let label = pictureText(name)
          clusters[drawn[outer] ?? 0].label += " / " + label
          clusters[drawn[outer] ?? 0].details += " / " + label
          continue
        }
        clusters.append(
          .init(
            label: pictureText(name),
            details: "\(pictureText(name)): \(place.count) boxes",
            parent: parent,
            repetitions: 1
          )
        )
      }
      drawn[index] = clusters.count - 1
      nesting[index] = depth + 1
    }
    for (index, leaf) in leaves.enumerated() { innermost[index] = leaf.flatMap { drawn[$0] } }
  }
}
