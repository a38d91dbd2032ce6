import ByteIO
import ModelIR
import Profiling

/// Which operators of an old model are which of a new one.
///
/// Operators are matched where they surely are the same: first by their layer or name and type, then by
/// what their weights hold, then between matched neighbours by type and shape. Each is matched once; what
/// is left over was removed or added.
package struct ModelMatch: Sendable, Equatable {
  /// An operator of either model or of both, as rows of the profiles.
  package struct Pair: Sendable, Equatable {
    package var old: Int?
    package var new: Int?
  }

  /// The operator of the new model for each of the old one.
  package private(set) var newOf: [Int?]
  /// The operator of the old model for each of the new one.
  package private(set) var oldOf: [Int?]

  /// Matches two models.
  ///
  /// - Complexity: O((m + n) log(m + n)) for m and n operators, and one pass over the weights.
  package init(
    old: (model: Model, profile: ModelProfile),
    new: (model: Model, profile: ModelProfile)
  ) {
    newOf = Array(repeating: nil, count: old.profile.operators.count)
    oldOf = Array(repeating: nil, count: new.profile.operators.count)
    let before = OperatorKeys(old.model, old.profile)
    let after = OperatorKeys(new.model, new.profile)
    match(before.names, after.names)
    match(before.weights, after.weights)
    matchBetween(before.types, after.types)
  }

  /// All operators in the new model's order; removed ones stand where they were.
  package var pairs: [Pair] {
    var result: [Pair] = []
    var nextOld = 0
    for (new, old) in oldOf.enumerated() {
      if let old {
        while nextOld < old {
          if newOf[nextOld] == nil { result.append(Pair(old: nextOld, new: nil)) }
          nextOld += 1
        }
        nextOld = max(nextOld, old + 1)
      }
      result.append(Pair(old: old, new: new))
    }
    let listed = Set(result.compactMap(\.old))
    for old in newOf.indices where newOf[old] == nil && !listed.contains(old) {
      result.append(Pair(old: old, new: nil))
    }
    return result
  }

  private mutating func join(_ old: Int, _ new: Int) {
    newOf[old] = new
    oldOf[new] = old
  }

  /// Joins operators whose key is equal and comes equally often in both models, in order.
  private mutating func match(_ old: [String?], _ new: [String?]) {
    var places: [String: (old: [Int], new: [Int])] = [:]
    for (row, key) in old.enumerated() where newOf[row] == nil {
      if let key { places[key, default: ([], [])].old.append(row) }
    }
    for (row, key) in new.enumerated() where oldOf[row] == nil {
      if let key { places[key, default: ([], [])].new.append(row) }
    }
    for entry in places.values where entry.old.count == entry.new.count {
      for (old, new) in zip(entry.old, entry.new) { join(old, new) }
    }
  }

  /// Joins what lies between matched operators: the longest common sequence of types.
  private mutating func matchBetween(_ old: [String], _ new: [String]) {
    var start = (old: 0, new: 0)
    // Matches that run backwards (a moved operator) bound nothing.
    var anchors: [(old: Int, new: Int)] = []
    for (row, match) in newOf.enumerated() {
      if let match, match >= (anchors.last?.new ?? -1) { anchors.append((row, match)) }
    }
    for anchor in anchors + [(old.count, new.count)] {
      let left = (start.old..<max(start.old, anchor.old)).filter { newOf[$0] == nil }
      let right = (start.new..<max(start.new, anchor.new)).filter { oldOf[$0] == nil }
      for (place, other) in Self.common(left.map { old[$0] }, right.map { new[$0] }) {
        join(left[place], right[other])
      }
      start = (anchor.old + 1, anchor.new + 1)
    }
  }

  /// Beyond this many cells only the equal beginning and end are joined.
  private static let mostCells = 4_000_000

  /// The places of a longest common subsequence (the dynamic programme of Wagner and Fischer, 1974).
  private static func common(_ left: [String], _ right: [String]) -> [(Int, Int)] {
    guard !left.isEmpty, !right.isEmpty else { return [] }
    guard left.count * right.count <= mostCells else {
      let head = zip(left, right).prefix { $0.0 == $0.1 }.count
      let tail = min(
        zip(left.reversed(), right.reversed()).prefix { $0.0 == $0.1 }.count,
        min(left.count, right.count) - head
      )
      return (0..<head).map { ($0, $0) }
        + (0..<tail).reversed().map { (left.count - 1 - $0, right.count - 1 - $0) }
    }
    let width = right.count + 1
    var lengths = Array(repeating: 0, count: (left.count + 1) * width)
    for i in left.indices.reversed() {
      for j in right.indices.reversed() {
        lengths[i * width + j] =
          left[i] == right[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : max(lengths[(i + 1) * width + j], lengths[i * width + j + 1])
      }
    }
    var result: [(Int, Int)] = []
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      if left[i] == right[j] {
        result.append((i, j))
        i += 1
        j += 1
      } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
        i += 1
      } else {
        j += 1
      }
    }
    return result
  }
}

/// What operators are recognised by.
private struct OperatorKeys {
  /// Layer or name, and what it does.
  var names: [String?]
  /// What its weights hold; `nil` where it has none.
  var weights: [String?]
  /// What it does and gives.
  var types: [String]

  init(_ model: Model, _ profile: ModelProfile) {
    names = profile.operators.map { row in
      let name = row.layer ?? row.name
      return name.isEmpty ? nil : "\(row.graph.index)|\(row.type)|\(name)"
    }
    types = profile.operators.map { "\($0.graph.index)|\($0.type)" }
    weights = Array(repeating: nil, count: profile.operators.count)
    for constant in profile.constants where constant.isParameter {
      guard let row = constant.operatorIndex, weights.indices.contains(row),
        let bytes = model[constant.graph][constant.value].constant?.bytes
      else { continue }
      let part = "\(constant.type.rawValue) \(constant.shape) \(bytes.contentHash)"
      weights[row] = (weights[row] ?? types[row]) + "|" + part
    }
  }
}
