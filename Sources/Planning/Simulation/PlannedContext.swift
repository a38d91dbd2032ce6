import Calibration
import ModelIR
import Operators
import Techniques

/// A model without a plan's channels, and what the weights of its layers take.
package struct PlannedContext: Sendable {
  package let context: ActionContext
  /// The cost of each node of the main graph.
  package let costs: [OperatorCost]
  /// Whether channels were removed.
  package let isPruned: Bool

  /// - Parameters:
  ///   - original: The model as it is.
  ///   - channels: What is done to channels.
  ///   - record: What calibration measured on the smaller model; `nil` where it was not run.
  /// - Throws: where the smaller model is not sound.
  package init(
    _ original: ActionContext,
    channels: [(site: Site, action: Action)],
    record: (PrunedModel) throws(PlanningError) -> CalibrationRecord? = { _ in nil }
  ) throws(PlanningError) {
    isPruned = !channels.isEmpty
    guard isPruned else {
      context = original
      costs = Self.costs(original.model, original.types)
      return
    }
    let pruned: PrunedModel
    do throws(TechniqueError) {
      pruned = try PrunedModel(channels, in: original)
    } catch {
      throw PlanningError(error)
    }
    context = ActionContext(
      pruned.model,
      types: pruned.inferred.types,
      record: try record(pruned)
    )
    costs = pruned.inferred.costs
  }

  /// The cost of each node of a model's main graph.
  static func costs(_ model: Model, _ types: [TensorType]) -> [OperatorCost] {
    let shapes = model.main.inputs.map { ($0, types[$0.index].shape) }
    let inferred = GraphInference(
      inputShapes: Dictionary(shapes, uniquingKeysWith: { first, _ in first })
    ).infer(model)
    return inferred[Model.mainGraph.index].costs
  }

  /// The types and costs of all graphs.
  package var types: [GraphTypes] {
    let model = context.model
    let shapes = model.main.inputs.map { ($0, context.types[$0.index].shape) }
    return GraphInference(
      inputShapes: Dictionary(shapes, uniquingKeysWith: { first, _ in first })
    ).infer(model)
  }

  /// The weights of the layer in this model.
  package func site(_ original: Site) -> Site? {
    context.sites.sites(.weights).first { $0.node == original.node }
  }

  /// The multiply-adds of the layers that read a site's weights.
  func multiplyAdds(of site: Site) -> Int {
    site.nodes.reduce(0) { $0 + costs[$1.index].multiplyAdds }
  }

  /// The bytes of a site's weights after an action on them.
  ///
  /// Corrections do not change a form's bytes, and pruned weights take the bytes of whole ones.
  func bytes(of original: Site, _ name: String?) throws(PlanningError) -> Int {
    guard let site = site(original) else {
      throw PlanningError(.internal, "the weights of \(original.id) are gone")
    }
    guard let name, let stem = name.split(separator: "+").first, !stem.hasPrefix("prune-") else {
      return site.bytes ?? 0
    }
    do throws(TechniqueError) {
      let applied = try Action(String(stem)).apply(to: site, in: context)
      return applied.bytes ?? site.bytes ?? 0
    } catch {
      throw PlanningError(error)
    }
  }
}

extension PlanningError {
  init(_ error: TechniqueError) { self.init(error.code, error.message) }
}
