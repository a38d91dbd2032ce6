import ModelIR
import Profiling

extension TextReport {
  /// The lines of the summary about memory: an answer for each planner.
  func memoryItems() -> [(answer: String, parts: [String])] {
    guard !profile.memory.isEmpty else { return [] }
    return profile.memory.map { plan in
      var parts = ["lower bound " + Quantity.bytes(plan.lowerBoundBytes)]
      if let peak = plan.peakOperator, profile.operators.indices.contains(peak) {
        let row = profile.operators[peak]
        parts[0] +=
          ", set by operator \(row.index) (\(row.sourceType), \(Columns.shortened(row.title, to: 32)))"
      }
      if plan.arenaBytes > plan.arenaBytesWithoutTemporaries {
        parts.append(
          "\(Quantity.bytes(plan.arenaBytesWithoutTemporaries)) without kernels' temporaries"
        )
      }
      if plan.persistentBytes > 0 {
        parts.append("\(Quantity.bytes(plan.persistentBytes)) persistent beside it")
      }
      if plan.heapBytes > 0 {
        parts.append("\(Quantity.bytes(plan.heapBytes)) on the heap")
      }
      if let best = plan.whatIfs.min(by: { $0.arenaBytes < $1.arenaBytes }) {
        parts.append("\(best.change.title) would make it \(Quantity.bytes(best.arenaBytes))")
      }
      let least = plan.unmodelled.isEmpty ? "" : "≥ "
      return ("\(least)\(Quantity.bytes(plan.arenaBytes)) \(plan.planner.rawValue)", parts)
    }
  }

  /// The arena as text: every buffer with its place and its life (`--memory`).
  func arenaSections() -> [[String]] {
    guard options.showsMemory else { return [] }
    return profile.memory.map { arena($0) }
  }

  private func arena(_ plan: MemoryPlan) -> [String] {
    let map = plan.map
    var lines = [
      style.paint("Arena of \(plan.planner.title)", .heading)
        + "  \(Quantity.bytes(plan.arenaBytes)) (\(Quantity.grouped(plan.arenaBytes)) bytes)"
        + (plan.fragmentation.map { ", \(Quantity.percent($0)) above the lower bound" } ?? "")
    ]
    for assumption in plan.assumptions {
      lines += wrapped("assumes " + assumption, by: 2).map { style.paint($0, .faint) }
    }
    if plan.arenaBytes > plan.arenaBytesWithoutTemporaries {
      lines.append(
        "  \(Quantity.bytes(plan.arenaBytesWithoutTemporaries)) for tensors alone;"
          + " kernels' temporaries raise it by "
          + Quantity.bytes(plan.arenaBytes - plan.arenaBytesWithoutTemporaries)
      )
    }
    for nested in plan.nested {
      lines.append("  of it \(Quantity.bytes(nested.bytes)) for graph \(nested.graph.index)")
    }
    for change in plan.whatIfs {
      lines += wrapped(
        "\(change.change.title): \(Quantity.bytes(change.arenaBytes))"
          + " (−\(Quantity.bytes(plan.arenaBytes - change.arenaBytes))): \(change.note)",
        by: 2
      )
    }
    let steps = max(1, map.operators.count)
    let columns = min(steps, max(16, min(48, style.width - 62)))
    let name = style.width - 30 - columns
    lines.append(
      style.paint(
        "  " + Columns.right("offset", 10) + Columns.right("bytes", 11) + "  "
          + Columns.left("life, operator 0 to \(max(0, profile.lastMainOperator))", columns)
          + "  tensor",
        .faint
      )
    )
    for buffer in map.buffers.prefix(Self.mostBuffers) {
      let bar = life(buffer, steps: steps, columns: columns)
      var label = Columns.shortened(buffer.name.isEmpty ? "(no name)" : buffer.name, to: name - 12)
      if buffer.kind != .activation { label += "  \(buffer.kind.rawValue)" }
      if !buffer.shared.isEmpty { label += "  +\(buffer.shared.count) in place" }
      lines.append(
        trimmed(
          "  " + Columns.right(Quantity.grouped(buffer.offset), 10)
            + Columns.right(Quantity.grouped(buffer.bytes), 11) + "  " + style.paint(bar, .bar)
            + "  " + label
        )
      )
    }
    if map.buffers.count > Self.mostBuffers {
      lines.append("  … \(map.buffers.count - Self.mostBuffers) more (--format json has them all)")
    }
    if let step = map.peakStep {
      let live = map.alive(in: step)
      lines.append(
        "  the peak holds "
          + live.prefix(4).map {
            "\(Columns.shortened($0.name, to: 28)) \(Quantity.bytes($0.bytes))"
          }.joined(separator: ", ") + (live.count > 4 ? " and \(live.count - 4) more" : "")
      )
    }
    return lines
  }

  /// Rows of a map before it is cut.
  private static let mostBuffers = 200

  private func life(_ buffer: ArenaMap.Buffer, steps: Int, columns: Int) -> String {
    let from = buffer.first * columns / steps
    let to = max(from, ((buffer.last + 1) * columns - 1) / steps)
    return String(repeating: "·", count: from) + String(repeating: "█", count: to - from + 1)
      + String(repeating: "·", count: max(0, columns - to - 1))
  }

  private func wrapped(_ text: String, by columns: Int) -> [String] {
    Columns.wrapped(text, to: style.width - columns).map {
      String(repeating: " ", count: columns) + $0
    }
  }
}

extension MemoryPlan.WhatIf.Change {
  /// The change for people.
  var title: String {
    switch self {
    case .order: "another execution order"
    case .int8: "int8 activations"
    case .inPlace: "in-place operators"
    }
  }
}

extension ModelProfile {
  /// The index of the last operator of the main graph.
  var lastMainOperator: Int { operators.count { $0.graph == Model.mainGraph } - 1 }
}
