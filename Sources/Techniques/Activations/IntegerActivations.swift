import Calibration

/// Activations as integers: 8 bits asymmetric, 16 bits symmetric, with any choice of the range.
struct IntegerActivations: ActivationCoding {
  var bits: Int
  var method: RangeMethod

  var name: String { "int\(bits)-activations" + (method == .minMax ? "" : "-" + method.text) }

  init(bits: Int, method: RangeMethod) {
    self.bits = bits
    self.method = method
  }

  init?(_ name: String) {
    guard let bits = [8, 16].first(where: { name.hasPrefix("int\($0)-activations") }) else {
      return nil
    }
    let rest = name.dropFirst("int\(bits)-activations".count)
    guard !rest.isEmpty else {
      self.init(bits: bits, method: .minMax)
      return
    }
    guard rest.hasPrefix("-"), let method = RangeMethod(String(rest.dropFirst())),
      method != .minMax
    else { return nil }
    self.init(bits: bits, method: method)
  }

  var grid: IntegerGrid { IntegerGrid(bits: bits, isSymmetric: bits == 16) }

  func transform(_ statistics: TensorStatistics) throws(TechniqueError) -> ActivationTransform {
    guard let range = statistics.range(method, grid: grid) else {
      throw TechniqueError(
        .dataInvalid,
        "\(name): calibration saw no finite value, or no such range"
      )
    }
    return transform(range)
  }

  func transform(_ range: ClosedRange<Double>) -> ActivationTransform {
    bits == 16 ? .symmetric(range) : .asymmetric(range)
  }
}

extension Technique {
  static let integerActivations = Technique(
    "integer-activations",
    "Activations as integers: 8 bits asymmetric or 16 bits symmetric.",
    kind: .activations,
    examples: [
      "int8-activations", "int16-activations", "int8-activations-percentile-99.99",
      "int8-activations-entropy", "int8-activations-mse", "int8-activations-sqnr",
      "int8-activations-octav", "int8-activations-moving-average-0.95",
    ]
  ) { IntegerActivations($0).map { .activations($0) } }
}
