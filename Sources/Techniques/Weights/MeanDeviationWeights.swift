import Calibration

/// Weights as integers around their mean: `q = clamp(round((w − mean) / s))`, with `s` from the standard
/// deviation, for each output channel.
///
/// `s = k · σ / m`, `m = 2^(bits − 1) − 1`: codes reach `k` standard deviations. For normally
/// distributed weights the `k` with the least mean square error is 3.92, 3.27, 2.47, 1.95, 1.22 for
/// 8, 6, 4, 3, 2 bits, found numerically (`Tests/Oracles/calibration_oracle.py --reach`).
struct MeanDeviationWeights: WeightCoding {
  var bits: Int

  static let reach: [Int: Double] = [8: 3.92, 6: 3.27, 4: 2.47, 3: 1.95, 2: 1.22]

  var name: String { "int\(bits)-mean-std" }

  init?(_ name: String) {
    guard let bits = Self.reach.keys.first(where: { name == "int\($0)-mean-std" }) else {
      return nil
    }
    self.bits = bits
  }

  func encode(_ weights: WeightMatrix) throws(TechniqueError) -> CodedWeights {
    let most = Int32(1) << Int32(bits - 1) - 1
    var values = weights.values
    var codes = [Int32](repeating: 0, count: values.count)
    var scales: [Float] = []
    var means: [Float] = []
    for row in 0..<weights.rows {
      let range = row * weights.columns..<(row + 1) * weights.columns
      let count = Double(range.count)
      let mean = range.reduce(0.0) { $0 + Double(values[$1]) } / count
      let variance = range.reduce(0.0) { sum, index in
        sum + (Double(values[index]) - mean) * (Double(values[index]) - mean)
      }
      let deviation = (variance / count).squareRoot()
      let step = Float((Self.reach[bits] ?? 3) * deviation / Double(most))
      let scale = step.isNormal ? step : 1
      scales.append(scale)
      means.append(Float(mean))
      for index in range {
        codes[index] = Self.code(values[index], Float(mean), scale, most)
        values[index] = Float(codes[index]) * scale + Float(mean)
      }
    }
    let (steps, centers) = (scales, means)
    return CodedWeights(
      values: values,
      codes: codes,
      scales: scales,
      // The mean is stored as a number beside each scale.
      bytes: CodingSize.packed(codes.count, bits: bits) + 2 * scales.count * CodingSize.scaleBytes,
      nearest: { row, _, value in
        Float(Self.code(value, centers[row], steps[row], most)) * steps[row] + centers[row]
      }
    )
  }

  private static func code(_ value: Float, _ mean: Float, _ scale: Float, _ most: Int32) -> Int32 {
    let rounded = ((value - mean) / scale).rounded(.toNearestOrAwayFromZero)
    return Int32(min(max(rounded, Float(-most)), Float(most)))
  }
}

extension Technique {
  static let meanDeviationWeights = Technique(
    "mean-deviation-weights",
    "Weights as integers around the mean, with a scale from the standard deviation.",
    kind: .weights,
    examples: ["int8-mean-std", "int6-mean-std", "int4-mean-std", "int3-mean-std", "int2-mean-std"]
  ) { MeanDeviationWeights($0).map { .weights($0) } }
}
