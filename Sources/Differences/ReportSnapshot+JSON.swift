import ByteIO
import WireFormats

/// Saved reports: `analyze.report/1`, and `analyze.baseline/1`, which holds several with the fields
/// that a comparison needs.
extension ReportSnapshot {
  /// The schema of one report.
  package static let reportSchema = "analyze.report/1"
  /// The schema of a gate's baseline.
  package static let baselineSchema = "analyze.baseline/1"
  /// Larger documents are refused.
  package static let mostBytes = 64 << 20
  /// Figures beyond are no figures of a model; differences of smaller ones fit an `Int`.
  fileprivate static let mostFigure = 1 << 62
  /// For figures that are summed over the operators of a document of `mostBytes`.
  fileprivate static let mostOfOperator = 1 << 42

  /// Reads a saved report, a list of them, or a baseline.
  ///
  /// The text is treated like any file from strangers: its size and depth are bounded, the schema
  /// must be one that is known, and every field has to be of its kind.
  ///
  /// - Parameter bytes: The whole file.
  /// - Returns: The reports in the order of the file; at least one.
  /// - Throws: `BASELINE_MISMATCH` where the text is no such document.
  package static func decode(_ bytes: Bytes) throws(JSON5Error) -> [ReportSnapshot] {
    let options = JSON5Options(
      syntax: .json,
      maximumBytes: mostBytes,
      maximumDepth: 32,
      code: .baselineMismatch
    )
    let root = try JSON5.decode(bytes, options: options)
    let reports: [ReportSnapshot]
    if case .array = root.node.value {
      reports = try root.array { (element) throws(JSON5Error) in try report(element) }
    } else if root.node["schema"]?.value == .string(baselineSchema) {
      var document = try root.object("baseline")
      reports = try document.required("models").array { (element) throws(JSON5Error) in
        try report(element)
      }
    } else {
      reports = [try report(root)]
    }
    guard !reports.isEmpty else {
      throw root.error("it holds no report", hint: "write it again with --update-baseline")
    }
    return reports
  }

  private static func report(_ element: JSON5Element) throws(JSON5Error) -> ReportSnapshot {
    var document = try element.object("report")
    let schema = try document.required("schema").string()
    guard schema == reportSchema else {
      throw element.error(
        "its schema is \(jsonQuoted(String(schema.prefix(64)))), not \"\(reportSchema)\"",
        hint: "write it again with this version of the tool"
      )
    }
    var model = try document.required("model").object("model")
    var totals = try document.required("totals").object("totals")
    var snapshot = ReportSnapshot(
      path: try model.required("path").string(),
      format: try model.required("format").string(),
      sha256: try model.optional("sha256")?.optionalString()
    )
    snapshot.totals = try decodeTotals(&totals)
    snapshot.bytes = try document.required("bytes").array { (entry) throws(JSON5Error) in
      var row = try entry.object("category")
      return CategoryBytes(
        category: try row.required("category").string(),
        bytes: try row.required("bytes").int(in: 0...mostFigure)
      )
    }
    var sum = 0
    for entry in snapshot.bytes {
      let (next, overflow) = sum.addingReportingOverflow(entry.bytes)
      guard !overflow else { throw element.error("its bytes do not fit their sum") }
      sum = next
    }
    guard sum == snapshot.totals.fileBytes else {
      throw element.error(
        "its categories sum to \(sum) bytes and its total is \(snapshot.totals.fileBytes)",
        hint: "it was edited; write it again"
      )
    }
    snapshot.operators = try document.required("operators").array { (entry) throws(JSON5Error) in
      try decodeOperator(entry)
    }
    snapshot.findings =
      try document.optional("findings")?.array { (entry) throws(JSON5Error) in
        var row = try entry.object("finding")
        return FindingSummary(
          code: try row.required("code").string(),
          severity: try row.required("severity").string(),
          operatorIndex: try row.optional("operator")?.optionalCount()
        )
      } ?? []
    snapshot.arenas = try decodeArenas(document.optional("memory"))
    snapshot.targets =
      try document.optional("targets")?.array { (entry) throws(JSON5Error) in
        try decodeTarget(entry)
      } ?? []
    for element in try document.optional("quality")?.array() ?? [] {
      var entry = try element.object("quality")
      let accuracy = try entry.optional("accuracy")?.optionalShare()
      var divergence: Int?
      if let value = entry.optional("divergence"), !value.isNull {
        divergence = Int(exactly: (try value.double() * 1e6).rounded())
        guard let divergence, divergence >= 0 else { throw value.mismatch("a number of 0 or more") }
      }
      snapshot.quality[try entry.required("file").string()] = Quality(
        accuracy: accuracy.map { Int(($0 * 10_000).rounded()) },
        divergence: divergence
      )
    }
    return snapshot
  }

