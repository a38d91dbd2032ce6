import ModelIR
import Operators

extension Profiler {
  /// The types of the main graph's values for the extents that are looked at.
  package var mainTypes: [TensorType] { types.first?.types ?? [] }
}
