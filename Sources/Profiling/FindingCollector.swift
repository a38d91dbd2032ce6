import ModelIR
import Operators

/// Lists what of a model matters beyond its figures.
///
/// docs/findings.md explains each code.
struct FindingCollector {
  let model: Model
  let dimensions: OpenDimensions
  let types: [GraphTypes]
  let rows: [ModelProfile.OperatorRow]
  /// The row of each graph's first operator.
  let firstRows: [Int]
  let constants: [ModelProfile.ConstantRow]

  /// All findings: the graver first, then by code and operator.
  func collect() -> [ModelProfile.Finding] {
    let all =
      loaderFindings() + inferenceFindings() + countFindings() + runFindings()
      + byteFindings()
      + weightFindings() + lintFindings()
    return all.enumerated().sorted { left, right in
      (left.element.severity, left.element.code, left.element.operatorIndex ?? -1, left.offset)
        < (
          right.element.severity, right.element.code, right.element.operatorIndex ?? -1,
          right.offset
        )
    }.map(\.element)
  }

  private func lintFindings() -> [ModelProfile.Finding] {
    let context = LintContext(
      model: model,
      types: types,
      rows: rows,
      firstRows: firstRows,
      constants: constants,
      hasFixedShapes: dimensions.stillOpen.isEmpty && dimensions.assumedBatch == nil
    )
    return LintCatalog.all.flatMap { $0.check(context) }
  }

  private func rowIndex(_ graph: GraphID, _ node: NodeID) -> Int {
    firstRows[graph.index] + node.index
  }

  private func loaderFindings() -> [ModelProfile.Finding] {
    model.diagnostics.map { diagnostic in
      ModelProfile.Finding(
        diagnostic.code,
        diagnostic.severity,
        diagnostic.message,
        fix: diagnostic.fix,
        operatorIndex: diagnostic.node.map { rowIndex(diagnostic.graph, $0) }
      )
    }
  }

  private func inferenceFindings() -> [ModelProfile.Finding] {
    var findings: [ModelProfile.Finding] = []
    for graph in model.graphIDs {
      for issue in types[graph.index].issues {
        let index = rowIndex(graph, issue.node)
        let row = rows[index]
        findings.append(
          issue.isStatedShape
            ? .init("C04 stated-shape", .warning, issue.message, operatorIndex: index)
            : .init(
              "C05 invalid-operator",
              .error,
              "operator \(index) (\(row.sourceType), \(row.title)) does not fit its definition: "
                + issue.message,
              fix: "a runtime will refuse it or compute something else; export the model again",
              operatorIndex: index
            )
        )
      }
    }
    return findings
  }

  private func countFindings() -> [ModelProfile.Finding] {
    var findings: [ModelProfile.Finding] = []
    for (input, shape) in dimensions.stillOpen {
      findings.append(
        .init(
          "C03 open-dimensions",
          .warning,
          "input \(input) has the shape \(shape): counts and memory that depend on it are unknown",
          fix: "--shape \(input)=" + example(shape)
        )
      )
    }
    if let batch = dimensions.assumedBatch {
      findings.append(
        .init(
          "C06 open-batch",
          .note,
          "the batch is open and was taken as \(batch)",
          fix: "--batch N counts for another one"
        )
      )
    }
    let unknown = Dictionary(grouping: rows.filter { !$0.isKnown }, by: \.sourceType)
    for (type, found) in unknown.sorted(by: { $0.key < $1.key }) {
      findings.append(
        .init(
          "C02 unknown-operator",
          .warning,
          "\(type) (\(places(found))) has no meaning here: its arithmetic is not counted",
          operatorIndex: found[0].index
        )
      )
    }
    return findings + uncountedFindings()
  }

