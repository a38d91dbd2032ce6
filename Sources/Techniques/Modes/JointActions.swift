import ByteIO
import Calibration
import ModelIR
import Operators

/// Actions at many sites at once: what a plan makes of a model, as a model that can be run here.
package struct JointActions: Sendable {
  /// Actions on weights, by the site's name.
  package var weights: [String: Action]
  /// What is done to activations.
  package var activations: [ValueID: ActivationTransform]

  package init(
    weights: [String: Action] = [:],
    activations: [ValueID: ActivationTransform] = [:]
  ) {
    self.weights = weights
    self.activations = activations
  }

  /// A model that computes what the compressed one would.
  ///
  /// Numbers stay real and are limited to what their stored forms stand for, as in `WholeModel`: the
  /// bias of a layer with integer weights behind an integer activation is a multiple of the product
  /// of their scales.
  ///
  /// - Parameters:
  ///   - context: The model and what calibration measured.
  ///   - applied: Makes an action's weights; for callers that keep them.
  /// - Returns: The model and the bytes of the weights that were changed, by the site.
  /// - Throws: where an action cannot be taken.
  package func apply(
    in context: ActionContext,
    applied: (Action, Site) throws(TechniqueError) -> AppliedAction
  ) throws(TechniqueError) -> WholeModel.Simulation {
    var graph = context.model.main
    var coded: [String: CodedWeights] = [:]
    var bytes = 0
    var seenBiases: Set<ValueID> = []
    for site in context.sites.sites(.weights) {
      guard let action = weights[site.id] else { continue }
      guard !action.corrections.contains(where: \.reachesOtherLayers) else {
        throw TechniqueError(
          .usage,
          "\(action.name) changes other layers too: it cannot be joined with actions there"
        )
      }
      let result = try applied(action, site)
      for (value, tensor) in result.constants { WholeModel.store(tensor, value, in: &graph) }
      guard let form = result.coded else { continue }
      coded[site.id] = form
      bytes += form.bytes
      for node in site.nodes {
        guard let reader = context.layers[node], let bias = reader.bias,
          let input = activations[reader.input], seenBiases.insert(bias).inserted
        else { continue }
        // A corrected bias stands among the action's constants and was stored above.
        WholeModel.roundBias(bias, form, input, in: &graph)
      }
    }
    if !activations.isEmpty { graph = WholeModel.limiting(activations, graph) }
    var model = context.model
    model[Model.mainGraph] = graph
    do throws(ReadError) {
      try graph.checkInvariants(graphCount: model.graphs.count)
    } catch {
      throw TechniqueError(.internal, error.message)
    }
    return WholeModel.Simulation(
      model: model,
      weightBytes: bytes,
      weights: coded,
      activations: activations
    )
  }
}

extension Action {
  /// The integers that an action makes of activations: their bits and how ranges are chosen; `nil`
  /// for other actions.
  package var integerActivations: (bits: Int, method: RangeMethod)? {
    guard case .activations(let coding) = effect, let coding = coding as? IntegerActivations else {
      return nil
    }
    return (coding.bits, coding.method)
  }
}

extension ActivationAssignment {
  /// The transforms of an action on activations.
  ///
  /// - Throws: where it makes no integers, or an activation was not measured.
  package init(_ context: ActionContext, action: Action) throws(TechniqueError) {
    guard let form = action.integerActivations else {
      throw TechniqueError(.usage, "\(action.name) gives activations no integers")
    }
    try self.init(context, bits: form.bits, method: form.method)
  }

  /// The activations that share a scale: of the values asked for, all in order, single ones too.
  package static func ties(in graph: Graph, among values: Set<ValueID>) -> [[ValueID]] {
    var sets = DisjointSets(count: graph.values.count)
    for node in graph.nodes where sameScale.contains(node.op.name) {
      let members = (node.inputs + node.outputs).compactMap { $0 }.filter(values.contains)
      for member in members.dropFirst() { sets.join(members[0].index, member.index) }
    }
    var groups: [Int: [ValueID]] = [:]
    for value in values.sorted() { groups[sets.root(value.index), default: []].append(value) }
    return groups.keys.sorted().compactMap { groups[$0] }
  }
}
