import Calibration
import ModelIR
import Operators

/// Gives the batch normalisation behind a layer the means and variances that the layer's outputs have
/// with its changed weights.
///
/// With the mean `μ` and the second moments `G` of the layer's inputs: means `Ŵ μ + b`, variances
/// `diag(Ŵ (G − μ μᵀ) Ŵᵀ)`, those of the population, without running anything. For one layer that is what
/// `BatchNormReestimation` measures for a whole model. Source: Sun et al. 2019, "Hybrid 8-bit Floating
/// Point (HFP8)", section 3.3.
enum NormalizationCorrection {
  static func constants(
    _ coded: CodedWeights,
    of weights: WeightMatrix,
    bias changed: Tensor?,
    in graph: Graph,
    named name: String
  ) throws(TechniqueError) -> [ValueID: Tensor] {
    let layer = weights.layer
    let readers = graph.nodeIDs.filter { graph[$0].inputs.contains(layer.output) }
    guard readers.count == 1, graph[readers[0]].op == .known("batchNormalization"),
      !graph.outputs.contains(layer.output),
      (try? AttributeReader(graph[layer.node].attributes).string("activation", default: "none"))
        == "none"
    else {
      throw TechniqueError(.usage, "\(name): no batch normalisation alone reads the layer's output")
    }
    let operands = graph[readers[0]].inputs
    guard operands.count == 5, let mean = operands[3], let variance = operands[4],
      graph[mean].isConstant, graph[variance].isConstant, let sizes = graph[mean].shape.sizes,
      graph[variance].shape.sizes == sizes, checkedProduct(sizes) == layer.outputs,
      graph.nodes.count(where: { $0.inputs.contains(mean) || $0.inputs.contains(variance) }) == 1
    else {
      throw TechniqueError(
        .usage,
        "\(name): the normalisation's means and variances are not its own constants"
      )
    }
    guard let moments = weights.moments, moments.rowCount > 0,
      let squares = moments.outputSquares(of: coded.values, layer: layer)
    else {
      throw TechniqueError(
        .dataInvalid,
        "\(name) needs the Gram matrix of the layer's inputs, which was not kept"
      )
    }
    let count = Double(moments.rowCount)
    let means = moments.meanShift(of: coded.values, layer: layer)
    var offsets = [Float](repeating: 0, count: layer.outputs)
    if let value = layer.bias {
      let stored = graph[value].constant.flatMap { storage in
        graph[value].shape.sizes.flatMap { Tensor(type: .float32, sizes: $0, storage: storage) }
      }
      guard case .floats(let values)? = (changed ?? stored)?.elements,
        values.count == layer.outputs
      else { throw TechniqueError(.usage, "\(name): the layer's bias is not at hand") }
      offsets = values
    }
    let variances = zip(squares, means).map { square, mean in
      Float(max(square / count - Double(mean) * Double(mean), 0))
    }
    return [
      mean: Tensor(sizes, floats: zip(means, offsets).map { $0 + $1 }),
      variance: Tensor(sizes, floats: variances),
    ]
  }
}
