import ModelIR
import Operators

extension CompiledGraph {
  /// The last node whose kernel has weights.
  package var lastLayer: NodeID? {
    steps.last { ($0.kernel?.kernel.packedByteCount ?? 0) > 0 }?.node
  }

  /// The name of the operator of each step, `+` joining those that run together.
  package var stepNames: [String] {
    steps.indices.compactMap { index in
      guard let number = groupOfStep[index] else { return graph[steps[index].node].op.name }
      let group = groups[number]
      guard group.steps.last == index else { return nil }
      return group.steps.map { graph[steps[$0].node].op.name }.joined(separator: "+")
    }
  }
}
