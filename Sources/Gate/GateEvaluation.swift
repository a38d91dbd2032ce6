import ByteIO
import Differences

/// Judges models by a policy.
///
/// 0 only where everything was found, measured, compared and within; what cannot be told is never a
/// pass.
package struct GateEvaluation {
  private let policy: Policy
  private let models: [GatedModel]
  private let baseline: GateBaseline
  private let pinned: GateBaseline
  private let options: GateOptions

  package init(
    policy: Policy,
    models: [GatedModel],
    baseline: GateBaseline = .none,
    pinned: GateBaseline = .none,
    options: GateOptions = GateOptions()
  ) {
    self.policy = policy
    self.models = models
    self.baseline = baseline
    self.pinned = pinned
    self.options = options
  }

  /// All checks, in the order of the models and then of the policy.
  package func result() -> GateResult {
    var checks: [GateResult.Check] = []
    if models.isEmpty {
      checks.append(trouble("", code: .usage, "there is no model to judge"))
    }
    for model in models {
      switch model.outcome {
      case .failure(let failure):
        checks.append(trouble(model.path, code: failure.code, failure.message))
      case .success(let report):
        checks += checksOf(model.path, report)
      }
    }
    for budget in policy.budgets { checks += checksOfBudget(budget) }
    let verdict = Self.verdict(checks)
    return GateResult(
      checks: checks,
      explanations: GateExplainer(
        checks: checks,
        models: models,
        before: { path, report in self.counterpart(path, report, in: self.baseline) }
      ).explanations(),
      models: models.map(\.path),
      verdict: verdict,
      isEnforced: !options.warnsOnly
    )
  }

  /// The gravest verdict of what is not only advice.
  private static func verdict(_ checks: [GateResult.Check]) -> GateResult.Verdict {
    let binding = checks.filter { !$0.isAdvisory }
    if binding.contains(where: { $0.verdict == .undecidable }) { return .undecidable }
    if binding.contains(where: { $0.verdict == .fail }) { return .fail }
    // Nothing but switched-off limits is nothing measured.
    return checks.contains(where: { $0.budget != nil }) ? .pass : .undecidable
  }

  private func trouble(_ model: String, code: ErrorCode, _ reason: String) -> GateResult.Check {
    GateResult.Check(
      model: model,
      budget: nil,
      figure: nil,
      scope: FigureScope(),
      kind: .readable,
      verdict: .undecidable,
      isAdvisory: false,
      reason: reason,
      code: code.rawValue
    )
  }

  // MARK: - One model

  private func budgets(for path: String) -> [Policy.Budget] {
    policy.budgets.filter { budget in
      budget.patterns.contains { PathPattern($0)?.matches(path) ?? false }
    }
  }

  private func checksOf(_ path: String, _ report: ReportSnapshot) -> [GateResult.Check] {
    let budgets = budgets(for: path)
    guard !budgets.isEmpty else {
      return [trouble(path, code: .policyInvalid, "no budget of the policy fits this model")]
    }
    var checks: [GateResult.Check] = []
    for budget in budgets {
      for constraint in budget.constraints where constraint.level != .off {
        checks += self.checks(constraint, path, report)
      }
    }
    if let shrink = shrinkCheck(path, report) { checks.append(shrink) }
    return checks
  }

  private func checks(
    _ constraint: Policy.Constraint,
    _ path: String,
    _ report: ReportSnapshot
  ) -> [GateResult.Check] {
    let value = constraint.figure.value(of: report, scope: constraint.scope)
    var checks = absoluteChecks(constraint, path, value)
    if let growth = constraint.growth {
      checks.append(relative(.growth, growth, constraint, path, report, value, baseline))
    }
    if let drop = constraint.drop {
      checks.append(relative(.drop, drop, constraint, path, report, value, baseline))
    }
    if let drift = constraint.drift {
      checks.append(relative(.drift, drift, constraint, path, report, value, pinned))
    }
    return checks
  }

  private func absoluteChecks(
    _ constraint: Policy.Constraint,
    _ model: String,
    _ value: FigureValue
  ) -> [GateResult.Check] {
    var checks: [GateResult.Check] = []
    let limits: [(GateResult.Kind, Int?)] = [
      (.maximum, constraint.maximum), (.minimum, constraint.minimum),
    ]
    for (kind, limit) in limits {
      guard let limit else { continue }
      var check = self.check(constraint, model, kind)
      check.limit = limit
      decide(&check, constraint, value) { value in
        kind == .maximum ? value <= limit : value >= limit
      }
      checks.append(check)
    }
    return checks
  }

  private func check(
    _ constraint: Policy.Constraint,
    _ model: String,
    _ kind: GateResult.Kind
  ) -> GateResult.Check {
    GateResult.Check(
      model: model,
      budget: constraint.path,
      figure: constraint.figure,
      scope: constraint.scope,
      kind: kind,
      verdict: .undecidable,
      isAdvisory: constraint.level == .warn,
      usesBinaryUnits: constraint.usesBinaryUnits
    )
  }

  private func decide(
    _ check: inout GateResult.Check,
    _ constraint: Policy.Constraint,
    _ value: FigureValue,
    _ isWithin: (Int) -> Bool
  ) {
    switch value {
    case .known(let known):
      check.value = known
      check.verdict = isWithin(known) ? .pass : .fail
    case .unknown(let reason):
      check.reason = reason
      if constraint.onUnknown == .warn { check.isAdvisory = true }
    }
  }

  // MARK: - Against a baseline

  private func relative(
    _ kind: GateResult.Kind,
    _ allowance: Policy.Allowance,
    _ constraint: Policy.Constraint,
    _ path: String,
    _ report: ReportSnapshot,
    _ value: FigureValue,
    _ baseline: GateBaseline
  ) -> GateResult.Check {
    var check = self.check(constraint, path, kind)
    check.allowance = allowance
    check.value = value.known
    let before: ReportSnapshot
    switch counterpart(path, report, in: baseline) {
    case .success(let found): before = found
    case .failure(let trouble):
      check.reason = trouble.message
      check.code = trouble.code.rawValue
      if trouble.code == .baselineMissing, options.allowsMissingBaseline { check.isAdvisory = true }
      return check
    }
    let old: Int
    switch constraint.figure.value(of: before, scope: constraint.scope) {
    case .known(let known): old = known
    case .unknown(let reason):
      check.reason = "the baseline does not state it: \(reason)"
      check.code = ErrorCode.baselineMismatch.rawValue
      return check
    }
    compare(&check, constraint, allowance, value, with: old)
    return check
  }

  /// Judges a change; what is small by the policy's own measure is noise.
  private func compare(
    _ check: inout GateResult.Check,
    _ constraint: Policy.Constraint,
    _ allowance: Policy.Allowance,
    _ value: FigureValue,
    with old: Int
  ) {
    let kind = check.kind
    check.baseline = old
    check.limit = Self.limit(kind, allowance, old)
    decide(&check, constraint, value) { new in
      let change = kind == .drop ? old - new : new - old
      if change <= constraint.minimumDelta { return true }
      if kind != .drop, new <= constraint.floor { return true }
      return Self.isAllowed(kind, allowance, old: old, new: new)
    }
  }

  /// The greatest (for a drop the least) value that is allowed, for the reader.
  private static func limit(
    _ kind: GateResult.Kind,
    _ allowance: Policy.Allowance,
    _ old: Int
  ) -> Int? {
    let step: Int
    switch allowance {
    case .absolute(let amount): step = amount
    case .relative(let hundredths):
      let product = old.multipliedFullWidth(by: hundredths)
      guard product.high < 10_000, product.high >= 0 else { return nil }
      step = 10_000.dividingFullWidth((product.high, product.low)).quotient
    }
    let (sum, overflow) =
      kind == .drop
      ? old.subtractingReportingOverflow(step) : old.addingReportingOverflow(step)
    return overflow ? nil : sum
  }

  /// Compared exactly, without rounding: `new · 10000 ≤ old · (10000 + p)`.
  private static func isAllowed(
    _ kind: GateResult.Kind,
    _ allowance: Policy.Allowance,
    old: Int,
    new: Int
  ) -> Bool {
    switch allowance {
    case .absolute(let amount):
      return (kind == .drop ? old - new : new - old) <= amount
    case .relative(let hundredths):
      let share = kind == .drop ? max(0, 10_000 - hundredths) : 10_000 + hundredths
      let left = new.multipliedFullWidth(by: 10_000)
      let right = old.multipliedFullWidth(by: share)
      let isLess = left.high < right.high || (left.high == right.high && left.low <= right.low)
      return kind == .drop ? !isLess || left == right : isLess
    }
  }

  /// The baseline's report of a model.
  private func counterpart(
    _ path: String,
    _ report: ReportSnapshot,
    in baseline: GateBaseline
  ) -> Result<ReportSnapshot, GatedModel.Trouble> {
    switch baseline {
    case .none:
      return .failure(
        .init(
          code: .baselineMissing,
          message: "the policy compares with a baseline and none was named; use --baseline"
        )
      )
    case .absent(let trouble), .unusable(let trouble): return .failure(trouble)
    case .revision(let reports):
      return reports[path]
        ?? .failure(.init(code: .baselineMissing, message: "the revision does not have it"))
    case .reports(let reports): return Self.counterpart(path, report, in: reports)
    }
  }

  private static func counterpart(
    _ path: String,
    _ report: ReportSnapshot,
    in reports: [ReportSnapshot]
  ) -> Result<ReportSnapshot, GatedModel.Trouble> {
    func name(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }
    let found =
      reports.first { $0.path == path } ?? reports.first { $0.path == report.path }
      // A single report may have been made in another folder.
      ?? (reports.count == 1 ? reports.first { name($0.path) == name(path) } : nil)
    guard let found else {
      let one =
        reports.count == 1 ? "it is of \(reports[0].path)" : "it has \(reports.count) others"
      return .failure(
        .init(
          code: reports.count == 1 ? .baselineMismatch : .baselineMissing,
          message: "the baseline has no report of this model; \(one)"
        )
      )
    }
    guard found.format == report.format else {
      return .failure(
        .init(
          code: .baselineMismatch,
          message: "the baseline's model is \(found.format) and this one is \(report.format)"
        )
      )
    }
    guard found.totals.fileBytes > 0 else {
      return .failure(
        .init(code: .baselineMismatch, message: "the baseline's model has 0 bytes")
      )
    }
    return .success(found)
  }

  /// Shrinking by more than half is more often an accident than a success.
  private static let suspiciousShrink = 5_000

  private func shrinkCheck(_ path: String, _ report: ReportSnapshot) -> GateResult.Check? {
    guard case .success(let before) = counterpart(path, report, in: baseline) else { return nil }
    let allowed = options.maximumShrink ?? Self.suspiciousShrink
    let old = before.totals.fileBytes
    let new = report.totals.fileBytes
    let isWithin = Self.isAllowed(.drop, .relative(allowed), old: old, new: new)
    guard !isWithin || options.maximumShrink != nil else { return nil }
    return GateResult.Check(
      model: path,
      budget: nil,
      figure: .fileBytes,
      scope: FigureScope(),
      kind: .shrink,
      limit: Self.limit(.drop, .relative(allowed), old),
      allowance: .relative(allowed),
      value: new,
      baseline: old,
      verdict: isWithin ? .pass : .fail,
      isAdvisory: options.maximumShrink == nil
    )
  }

  // MARK: - Sums and patterns

  private func checksOfBudget(_ budget: Policy.Budget) -> [GateResult.Check] {
    let fitting = models.filter { model in
      budget.patterns.contains { PathPattern($0)?.matches(model.path) ?? false }
    }
    let name = budget.patterns.joined(separator: ", ")
    guard !fitting.isEmpty else {
      var check = trouble(name, code: .policyInvalid, "no model fits this budget")
      check.budget = "budgets[\(budget.index)]"
      return [check]
    }
    var checks: [GateResult.Check] = []
    for constraint in budget.totals where constraint.level != .off {
      let value = Self.sum(fitting, constraint.figure)
      checks += absoluteChecks(constraint, name, value)
      checks += sumChecks(constraint, name, fitting, value)
    }
    return checks
  }

  private static func sum(_ models: [GatedModel], _ figure: Figure) -> FigureValue {
    var sum = 0
    for model in models {
      guard case .success(let report) = model.outcome else {
        return .unknown("\(model.path) could not be read")
      }
      switch figure.value(of: report, scope: FigureScope()) {
      case .unknown(let reason): return .unknown("\(model.path): \(reason)")
      case .known(let value):
        let (next, overflow) = sum.addingReportingOverflow(value)
        guard !overflow else { return .unknown("the sum does not fit 64 bits") }
        sum = next
      }
    }
    return .known(sum)
  }

  private func sumChecks(
    _ constraint: Policy.Constraint,
    _ name: String,
    _ models: [GatedModel],
    _ value: FigureValue
  ) -> [GateResult.Check] {
    let wanted: [(GateResult.Kind, Policy.Allowance?, GateBaseline)] = [
      (.growth, constraint.growth, baseline), (.drop, constraint.drop, baseline),
      (.drift, constraint.drift, pinned),
    ]
    return wanted.compactMap { kind, allowance, baseline in
      guard let allowance else { return nil }
      var check = self.check(constraint, name, kind)
      check.allowance = allowance
      check.value = value.known
      var before: [GatedModel] = []
      for model in models {
        guard case .success(let report) = model.outcome else { continue }
        switch counterpart(model.path, report, in: baseline) {
        case .success(let old): before.append(GatedModel(path: model.path, outcome: .success(old)))
        case .failure(let trouble):
          check.reason = "\(model.path): \(trouble.message)"
          check.code = trouble.code.rawValue
          if trouble.code == .baselineMissing, options.allowsMissingBaseline {
            check.isAdvisory = true
          }
          return check
        }
      }
      guard case .known(let old) = Self.sum(before, constraint.figure) else {
        check.reason = "the baseline does not state it"
        return check
      }
      compare(&check, constraint, allowance, value, with: old)
      return check
    }
  }
}
