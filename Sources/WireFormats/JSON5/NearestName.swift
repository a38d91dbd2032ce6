/// The known name that a misspelt one is most likely meant to be, or `nil` where none is close.
///
/// Close: at most 1 edit for names under five characters, else at most 2 or a third of the length,
/// whichever is more. Of equally close names the first counts.
///
/// - Complexity: O(names × length²); names of more than 64 characters are close to nothing.
package func nearestName(to name: String, in known: [String]) -> String? {
  let seen = Array(name.unicodeScalars.prefix(65))
  guard seen.count <= 64 else { return nil }
  let most = seen.count < 5 ? 1 : max(2, seen.count / 3)
  var best: (name: String, distance: Int)?
  for candidate in known {
    let wanted = Array(candidate.unicodeScalars.prefix(65))
    guard wanted.count <= 64, abs(wanted.count - seen.count) <= most else { continue }
    let distance = editDistance(seen, wanted)
    if distance <= most, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

/// The fewest insertions, removals, replacements and swaps of neighbours between two words; the
/// two cases of a letter count as equal unless that is all the difference.
///
/// Source: Damerau, 1964, in the restricted form (optimal string alignment).
private func editDistance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
  func folded(_ scalars: [Unicode.Scalar]) -> [String] {
    scalars.map(\.properties.lowercaseMapping)
  }
  guard first != second else { return 0 }
  let (left, right) = (folded(first), folded(second))
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for (row, letter) in left.enumerated() {
    var current = [row + 1]
    for (column, other) in right.enumerated() {
      var cost = min(last[column + 1], current[column]) + 1
      cost = min(cost, last[column] + (letter == other ? 0 : 1))
      if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
        cost = min(cost, beforeLast[column - 1] + 1)
      }
      current.append(cost)
    }
    beforeLast = last
    last = current
  }
  return max(last[right.count], 1)
}
