import ModelIR

/// Checks a model against a target.
///
/// The rules are looked up once by name; checking is then linear in operators and conditions.
package struct TargetChecker: Sendable {
  /// The target that was asked for.
  package let target: DeploymentTarget
  /// Whose operator rules are used: the target itself, or the one that it borrows them from.
  package let rulebook: DeploymentTarget
  let vocabulary: OperatorVocabulary
  /// The places of the entries of each name.
  private var entriesByName: [String: [Int]] = [:]
  /// The conditions of each entry of each name: those on every operator, then its own.
  private var conditionsByName: [String: [Int: [Condition]]] = [:]
  /// Entries whose names end in `*`, with the beginning of the names.
  private var patterns: [(prefix: String, entry: Int)] = []
  /// The names of the list that mean a canonical operator, in the order of the list.
  private var namesByCanonical: [String: [String]] = [:]

  /// - Parameters:
  ///   - target: The target.
  ///   - format: The model's format, which chooses whose operators a target borrows.
  ///   - vocabulary: How formats spell operators.
  ///   - library: Where borrowed operators are looked up.
  /// - Throws: where a target that is borrowed from cannot be had.
  package init(
    _ target: DeploymentTarget,
    format: ModelFormat,
    vocabulary: OperatorVocabulary,
    library: TargetLibrary
  ) throws(TargetLibrary.Failure) {
    self.target = target
    self.vocabulary = vocabulary
    let borrowed = target.operators.borrowed
    if let source = borrowed.first(where: { $0.format == format }) ?? borrowed.first {
      rulebook = try library.target(named: source.target)
    } else {
      rulebook = target
    }
    let spelling = rulebook.operators.format ?? format
    for (index, entry) in rulebook.operators.entries.enumerated() {
      for name in entry.names {
        if name.hasSuffix("*") {
          patterns.append((prefix: String(name.dropLast()), entry: index))
          continue
        }
        entriesByName[name, default: []].append(index)
        conditionsByName[name, default: [:]][index] = general(name) + entry.conditions
        if let canonical = vocabulary.canonical(name, in: spelling),
          namesByCanonical[canonical]?.contains(name) != true
        {
          namesByCanonical[canonical, default: []].append(name)
        }
      }
    }
  }

  /// The report.
  ///
  /// - Parameter model: The model; its values have the types and shapes that are to be checked.
  /// - Returns: Verdict, findings and partitions.
  /// - Complexity: O(operators × conditions + edges).
  package func check(_ model: Model) -> TargetReport {
    var report = TargetReport(
      name: target.name,
      title: target.title,
      version: target.version,
      runtime: target.runtime,
      verdict: .supported,
      fallback: rulebook.partition.fallback
    )
    let spelling = rulebook.operators.format ?? model.format
    let isNative = spelling == model.format
    if !isNative { report.checkedAs = spelling }
    var answers: [OperatorRule.Support] = []
    var index = 0
    for original in model.graphs {
      let converted = isNative ? nil : ConvertedGraph(original, to: spelling)
      let graph = converted?.graph ?? original
      for (place, node) in graph.nodes.enumerated() {
        let subject = CheckedOperator(graph: graph, node: node, isNative: isNative)
        let judgement =
          isNative
          ? judge(subject, as: node.origin.sourceType)
          : converted?.isGone[place] == true
            ? Judgement(answer: .yes, remarks: []) : judgeElsewhere(subject)
        switch judgement.answer {
        case .yes: report.supported += 1
        case .no: report.unsupported += 1
        case .unknown: report.unknown += 1
        }
        if answers.count < model.main.nodes.count { answers.append(judgement.answer) }
        report.findings += judgement.remarks.map { finding($0, index, node) }
        index += 1
      }
    }
    if report.unsupported > 0 {
      report.verdict = .unsupported
    } else if report.unknown > 0 {
      report.verdict = .unknown
    }
    if let format = report.checkedAs { report.findings.append(conversion(model.format, format)) }
    report.findings = sorted(report.findings)
    let isWhole = rulebook.partition.kind == .whole
    // How a converted model would be cut is only known where it is not cut.
    let isCut = report.unsupported > 0
    if report.unknown == 0, !isCut || (isNative && !isWhole) {
      report.place(Partitioner(model.main, answers.map { $0 == .yes }, rulebook.partition.kind))
    }
    return report
  }

  private func sorted(_ findings: [TargetFinding]) -> [TargetFinding] {
    findings.enumerated().sorted { left, right in
      (left.element.severity, left.element.operatorIndex ?? -1, left.offset)
        < (right.element.severity, right.element.operatorIndex ?? -1, right.offset)
    }.map(\.element)
  }

  /// What is said where a model has to be converted first.
  private func conversion(_ format: ModelFormat, _ other: ModelFormat) -> TargetFinding {
    TargetFinding(
      rule: "format",
      severity: .note,
      detail:
        "\(target.name) takes \(listed(target.formats.map(\.title))), this is \(format.title):"
        + " each operator was checked as the \(other.title) operator of the same meaning;"
        + " a converter may choose others",
      fix: "convert the model, and check the result"
    )
  }

  private func finding(_ remark: Judgement.Remark, _ index: Int, _ node: Node) -> TargetFinding {
    let severity: Diagnostic.Severity =
      switch remark.answer {
      case .yes: .note
      case .no: rulebook.partition.kind == .whole ? .error : .warning
      case .unknown: .warning
      }
    return TargetFinding(
      operatorIndex: index,
      sourceType: node.origin.sourceType,
      sourceVersion: node.origin.sourceVersion,
      layer: node.origin.layer ?? node.name,
      checkedAs: remark.checkedAs,
      rule: remark.rule,
      severity: severity,
      detail: remark.detail,
      fix: remark.fix,
      source: remark.source.flatMap(rulebook.source).map(\.citation)
    )
  }
}

