/// A family of actions: how their names are read, and what they do.
package struct Technique: Sendable {
  /// The family's name.
  package let name: String
  /// One sentence: what it does.
  package let summary: String
  /// Where it applies.
  package let kind: Site.Kind
  /// Names of actions, such as help shows them; all of them can be read.
  package let examples: [String]
  /// Reads the name of an action; `nil` where it is none of this family.
  let parse: @Sendable (String) -> Effect?

  init(
    _ name: String,
    _ summary: String,
    kind: Site.Kind,
    examples: [String],
    parse: @escaping @Sendable (String) -> Effect?
  ) {
    self.name = name
    self.summary = summary
    self.kind = kind
    self.examples = examples
    self.parse = parse
  }
}

/// What an action does, by the kind of its sites.
enum Effect: Sendable {
  case weights(any WeightCoding)
  case globalPruning(GlobalMagnitudePruning)
  case activations(any ActivationCoding)
  case channels(ChannelPruning)

  var name: String {
    switch self {
    case .weights(let coding): coding.name
    case .globalPruning(let pruning): pruning.name
    case .activations(let coding): coding.name
    case .channels(let pruning): pruning.name
    }
  }

  var kind: Site.Kind {
    switch self {
    case .weights, .globalPruning: .weights
    case .activations: .activations
    case .channels: .channels
    }
  }
}

/// All families of actions: one line each.
package enum TechniqueCatalog {
  package static let all: [Technique] = [
    .integerWeights, .narrowFloatWeights, .ternaryWeights, .binaryWeights, .meanDeviationWeights,
    .sharedWeights, .magnitudePruning, .globalPruning, .patternPruning, .integerActivations,
    .binaryActivations, .channelPruning,
  ]
}

/// One way to make a model smaller at one site.
package struct Action: Hashable, Sendable, CustomStringConvertible {
  /// The name that is written and read: `int4-group64`, `prune-50+refit`.
  package let name: String
  let effect: Effect
  /// What is repaired afterwards.
  package let corrections: Set<Correction>

  /// Reads an action's name: a technique's, then corrections, each behind a plus sign.
  ///
  /// - Throws: `USAGE` for a name that no technique has.
  package init(_ text: String) throws(TechniqueError) {
    let parts = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    let effects = TechniqueCatalog.all.lazy.compactMap { $0.parse(parts[0]) }
    guard let effect = effects.first else {
      let known = TechniqueCatalog.all.compactMap(\.examples.first).joined(separator: ", ")
      throw TechniqueError(.usage, "\"\(text)\" is no action; actions are like \(known)")
    }
    var corrections: Set<Correction> = []
    for part in parts.dropFirst() {
      guard let correction = Correction(rawValue: part), effect.kind == .weights else {
        let known = Correction.allCases.map(\.rawValue).joined(separator: ", ")
        throw TechniqueError(
          .usage,
          "\"\(text)\": \"+\(part)\" is no correction of it; those of weights are \(known)"
        )
      }
      corrections.insert(correction)
    }
    if case .globalPruning = effect, corrections.contains(.equalize) {
      throw TechniqueError(
        .usage,
        "\"\(text)\": one threshold for all layers and +equalize exclude each other"
      )
    }
    self.effect = effect
    self.corrections = corrections
    name =
      effect.name
      + Correction.allCases.filter(corrections.contains).map { "+" + $0.rawValue }.joined()
  }

  /// Where it applies.
  package var kind: Site.Kind { effect.kind }

  package var description: String { name }

  package static func == (left: Action, right: Action) -> Bool { left.name == right.name }

  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// What repairs a layer after its weights were changed, without training.
package enum Correction: String, Sendable, CaseIterable {
  /// Before the action, channels are evened out with the layers next to it, which does not change what
  /// the model computes: see `CrossLayerEqualization`.
  case equalize
  /// Weights that are still free make up for the error: see `LeastSquaresRefit`.
  case refit
  /// The bias takes the shift of the outputs' mean: see `BiasCorrection`.
  case bias
  /// The batch normalisation behind the layer takes the new means and variances: see
  /// `NormalizationCorrection`.
  case norm
  /// All batch normalisations that the layer's output leads to are measured anew, from the first one on:
  /// see `BatchNormReestimation`.
  case allNorms = "all-norms"

  /// Whether other layers' constants change too, so that actions at several layers cannot be joined.
  package var reachesOtherLayers: Bool { self == .equalize || self == .allNorms }
}
