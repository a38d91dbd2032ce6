import ModelIR
import Profiling

/// What is drawn of a model: boxes that stand for operators, and the tensors between them.
///
/// Every operator of the model is in exactly one box, drawn or absorbed, so that the boxes' figures
/// add up to the model's. Links lead from earlier boxes to later ones, except around boxes that stand
/// for a whole scope.
struct OperatorGraph {
  /// One box.
  struct Item {
    var content: Content
    /// The operators in it, in execution order; of a folded block the first repetition.
    var rows: [Int]
    /// Operators that are not drawn (constants, shape arithmetic) and belong to it.
    var absorbed: [Int]
    /// The further repetitions of a folded block: what this box stands for in each.
    var repetitions: [Repetition] = []
    /// The boxes around it, outermost first.
    var path: [Step]

    /// All operators that the box stands for.
    var allRows: [Int] { rows + absorbed + repetitions.flatMap { $0.rows + $0.absorbed } }
  }

  /// What a box of a folded block stands for in one further repetition.
  struct Repetition {
    var rows: [Int]
    var absorbed: [Int]
    var path: [Step]
  }

  /// What a box is.
  enum Content: Equatable {
    case operators
    /// A scope of names as one box.
    case scope(String)
    /// An input or output of the model, by its position.
    case input(Int)
    case output(Int)

    var isBoundary: Bool {
      switch self {
      case .input, .output: true
      case .operators, .scope: false
      }
    }
  }

  /// A box around boxes.
  enum Step: Hashable {
    case scope(String)
    /// A folded block, by its number.
    case fold(Int)
  }

  /// A tensor between two boxes.
  struct Link: Hashable {
    /// Indices into `items`.
    var source: Int
    var target: Int
    /// The tensor, an index into `values`; `nil` where it is not one tensor.
    var value: Int?
    var style: Diagram.Edge.Style
  }

  /// What is known of a tensor.
  struct ValueFacts {
    var name: String
    var shape: Shape
    var type: ElementType
    var bytes: Int?
  }

  var items: [Item] = []
  var links: [Link] = []
  var values: [ValueFacts] = []
  /// How often each folded block comes.
  var folds: [Int] = []
  /// Operators that are not drawn because they only compute constants or shapes.
  var hiddenCount = 0

  /// The links that begin and end at each box, as indices into `links`.
  func adjacency() -> (incoming: [[Int]], outgoing: [[Int]]) {
    var incoming = Array(repeating: [Int](), count: items.count)
    var outgoing = incoming
    for (index, link) in links.enumerated() {
      incoming[link.target].append(index)
      outgoing[link.source].append(index)
    }
    return (incoming, outgoing)
  }

  /// Keeps the boxes that `isKept` tells; links of others go with them.
  mutating func keep(_ isKept: [Bool]) {
    var places = Array(repeating: -1, count: items.count)
    var kept: [Item] = []
    for (index, item) in items.enumerated() where isKept[index] {
      places[index] = kept.count
      kept.append(item)
    }
    items = kept
    links = links.compactMap { link in
      guard places[link.source] >= 0, places[link.target] >= 0 else { return nil }
      var moved = link
      moved.source = places[link.source]
      moved.target = places[link.target]
      return moved
    }
  }

  /// Removes links that are there twice, and sorts them.
  mutating func tidyLinks() {
    links = Set(links).filter { $0.source != $0.target }.sorted { left, right in
      (left.source, left.target, left.value ?? -1, left.style.rawValue)
        < (right.source, right.target, right.value ?? -1, right.style.rawValue)
    }
  }
}