extension RuleSource {
  /// `project, file (version, date)`.
  package var citation: String { "\(project), \(file) (\(version), \(date))" }
}

/// What is said of one operator.
struct Judgement {
  /// One thing said.
  struct Remark {
    var answer: OperatorRule.Support
    var checkedAs: String?
    var rule: String
    var detail: String
    var fix: String?
    var source: String?
  }

  var answer: OperatorRule.Support
  var remarks: [Remark]
}

/// One operator against the rules.
extension TargetChecker {
  /// Judges an operator by the entries of a name.
  private func judge(_ subject: CheckedOperator, as name: String) -> Judgement {
    let candidates =
      entriesByName[name] ?? patterns.filter { name.hasPrefix($0.prefix) }.map(\.entry)
    guard var place = candidates.last else { return absent(name) }
    if subject.isNative, let version = subject.node.origin.sourceVersion {
      guard
        let fitting = candidates.first(where: {
          rulebook.operators.entries[$0].versions.contains(version)
        })
      else {
        return wrongVersion(version, name, candidates.map { rulebook.operators.entries[$0] })
      }
      place = fitting
    }
    let entry = rulebook.operators.entries[place]
    guard entry.support == .yes else {
      let remark = Judgement.Remark(
        answer: entry.support,
        rule: "operator",
        detail: entry.reason ?? "it is not supported",
        fix: entry.fix,
        source: entry.source
      )
      return Judgement(answer: entry.support, remarks: [remark])
    }
    let conditions = conditionsByName[name]?[place] ?? general(name) + entry.conditions
    return judge(subject, conditions, by: entry)
  }

  private func judge(_ subject: CheckedOperator, _ conditions: [Condition], by entry: OperatorRule)
    -> Judgement
  {
    var judgement = Judgement(answer: .yes, remarks: [])
    for condition in conditions {
      let answer: OperatorRule.Support
      let rule: String
      var detail: String
      switch condition.check(subject) {
      case .holds: continue
      case .broken(let word, let text): (answer, rule, detail) = (.no, word, text)
      case .unknown(let word, let text): (answer, rule, detail) = (.unknown, word, text)
      }
      // What is wrong with a type explains all that follows from it.
      if answer == .no, Self.typeRules.contains(rule),
        judgement.remarks.contains(where: { $0.answer == .no && Self.typeRules.contains($0.rule) })
      {
        continue
      }
      if let reason = condition.reason, !detail.contains(reason) { detail += " (\(reason))" }
      judgement.remarks.append(
        .init(
          answer: answer,
          rule: rule,
          detail: detail,
          fix: condition.fix ?? entry.fix,
          source: condition.source ?? entry.source
        )
      )
      if answer == .no || judgement.answer == .yes { judgement.answer = answer }
    }
    // What is not known does not matter where something is known to be wrong.
    if judgement.answer == .no { judgement.remarks.removeAll { $0.answer != .no } }
    if judgement.answer == .yes, let note = entry.note {
      judgement.remarks.append(
        .init(answer: .yes, rule: "note", detail: note, source: entry.source)
      )
    }
    return judgement
  }

