import ByteIO
import Testing

@testable import Planning

/// Each rule by hand: what was measured, what is advised, and that nothing is advised without it.
@Suite struct TrainingAdvisorTests {
  private struct Row {
    var site: String
    var action: String
    var divergence: Double
  }

  private func table(
    _ rows: [Row],
    others: [Row] = [],
    accuracy: Double? = 0.9,
    adequacy: SensitivityTable.Adequacy? = nil,
    origin: SensitivityTable.Origin = .measured(samples: 100)
  ) -> SensitivityTable {
    var names: [String] = []
    for row in rows + others where !names.contains(row.site) { names.append(row.site) }
    var table = SensitivityTable(
      origin: origin,
      metric: "kl",
      baselineAccuracy: accuracy,
      sites: names.map { name in
        .init(
          id: name,
          kind: "weights",
          operatorIndex: nil,
          name: name,
          layer: name,
          tensor: name,
          parameters: 10,
          bytes: 40
        )
      },
      measurements: (rows + others).map { row in
        .init(
          site: names.firstIndex(of: row.site) ?? 0,
          action: row.action,
          divergence: .init(
            mean: row.divergence,
            low: 0.9 * row.divergence,
            high: 1.1 * row.divergence
          )
        )
      }
    )
    table.adequacy = adequacy
    return table
  }

  /// A plan that takes the rows, under budgets of accuracy and divergence.
  private func plan(
    _ rows: [Row],
    budgets: [String] = [],
    accuracy: Double? = nil,
    agreement: Double? = nil,
    verified: PlanVerification? = nil
  ) throws -> Plan {
    var list: [Budget] = []
    for text in budgets { list.append(try Budget(text)) }
    let originals: [BudgetFigure: Double] = [.size: 1_000, .accuracy: 0.9]
    let sum = rows.reduce(0) { $0 + $1.divergence }
    var predicted: [BudgetFigure: Double] = [.size: 300, .divergence: sum]
    predicted[.accuracy] = accuracy
    return Plan(
      goal: .accuracy,
      budgets: try BudgetSet(list, originals: originals),
      status: .optimal,
      gap: 0,
      origin: .measured(samples: 100),
      metric: "kl",
      layers: rows.map { row in
        .init(
          site: row.site,
          layer: row.site,
          tensor: row.site,
          operatorName: row.site,
          sourceType: "CONV_2D",
          action: row.action,
          bytesBefore: 40,
          bytesAfter: 10,
          predictedDivergence: row.divergence
        )
      },
      originals: originals,
      predicted: predicted,
      divergence: .init(mean: sum, low: sum, high: sum),
      predictedAgreement: agreement,
      verified: verified,
      marginals: [],
      front: [],
      notes: []
    )
  }

  private func verified(
    _ divergence: Double,
    accuracy: Double? = nil,
    agreement: Double? = nil
  ) -> PlanVerification {
    var figures: [BudgetFigure: Double] = [.size: 300]
    figures[.accuracy] = accuracy
    let interval = SensitivityTable.Interval(mean: divergence, low: divergence, high: divergence)
    return PlanVerification(
      samples: 50,
      figures: figures,
      divergence: interval,
      top1Agreement: agreement,
      originalAccuracy: 0.9,
      accuracyMargin: nil,
      excess: nil,
      divergenceBefore: interval,
      repairs: [],
      isKept: true
    )
  }

  private func setting(_ advice: TrainingAdvice?, _ name: String) -> TrainingAdvice.Setting.Value? {
    advice?.settings.first { $0.name == name }?.value
  }

  private let quantized = [
    Row(site: "a", action: "int4-channel", divergence: 0.09),
    Row(site: "b", action: "int8-channel", divergence: 0.01),
  ]

  // MARK: - Nothing without a measurement

  @Test func `a plan from the weights alone gets no advice`() throws {
    let advice = TrainingAdvisor().advice(
      try plan(quantized, budgets: ["divergence<=0.01"]),
      table(quantized, origin: .weightsAlone)
    )
    #expect(advice.isEmpty)
  }

  @Test func `a plan that keeps its floor gets no advice`() throws {
    let within = try plan(quantized, budgets: ["accuracy>=90%"], accuracy: 0.85)
    #expect(TrainingAdvisor().advice(within, table(quantized)).isEmpty)
    // Without a budget one point may be lost.
    let default1 = try plan(quantized, accuracy: 0.891)
    #expect(TrainingAdvisor().advice(default1, table(quantized)).isEmpty)
    // Nothing but a divergence says nothing of answers.
    #expect(TrainingAdvisor().advice(try plan(quantized), table(quantized)).isEmpty)
  }