  /// Known operators without a count: those that lack a rule, and those that lack a shape.
  private func uncountedFindings() -> [ModelProfile.Finding] {
    let uncounted = rows.filter { $0.isKnown && $0.cost.status == .uncounted }
    let withoutRule = uncounted.filter {
      OperatorCatalog.definition(of: $0.type)?.cost == nil
    }
    var findings = Dictionary(grouping: withoutRule, by: \.sourceType)
      .sorted { $0.key < $1.key }
      .map { type, found in
        ModelProfile.Finding(
          "C01 uncounted-operator",
          .warning,
          "\(type) (\(places(found))) is not counted: its arithmetic depends on values",
          operatorIndex: found[0].index
        )
      }
    let withoutShape = uncounted.filter {
      OperatorCatalog.definition(of: $0.type)?.cost != nil
    }
    if let first = withoutShape.first {
      findings.append(
        .init(
          "C08 open-shapes",
          .warning,
          "\(withoutShape.count) of \(rows.count) operators are not counted because a shape is open,"
            + " the first is operator \(first.index) (\(first.sourceType), \(first.title))",
          fix: dimensions.stillOpen.isEmpty
            ? "the shape depends on values that only a run tells" : "fix the inputs with --shape",
          operatorIndex: first.index
        )
      )
    }
    return findings
  }

  private func runFindings() -> [ModelProfile.Finding] {
    let found = Dictionary(grouping: rows.filter { !$0.isRunnable }, by: \.sourceType)
    guard !found.isEmpty else { return [] }
    let types = found.keys.sorted().map { "\($0) (\(places(found[$0] ?? [])))" }
    return [
      .init(
        "C07 not-runnable",
        .note,
        "no kernel here runs \(types.joined(separator: ", ")): the model can be reported, not run",
        operatorIndex: found.values.compactMap { $0.first?.index }.min()
      )
    ]
  }

  /// `3 times, first operator 12, conv1`.
  private func places(_ found: [ModelProfile.OperatorRow]) -> String {
    let first = "operator \(found[0].index), \(found[0].title)"
    return found.count == 1 ? first : "\(found.count) times, first \(first)"
  }

  private func example(_ shape: Shape) -> String {
    guard let dimensions = shape.dimensions else { return "1x224x224x3" }
    return dimensions.map { String($0.size ?? 224) }.joined(separator: "x")
  }

  private func byteFindings() -> [ModelProfile.Finding] {
    [
      byteFinding(
        .duplicates,
        "B02 duplicate-weights",
        .note,
        "stand elsewhere in the file too",
        fix: "let the tensors share one buffer"
      ),
      byteFinding(
        .deadWeights,
        "B01 dead-weights",
        .note,
        "are read by no operator and no output",
        fix: "remove them when exporting"
      ),
      byteFinding(
        .unattributed,
        "B03 unattributed-bytes",
        .note,
        "are explained by nothing in the format",
        fix: nil
      ),
    ].compactMap { $0 }
  }

  private func byteFinding(
    _ category: ByteCategory,
    _ code: String,
    _ severity: Diagnostic.Severity,
    _ what: String,
    fix: String?
  ) -> ModelProfile.Finding? {
    let entries = model.ledger.entries.filter { $0.category == category }
    guard !entries.isEmpty else { return nil }
    let bytes = entries.reduce(0) { $0 + $1.byteCount }
    let owners = entries.sorted { $0.byteCount > $1.byteCount }.compactMap(\.owner)
      .map { model[$0.graph][$0.value].name }
    let named = owners.isEmpty ? "" : " (\(list(owners)))"
    return .init(code, severity, "\(bytes) bytes\(named) \(what)", fix: fix)
  }

  private func list(_ names: [String]) -> String {
    names.count <= 3
      ? names.joined(separator: ", ")
      : names.prefix(3).joined(separator: ", ") + " and \(names.count - 3) more"
  }

  private func weightFindings() -> [ModelProfile.Finding] {
    constants.compactMap { constant in
      guard constant.isParameter, let statistics = constant.statistics else { return nil }
      if statistics.nonFinite > 0 {
        return .init(
          "W01 non-finite-weights",
          .error,
          "\(constant.name) holds \(statistics.nonFinite) values that are NaN or infinite",
          fix: "train or export again: every result that depends on it is NaN",
          operatorIndex: constant.operatorIndex
        )
      }
      guard statistics.zeros == constant.elements, constant.elements > 1, constant.shape.rank != 1
      else { return nil }
      return .init(
        "W02 zero-weights",
        .warning,
        "\(constant.name) holds nothing but zeros (\(constant.elements) elements)",
        fix: "remove the operator, or check the export",
        operatorIndex: constant.operatorIndex
      )
    }
  }
}
