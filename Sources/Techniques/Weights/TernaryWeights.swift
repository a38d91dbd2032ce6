import Calibration

/// Weights as −s, 0 or s with a scale a channel.
///
/// `Δ = 0.7 · mean|w|`; `s` is the mean of the magnitudes above Δ, which is the least-squares scale
/// for that choice of signs. Source: Li, Zhang and Liu 2016, "Ternary Weight Networks", section 2.
struct TernaryWeights: WeightCoding {
  var name: String { "ternary" }

  func encode(_ weights: WeightMatrix) throws(TechniqueError) -> CodedWeights {
    var values = weights.values
    var codes = [Int32](repeating: 0, count: values.count)
    var scales: [Float] = []
    for row in 0..<weights.rows {
      let range = row * weights.columns..<(row + 1) * weights.columns
      let mean = range.reduce(0.0) { $0 + Double(values[$1].magnitude) } / Double(range.count)
      let threshold = Float(0.7 * mean)
      let large = range.filter { values[$0].magnitude > threshold }
      let sum = large.reduce(0.0) { $0 + Double(values[$1].magnitude) }
      let scale = large.isEmpty ? 0 : Float(sum / Double(large.count))
      scales.append(scale)
      for index in range {
        let isLarge = values[index].magnitude > threshold
        codes[index] = isLarge ? (values[index] < 0 ? -1 : 1) : 0
        values[index] = Float(codes[index]) * scale
      }
    }
    let grid = scales
    return CodedWeights(
      values: values,
      codes: codes,
      scales: scales,
      bytes: CodingSize.packed(codes.count, bits: 2) + scales.count * CodingSize.scaleBytes,
      nearest: { row, _, value in
        let scale = grid[row]
        return value.magnitude > scale / 2 ? (value < 0 ? -scale : scale) : 0
      }
    )
  }
}

extension Technique {
  static let ternaryWeights = Technique(
    "ternary-weights",
    "Weights as −s, 0 or s with a scale a channel.",
    kind: .weights,
    examples: ["ternary"]
  ) { $0 == "ternary" ? .weights(TernaryWeights()) : nil }
}
