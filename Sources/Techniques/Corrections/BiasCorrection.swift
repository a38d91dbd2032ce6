import Calibration
import ModelIR
import Operators

/// Takes the shift of the outputs' mean that changed weights make out of the bias.
///
/// `b' = b − (Ŵ − W) · E[x]`, with the mean of the inputs over the calibration samples.
/// Source: Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias
/// Correction", equation 16, with measured means.
package enum BiasCorrection {
  /// - Parameters:
  ///   - coded: The changed weights.
  ///   - weights: Those before.
  ///   - known: The bias before, where it is not the graph's own.
  ///   - graph: The graph.
  ///   - name: The action, for messages.
  /// - Returns: The bias and its new numbers.
  /// - Throws: where there is no such bias, or nothing is known of the inputs.
  static func corrected(
    _ coded: CodedWeights,
    of weights: WeightMatrix,
    bias known: Tensor? = nil,
    in graph: Graph,
    named name: String
  ) throws(TechniqueError) -> (value: ValueID, tensor: Tensor) {
    guard let moments = weights.moments, moments.rowCount > 0 else {
      throw TechniqueError(.dataInvalid, "\(name) needs calibration data of the layer's inputs")
    }
    let readers = graph.nodes.count { node in node.inputs.contains(weights.layer.bias) }
    guard let bias = weights.layer.bias, readers == 1,
      let storage = graph[bias].constant, let sizes = graph[bias].shape.sizes,
      let tensor = known ?? Tensor(type: graph[bias].type, sizes: sizes, storage: storage),
      case .floats(let values) = tensor.elements, values.count == weights.rows
    else {
      throw TechniqueError(.usage, "\(name): the layer has no bias of its own to correct")
    }
    let change = zip(coded.values, weights.values).map { $0 - $1 }
    let shift = moments.meanShift(of: change, layer: weights.layer)
    return (bias, Tensor(sizes, floats: zip(values, shift).map { $0 - $1 }))
  }
}
