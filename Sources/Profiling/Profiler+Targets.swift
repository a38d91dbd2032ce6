import ModelIR
import Operators
import TargetRules

/// What targets make of the model.
extension Profiler {
  /// Checks the model against targets: operators first, then whether it fits.
  ///
  /// - Parameters:
  ///   - checkers: The targets.
  ///   - totals: The sizes of the model.
  /// - Returns: A report for each target, in the same order.
  package func targetReports(_ checkers: [TargetChecker], _ totals: ModelProfile.Totals)
    -> [TargetReport]
  {
    guard !checkers.isEmpty else { return [] }
    let inferred = modelWithInferredTypes()
    return checkers.map { checker in
      var report = checker.check(inferred)
      checker.checkMemory(fileBytes: totals.fileBytes, atLeast: totals.peakLowerBoundBytes, &report)
      return report
    }
  }

  /// The model, each value with the type and shape that follow for the extents in question.
  private func modelWithInferredTypes() -> Model {
    var copy = model
    for graph in copy.graphs.indices {
      for (index, type) in types[graph].types.enumerated() {
        copy.graphs[graph].values[index].type = type.element
        copy.graphs[graph].values[index].shape = type.shape
      }
    }
    return copy
  }
}
