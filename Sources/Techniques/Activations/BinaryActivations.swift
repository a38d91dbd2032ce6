import Calibration

/// Activations as their sign times the mean of their magnitudes over the calibration samples.
///
/// Source: Rastegari et al. 2016, "XNOR-Net", section 3.2, with one scale for the whole tensor. The
/// mean is taken from the histogram of magnitudes: each value counts as the middle of its bin.
struct BinaryActivations: ActivationCoding {
  var name: String { "binary-activations" }
  var bits: Int { 1 }

  func transform(_ statistics: TensorStatistics) throws(TechniqueError) -> ActivationTransform {
    let histogram = statistics.histogram
    guard !histogram.isEmpty else {
      throw TechniqueError(.dataInvalid, "\(name): calibration saw no finite value")
    }
    var sum = 0.0
    for (bin, count) in histogram.counts.enumerated() where count > 0 {
      // Exact zeros lie in the bin that begins at 0.
      let zeros = histogram.edge(bin) == 0 ? histogram.zeros : 0
      sum += histogram.center(bin).magnitude * Double(count - min(zeros, count))
    }
    return .sign(scale: Float(sum / Double(histogram.total)))
  }
}

extension Technique {
  static let binaryActivations = Technique(
    "binary-activations",
    "Activations as their sign times a scale.",
    kind: .activations,
    examples: ["binary-activations"]
  ) { $0 == "binary-activations" ? .activations(BinaryActivations()) : nil }
}
