import ByteIO
import Calibration
import ModelIR
import Operators
import Profiling
import TargetRules
import Techniques

/// What a model makes of measurements: which sites go together, which choices exclude each other, and
/// how channels shape weights.
package struct PlanSites: Sendable {
  package var groups: [PlanGroup]
  package var couplings: [ChannelCoupling]
  package var exclusions: [ChoiceProblem.Cut]
  /// What was left out, for people: lower case, no full stop.
  package var notes: [String]
  /// The site of each weights group; the places in the model of the others.
  package private(set) var weights: [Int: Site] = [:]
  /// The activations of each group of that kind, those that were not measured included.
  package private(set) var activations: [Int: [ValueID]] = [:]
  package private(set) var channels: [Int: Site] = [:]

  /// Sites of each group that come after its first one.
  private var otherMembers: [Int: [String]] = [:]

  /// The names of a group's further sites.
  func members(_ group: Int) -> [String] { otherMembers[group] ?? [] }

  /// A group's further sites.
  func others(_ group: Int, in context: ActionContext) -> [Site] {
    members(group).compactMap { context.sites[$0] }
  }

  /// Whether the channels of a group are those of one of the values.
  func shapes(_ group: Int, _ values: Set<ValueID>, in context: ActionContext) -> Bool {
    guard let site = channels[group] else { return false }
    return context.sites.channels.isShaping(site, values)
  }

  /// Combinations of channel choices beyond this are not planned for one layer.
  private static let mostCombinations = 64

  /// - Parameters:
  ///   - table: The measurements.
  ///   - context: The model that was measured.
  ///   - originalMultiplyAdds: The model's own; `nil` where unknown.
  ///   - kinds: What may be planned.
  ///   - target: Where the model is to run: it may force layers to be integer as a whole.
  ///   - allows: Whether an action may be used.
  /// - Throws: where a smaller model is not sound.
  package init(
    _ table: SensitivityTable,
    in context: ActionContext,
    originalMultiplyAdds: Int?,
    kinds: Set<PlanGroup.Kind> = [.weights, .activations, .channels],
    target: DeploymentTarget? = nil,
    allows: (String) -> Bool
  ) throws(PlanningError) {
    groups = PlanGroup.all(
      in: table,
      originalMultiplyAdds: originalMultiplyAdds,
      allows: { allows($0) }
    )
    couplings = []
    exclusions = []
    notes = []
    for index in groups.indices {
      let names = groups[index].sites.map { table.sites[$0].id }
      weights[index] = context.sites[names[0]]
      if names.count > 1 { otherMembers[index] = Array(names.dropFirst()) }
    }
    if kinds.contains(.activations) { addActivations(table, context, allows) }
    if let target, TargetActions.needsWholeIntegers(target) {
      if activations.isEmpty {
        notes.append(
          "\(target.name) runs integer weights only beside integer activations, which are not planned"
            + " here: they need samples, and int8-activations among the actions"
        )
      } else {
        exclude(context, floatActivations: true)
      }
    }
    if kinds.contains(.channels) {
      try addChannels(table, context, originalMultiplyAdds, allows)
    }
  }

  // MARK: - Activations

  /// Makes one group of tied activations.
  ///
  /// An activation that was not measured, as nothing measured comes
  /// after it, goes with the operand of the operator that makes it.
  private mutating func addActivations(
    _ table: SensitivityTable,
    _ context: ActionContext,
    _ allows: (String) -> Bool
  ) {
    let sites = context.sites.sites(.activations)
    guard !sites.isEmpty else { return }
    var places: [ValueID: Int] = [:]
    for site in sites {
      if let place = table.sites.firstIndex(where: { $0.id == site.id }) {
        places[site.value] = place
      }
    }
    guard !places.isEmpty else { return }
    var ties = ActivationAssignment.ties(
      in: context.model.main,
      among: Set(sites.map(\.value))
    )
    Self.adopt(&ties, measured: places, context.model.main)
    for tie in ties {
      let measured = tie.compactMap { places[$0] }.sorted()
      guard let first = measured.first else { continue }
      var choices = [Self.keep]
      for candidate in table.measurements where candidate.site == first && allows(candidate.action)
      {
        guard let action = try? Action(candidate.action), let form = action.integerActivations
        else { continue }
        let all = measured.compactMap { site in
          table.measurements.first { $0.site == site && $0.action == candidate.action }
        }
        let divergences = all.compactMap(\.divergence)
        guard divergences.count == measured.count else { continue }
        choices.append(
          PlanGroup.Choice(
            action: candidate.action,
            bytes: Self.fileBytes(of: tie, bits: form.bits, context),
            divergence: PlanGroup.sum(divergences),
            accuracyDrop: PlanGroup.drop(all, table)
          )
        )
      }
      guard choices.count > 1 else { continue }
      activations[groups.count] = tie
      groups.append(PlanGroup(kind: .activations, sites: measured, choices: choices))
    }
    exclude(context, floatActivations: false)
  }

  private static let keep = PlanGroup.Choice(
    action: nil,
    bytes: 0,
    divergence: .init(mean: 0, low: 0, high: 0),
    accuracyDrop: 0
  )

  /// Joins groups without a measured member to the group of what they are computed from.
  private static func adopt(
    _ ties: inout [[ValueID]],
    measured: [ValueID: Int],
    _ graph: Graph
  ) {
    var groupOf: [ValueID: Int] = [:]
    for (index, tie) in ties.enumerated() { for value in tie { groupOf[value] = index } }
    for node in graph.nodes {
      for case .some(let output) in node.outputs {
        guard let mine = groupOf[output],
          !ties[mine].contains(where: { measured[$0] != nil }),
          let host = node.inputs.lazy.compactMap({ $0.flatMap { groupOf[$0] } })
            .first(where: { $0 != mine })
        else { continue }
        for value in ties[mine] { groupOf[value] = host }
        ties[host] += ties[mine]
        ties[mine] = []
      }
    }
    ties.removeAll(where: \.isEmpty)
  }

  /// What integers for activations add to a file: their scales, and those of the biases behind them.
  static func fileBytes(of values: [ValueID], bits: Int, _ context: ActionContext) -> Int {
    let graph = context.model.main
    var bytes = 0
    for value in values { bytes += graph[value].isConstant ? 0 : quantizationBytes }
    let members = Set(values)
    for layer in WeightLayer.all(in: graph) where members.contains(layer.input) {
      guard layer.bias != nil else { continue }
      // A scale and a zero point a channel, and 8 bytes an element beside 16-bit activations.
      bytes += 12 * layer.outputs + (bits == 16 ? 4 * layer.outputs : 0)
    }
    return bytes
  }

  /// Two vectors of one element with their lengths, and two offsets: a scale and a zero point in a
  /// TensorFlow Lite file, and the type.
  private static let quantizationBytes = 32

  /// An integer activation needs integer weights at every layer that reads or makes it: an operator is
  /// integer as a whole, and with 16-bit activations its weights have 8 bits.
  ///
  /// Where a target takes no integer weights beside float activations, these exclude each other too.
  private mutating func exclude(_ context: ActionContext, floatActivations: Bool) {
    var touching: [ValueID: [Int]] = [:]
    for (index, site) in weights {
      for layer in site.nodes.compactMap({ WeightLayer($0, in: context.model.main) }) {
        touching[layer.input, default: []].append(index)
        touching[layer.output, default: []].append(index)
      }
    }
    for (group, values) in activations.sorted(by: { $0.key < $1.key }) {
      let layers = Set(values.flatMap { touching[$0] ?? [] }).sorted()
      for (choice, content) in groups[group].choices.enumerated() {
        let form = content.action.flatMap { try? Action($0) }?.integerActivations
        guard (form == nil) == floatActivations else { continue }
        for layer in layers {
          let others = groups[layer].choices.indices.filter {
            let action = groups[layer].choices[$0].action
            return IntegerForm.isInteger(action, activationBits: form?.bits ?? 8)
              == floatActivations
          }
          guard !others.isEmpty else { continue }
          exclusions.append(
            .init(
              members: [.init(group: group, choice: choice)]
                + others.map { .init(group: layer, choice: $0) },
              most: 1
            )
          )
        }
      }
    }
  }

  // MARK: - Channels

  private mutating func addChannels(
    _ table: SensitivityTable,
    _ context: ActionContext,
    _ originalMultiplyAdds: Int?,
    _ allows: (String) -> Bool
  ) throws(PlanningError) {
    for site in context.sites.sites(.channels) {
      guard let place = table.sites.firstIndex(where: { $0.id == site.id }) else { continue }
      var choices = [Self.keep]
      var accounts: [ChannelAccount] = []
      for candidate in table.measurements where candidate.site == place && allows(candidate.action)
      {
        guard let divergence = candidate.divergence, let action = try? Action(candidate.action),
          action.kind == .channels,
          let pruned = try? PrunedModel([(site, action)], in: context)
        else { continue }
        let account = ChannelAccount(context, pruned)
        accounts.append(account)
        choices.append(
          PlanGroup.Choice(
            action: candidate.action,
            bytes: -account.otherBytes,
            savedMultiplyAdds: originalMultiplyAdds == nil ? 0 : account.otherMultiplyAdds,
            divergence: divergence,
            accuracyDrop: PlanGroup.drop([candidate], table)
          )
        )
      }
      guard choices.count > 1 else { continue }
      channels[groups.count] = site
      groups.append(PlanGroup(kind: .channels, sites: [place], choices: choices))
    }
    guard !channels.isEmpty else { return }
    try couple(context)
  }

  /// Works out what the weights of each layer take for each combination of the channels around it.
  private mutating func couple(_ context: ActionContext) throws(PlanningError) {
    let map = context.sites.channels
    var groupOfMap: [Int: Int] = [:]
    for (group, site) in channels {
      if let place = map.groups.firstIndex(where: { $0.layers.map(\.node) == site.nodes }) {
        groupOfMap[place] = group
      }
    }
    var models: [[Int: Int]: PlannedContext] = [:]
    // A layer without planned actions still changes its extents with its channels.
    for site in context.sites.sites(.weights)
    where !weights.values.contains(where: { $0.id == site.id }) {
      notes.append("\(site.id) has no measured action: channels around it are not planned")
    }
    var frozen: Set<Int> = []
    var found: [(group: Int, channels: [Int])] = []
    let graph = context.model.main
    for site in context.sites.sites(.weights) {
      let around = Set(
        site.nodes.compactMap { WeightLayer($0, in: graph) }
          .flatMap { map.groups(shaping: $0) }.compactMap { groupOfMap[$0] }
      ).sorted()
      guard !around.isEmpty else { continue }
      let group = weights.first { $0.value.id == site.id }?.key
      let count = around.reduce(1) { $0 * groups[$1].choices.count }
      guard let group, count <= Self.mostCombinations else {
        frozen.formUnion(around)
        continue
      }
      found.append((group, around))
    }
    if !frozen.isEmpty { freeze(frozen, &found) }
    for (group, around) in found.sorted(by: { $0.group < $1.group }) where !around.isEmpty {
      couplings.append(try coupling(group, around, context, &models))
    }
  }

  /// Leaves groups of channels as they are.
  private mutating func freeze(_ frozen: Set<Int>, _ found: inout [(group: Int, channels: [Int])]) {
    for group in frozen {
      let site = channels[group]?.id ?? ""
      groups[group].choices = [Self.keep]
      notes.append("\(site): a layer around it cannot be planned together with it, it stays")
    }
    for index in found.indices {
      found[index].channels.removeAll(where: frozen.contains)
    }
  }

  private func coupling(
    _ group: Int,
    _ around: [Int],
    _ context: ActionContext,
    _ models: inout [[Int: Int]: PlannedContext]
  ) throws(PlanningError) -> ChannelCoupling {
    var coupling = ChannelCoupling(
      group: group,
      channels: around.map { ($0, groups[$0].choices.count) },
      bytes: groups[group].choices.map { _ in [] },
      savedMultiplyAdds: []
    )
    guard let site = weights[group] else { return coupling }
    for combination in 0..<coupling.combinations {
      var choices: [Int: Int] = [:]
      for (channel, choice) in zip(around, coupling.choices(of: combination)) where choice != 0 {
        choices[channel] = choice
      }
      if models[choices] == nil {
        let actions = choices.sorted { $0.key < $1.key }.compactMap { group, choice in
          channels[group].flatMap { site in
            groups[group].choices[choice].action.flatMap { try? Action($0) }.map { (site, $0) }
          }
        }
        models[choices] = try PlannedContext(context, channels: actions)
      }
      guard let planned = models[choices] else { continue }
      coupling.savedMultiplyAdds.append(
        (models[[:]] ?? planned).multiplyAdds(of: site) - planned.multiplyAdds(of: site)
      )
      for (index, choice) in groups[group].choices.enumerated() {
        let bytes = choices.isEmpty ? choice.bytes : try planned.bytes(of: site, choice.action)
        coupling.bytes[index].append(bytes)
      }
    }
    return coupling
  }
}

