import Calibration

/// Weights as −s or s with a scale a channel: `s = mean|w|`, which is the least-squares scale; 0 counts
/// as positive.
///
/// Source: Rastegari et al. 2016, "XNOR-Net", equations 4 to 6.
struct BinaryWeights: WeightCoding {
  var name: String { "binary" }

  func encode(_ weights: WeightMatrix) throws(TechniqueError) -> CodedWeights {
    var values = weights.values
    var codes = [Int32](repeating: 0, count: values.count)
    var scales: [Float] = []
    for row in 0..<weights.rows {
      let range = row * weights.columns..<(row + 1) * weights.columns
      let sum = range.reduce(0.0) { $0 + Double(values[$1].magnitude) }
      let scale = Float(sum / Double(range.count))
      scales.append(scale)
      for index in range {
        codes[index] = values[index] < 0 ? -1 : 1
        values[index] = Float(codes[index]) * scale
      }
    }
    let grid = scales
    return CodedWeights(
      values: values,
      codes: codes,
      scales: scales,
      bytes: CodingSize.packed(codes.count, bits: 1) + scales.count * CodingSize.scaleBytes,
      nearest: { row, _, value in value < 0 ? -grid[row] : grid[row] }
    )
  }
}

extension Technique {
  static let binaryWeights = Technique(
    "binary-weights",
    "Weights as −s or s with a scale a channel.",
    kind: .weights,
    examples: ["binary"]
  ) { $0 == "binary" ? .weights(BinaryWeights()) : nil }
}