  @Test func `every advice names its measurement`() throws {
    for agreement in [0.5, 0.9, 0.98] {
      let advice = TrainingAdvisor().advice(
        try plan(quantized, agreement: agreement),
        table(quantized, adequacy: .init(isEnough: false, reliability: 0.7, samplesNeeded: 400))
      )
      #expect(!advice.isEmpty)
      for step in advice {
        #expect(step.evidence.value.isFinite)
        #expect(step.evidence.value != step.evidence.limit)
        #expect(!step.reason.isEmpty)
      }
    }
  }

  // MARK: - Which figure

  @Test func `verified figures outrank predicted ones`() throws {
    let good = try plan(
      quantized,
      budgets: ["accuracy>=95%"],
      accuracy: 0.5,
      verified: verified(0.1, accuracy: 0.89)
    )
    #expect(TrainingAdvisor.excess(good) == nil)
    let bad = try plan(
      quantized,
      budgets: ["accuracy>=95%"],
      accuracy: 0.9,
      verified: verified(0.1, accuracy: 0.8)
    )
    let evidence = TrainingAdvisor.excess(bad)
    #expect(evidence?.origin == .verified)
    #expect(evidence?.value == 0.8)
    // 95 % of 0.9.
    #expect(abs((evidence?.limit ?? 0) - 0.855) < 1e-12)
    #expect(evidence?.isBudget == true)
  }

  @Test func `the default floor is a point of accuracy or of agreement`() throws {
    let accuracy = TrainingAdvisor.excess(try plan(quantized, accuracy: 0.88))
    #expect(accuracy?.figure == "accuracy")
    #expect(abs((accuracy?.limit ?? 0) - 0.89) < 1e-12)
    #expect(accuracy?.isBudget == false)
    let agreement = TrainingAdvisor.excess(try plan(quantized, agreement: 0.98))
    #expect(agreement?.figure == "top1Agreement")
  }

  @Test func `what a repair took back counts as lost`() throws {
    var verification = verified(0.01)
    verification.excess = .floor
    verification.divergenceBefore = .init(mean: 0.5, low: 0.4, high: 0.6)
    verification.repairs = [
      .init(
        site: "c",
        action: "int4-channel",
        replacement: nil,
        bytes: 30,
        divergenceBefore: 0.5,
        divergenceAfter: 0.01
      )
    ]
    let plan = try plan(quantized, budgets: ["divergence<=0.05"], verified: verification)
    #expect(TrainingAdvisor.excess(plan)?.value == 0.5)
    let advice = TrainingAdvisor().advice(plan, table(quantized))
    // The site of the repair cost most: 0.49.
    #expect(advice.first?.sites.first == "c")
  }

  @Test func `a floor that no plan keeps is advised on from the measurements`() throws {
    var plan = try plan([], budgets: ["divergence<=0.01"])
    plan.status = .infeasible
    plan.infeasibility = .init(figures: [
      .init(figure: .divergence, limit: 0.01, reachable: 0, nearest: 0.04)
    ])
    let advice = TrainingAdvisor().advice(plan, table(quantized))
    #expect(advice.map(\.step).contains(.quantizationAware))
    #expect(advice.first?.evidence.value == 0.04)
  }

  // MARK: - Steps

  @Test func `too few samples call for more, whatever the plan loses`() throws {
    let few = table(
      quantized,
      adequacy: .init(isEnough: false, reliability: 0.7, samplesNeeded: 400)
    )
    let advice = TrainingAdvisor().advice(try plan(quantized), few)
    #expect(advice.map(\.step) == [.moreSamples])
    #expect(setting(advice.first, "samples") == .whole(400))
    let enough = table(
      quantized,
      adequacy: .init(isEnough: true, reliability: 0.97, samplesNeeded: nil)
    )
    #expect(TrainingAdvisor().advice(try plan(quantized), enough).isEmpty)
  }

