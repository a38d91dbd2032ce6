import Calibration

/// The least important weights of a layer become 0.
///
/// `prune-50` orders by `|w|`; `prune-50-activation` by `|w| · ‖x‖`, where `‖x‖` is the norm of the
/// input that the weight multiplies over all calibration samples, and compares within each output
/// channel (Sun et al. 2023, "Wanda", equation 1 and section 3). `round(share · count)` weights go, halves
/// to even; of equal ones those with the lower index.
struct MagnitudePruning: WeightCoding {
  var percent: Int
  var usesActivations = false

  var name: String { "prune-\(percent)" + (usesActivations ? "-activation" : "") }

  init?(_ name: String) {
    var parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2, parts.removeFirst() == "prune", let percent = Int(parts[0]),
      (1...99).contains(percent), parts[0] == String(percent)
    else { return nil }
    self.percent = percent
    parts.removeFirst()
    if parts == ["activation"] { usesActivations = true } else if !parts.isEmpty { return nil }
  }

  func encode(_ weights: WeightMatrix) throws(TechniqueError) -> CodedWeights {
    var keep = [Bool](repeating: true, count: weights.values.count)
    if usesActivations {
      let scores = try Saliency.weighted(weights, for: name)
      for row in 0..<weights.rows {
        let range = row * weights.columns..<(row + 1) * weights.columns
        Self.drop(range, scores, percent, &keep)
      }
    } else {
      Self.drop(weights.values.indices, weights.values.map(\.magnitude), percent, &keep)
    }
    return PrunedWeights.coded(weights.values, keep: keep)
  }

  /// `round(percent · count / 100)`, halves to even as Python's `round` has them.
  static func prunedCount(_ count: Int, _ percent: Int) -> Int {
    let (whole, rest) = (count * percent).quotientAndRemainder(dividingBy: 100)
    return rest > 50 || rest == 50 && !whole.isMultiple(of: 2) ? whole + 1 : whole
  }

  private static func drop(
    _ range: Range<Int>,
    _ scores: [Float],
    _ percent: Int,
    _ keep: inout [Bool]
  ) {
    let count = prunedCount(range.count, percent)
    guard count > 0 else { return }
    // Scores are not below 0, so that their bits are in the order of their values.
    let threshold = LeastBits.bits(scores[range], place: count - 1)
    var left = count
    for index in range where scores[index].bitPattern < threshold {
      keep[index] = false
      left -= 1
    }
    for index in range where left > 0 && scores[index].bitPattern == threshold {
      keep[index] = false
      left -= 1
    }
  }
}

/// What stands at a place of an ascending order, without sorting.
enum LeastBits {
  /// The bits of the number that stands at `place`, from 0 on, when numbers are ordered by their bits:
  /// counted by the upper half, then by the lower one of those that share the upper.
  ///
  /// - Complexity: O(n).
  static func bits(_ values: ArraySlice<Float>, place: Int) -> UInt32 {
    // For few numbers the tables would cost more.
    guard values.count > 8192 else { return values.map(\.bitPattern).sorted()[place] }
    var upper = [Int](repeating: 0, count: 1 << 16)
    for value in values { upper[Int(value.bitPattern >> 16)] += 1 }
    let (high, before) = entry(upper, place)
    var lower = [Int](repeating: 0, count: 1 << 16)
    for value in values where Int(value.bitPattern >> 16) == high {
      lower[Int(value.bitPattern & 0xFFFF)] += 1
    }
    return UInt32(high) << 16 | UInt32(entry(lower, place - before).entry)
  }

  /// The entry in which a place falls, and how many come before it.
  private static func entry(_ counts: [Int], _ place: Int) -> (entry: Int, before: Int) {
    var before = 0
    for (entry, count) in counts.enumerated() {
      if before + count > place { return (entry, before) }
      before += count
    }
    return (counts.count - 1, before)
  }
}

/// How important weights are.
enum Saliency {
  /// `|w| · ‖x‖`.
  static func weighted(
    _ weights: WeightMatrix,
    for name: String
  ) throws(TechniqueError) -> [Float] {
    guard let moments = weights.moments else {
      throw TechniqueError(.dataInvalid, "\(name) needs calibration data of the layer's inputs")
    }
    let perGroup = weights.rows / weights.layer.groups
    let norms = moments.squares.map { Float($0.squareRoot()) }
    return weights.values.indices.map { index in
      let base = index / weights.columns / perGroup * weights.columns
      return weights.values[index].magnitude * norms[base + index % weights.columns]
    }
  }
}

/// Weights of which some are 0.
enum PrunedWeights {
  /// The pruned weights as they are kept in memory, and in the sparse form that is smallest: a bit a
  /// weight says whether it is there.
  static func coded(_ values: [Float], keep: [Bool]) -> CodedWeights {
    let pruned = zip(values, keep).map { $1 ? $0 : 0 }
    let left = pruned.count { $0 != 0 }
    let dense = 4 * values.count
    let sparse = 4 * left + CodingSize.packed(values.count, bits: 1)
    return CodedWeights(
      values: pruned,
      bytes: dense,
      sparseBytes: sparse < dense ? sparse : nil,
      freeWeights: keep
    )
  }
}

extension Technique {
  static let magnitudePruning = Technique(
    "magnitude-pruning",
    "The least important weights of a layer become 0.",
    kind: .weights,
    examples: [
      "prune-50", "prune-10", "prune-20", "prune-30", "prune-40", "prune-60", "prune-70",
      "prune-80",
      "prune-90", "prune-95", "prune-50-activation",
    ]
  ) { MagnitudePruning($0).map { .weights($0) } }
}
