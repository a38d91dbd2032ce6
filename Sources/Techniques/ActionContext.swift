import ByteIO
import Calibration
import Execution
import Kernels
import ModelIR
import Operators

/// What actions may look at: the model, its types, and what calibration measured.
package struct ActionContext: Sendable {
  package let model: Model
  /// The types of the main graph's values.
  package let types: [TensorType]
  /// What calibration measured; `nil` where there is no data.
  package let record: CalibrationRecord?
  package let sites: SiteList
  let layers: [NodeID: WeightLayer]
  let thresholds = GlobalThresholds()
  let chains = EqualizedChains()
  /// What measuring batch normalisations anew needs; `nil` where there is no data.
  package var reestimation: Reestimation?

  /// The model and the samples that it is run on.
  package struct Reestimation: Sendable {
    package var compiled: CompiledGraph
    package var samples: SampleSet

    package init(compiled: CompiledGraph, samples: SampleSet) {
      self.compiled = compiled
      self.samples = samples
    }
  }

  package init(_ model: Model, types: [TensorType], record: CalibrationRecord? = nil) {
    self.model = model
    self.types = types
    self.record = record
    sites = SiteList(model, types: types)
    layers = Dictionary(
      WeightLayer.all(in: model.main).map { ($0.node, $0) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  /// The layer that a weight site is about.
  package func layer(_ site: Site) -> WeightLayer? { site.node.flatMap { layers[$0] } }
}

/// What an action makes of a site.
package struct AppliedAction: Sendable {
  /// New values of constants: for `CompiledGraph.replacing`.
  package var constants: [ValueID: Tensor] = [:]
  /// What is done to activations while the model runs.
  package var activations: [ValueID: ActivationTransform] = [:]
  /// The smaller model, where the graph itself changed; identifiers of nodes and values stay.
  package var model: Model?
  /// The site's bytes afterwards, with scales, zero points and tables; `nil` where unknown.
  package var bytes: Int?
  /// The bytes in a sparse form, where that is smaller than the dense one.
  package var sparseBytes: Int?
  /// The multiply-adds of the whole model afterwards, where they change; `nil` where they do not.
  package var multiplyAdds: Int?
  /// The stored form of the weights, where there is one.
  package var coded: CodedWeights?
}

extension Action {
  /// Whether the action can be taken at the site.
  package func applies(to site: Site, in context: ActionContext) -> Bool {
    guard kind == site.kind else { return false }
    switch effect {
    case .weights(let coding): return context.layer(site).map(coding.applies) ?? false
    case .globalPruning: return context.layer(site) != nil
    case .activations, .channels: return true
    }
  }

  /// Takes the action on a copy.
  ///
  /// - Parameters:
  ///   - site: Where.
  ///   - context: The model and what calibration measured.
  /// - Returns: What became of the site.
  /// - Throws: where the site is of another kind, a number is not finite, or calibration data that
  ///   the action needs was not measured.
  package func apply(
    to site: Site,
    in context: ActionContext
  ) throws(TechniqueError) -> AppliedAction {
    guard applies(to: site, in: context) else {
      throw TechniqueError(.usage, "\(name) does not apply to \(site.id)")
    }
    switch effect {
    case .weights(let coding):
      return try applyWeights(site, context) { (matrix) throws(TechniqueError) in
        try coding.encode(matrix)
      }
    case .globalPruning(let pruning):
      return try applyWeights(site, context) { (matrix) throws(TechniqueError) in
        try pruning.encode(matrix, in: context)
      }
    case .activations(let coding):
      guard let statistics = context.record?.statistics[site.value] else {
        throw TechniqueError(.dataInvalid, "\(name) needs calibration data of \(site.id)")
      }
      let transform = try coding.transform(statistics)
      let elements = context.types[site.value.index].shape.elementCount
      return AppliedAction(
        activations: [site.value: transform],
        bytes: elements.map { ($0 * coding.bits + 7) / 8 }
      )
    case .channels(let pruning): return try pruning.apply(to: site, context)
    }
  }

  /// The first node that computes something else after the action; `nil` for channels, whose model is
  /// another one.
  package func firstNode(at site: Site, in context: ActionContext) -> NodeID? {
    let nodes =
      corrections.contains(.equalize)
      ? site.nodes + (context.chain(of: site)?.nodes ?? []) : site.nodes
    return nodes.min()
  }

  private func applyWeights(
    _ site: Site,
    _ context: ActionContext,
    _ encode: (WeightMatrix) throws(TechniqueError) -> CodedWeights
  ) throws(TechniqueError) -> AppliedAction {
    let graph = context.model.main
    guard let layer = context.layer(site), var original = layer.matrix(in: graph) else {
      throw TechniqueError(.dataInvalid, "the weights of \(site.id) are not at hand")
    }
    var moments = context.record?.moments[layer.node]
    var others: [ValueID: Tensor] = [:]
    if corrections.contains(.equalize) {
      guard let chain = context.chain(of: site), let even = chain.constants[layer.weights],
        case .floats(let values) = even.elements
      else {
        throw TechniqueError(
          .usage,
          "\(name): no layer follows \(site.id) or comes before it with nothing or a ReLU between"
        )
      }
      others = chain.constants
      original = layer.matrix(values)
      if let factors = chain.inputFactors[layer.node] {
        moments = moments?.dividing(byInput: factors, of: layer)
      }
    }
    guard original.allSatisfy(\.isFinite) else {
      throw TechniqueError(.modelInvalid, "the weights of \(site.id) are not all finite")
    }
    let matrix = WeightMatrix(layer: layer, values: original, moments: moments)
    var coded = try encode(matrix)
    if corrections.contains(.refit) {
      coded = try LeastSquaresRefit.refit(coded, of: matrix, named: name)
    }
    guard coded.values.allSatisfy(\.isFinite) else {
      throw TechniqueError(.dataInvalid, "\(name) makes weights of \(site.id) that are not finite")
    }
    others[layer.weights] = Tensor(layer.sizes, floats: layer.stored(coded.values))
    var applied = AppliedAction(
      constants: others,
      bytes: coded.bytes,
      sparseBytes: coded.sparseBytes,
      coded: coded
    )
    if corrections.contains(.bias) {
      guard site.nodes.count == 1 else {
        throw TechniqueError(.usage, "the weights of \(site.id) are shared, their biases are not")
      }
      let bias = try BiasCorrection.corrected(
        coded,
        of: matrix,
        bias: layer.bias.flatMap { others[$0] },
        in: graph,
        named: name
      )
      applied.constants[bias.value] = bias.tensor
    }
    if corrections.contains(.norm) {
      guard site.nodes.count == 1 else {
        throw TechniqueError(.usage, "the weights of \(site.id) are shared, their outputs are not")
      }
      let bias = layer.bias.flatMap { applied.constants[$0] }
      let constants = try NormalizationCorrection.constants(
        coded,
        of: matrix,
        bias: bias,
        in: graph,
        named: name
      )
      applied.constants.merge(constants) { $1 }
    }
    if corrections.contains(.allNorms) {
      let constants = try BatchNormReestimation.constants(
        behind: Set(site.nodes),
        after: applied.constants,
        context,
        named: name
      )
      applied.constants.merge(constants) { $1 }
    }
    return applied
  }
}
