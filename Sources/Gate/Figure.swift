import Differences

/// What a budget can govern: a figure of a report.
///
/// Names are those of the report's totals where it has them.
package enum Figure: String, Sendable, CaseIterable {
  case fileBytes, gzipBytes, zstdBytes, weightBytes, parameters, operators, macs, flops
  case activationBytes, peakActivationBytes, peakLowerBoundBytes
  case arena, latency
  case unsupported, unknown, uncounted
  case findings
  case sparsity, quantizedShare
  case accuracy, divergence

  /// How values are written and compared.
  package enum Unit: Sendable {
    /// Whole bytes.
    case bytes
    /// Whole numbers.
    case count
    /// Hundredths of a percent.
    case share
    /// Nanoseconds.
    case time
    /// Millionths.
    case ratio
  }

  /// The unit of its values.
  package var unit: Unit {
    switch self {
    case .fileBytes, .gzipBytes, .zstdBytes, .weightBytes, .activationBytes, .peakActivationBytes,
      .peakLowerBoundBytes, .arena:
      .bytes
    case .parameters, .operators, .macs, .flops, .unsupported, .unknown, .uncounted, .findings:
      .count
    case .sparsity, .quantizedShare, .accuracy: .share
    case .latency: .time
    case .divergence: .ratio
    }
  }

  /// The name for people.
  package var title: String {
    switch self {
    case .fileBytes: "file size"
    case .gzipBytes: "size after gzip"
    case .zstdBytes: "size after zstd"
    case .weightBytes: "weights"
    case .parameters: "parameters"
    case .operators: "operators"
    case .macs: "MACs"
    case .flops: "FLOPs"
    case .activationBytes: "activations"
    case .peakActivationBytes: "peak activations"
    case .peakLowerBoundBytes: "peak lower bound"
    case .arena: "arena"
    case .latency: "estimated time"
    case .unsupported: "unsupported operators"
    case .unknown: "undecided operators"
    case .uncounted: "uncounted operators"
    case .findings: "findings"
    case .sparsity: "zeros in the weights"
    case .quantizedShare: "quantized share"
    case .accuracy: "accuracy"
    case .divergence: "divergence"
    }
  }

  /// Whether an operator's part in it can be told from a comparison.
  package var attribution: Attribution? {
    switch self {
    case .fileBytes, .gzipBytes, .zstdBytes, .weightBytes: .bytes
    case .parameters: .parameters
    case .macs, .flops, .latency: .multiplyAdds
    case .activationBytes, .peakActivationBytes, .peakLowerBoundBytes, .arena: .peak
    default: nil
    }
  }

  /// Which change of an operator explains a change of the figure.
  package enum Attribution: Sendable {
    case bytes, parameters, multiplyAdds, peak
  }
}

/// What a figure is taken of, beside the model.
package struct FigureScope: Sendable, Hashable {
  /// The memory planner of an arena.
  package var planner: String?
  /// The deployment target of a latency or of a support figure.
  package var target: String?
  /// The code of findings, such as `W01`, or a letter for all of its kind.
  package var code: String?
  /// The least severity of findings.
  package var severity: String?
  /// The sensitivity or plan file of an accuracy or divergence, from the policy's folder.
  package var file: String?
  /// The layer that is looked at instead of the whole model.
  package var layer: String?

  package init() {}

  /// What stands behind the figure's title: `tflite-micro`, `ethos-u55`.
  package var title: String? {
    let parts = [planner, target, code, severity, layer.map { "layer \($0)" }].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

/// A value, or why there is none.
package enum FigureValue: Sendable, Equatable {
  case known(Int)
  case unknown(String)

  /// The value where there is one.
  package var known: Int? {
    guard case .known(let value) = self else { return nil }
    return value
  }
}
