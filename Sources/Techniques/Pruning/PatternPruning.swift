import Calibration

/// Of every M weights that lie one after the other along the input channels, N stay: `prune-2:4`.
///
/// Blocks run along the rows of the matrix (window position, then input channel: the last axis of
/// TensorFlow Lite's layout); a row's rest that fills no block keeps its largest ⌈N · rest / M⌉. Of
/// equal weights those with the lower index go. Sources: Mishra et al. 2021, "Accelerating Sparse
/// Deep Neural Networks" (2:4, two bits of index a value); TensorFlow Model Optimization,
/// `sparsity_m_by_n`.
struct PatternPruning: WeightCoding {
  var kept: Int
  var block: Int
  var usesActivations = false

  var name: String { "prune-\(kept):\(block)" + (usesActivations ? "-activation" : "") }

  init?(_ name: String) {
    var parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2, parts.removeFirst() == "prune" else { return nil }
    let numbers = parts.removeFirst().split(separator: ":", omittingEmptySubsequences: false)
    guard numbers.count == 2, let kept = Int(numbers[0]), let block = Int(numbers[1]),
      kept > 0, kept < block, block <= 64, numbers[0] == "\(kept)", numbers[1] == "\(block)"
    else { return nil }
    self.kept = kept
    self.block = block
    if parts == ["activation"] { usesActivations = true } else if !parts.isEmpty { return nil }
  }

  /// A row shorter than a block has no pattern.
  func applies(_ layer: WeightLayer) -> Bool { layer.taps >= block }

  func encode(_ weights: WeightMatrix) throws(TechniqueError) -> CodedWeights {
    let scores =
      usesActivations
      ? try Saliency.weighted(weights, for: name) : weights.values.map(\.magnitude)
    var keep = [Bool](repeating: true, count: scores.count)
    for row in 0..<weights.rows {
      for start in stride(from: 0, to: weights.columns, by: block) {
        let width = min(block, weights.columns - start)
        let first = row * weights.columns + start
        let stays = (kept * width + block - 1) / block
        let order = (first..<first + width).sorted { (scores[$0], $0) < (scores[$1], $1) }
        for index in order.prefix(width - stays) { keep[index] = false }
      }
    }
    var coded = PrunedWeights.coded(weights.values, keep: keep)
    let values = keep.count { $0 }
    // The place in its block of each value that stays.
    let indexBits = (block - 1).bitWidth - (block - 1).leadingZeroBitCount
    coded.sparseBytes = 4 * values + CodingSize.packed(values, bits: indexBits)
    return coded
  }
}

extension Technique {
  static let patternPruning = Technique(
    "pattern-pruning",
    "Of every M neighbouring weights N stay.",
    kind: .weights,
    examples: ["prune-2:4", "prune-1:4", "prune-4:8", "prune-2:4-activation"]
  ) { PatternPruning($0).map { .weights($0) } }
}
