import ModelIR

extension WeightLayer {
  /// The layer of a node whose weights are stored as integers and whose real input is made integers
  /// while the model runs ("dynamic range"); `nil` where it is none.
  ///
  /// Its weights are no site of an action; what it does to its input is that of a layer with the
  /// weights that the integers stand for, but for the rounding of the input.
  package static func hybrid(_ id: NodeID, in graph: Graph) -> WeightLayer? {
    let layer = WeightLayer(id, in: graph) { $0.type.isInteger && $0.quantization != nil }
    guard let layer, graph[layer.input].type == .float32, graph[layer.output].type == .float32,
      let scales = graph[layer.weights].quantization?.scales,
      scales.count == 1 || scales.count == layer.outputs
    else { return nil }
    return layer
  }

  /// Integers in the order of the file as the numbers that they stand for, in rows of the matrix.
  ///
  /// The zero point counts as 0, as in the kernels of such layers.
  func matrix(_ stored: [Float], scaledBy value: Value) -> [Float]? {
    guard let scales = value.quantization?.scales, let first = scales.first,
      scales.count == 1 || scales.count == outputs
    else { return nil }
    var result = matrix(stored)
    for row in 0..<outputs {
      let scale = scales.count == 1 ? first : scales[row]
      for place in row * taps..<(row + 1) * taps { result[place] *= scale }
    }
    return result
  }
}