  /// What every operator of a name must fulfil.
  private func general(_ name: String) -> [Condition] {
    rulebook.operators.everywhere.filter { $0.applies(to: name) }.map(\.condition)
  }

  private static let typeRules: Set<String> = ["type", "types", "quantization"]

  private func absent(_ name: String) -> Judgement {
    let answer: OperatorRule.Support = rulebook.isComplete ? .no : .unknown
    let isCustom =
      rulebook.operators.format == .tflite && vocabulary.canonical(name, in: .tflite) == nil
    let what = isCustom ? "\(name) (a custom operator)" : name
    let remark = Judgement.Remark(
      answer: answer,
      rule: "operator",
      detail: rulebook.isComplete
        ? "\(rulebook.name) has no \(what)"
        : "nothing is published on whether \(rulebook.name) has \(what)",
      fix: isCustom ? "register an implementation of \(name), or convert without it" : nil,
      source: rulebook.operators.entries.first?.source
    )
    return Judgement(answer: answer, remarks: [remark])
  }

  private func wrongVersion(_ version: Int, _ name: String, _ entries: [OperatorRule])
    -> Judgement
  {
    let ranges = entries.map(\.versions).sorted { $0.lowerBound < $1.lowerBound }
    let allowed = ranges.map { range in
      switch (range.lowerBound, range.upperBound) {
      case (1, .max): "any"
      case (let low, .max): "\(low) and later"
      case (let low, let high): low == high ? "\(low)" : "\(low) to \(high)"
      }
    }
    let isNewer = version > (ranges.last?.upperBound ?? 0)
    let remark = Judgement.Remark(
      answer: .no,
      rule: "version",
      detail: "\(name) is of version \(version); \(listed(allowed)) is supported",
      fix: isNewer
        ? "use a newer \(rulebook.runtime), or convert for an older one" : "convert again",
      source: entries.first?.source
    )
    return Judgement(answer: .no, remarks: [remark])
  }

  /// Judges an operator of another format by all names that mean the same, or that a converter may
  /// write instead; the best answer counts.
  private func judgeElsewhere(_ subject: CheckedOperator) -> Judgement {
    guard case .known(let canonical) = subject.node.op else {
      let remark = Judgement.Remark(
        answer: .unknown,
        rule: "operator",
        detail: "\(subject.node.op.name) has no canonical operator, so nothing tells what a"
          + " converter makes of it"
      )
      return Judgement(answer: .unknown, remarks: [remark])
    }
    let meanings =
      [canonical] + OperatorVocabulary.substitutes(for: canonical, subject.node.attributes)
    let names = meanings.flatMap { namesByCanonical[$0] ?? [] }
    guard !names.isEmpty else {
      // A converter writes the format's own operator of that meaning, and the list does not have it.
      let spelling = rulebook.operators.format ?? .tflite
      if let name = vocabulary.names(meaning: canonical, in: spelling).first,
        !patterns.contains(where: { name.hasPrefix($0.prefix) })
      {
        var judgement = absent(name)
        judgement.remarks[0].checkedAs = name
        return judgement
      }
      let remark = Judgement.Remark(
        answer: .unknown,
        rule: "operator",
        detail:
          "\(rulebook.name) has no operator of the same meaning (\(canonical)); a converter may"
          + " compose it of others",
        source: rulebook.operators.entries.first?.source
      )
      return Judgement(answer: .unknown, remarks: [remark])
    }
    var best: Judgement?
    for name in names {
      var judgement = judge(subject, as: name)
      for index in judgement.remarks.indices {
        judgement.remarks[index].checkedAs = name
      }
      if judgement.answer == .yes { return judgement }
      if best == nil || judgement.answer == .unknown && best?.answer == .no { best = judgement }
    }
    return best ?? Judgement(answer: .unknown, remarks: [])
  }
}