/// What channels take besides the weights of layers: biases, normalisations, elementwise work.
private struct ChannelAccount {
  var otherBytes: Int
  var otherMultiplyAdds: Int

  init(_ context: ActionContext, _ pruned: PrunedModel) {
    let layers = Set(WeightLayer.all(in: context.model.main).map(\.node))
    let weights = Set(WeightLayer.all(in: context.model.main).map(\.weights))
    func bytes(_ graph: Graph) -> Int {
      let used = Set(graph.nodes.flatMap { $0.inputs.compactMap { $0 } })
      return graph.valueIDs.reduce(0) { sum, value in
        guard graph[value].isConstant, used.contains(value), !weights.contains(value) else {
          return sum
        }
        return sum + (graph[value].byteCount ?? 0)
      }
    }
    func multiplyAdds(_ costs: [OperatorCost]) -> Int {
      costs.enumerated().reduce(0) {
        $0 + (layers.contains(NodeID($1.offset)) ? 0 : $1.element.multiplyAdds)
      }
    }
    let original = PlannedContext.costs(context.model, context.types)
    otherBytes = bytes(context.model.main) - bytes(pruned.model.main)
    otherMultiplyAdds = multiplyAdds(original) - multiplyAdds(pruned.inferred.costs)
  }
}

/// Which forms of weights an integer operator takes.
package enum IntegerForm {
  /// Whether weights after an action are integers with a scale a channel or one for all, as an
  /// operator with integer activations needs them.
  package static func isInteger(_ action: String?, activationBits: Int) -> Bool {
    guard let action else { return false }
    let stem = action.split(separator: "+")[0]
    let parts = stem.split(separator: "-")
    guard let first = parts.first, first.hasPrefix("int"), let bits = Int(first.dropFirst(3)),
      bits <= 8, parts.count > 1, parts[1] == "channel" || parts[1] == "tensor",
      !parts.contains("asym")
    else { return false }
    return activationBits == 8 || bits == 8
  }

  /// What kernels see of weights after an action.
  package static func type(_ action: String?) -> ElementType? {
    guard isInteger(action, activationBits: 8), let action else { return nil }
    return action.hasPrefix("int4") ? .int4 : .int8
  }
}
