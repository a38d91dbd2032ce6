import Calibration
import ModelIR
import Operators
import Synchronization

/// The least weights of a whole model become 0: one threshold of magnitude for all layers.
///
/// Source: Zhu and Gupta 2017, "To prune, or not to prune" (magnitudes); a global threshold as in
/// Frankle and Carbin 2018, section 3.
package enum GlobalPruning {
  /// The pruned weights of every layer.
  ///
  /// - Parameters:
  ///   - percent: The share of all weights that go; `round(share · count)` of them, of equal ones those
  ///     of earlier layers.
  ///   - context: The model.
  /// - Returns: New values of the weights that change, and the share of zeros of each, by its site.
  /// - Throws: where a layer's weights are not at hand or not finite.
  package static func apply(
    percent: Int,
    in context: ActionContext
  ) throws(TechniqueError) -> (constants: [ValueID: Tensor], sparsity: [String: Double]) {
    guard (1...99).contains(percent) else {
      throw TechniqueError(.usage, "\(percent) % is no share to prune; 1 to 99 are")
    }
    var parts: [(site: Site, layer: WeightLayer, values: [Float])] = []
    for site in context.sites.sites(.weights) {
      guard let layer = context.layer(site), let values = layer.matrix(in: context.model.main),
        values.allSatisfy(\.isFinite)
      else {
        throw TechniqueError(.modelInvalid, "the weights of \(site.id) are not finite numbers")
      }
      parts.append((site, layer, values))
    }
    let magnitudes = parts.flatMap { $0.values.map(\.magnitude) }
    let goes = MagnitudePruning.prunedCount(magnitudes.count, percent)
    let threshold = goes > 0 ? magnitudes.sorted()[goes - 1] : -1
    // Equal magnitudes: as many of them as are still wanted, from the first layer on.
    var ties = goes - magnitudes.count { $0 < threshold }
    var constants: [ValueID: Tensor] = [:]
    var sparsity: [String: Double] = [:]
    for part in parts {
      var values = part.values
      for index in values.indices {
        let magnitude = values[index].magnitude
        if magnitude < threshold {
          values[index] = 0
        } else if magnitude == threshold, ties > 0 {
          values[index] = 0
          ties -= 1
        }
      }
      constants[part.layer.weights] = Tensor(
        part.layer.sizes,
        floats: part.layer.stored(values)
      )
      sparsity[part.site.id] = Double(values.count { $0 == 0 }) / Double(max(values.count, 1))
    }
    return (constants, sparsity)
  }
}

/// The thresholds of global pruning that a model's actions share; each is found once.
final class GlobalThresholds: Sendable {
  private let known = Mutex<[Int: Float]>([:])

  /// The greatest magnitude that goes; below every magnitude where none goes.
  func threshold(_ percent: Int, _ find: () throws(TechniqueError) -> Float)
    throws(TechniqueError) -> Float
  {
    if let threshold = known.withLock({ $0[percent] }) { return threshold }
    let threshold = try find()
    known.withLock { $0[percent] = threshold }
    return threshold
  }
}

/// What one threshold for all layers leaves of one of them: `prune-global-50`.
///
/// Weights at or below the magnitude that `percent` of all the model's weights do not exceed become 0.
struct GlobalMagnitudePruning: Sendable {
  var percent: Int

  var name: String { "prune-global-\(percent)" }

  init?(_ name: String) {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "prune", parts[1] == "global", let percent = Int(parts[2]),
      (1...99).contains(percent), parts[2] == "\(percent)"
    else { return nil }
    self.percent = percent
  }

  func encode(
    _ weights: WeightMatrix,
    in context: ActionContext
  ) throws(TechniqueError) -> CodedWeights {
    let threshold = try context.thresholds.threshold(percent) { () throws(TechniqueError) in
      var magnitudes: [Float] = []
      for site in context.sites.sites(.weights) {
        guard let values = context.layer(site)?.matrix(in: context.model.main) else { continue }
        magnitudes += values.map(\.magnitude)
      }
      guard magnitudes.allSatisfy(\.isFinite) else {
        throw TechniqueError(.modelInvalid, "\(name): weights of the model are not all finite")
      }
      let goes = MagnitudePruning.prunedCount(magnitudes.count, percent)
      return goes > 0
        ? Float(bitPattern: LeastBits.bits(magnitudes[...], place: goes - 1)) : -1
    }
    return PrunedWeights.coded(
      weights.values,
      keep: weights.values.map { $0.magnitude > threshold }
    )
  }
}

extension Technique {
  static let globalPruning = Technique(
    "global-pruning",
    "The weights below one threshold for all layers become 0.",
    kind: .weights,
    examples: ["prune-global-50", "prune-global-30", "prune-global-80"]
  ) { GlobalMagnitudePruning($0).map { .globalPruning($0) } }
}