  private static func decodeTotals(_ row: inout JSON5Object) throws(JSON5Error) -> Totals {
    var totals = Totals()
    totals.operators = try row.required("operators").int(in: 0...mostFigure)
    totals.fileBytes = try row.required("fileBytes").int(in: 0...mostFigure)
    totals.gzipBytes = try row.optional("gzipBytes")?.optionalCount()
    totals.zstdBytes = try row.optional("zstdBytes")?.optionalCount()
    totals.parameters = try row.optional("parameters")?.optionalCount()
    totals.weightBytes = try row.optional("weightBytes")?.optionalCount()
    totals.multiplyAdds = try row.optional("macs")?.optionalCount()
    totals.flops = try row.optional("flops")?.optionalCount()
    totals.uncounted = try row.optional("uncountedOperators")?.optionalCount()
    totals.activationBytes = try row.optional("activationBytes")?.optionalCount()
    totals.peakActivationBytes = try row.optional("peakActivationBytes")?.optionalCount()
    totals.peakLowerBoundBytes = try row.optional("peakLowerBoundBytes")?.optionalCount()
    totals.sparsity = try row.optional("sparsity")?.optionalShare()
    totals.quantizedShare = try row.optional("quantizedShare")?.optionalShare()
    return totals
  }

  private static func decodeOperator(
    _ element: JSON5Element
  ) throws(JSON5Error) -> OperatorSummary {
    var row = try element.object("operator")
    var weightHash: UInt64?
    if let hash = row.optional("weightHash"), !hash.isNull {
      let digits = try hash.string()
      weightHash = UInt64(digits, radix: 16)
      if weightHash == nil || digits.utf8.count > 16 || digits.utf8.first == UInt8(ascii: "+") {
        throw hash.mismatch("up to 16 hexadecimal digits")
      }
    }
    return OperatorSummary(
      index: try row.required("index").int(in: 0...mostFigure),
      graph: try row.required("graph").int(in: 0...mostFigure),
      name: try row.required("name").string(),
      type: try row.required("type").string(),
      sourceType: try row.required("sourceType").string(),
      layer: try row.optional("layer")?.optionalString(),
      inputs: try row.required("inputs").strings(),
      outputs: try row.required("outputs").strings(),
      outputShapes: try row.required("outputShapes").array { (shape) throws(JSON5Error) in
        shape.isNull
          ? nil
          : try shape.array { (extent) throws(JSON5Error) in try extent.int(in: -1...mostFigure) }
      },
      outputTypes: try row.required("outputTypes").strings(),
      parameters: try row.required("parameters").int(in: 0...mostOfOperator),
      weightBytes: try row.required("weightBytes").int(in: 0...mostOfOperator),
      multiplyAdds: try row.optional("macs")?.optionalCount(),
      activationBytes: try row.optional("activationBytes")?.optionalCount(),
      liveBytes: try row.optional("liveBytes")?.optionalCount(),
      weightHash: weightHash,
      weightTypes: try row.optional("weightTypes")?.strings() ?? []
    )
  }

  private static func decodeArenas(_ memory: JSON5Element?) throws(JSON5Error) -> [Arena] {
    guard let memory, !memory.isNull else { return [] }
    var arenas: [Arena] = []
    for entry in try memory.entries("memory planners") {
      guard case .object = entry.value.node.value else { continue }
      var row = try entry.value.object("planner")
      let isLowerBound = try row.optional("isLowerBound")?.bool() ?? false
      let bytes = try row.optional("arenaBytes")?.optionalCount()
      arenas.append(Arena(planner: entry.name, bytes: isLowerBound ? nil : bytes))
    }
    return arenas
  }

  private static func decodeTarget(_ element: JSON5Element) throws(JSON5Error) -> Target {
    var row = try element.object("target")
    var nanoseconds: Int?
    let isLowerBound = try row.optional("estimateIsLowerBound")?.bool() ?? false
    if let time = row.optional("estimatedMilliseconds"), !time.isNull, !isLowerBound {
      let milliseconds = try time.double()
      guard milliseconds >= 0, let whole = Int(exactly: (milliseconds * 1e6).rounded()) else {
        throw time.mismatch("a time of 0 ms or more")
      }
      nanoseconds = whole
    }
    return Target(
      name: try row.required("name").string(),
      verdict: try row.required("verdict").string(oneOf: ["supported", "unsupported", "unknown"]),
      unsupportedOperators: try row.required("unsupportedOperators").int(in: 0...mostFigure),
      unknownOperators: try row.required("unknownOperators").int(in: 0...mostFigure),
      estimatedNanoseconds: nanoseconds
    )
  }
}

extension JSON5Element {
  fileprivate func optionalString() throws(JSON5Error) -> String? {
    isNull ? nil : try string()
  }

  fileprivate func optionalCount() throws(JSON5Error) -> Int? {
    isNull ? nil : try int(in: 0...ReportSnapshot.mostFigure)
  }

  fileprivate func optionalShare() throws(JSON5Error) -> Double? {
    guard !isNull else { return nil }
    let value = try double()
    guard value >= 0, value <= 1 else { throw mismatch("a share, 0 to 1") }
    return value
  }

  fileprivate func strings() throws(JSON5Error) -> [String] {
    try array { (element) throws(JSON5Error) in try element.string() }
  }
}
