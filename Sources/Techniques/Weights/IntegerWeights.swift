import Calibration

/// Weights as integers with scales.
///
/// Symmetric: `q = clamp(round(w · (1 / s)), −m … m)`, `s = max|w| / m`, `m = 2^(bits − 1) − 1`, in
/// float32 with ties away from zero. With 8 bits and a channel a scale that is what the TensorFlow
/// Lite converter stores (checked on 26.7 million weights).
/// Asymmetric: `q = clamp(round(w / s) + z)`, `s = (max − min) / (2^bits − 1)`, the range stretched to
/// hold 0 (Jacob et al. 2018, section 2.1).
/// Range by least square error: of the shares 100 % … 20 % of the greatest range the one with the
/// least `Σ (w − ŵ)²`.
struct IntegerWeights: WeightCoding {
  enum Scope: Equatable { case tensor, channel, group(Int) }

  var bits: Int
  var scope: Scope
  var isAsymmetric = false
  var minimizesError = false

  var name: String {
    let scopeName =
      switch scope {
      case .tensor: "tensor"
      case .channel: "channel"
      case .group(let size): "group\(size)"
      }
    return "int\(bits)-\(scopeName)" + (isAsymmetric ? "-asym" : "")
      + (minimizesError ? "-mse" : "")
  }

  init?(_ name: String) {
    var parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2, parts[0].hasPrefix("int"), let bits = Int(parts[0].dropFirst(3)),
      [8, 6, 4, 3, 2].contains(bits), parts[0] == "int\(bits)"
    else { return nil }
    self.bits = bits
    switch parts[1] {
    case "tensor": scope = .tensor
    case "channel": scope = .channel
    case "group32": scope = .group(32)
    case "group64": scope = .group(64)
    case "group128": scope = .group(128)
    default: return nil
    }
    parts.removeFirst(2)
    if parts.first == "asym" {
      isAsymmetric = true
      parts.removeFirst()
    }
    if parts.first == "mse" {
      minimizesError = true
      parts.removeFirst()
    }
    guard parts.isEmpty else { return nil }
  }

  /// The integers of a scope and how they stand for numbers.
  struct Grid: Sendable {
    var scale: Float
    var zeroPoint: Int32
    var least: Int32
    var greatest: Int32
    /// Whether numbers are multiplied by the scale's inverse (the converter's arithmetic).
    var usesInverse: Bool

    func code(_ value: Float) -> Int32 {
      let steps = usesInverse ? value * (1 / scale) : value / scale
      let rounded = Double(steps.rounded(.toNearestOrAwayFromZero)) + Double(zeroPoint)
      return Int32(min(max(rounded, Double(least)), Double(greatest)))
    }

    func value(_ code: Int32) -> Float { Float(code - zeroPoint) * scale }
  }

  func encode(_ weights: WeightMatrix) throws(TechniqueError) -> CodedWeights {
    let (rows, columns) = (weights.rows, weights.columns)
    let scopes = scopes(rows: rows, columns: columns)
    var grids: [Grid] = []
    var codes = [Int32](repeating: 0, count: weights.values.count)
    var values = [Float](repeating: 0, count: weights.values.count)
    for scope in scopes {
      let grid = grid(weights.values[scope])
      grids.append(grid)
      for index in scope {
        codes[index] = grid.code(weights.values[index])
        values[index] = grid.value(codes[index])
      }
    }
    var bytes = CodingSize.packed(codes.count, bits: bits)
    switch scope {
    case .tensor, .channel:
      bytes += grids.count * (CodingSize.scaleBytes + CodingSize.zeroPointBytes)
    case .group:
      bytes += grids.count * CodingSize.scaleBytes
      if isAsymmetric { bytes += CodingSize.packed(grids.count, bits: bits) }
    }
    let places = grids
    let perRow = perRow(columns)
    let width = self.width(columns)
    return CodedWeights(
      values: values,
      codes: codes,
      scales: grids.map(\.scale),
      zeroPoints: isAsymmetric ? grids.map { Int($0.zeroPoint) } : [],
      bytes: bytes,
      nearest: { row, column, value in
        let grid = places[perRow == 0 ? 0 : row * perRow + column / width]
        return grid.value(grid.code(value))
      }
    )
  }

  /// Scales of one row; 0 where one is for all rows.
  private func perRow(_ columns: Int) -> Int {
    switch scope {
    case .tensor: 0
    case .channel: 1
    case .group(let size): (columns + size - 1) / size
    }
  }

  private func width(_ columns: Int) -> Int {
    if case .group(let size) = scope { return size }
    return max(columns, 1)
  }

  /// The elements that share a scale; groups lie within a row, the last one may be shorter.
  private func scopes(rows: Int, columns: Int) -> [Range<Int>] {
    if scope == .tensor { return [0..<rows * columns] }
    let width = width(columns)
    return (0..<rows).flatMap { row in
      stride(from: 0, to: columns, by: width).map { start in
        row * columns + start..<row * columns + min(start + width, columns)
      }
    }
  }

  private func grid(_ values: ArraySlice<Float>) -> Grid {
    let least = values.min() ?? 0
    let greatest = values.max() ?? 0
    guard minimizesError else { return grid(least, greatest) }
    var best = (error: Double.infinity, grid: grid(least, greatest))
    for share in stride(from: 100, through: 20, by: -1) {
      let factor = Float(share) / 100
      let grid = grid(least * factor, greatest * factor)
      var error = 0.0
      for value in values {
        let difference = Double(value - grid.value(grid.code(value)))
        error += difference * difference
      }
      if error < best.error { best = (error, grid) }
    }
    return best.grid
  }

  private func grid(_ least: Float, _ greatest: Float) -> Grid {
    guard isAsymmetric else {
      let most = Int32(1) << Int32(bits - 1) - 1
      let bound = max(least.magnitude, greatest.magnitude)
      let scale = bound / Float(most)
      return Grid(
        scale: scale.isNormal ? scale : 1,
        zeroPoint: 0,
        least: -most,
        greatest: most,
        usesInverse: true
      )
    }
    let (lowest, highest) = (-(Int32(1) << Int32(bits - 1)), Int32(1) << Int32(bits - 1) - 1)
    let (lower, upper) = (min(least, 0), max(greatest, 0))
    let scale = (upper - lower) / Float(highest - lowest)
    guard scale.isNormal else {
      return Grid(scale: 1, zeroPoint: 0, least: lowest, greatest: highest, usesInverse: false)
    }
    let offset = (Double(lowest) - Double(lower) / Double(scale)).rounded()
    return Grid(
      scale: scale,
      zeroPoint: Int32(min(max(offset, Double(lowest)), Double(highest))),
      least: lowest,
      greatest: highest,
      usesInverse: false
    )
  }
}

extension Technique {
  static let integerWeights = Technique(
    "integer-weights",
    "Weights as integers of 8, 6, 4, 3 or 2 bits with a scale a tensor, a channel or a group.",
    kind: .weights,
    examples: [
      "int8-channel", "int8-tensor", "int6-channel", "int4-channel", "int4-tensor", "int3-channel",
      "int2-channel", "int4-group32", "int4-group64", "int4-group128", "int4-channel-asym",
      "int4-channel-mse", "int4-group32-asym-mse",
    ]
  ) { IntegerWeights($0).map { .weights($0) } }
}