  @Test func `scales by channel are advised where they were measured to lose less than half`()
    throws
  {
    let rows = [
      Row(site: "a", action: "int8-tensor", divergence: 0.08),
      Row(site: "b", action: "int8-tensor", divergence: 0.02),
    ]
    let others = [
      Row(site: "a", action: "int8-channel", divergence: 0.01),
      Row(site: "b", action: "int8-channel", divergence: 0.015),
    ]
    let lossy = try plan(rows, budgets: ["divergence<=0.05"])
    let advice = TrainingAdvisor().advice(lossy, table(rows, others: others))
    let scales = try #require(advice.first { $0.step == .perChannelScales })
    #expect(scales.sites == ["a"])
    #expect(scales.evidence.value == 0.08)
    #expect(scales.evidence.limit == 0.01)
    // It comes before any training.
    #expect(advice.first?.step == .perChannelScales)
    let without = TrainingAdvisor().advice(lossy, table(rows))
    #expect(!without.contains { $0.step == .perChannelScales })
  }

  @Test func `quantized layers call for quantization-aware training, the worst named first`() throws
  {
    let advice = TrainingAdvisor().advice(try plan(quantized, accuracy: 0.885), table(quantized))
    #expect(advice.map(\.step) == [.quantizationAware])
    // "a" makes up 90 % of the cost: more than four fifths.
    #expect(advice.first?.sites == ["a"])
    #expect(setting(advice.first, "epochs") == .whole(5))
    #expect(setting(advice.first, "bits") == .whole(4))
  }

  @Test(arguments: [
    ("prune-50", "polynomial", 0.5), ("prune-80", "polynomial", 0.8), ("prune-30", "constant", 0.3),
    ("prune-2:4", "constant", 0.5), ("prune-1:4", "constant", 0.75),
  ])
  func `pruned layers call for a schedule that begins at thirty percent`(
    action: String,
    schedule: String,
    final: Double
  ) throws {
    let rows = [Row(site: "a", action: action, divergence: 0.1)]
    let advice = TrainingAdvisor().advice(try plan(rows, accuracy: 0.885), table(rows))
    let pruning = try #require(advice.first { $0.step == .gradualPruning })
    #expect(setting(pruning, "schedule") == .text(schedule))
    #expect(setting(pruning, "finalSparsity") == .number(final))
    #expect(setting(pruning, "initialSparsity") == (schedule == "polynomial" ? .number(0.3) : nil))
    #expect(setting(pruning, "epochs") == .whole(5))
    #expect(setting(pruning, "frequency") == .whole(100))
  }

  @Test func `binary weights call for binary training`() throws {
    let rows = [Row(site: "a", action: "binary", divergence: 0.6)]
    let advice = TrainingAdvisor().advice(try plan(rows, accuracy: 0.885), table(rows))
    #expect(advice.map(\.step) == [.binary])
  }

  @Test func `distillation is for fewer channels, for much that is lost, and without labels`()
    throws
  {
    let narrow = [Row(site: "a", action: "channels-25", divergence: 0.1)]
    let smaller = TrainingAdvisor().advice(try plan(narrow, accuracy: 0.885), table(narrow))
    #expect(smaller.map(\.step) == [.distillation])
    #expect(setting(smaller.first, "temperature") == .number(4))
    #expect(setting(smaller.first, "softWeight") == .number(0.7))
    #expect(setting(smaller.first, "match") == .texts(["a"]))
    // 0.5 points beyond the one that may be lost: labels do.
    let little = TrainingAdvisor().advice(try plan(quantized, accuracy: 0.885), table(quantized))
    #expect(!little.contains { $0.step == .distillation })
    // Three times what may be lost.
    let much = TrainingAdvisor().advice(try plan(quantized, accuracy: 0.87), table(quantized))
    #expect(much.contains { $0.step == .distillation })
    let unlabelled = TrainingAdvisor().advice(
      try plan(quantized, agreement: 0.985),
      table(quantized, accuracy: nil)
    )
    let step = try #require(unlabelled.first { $0.step == .distillation })
    #expect(setting(step, "softWeight") == .number(1))
  }

  @Test func `a scenario's steps are the only ones`() throws {
    let rows = quantized + [Row(site: "c", action: "prune-50", divergence: 0.1)]
    let scenario = Scenario(
      name: "x",
      title: "X",
      actions: [],
      training: [.gradualPruning],
      reason: ""
    )
    let plan = try plan(rows, accuracy: 0.5)
    #expect(
      TrainingAdvisor(scenario: scenario).advice(plan, table(rows)).map(\.step) == [.gradualPruning]
    )
    let all = TrainingAdvisor().advice(plan, table(rows)).map(\.step)
    #expect(all == [.gradualPruning, .quantizationAware, .distillation])
  }
}
