import ModelIR
import Operators

/// A node that only moves elements: each element of a result is one of an operand, or constant.
struct MovementPullback: Pullback {
  /// For each result and element the place among all operands' elements; −1 where it is constant.
  let sources: [[Int32]]
  /// Where each operand's places begin; `nil` for those that are not wanted.
  let starts: [Int?]
  let counts: [Int]

  var reads: [ValueID] { [] }

  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?] {
    var all = [Float](repeating: 0, count: counts.reduce(0, +))
    for (result, places) in zip(results, sources) {
      guard let result, result.count == places.count else { continue }
      for (element, place) in places.enumerated() where place >= 0 {
        all[Int(place)] += result[element]
      }
    }
    return zip(starts, counts).map { start, count in
      start.map { Array(all[$0..<$0 + count]) }
    }
  }
}

extension PullbackChooser {
  /// Positions are floats, which are exact up to 2^24.
  private static var positionLimit: Int { 1 << 23 }

  /// Finds out where a node moves elements by evaluating its definition on their positions; a second
  /// time on the positions that follow tells apart what it moves and what it puts there, and that it
  /// moves at all.
  func movement() -> (any Pullback)? {
    guard (try? attributes.string("activation", default: "none")) == "none",
      node.attributes.graphs.isEmpty
    else { return nil }
    var starts: [Int?] = []
    var counts: [Int] = []
    var next = 0
    for index in node.inputs.indices {
      guard wanted[index], let sizes = sizes(index), let count = checkedProduct(sizes) else {
        starts.append(nil)
        counts.append(0)
        continue
      }
      starts.append(next)
      counts.append(count)
      next += count
    }
    guard next < Self.positionLimit else { return nil }
    func results(_ more: Int) -> [[Float]]? {
      guard
        let operands = operands({ index, sizes in
          let start = starts[index] ?? 0
          return Tensor(sizes, floats: (0..<counts[index]).map { Float(start + $0 + more) })
        }),
        let found = try? compiled.evaluate(id, operands)
      else { return nil }
      return found.map { tensor in
        if case .floats(let values) = tensor.elements { return values }
        return []
      }
    }
    guard let first = results(1), let second = results(2), first.count == second.count else {
      return nil
    }
    var sources: [[Int32]] = []
    for (one, two) in zip(first, second) {
      guard one.count == two.count else { return nil }
      var places: [Int32] = []
      places.reserveCapacity(one.count)
      for (a, b) in zip(one, two) {
        if a == b {
          places.append(-1)
          continue
        }
        guard b - a == 1, let place = Int32(exactly: a), place >= 1, place <= next else {
          return nil
        }
        places.append(place - 1)
      }
      sources.append(places)
    }
    return MovementPullback(sources: sources, starts: starts, counts: counts)
  }
}
