import ByteIO
import Calibration
import ModelIR
import Techniques

/// One change of the model whose effect is measured.
package struct Trial: Sendable {
  /// What is changed.
  package enum Subject: Sendable {
    /// An action at a site of the plan.
    case action(site: Int, Action)
    /// Two sites at once.
    case pair(first: Int, second: Int, Action)
    /// A converter's mode for the whole model.
    case mode(WholeModel)
  }

  package let subject: Subject
  /// The change in words: the same in every sweep.
  package let name: String
  /// The SHA-256 of the sweep's identity and the name.
  package let key: String
}

/// What a sweep is about: the trials, each named by its content.
package struct SweepPlan: Sendable {
  /// The SHA-256 over model, data, options, tool and kernels.
  package let key: String
  package let sites: [Site]
  package let trials: [Trial]
  /// Sites that do nothing to what is measured, because they come after it or lead elsewhere.
  package let unreachable: [Site]

  /// What a result depends on.
  package struct Identity: Sendable {
    package var modelDigest: String
    package var samplesDigest: String
    package var preprocessing: String
    package var options: String
    package var tool: String
    package var instructionSet: String

    package init(
      modelDigest: String,
      samplesDigest: String,
      preprocessing: String,
      options: String,
      tool: String,
      instructionSet: String
    ) {
      self.modelDigest = modelDigest
      self.samplesDigest = samplesDigest
      self.preprocessing = preprocessing
      self.options = options
      self.tool = tool
      self.instructionSet = instructionSet
    }

    var text: String {
      [modelDigest, samplesDigest, preprocessing, options, tool, instructionSet]
        .joined(separator: "\n")
    }
  }

  /// - Parameters:
  ///   - context: The model and its sites.
  ///   - measure: Where effects are measured.
  ///   - options: Which actions.
  ///   - identity: What results depend on.
  package init(
    _ context: ActionContext,
    measure: OutputMeasure,
    options: SweepOptions,
    identity: Identity
  ) {
    let sweepKey = Self.digest(identity.text)
    key = sweepKey
    let reaching = Self.reaching(measure.values, context.model.main)
    let kinds = Set(options.actions.map(\.kind))
    let all = context.sites.sites.filter { kinds.contains($0.kind) }
    func isReached(_ site: Site) -> Bool {
      switch site.kind {
      case .activations: reaching.contains(site.value)
      case .weights, .channels:
        site.nodes.contains { node in
          context.model.main[node].outputs.contains { $0.map(reaching.contains) ?? false }
        }
      }
    }
    let sites = all.filter(isReached)
    self.sites = sites
    unreachable = all.filter { !isReached($0) }
    var trials: [Trial] = []
    func append(_ subject: Trial.Subject, _ name: String) {
      trials.append(
        Trial(subject: subject, name: name, key: Self.digest(sweepKey + "\n" + name))
      )
    }
    for (index, site) in sites.enumerated() {
      for action in options.actions where action.applies(to: site, in: context) {
        append(.action(site: index, action), "\(site.id) \(action.name)")
      }
    }
    if options.includesModes {
      for mode in WholeModel.allCases { append(.mode(mode), "mode \(mode.rawValue)") }
    }
    for pair in Self.pairs(sites, options, context) {
      append(
        .pair(first: pair.first, second: pair.second, pair.action),
        "\(sites[pair.first].id) + \(sites[pair.second].id) \(pair.action.name)"
      )
    }
    self.trials = trials
  }

  private static func digest(_ text: String) -> String {
    var digest = SHA256()
    digest.update(Array(text.utf8))
    return digest.hexadecimal()
  }

  /// The values that what is measured depends on, itself included.
  private static func reaching(_ targets: Set<ValueID>, _ graph: Graph) -> Set<ValueID> {
    var found = targets
    for node in graph.nodes.reversed() {
      let isNeeded = node.outputs.contains { $0.map(found.contains) ?? false }
      // What a nested graph captures counts as read by its node.
      if isNeeded { found.formUnion(node.inputs.compactMap { $0 }) }
    }
    return found
  }

  /// Pairs of layers, chosen by the seed alone, so that parts of a sweep agree on them.
  private static func pairs(
    _ sites: [Site],
    _ options: SweepOptions,
    _ context: ActionContext
  ) -> [(first: Int, second: Int, action: Action)] {
    let preferred = ["int4-channel", "int3-channel", "int8-channel", "prune-50"]
    let weightActions = options.actions.filter {
      $0.kind == .weights && !$0.corrections.contains(where: \.reachesOtherLayers)
    }
    guard
      let action = preferred.lazy.compactMap({ name in
        weightActions.first { $0.name == name }
      }).first ?? weightActions.first
    else { return [] }
    let places = sites.indices.filter { action.applies(to: sites[$0], in: context) }
    var all: [(Int, Int)] = []
    // Neighbours and distant layers alike; a bound keeps the list short for very deep models.
    for first in places.prefix(512) {
      for second in places.prefix(512) where second > first { all.append((first, second)) }
    }
    var generator = SeededGenerator(seed: options.seed &+ 0x1A7E_4AC7)
    all.shuffle(using: &generator)
    // A screened sweep has no passes for more.
    let count = options.effort == .screen ? (options.pairCount + 1) / 2 : options.pairCount
    return all.prefix(count).sorted { $0 < $1 }
      .map { (first: $0.0, second: $0.1, action: action) }
  }

  /// Whether a trial belongs to a part; those of a layer stay together.
  package func belongs(_ trial: Int, to shard: SweepOptions.Shard?) -> Bool {
    guard let shard, shard.count > 1 else { return true }
    let place: Int
    switch trials[trial].subject {
    case .action(let site, _): place = site
    case .pair(let first, let second, _): place = first + second
    case .mode(let mode): place = sites.count + (WholeModel.allCases.firstIndex(of: mode) ?? 0)
    }
    return place % shard.count == shard.index - 1
  }
}
