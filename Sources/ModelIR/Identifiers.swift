/// An index into one kind of arena, typed so that the kinds cannot be mixed up.
package protocol ArenaIdentifier: Hashable, Comparable, Sendable {
  /// The position in the arena.
  var index: Int { get }
  init(_ index: Int)
}

extension ArenaIdentifier {
  package static func < (left: Self, right: Self) -> Bool { left.index < right.index }
}

/// A node of a graph, in the order in which the file lists the operators.
package struct NodeID: ArenaIdentifier {
  package let index: Int
  package init(_ index: Int) { self.index = index }
}

/// A value (tensor) of a graph.
package struct ValueID: ArenaIdentifier {
  package let index: Int
  package init(_ index: Int) { self.index = index }
}

/// A graph of a model; graph 0 is the main one.
package struct GraphID: ArenaIdentifier {
  package let index: Int
  package init(_ index: Int) { self.index = index }
}
