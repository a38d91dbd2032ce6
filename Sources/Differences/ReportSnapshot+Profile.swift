import Profiling

extension ReportSnapshot {
  /// The snapshot of a fresh profile.
  package init(_ profile: ModelProfile) {
    self.init(
      path: profile.model.path,
      format: profile.model.format.rawValue,
      sha256: profile.model.sha256,
      totals: Totals(profile),
      bytes: profile.bytes.map { CategoryBytes(category: $0.category.rawValue, bytes: $0.bytes) },
      operators: Self.operators(profile),
      findings: profile.findings.map {
        FindingSummary(
          code: $0.code,
          severity: $0.severity.rawValue,
          operatorIndex: $0.operatorIndex
        )
      },
      arenas: profile.memory.map { plan in
        // A plan that misses temporaries of some kernel is no figure to pass a gate with.
        Arena(
          planner: plan.planner.rawValue,
          bytes: plan.unmodelled.isEmpty ? plan.arenaBytes : nil
        )
      },
      targets: profile.targets.map { report in
        Target(
          name: report.name,
          verdict: report.verdict.rawValue,
          unsupportedOperators: report.unsupported,
          unknownOperators: report.unknown,
          estimatedNanoseconds: Self.nanoseconds(report.name, profile)
        )
      }
    )
    modes = profile.outlook.compactMap { Mode($0, of: profile) }
  }

  private static func nanoseconds(_ target: String, _ profile: ModelProfile) -> Int? {
    guard let estimate = profile.latency.first(where: { $0.target == target }),
      !estimate.isLowerBound
    else { return nil }
    return Int(exactly: (estimate.milliseconds * 1e6).rounded())
  }

  private static func operators(_ profile: ModelProfile) -> [OperatorSummary] {
    profile.operators.map { row in
      OperatorSummary(
        index: row.index,
        graph: row.graph.index,
        name: row.name,
        type: row.type,
        sourceType: row.sourceType,
        layer: row.layer,
        inputs: row.inputs,
        outputs: row.outputs,
        outputShapes: row.outputShapes.map { shape in
          shape.dimensions?.map { $0.size ?? -1 }
        },
        outputTypes: row.outputTypes.map(\.rawValue),
        parameters: row.parameters,
        weightBytes: row.weightBytes,
        multiplyAdds: row.multiplyAdds,
        activationBytes: row.activationBytes,
        liveBytes: row.liveBytes,
        weightHash: row.weightHash,
        weightTypes: row.weightTypes.map(\.rawValue)
      )
    }
  }
}

extension ReportSnapshot.Mode {
  /// What the outlook says; `nil` for the model as it is.
  fileprivate init?(_ entry: OutlookEntry, of profile: ModelProfile) {
    guard entry.mode != .original else { return nil }
    self.init(name: entry.mode.rawValue)
    fileBytes = entry.fileBytes
    weightBytes = entry.weightBytes
    // As for the model itself: a plan that misses temporaries of some kernel is no figure.
    if let first = profile.memory.first, first.unmodelled.isEmpty {
      arenaBytes = entry.arenaBytes
      planner = first.planner.rawValue
    }
    if let latency = profile.latency.first, !latency.isLowerBound {
      nanoseconds = entry.estimatedMilliseconds.flatMap { Int(exactly: ($0 * 1e6).rounded()) }
      target = latency.target
    }
  }
}

extension ReportSnapshot.Totals {
  fileprivate init(_ profile: ModelProfile) {
    self.init()
    let totals = profile.totals
    operators = totals.operators
    fileBytes = totals.fileBytes
    parameters = totals.parameters
    weightBytes = totals.weightBytes
    multiplyAdds = totals.multiplyAdds
    flops = totals.flops
    uncounted = totals.uncounted
    activationBytes = totals.activationBytes
    peakActivationBytes = profile.memory.first?.arenaBytes
    peakLowerBoundBytes = totals.peakLowerBoundBytes
    sparsity = totals.sparsity
    quantizedShare = totals.quantizedShare
  }
}
