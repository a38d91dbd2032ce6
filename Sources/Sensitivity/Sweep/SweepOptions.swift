import ByteIO
import Techniques

/// What a sweep measures, and how thoroughly.
package struct SweepOptions: Sendable {
  /// Which trials are run on all samples.
  package enum Effort: String, Sendable, CaseIterable {
    /// None: all are estimated from derivatives, and from runs of some on a few samples.
    case screen
    /// Those whose estimate says that they can matter to a plan.
    case balanced
    /// All.
    case exact
  }

  /// A part of a sweep: part `index` (from 1) of `count`.
  package struct Shard: Equatable, Sendable {
    package var index: Int
    package var count: Int

    package init(index: Int, of count: Int) {
      self.index = index
      self.count = count
    }
  }

  package var actions: [Action]
  package var effort = Effort.exact
  /// Stated by the user; `nil` for what fits the graph.
  package var metric: OutputMeasure.Metric?
  /// What a program of the user's says of trials that run on all samples.
  package var ownMetric: OwnMetric?
  /// Chooses the pairs that are looked at together.
  package var seed: UInt64 = 0
  /// Whether the converter's modes for whole models are measured too.
  package var includesModes = true
  /// How many pairs of layers are changed together.
  package var pairCount = 6
  /// Bytes for activations that are kept from run to run, and for changed weights.
  package var cacheBytes = 256 << 20
  /// Bytes of changed weights that are looked at in one walk through the samples, as planned.
  static let plannedChangeBytes = 64 << 20
  /// The same, as the cache allows; estimates do not depend on it.
  package var changeBytes: Int { min(max(cacheBytes / 4, 1 << 20), Self.plannedChangeBytes) }
  /// Samples whose activations are kept at once, at most: with `--time` results then come for all
  /// trials before any has all samples.
  package var blockSamples = 64
  package var shard: Shard?

  package init(actions: [Action]) { self.actions = actions }

  /// Twelve actions on weights, two on activations, one on channels.
  package static let defaultActionNames = [
    "float16", "int8-channel", "int8-tensor", "int6-channel", "int4-channel", "int4-group32",
    "int3-channel", "int2-channel", "prune-30", "prune-50", "prune-80", "prune-2:4",
    "int8-activations", "int16-activations", "channels-25",
  ]

  /// Reads names separated by commas.
  ///
  /// - Throws: `USAGE` for a name that no technique has, and one that stands twice.
  package static func actions(_ text: String) throws(TechniqueError) -> [Action] {
    var actions: [Action] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let action = try Action(String(part))
      guard !actions.contains(action) else {
        throw TechniqueError(.usage, "--actions names \(action.name) twice")
      }
      actions.append(action)
    }
    return actions
  }

  /// Everything that changes what is measured, as text.
  package var configuration: String {
    ([
      "actions=" + actions.map(\.name).joined(separator: ","), "effort=" + effort.rawValue,
      "metric=" + (metric?.rawValue ?? "auto"), "seed=\(seed)", "modes=\(includesModes)",
      "pairs=\(pairCount)",
    ] + (ownMetric.map { ["ownMetric=" + $0.command] } ?? [])).joined(separator: ";")
  }
}
