import ModelIR

/// What memory a runtime plans for the activations of a model.
package struct MemoryPlan: Sendable {
  /// Whose rules the plan follows.
  package enum Planner: String, Sendable, CaseIterable {
    case tflite
    case tfliteMicro = "tflite-micro"
    /// Greedy by size over plain lifetimes: no runtime's own, but what one may reach.
    case generic

    /// The name for people.
    package var title: String {
      switch self {
      case .tflite: "TensorFlow Lite"
      case .tfliteMicro: "TensorFlow Lite Micro"
      case .generic: "a generic planner"
      }
    }
  }

  /// A change that may lower the peak, with the arena that the same planner then needs.
  package struct WhatIf: Sendable, Equatable {
    /// The kind of change.
    package enum Change: String, Sendable, CaseIterable {
      case order = "execution-order"
      case int8 = "int8-activations"
      case inPlace = "in-place-operators"
    }

    package var change: Change
    package var arenaBytes: Int
    /// What was assumed, and whether the search was complete.
    package var note: String
    /// The nodes in their new order, where the order is the change.
    package var order: [NodeID] = []
  }

  package var planner: Planner
  /// The arena of the activations, kernels' temporaries included, over all graphs that run.
  package var arenaBytes: Int
  /// The same without the temporaries that kernels ask for.
  package var arenaBytesWithoutTemporaries: Int
  /// A second arena that outlives a run: variables, weights that kernels unpack; 0 where none.
  package var persistentBytes: Int
  /// Allocated one by one while running, outside both arenas: results whose shape only the run tells.
  package var heapBytes: Int
  /// The most bytes alive at once with this runtime's lifetimes: no placement does with less.
  package var lowerBoundBytes: Int
  /// Operator types whose kernels may ask for temporaries that are not modelled: the arena is then at
  /// least what is stated.
  package var unmodelled: [String]
  /// What the figures hold for.
  package var assumptions: [String]
  /// The main graph's arena.
  package var map: ArenaMap
  /// Arenas of further graphs (branches and loop bodies), each with its graph's number.
  package var nested: [(graph: GraphID, bytes: Int)]
  package var whatIfs: [WhatIf]

  /// How much more than the lower bound the arena takes, as a share of it.
  package var fragmentation: Double? {
    lowerBoundBytes > 0 ? Double(arenaBytes) / Double(lowerBoundBytes) - 1 : nil
  }

  /// The operator that sets the peak, an index into the report's operators.
  package var peakOperator: Int? {
    map.peakStep.flatMap { map.operators[$0] }
  }

  /// The buffers alive at the peak, the largest first.
  package var live: [ArenaMap.Buffer] {
    map.peakStep.map { map.alive(in: $0) } ?? []
  }
}
