import Calibration
import ModelIR
import Operators

/// A model without some channels, of one group or of several at once.
///
/// Identifiers of nodes and values stay.
package struct PrunedModel: Sendable {
  package let model: Model
  /// The types and costs of the main graph.
  package let inferred: GraphTypes

  /// Takes channels out at several sites at once.
  ///
  /// Which channels go is decided on the whole model, for each site by itself.
  ///
  /// - Throws: where an action is none of channels, removes nothing, or the smaller model is not sound.
  package init(
    _ actions: [(site: Site, action: Action)],
    in context: ActionContext
  ) throws(TechniqueError) {
    var units: Set<Int> = []
    for (site, action) in actions {
      guard case .channels(let pruning) = action.effect else {
        throw TechniqueError(.usage, "\(action.name) does not apply to \(site.id)")
      }
      units.formUnion(try pruning.removed(site, context))
    }
    try self.init(removing: units, from: context)
  }

  init(removing units: Set<Int>, from context: ActionContext) throws(TechniqueError) {
    model = try ChannelRemoval.removing(units, from: context.model, context.sites.channels)
    // No input loses channels: its extents are those that are looked at.
    let shapes = model.main.inputs.map { ($0, context.types[$0.index].shape) }
    let all = GraphInference(
      inputShapes: Dictionary(shapes, uniquingKeysWith: { first, _ in first })
    ).infer(model)
    inferred = all[Model.mainGraph.index]
    if let issue = inferred.issues.first(where: { !$0.isStatedShape }) {
      throw TechniqueError(.internal, "the pruned model is not sound: \(issue.message)")
    }
  }

  /// The multiply-adds of the main graph; `nil` where an operator has no known cost.
  package var multiplyAdds: Int? {
    var sum: Int? = 0
    for cost in inferred.costs {
      sum = cost.status == .uncounted ? nil : sum.map { $0 + cost.multiplyAdds }
    }
    return sum
  }
}

extension ChannelMap {
  /// The groups whose channels the weights of a layer are made of or read, by their places.
  package func groups(shaping layer: WeightLayer) -> [Int] {
    var atoms: Set<Int> = []
    for value in [layer.input, layer.output] {
      for atom in tracks[value.index]?.atoms ?? [] { atoms.insert(unitOf[atom]) }
    }
    return groups.indices.filter { groups[$0].units.contains(where: atoms.contains) }
  }

  /// Whether some of the channels of a site are those of one of the values.
  package func isShaping(_ site: Site, _ values: Set<ValueID>) -> Bool {
    guard let group = groups.first(where: { $0.layers.map(\.node) == site.nodes }) else {
      return false
    }
    let units = Set(group.units)
    return values.contains { value in
      guard tracks.indices.contains(value.index), let track = tracks[value.index] else {
        return false
      }
      return track.atoms.contains { units.contains(unitOf[$0]) }
    }
  }
}
