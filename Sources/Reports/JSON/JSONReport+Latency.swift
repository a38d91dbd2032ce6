import Profiling
import WireFormats

extension JSONReport {
  /// `latency`: an estimate for each target that states rates.
  static func latency(_ estimates: [LatencyEstimate]) -> JSONValue {
    .array(
      estimates.map { estimate in
        [
          "target": .string(estimate.target),
          "estimatedMilliseconds": .double(estimate.milliseconds),
          "isLowerBound": .bool(estimate.isLowerBound),
          "assumptions": JSONValue(estimate.assumptions),
          "operators": .array(
            estimate.operators.map { time in
              [
                "operator": .int(time.index), "estimatedMilliseconds": .double(time.milliseconds),
                "bound": .string(time.bound.rawValue),
              ]
            }
          ),
        ]
      }
    )
  }
}
