extension ModelProfile {
  /// Why no gzip size stands in the outlook, where that is for the weights' size.
  package var missingCompression: String? {
    guard !outlook.isEmpty, outlook.allSatisfy({ $0.gzipBytes == nil }),
      totals.weightBytes > Outlook.mostCompressedUnasked
    else { return nil }
    return "gzip: --gzip computes it; more than 1 MiB of weights take seconds"
  }
}

/// What one standard way of compression would bring, computed from the file alone.
package struct OutlookEntry: Sendable, Equatable {
  /// The ways that are looked at; their names are those of the rule files.
  package enum Mode: String, Sendable, CaseIterable {
    /// The file as it is.
    case original
    case float16
    case dynamicRange = "dynamic-range"
    case fullInteger = "full-integer"
    case int16Activations = "int16-activations"
    case int4Weights = "int4-weights"
    /// The smaller half of each weight tensor set to zero.
    case pruned = "prune-unstructured"
    /// The same, and dynamic-range quantization afterwards.
    case prunedDynamicRange = "prune+dynamic-range"
  }

  package var mode: Mode
  /// The size of the file; `nil` where the mode does not apply.
  package var fileBytes: Int?
  /// The values of the weights alone.
  package var weightBytes: Int?
  /// The arena by the first planner of the report; `nil` where it is not known.
  package var arenaBytes: Int?
  /// The size of the file after gzip; `nil` where it was not tried.
  package var gzipBytes: Int?
  /// By the first hardware profile that was asked for; `nil` where none was.
  package var estimatedMilliseconds: Double?
  /// What was assumed, or why the mode does not apply: lower case, no full stop.
  package var note: String
  /// What the targets that were asked for make of it, where their rules say.
  package var effects: [TargetEffect] = []

  /// What a way of compression is worth on a target.
  package struct TargetEffect: Sendable, Equatable {
    package var target: String
    /// `pays`, `nothing` or `refused`.
    package var effect: String
    package var reason: String
  }
}
