import ModelIR
import Profiling
import WireFormats

extension JSONReport {
  /// `memory`: a plan for each planner, by its name.
  static func memory(_ plans: [MemoryPlan]) -> JSONValue {
    .object(plans.map { JSONValue.Member($0.planner.rawValue, plan($0)) })
  }

  private static func plan(_ plan: MemoryPlan) -> JSONValue {
    [
      "arenaBytes": .int(plan.arenaBytes),
      "isLowerBound": .bool(!plan.unmodelled.isEmpty),
      "arenaBytesWithoutTemporaries": .int(plan.arenaBytesWithoutTemporaries),
      "persistentBytes": .int(plan.persistentBytes),
      "heapBytes": .int(plan.heapBytes),
      "lowerBoundBytes": .int(plan.lowerBoundBytes),
      "fragmentation": JSONValue(plan.fragmentation),
      "peakOperator": JSONValue(plan.peakOperator),
      "live": .array(plan.live.map { ["tensor": .string($0.name), "bytes": .int($0.bytes)] }),
      "assumptions": JSONValue(plan.assumptions),
      "unmodelledTemporaries": JSONValue(plan.unmodelled),
      "nested": .array(
        plan.nested.map { ["graph": .int($0.graph.index), "arenaBytes": .int($0.bytes)] }
      ),
      "whatIfs": .array(
        plan.whatIfs.map { change in
          [
            "change": .string(change.change.rawValue), "arenaBytes": .int(change.arenaBytes),
            "savingBytes": .int(plan.arenaBytes - change.arenaBytes), "note": .string(change.note),
            "order": JSONValue(change.order.map(\.index)),
          ]
        }
      ),
      "buffers": .array(plan.map.buffers.map(buffer)),
    ]
  }

  private static func buffer(_ buffer: ArenaMap.Buffer) -> JSONValue {
    [
      "tensor": .string(buffer.name), "kind": .string(buffer.kind.rawValue),
      "offset": .int(buffer.offset), "bytes": .int(buffer.bytes), "first": .int(buffer.first),
      "last": .int(buffer.last), "shared": JSONValue(buffer.shared),
    ]
  }
}
