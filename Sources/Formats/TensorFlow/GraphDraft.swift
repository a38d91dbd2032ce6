import ModelIR

/// Where a tensor of the source comes from, once calls and identities are seen through.
enum Source: Hashable, Sendable {
  /// A result of a node that stays.
  case node(draft: Int, instance: Int, port: Int)
  /// An input of a graph.
  case input(draft: Int, index: Int)
  /// A constant of the file: a node of a graph or function.
  case constant(body: Int, node: Int)
  /// The value of a variable (or the handle to it), by the node that makes the handle.
  case variable(body: Int, node: Int)
}

/// A name in the place where it is to be looked up.
struct Reference: Sendable {
  var draft: Int
  var scope: Int
  var text: String
}

/// What an argument of a function stands for.
enum Argument: Sendable {
  /// What the caller gives.
  case link(Reference)
  /// An input of the nested graph that the function becomes.
  case input(draft: Int, index: Int)
}

/// A call of a function, or the graph itself (scope 0).
struct Scope: Sendable {
  var body: Int
  var arguments: [String: Argument] = [:]
  var depth: Int
  /// The names of the calls around it, for the names of layers.
  var prefix: String
  /// Control flow of TensorFlow 1 in it, found when first needed.
  var control: LegacyControl?
}

/// A node that stays, in one of the graphs.
struct Instance: Sendable {
  var scope: Int
  var body: Int
  var node: Int
  /// The operator; control flow that was raised has the name of its modern form.
  var op: String
  var name: String
  var inputs: [Source] = []
  /// Graphs inside, by the attribute that names them.
  var nested: [(name: String, draft: Int)] = []
  /// The most results that anything reads.
  var portCount = 1
  /// For nodes whose results were renumbered: which of the source's results stay, and as which.
  var portMap: [Int?]?
}

/// Which part of a flat graph a draft is made of (TensorFlow 1 has no nested graphs).
enum Region: Sendable {
  /// A whole graph or function.
  case whole
  /// The condition (`isBody` false) or the body of a loop.
  case loop(scope: Int, loop: Int, isBody: Bool)
  /// What runs where a condition is `side`.
  case branch(scope: Int, predicate: String, side: Int)
}

/// A graph in the making.
struct GraphDraft: Sendable {
  var name: String
  var parent: Int?
  /// The node that it is nested in.
  var owner: Int?
  var depth: Int
  var region = Region.whole
  var inputs: [(name: String, type: ElementType, shape: Shape)] = []
  var outputs: [Source] = []
  var instances: [Instance] = []
  /// Values of the graphs around it, in the order of their first use.
  var captures: [Source] = []
}

/// Work that is still to be done: names to be looked up for a node or for a graph's results.
enum PendingWork: Sendable {
  case inputs(draft: Int, instance: Int, references: [Reference])
  case outputs(draft: Int, references: [Reference])
}
