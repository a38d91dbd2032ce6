/// Makes scopes of names fit for frames.
enum ScopeRepair {
  /// Drops the scopes that all named boxes share, and puts boxes without a scope where all they are
  /// joined to is: converters give the operators that they add themselves no scope.
  static func repair(_ graph: inout OperatorGraph) {
    dropShared(&graph)
    let (incoming, outgoing) = graph.adjacency()
    // How many boxes are in each scope: that of a single one is a layer, which takes in nobody.
    var members: [[OperatorGraph.Step]: Int] = [:]
    for item in graph.items where item.content == .operators {
      for length in 0...item.path.count {
        members[Array(item.path.prefix(length)), default: 0] += 1
      }
    }
    // What follows a box that was adopted may be adopted next; converters add a few in a row.
    for _ in 0..<3 {
      var changed = false
      for place in graph.items.indices where graph.items[place].path.isEmpty {
        guard graph.items[place].content == .operators else { continue }
        let sources = incoming[place].map { graph.items[graph.links[$0].source].path }
        let targets = outgoing[place].map { graph.items[graph.links[$0].target].path }
        guard shared(sources) != nil, var path = shared(sources + targets) else { continue }
        while members[path, default: 0] < 2, !path.isEmpty { path.removeLast() }
        guard !path.isEmpty else { continue }
        graph.items[place].path = path
        changed = true
      }
      guard changed else { return }
    }
  }

  /// The scope that all the boxes with a scope have in common; `nil` where there is none.
  private static func shared(_ paths: [[OperatorGraph.Step]]) -> [OperatorGraph.Step]? {
    let named = paths.filter { !$0.isEmpty }
    guard var prefix = named.first else { return nil }
    for path in named.dropFirst() {
      prefix = zip(prefix, path).prefix { $0.0 == $0.1 }.map(\.0)
    }
    return prefix.isEmpty ? nil : prefix
  }

  private static func dropShared(_ graph: inout OperatorGraph) {
    while true {
      let named = graph.items.filter { !$0.content.isBoundary && !$0.path.isEmpty }
      guard let first = named.first?.path.first, named.count > 1,
        named.allSatisfy({ $0.path.first == first && $0.path.count > 1 })
      else { return }
      for place in graph.items.indices where !graph.items[place].path.isEmpty {
        graph.items[place].path.removeFirst()
      }
    }
  }
}
