import ByteIO
import Differences
import Gate
import Testing

/// The table of what passes: one row, one test.
///
/// 0 is "measured, compared and within"; anything else is not 0.
@Suite struct TruthTableTests {
  private static func report(
    _ path: String = "a.tflite",
    bytes: Int = 1_000,
    macs: Int? = 500,
    format: String = "tflite"
  ) -> ReportSnapshot {
    var report = ReportSnapshot(path: path, format: format)
    report.totals.fileBytes = bytes
    report.totals.weightBytes = bytes
    report.totals.multiplyAdds = macs
    report.totals.operators = 3
    report.totals.uncounted = macs == nil ? 1 : 0
    report.bytes = [.init(category: "weights", bytes: bytes)]
    return report
  }

  private static func model(_ report: ReportSnapshot) -> GatedModel {
    GatedModel(path: report.path, outcome: .success(report))
  }

  private static func broken(_ code: ErrorCode, _ path: String = "a.tflite") -> GatedModel {
    GatedModel(path: path, outcome: .failure(.init(code: code, message: "broken")))
  }

  private static func judge(
    _ limits: String,
    _ models: [GatedModel],
    baseline: GateBaseline = .none,
    pinned: GateBaseline = .none,
    options: GateOptions = GateOptions()
  ) throws -> GateResult {
    let policy = try PolicyTests.policy(
      #"{ schema: "analyze.policy/1", pinned: "p.json", budgets: [{ models: "*.tflite", \#(limits) }] }"#
    )
    return GateEvaluation(
      policy: policy,
      models: models,
      baseline: baseline,
      pinned: pinned,
      options: options
    ).result()
  }

  // MARK: - Absolute

  @Test(arguments: [(999, 0), (1_000, 0), (1_001, 1)])
  func `limits are inclusive`(bytes: Int, exit: Int) throws {
    let result = try Self.judge(
      #"fileBytes: { max: "1 kB" }"#,
      [Self.model(Self.report(bytes: bytes))]
    )
    #expect(result.exitCode == exit)
  }

  @Test func `a least is inclusive, too`() throws {
    for (sparsity, exit) in [(0.5, 0), (0.4999, 1), (0.6, 0)] {
      var report = Self.report()
      report.totals.sparsity = sparsity
      #expect(
        try Self.judge(#"sparsity: { min: "50 %" }"#, [Self.model(report)]).exitCode == exit
      )
    }
  }

  @Test func `no model is no pass`() throws {
    #expect(try Self.judge(#"fileBytes: { max: "1 kB" }"#, []).exitCode == 2)
  }

  @Test(arguments: [
    ErrorCode.ioRead, .modelTruncated, .modelInvalid, .modelUnsupported, .limitExceeded, .internal,
  ]) func `a model that cannot be read is no pass`(code: ErrorCode) throws {
    let result = try Self.judge(#"fileBytes: { max: "1 kB" }"#, [Self.broken(code)])
    #expect(result.exitCode == 2)
    #expect(result.checks.contains { $0.code == code.rawValue })
  }

  @Test func `one broken model among others outranks a broken budget, which is still listed`()
    throws
  {
    let result = try Self.judge(
      #"fileBytes: { max: "1 kB" }"#,
      [Self.broken(.modelInvalid), Self.model(Self.report("b.tflite", bytes: 2_000))]
    )
    #expect(result.exitCode == 2)
    #expect(result.checks.contains { $0.model == "b.tflite" && $0.verdict == .fail })
  }

  @Test func `an unknown figure that is governed is no pass`() throws {
    let models = [Self.model(Self.report(macs: nil))]
    #expect(try Self.judge(#"macs: { max: 600 }"#, models).exitCode == 2)
    #expect(try Self.judge(#"macs: { max: 600, onUnknown: "warn" }"#, models).exitCode == 0)
    #expect(try Self.judge(#"latency: { target: "x", max: "1 ms" }"#, models).exitCode == 2)
    #expect(try Self.judge(#"arena: { planner: "x", max: "1 kB" }"#, models).exitCode == 2)
    #expect(try Self.judge(#"unsupported: { target: "x", max: 0 }"#, models).exitCode == 2)
    #expect(try Self.judge(#"accuracy: { file: "x", min: "1 %" }"#, models).exitCode == 2)
    #expect(try Self.judge(#"gzipBytes: { max: "1 kB" }"#, models).exitCode == 2)
  }

  @Test(arguments: [
    (ReportSnapshot.Quality(accuracy: 9_500), 0), (.init(accuracy: 9_499), 1),
    (.init(reason: "another model was measured"), 2), (nil, 2),
  ]) func `accuracy is what a file measured of this very model`(
    quality: ReportSnapshot.Quality?,
    exit: Int
  ) throws {
    var report = Self.report()
    report.quality["s.json"] = quality
    let limits = #"accuracy: { file: "s.json", min: "95 %" }"#
    #expect(try Self.judge(limits, [Self.model(report)]).exitCode == exit)
  }

  @Test(arguments: [(9_450, 0), (9_449, 1)])
  func `accuracy may drop by so many points`(accuracy: Int, exit: Int) throws {
    var report = Self.report()
    report.quality["s.json"] = .init(accuracy: accuracy)
    var before = Self.report()
    before.quality["s.json"] = .init(accuracy: 9_500)
    let limits = #"accuracy: { file: "s.json", drop: "0.5 %" }"#
    let models = [Self.model(report)]
    #expect(try Self.judge(limits, models, baseline: .reports([before])).exitCode == exit)
    // A baseline without the figure is nothing to compare with.
    #expect(try Self.judge(limits, models, baseline: .reports([Self.report()])).exitCode == 2)
  }

  @Test func `a baseline keeps what was measured`() throws {
    var report = Self.report()
    report.quality["s.json"] = .init(accuracy: 9_723, divergence: 12_345)
    report.bytes = [.init(category: "weights", bytes: 1_000)]
    let document = ReportSnapshot.baseline([report], tool: ["name": "analyze"]).serialized()
    let read = try ReportSnapshot.decode(ByteSource(document).bytes)
    #expect(read.first?.quality == report.quality)
  }

  @Test func `a target that cannot tell about an operator is no pass`() throws {
    var report = Self.report()
    let target = ReportSnapshot.Target(
      name: "npu",
      verdict: "unknown",
      unsupportedOperators: 0,
      unknownOperators: 1,
      estimatedNanoseconds: nil
    )
    report.targets = [target]
    let limits = #"unsupported: { target: "npu", max: 5 }"#
    #expect(try Self.judge(limits, [Self.model(report)]).exitCode == 2)
    report.targets[0].verdict = "unsupported"
    report.targets[0].unknownOperators = 0
    report.targets[0].unsupportedOperators = 2
    #expect(try Self.judge(limits, [Self.model(report)]).exitCode == 0)
    #expect(
      try Self.judge(#"unsupported: { target: "npu", max: 1 }"#, [Self.model(report)]).exitCode == 1
    )
  }

  @Test func `a model that no budget fits, and a budget that fits no model, are no pass`() throws {
    let limits = #"fileBytes: { max: "1 kB" }"#
    #expect(try Self.judge(limits, [Self.model(Self.report("a.onnx"))]).exitCode == 2)
    let policy = try PolicyTests.policy(
      """
      { schema: "analyze.policy/1", budgets: [
        { models: "a.tflite", fileBytes: { max: "1 kB" } },
        { models: "gone.tflite", fileBytes: { max: "1 kB" } }] }
      """
    )
    let result = GateEvaluation(policy: policy, models: [Self.model(Self.report())]).result()
    #expect(result.exitCode == 2)
    #expect(result.checks.contains { $0.budget == "budgets[1]" && $0.verdict == .undecidable })
  }

  @Test func `a layer that does not exist is no pass`() throws {
    let limits = #"layers: { conv9: { weightBytes: { max: "1 kB" } } }"#
    #expect(try Self.judge(limits, [Self.model(Self.report())]).exitCode == 2)
  }

  @Test func `limits that are switched off measure nothing`() throws {
    let limits = #"fileBytes: { max: "1 B", level: "off" }"#
    #expect(try Self.judge(limits, [Self.model(Self.report())]).exitCode == 2)
  }

  @Test func `a warning does not decide`() throws {
    let result = try Self.judge(
      #"fileBytes: { max: "1 B", level: "warn" }"#,
      [Self.model(Self.report())]
    )
    #expect(result.exitCode == 0)
    #expect(result.checks.contains { $0.verdict == .fail && $0.isAdvisory })
  }

  @Test func `warn-only passes with the verdict fail, and hides no trouble`() throws {
    var options = GateOptions()
    options.warnsOnly = true
    let over = try Self.judge(
      #"fileBytes: { max: "1 B" }"#,
      [Self.model(Self.report())],
      options: options
    )
    #expect(over.exitCode == 0)
    #expect(over.verdict == .fail)
    let broken = try Self.judge(
      #"fileBytes: { max: "1 B" }"#,
      [Self.broken(.modelInvalid)],
      options: options
    )
    #expect(broken.exitCode == 2)
  }

  // MARK: - Against a baseline

  @Test(arguments: [(1_020, 0), (1_021, 1), (1_000, 0), (900, 0)])
  func `growth is allowed up to its share`(bytes: Int, exit: Int) throws {
    let result = try Self.judge(
      #"fileBytes: { max: "5 kB", growth: "2 %" }"#,
      [Self.model(Self.report(bytes: bytes))],
      baseline: .reports([Self.report()])
    )
    #expect(result.exitCode == exit)
  }

  @Test func `growth is compared without rounding`() throws {
    // 3 · 1.01 is 3.03: one byte more than 303 of 300 is too much, 303 is not.
    for (bytes, exit) in [(303, 0), (304, 1)] {
      let result = try Self.judge(
        #"fileBytes: { growth: "1 %" }"#,
        [Self.model(Self.report(bytes: bytes))],
        baseline: .reports([Self.report(bytes: 300)])
      )
      #expect(result.exitCode == exit)
    }
    let huge = try Self.judge(
      #"macs: { growth: "1 %" }"#,
      [Self.model(Self.report(macs: Int.max / 2 + 1))],
      baseline: .reports([Self.report(macs: Int.max / 2)])
    )
    #expect(huge.exitCode == 0)
  }

  @Test func `small changes and small values are noise`() throws {
    let baseline = GateBaseline.reports([Self.report(bytes: 100)])
    let models = [Self.model(Self.report(bytes: 150))]
    func exit(_ extra: String) throws -> Int {
      try Self.judge(#"fileBytes: { growth: "2 %"\#(extra) }"#, models, baseline: baseline).exitCode
    }
    #expect(try exit("") == 1)
    #expect(try exit(#", minimumDelta: "50 B""#) == 0)
    #expect(try exit(#", minimumDelta: "49 B""#) == 1)
    #expect(try exit(#", floor: "150 B""#) == 0)
    #expect(try exit(#", floor: "149 B""#) == 1)
  }

  @Test func `a baseline that is needed and not there is no pass`() throws {
    let limits = #"fileBytes: { growth: "2 %" }"#
    let models = [Self.model(Self.report())]
    let absent = GateBaseline.absent(.init(code: .baselineMissing, message: "gone"))
    let unusable = GateBaseline.unusable(.init(code: .baselineMismatch, message: "bad"))
    #expect(try Self.judge(limits, models).exitCode == 2)
    #expect(try Self.judge(limits, models, baseline: absent).exitCode == 2)
    #expect(try Self.judge(limits, models, baseline: unusable).exitCode == 2)
    var options = GateOptions()
    options.allowsMissingBaseline = true
    // Absent is allowed then, unreadable is not.
    #expect(try Self.judge(limits, models, baseline: absent, options: options).exitCode == 0)
    #expect(try Self.judge(limits, models, baseline: unusable, options: options).exitCode == 2)
  }

  @Test func `the baseline of another model is no pass`() throws {
    let limits = #"fileBytes: { growth: "2 %" }"#
    let models = [Self.model(Self.report())]
    for other in [
      Self.report("b.tflite"), Self.report(format: "onnx"), Self.report(bytes: 0),
    ] {
      #expect(try Self.judge(limits, models, baseline: .reports([other])).exitCode == 2)
    }
    // The same file name from another folder is taken for the same model.
    let moved = GateBaseline.reports([Self.report("old/a.tflite")])
    #expect(try Self.judge(limits, models, baseline: moved).exitCode == 0)
  }

  @Test func `a figure that the baseline does not state is no pass`() throws {
    let result = try Self.judge(
      #"macs: { growth: "2 %" }"#,
      [Self.model(Self.report())],
      baseline: .reports([Self.report(macs: nil)])
    )
    #expect(result.exitCode == 2)
  }

  @Test func `shrinking by more than half is suspicious`() throws {
    let limits = #"fileBytes: { max: "5 kB" }"#
    let baseline = GateBaseline.reports([Self.report()])
    let models = [Self.model(Self.report(bytes: 499))]
    let result = try Self.judge(limits, models, baseline: baseline)
    #expect(result.exitCode == 0)
    #expect(result.checks.contains { $0.kind == .shrink && $0.verdict == .fail && $0.isAdvisory })
    var options = GateOptions()
    options.maximumShrink = 5_000
    #expect(try Self.judge(limits, models, baseline: baseline, options: options).exitCode == 1)
    options.maximumShrink = 6_000
    #expect(try Self.judge(limits, models, baseline: baseline, options: options).exitCode == 0)
  }

  @Test func `a pinned baseline catches what grows a little each time`() throws {
    let limits = #"fileBytes: { growth: "2 %", drift: "5 %" }"#
    let models = [Self.model(Self.report(bytes: 1_060))]
    let main = GateBaseline.reports([Self.report(bytes: 1_050)])
    let pinned = GateBaseline.reports([Self.report(bytes: 1_000)])
    let result = try Self.judge(limits, models, baseline: main, pinned: pinned)
    #expect(result.exitCode == 1)
    #expect(result.checks.filter { $0.verdict == .fail }.map(\.kind) == [.drift])
    #expect(try Self.judge(limits, models, baseline: main).exitCode == 2)
  }

  @Test func `the same path at a revision is the baseline of each model`() throws {
    let limits = #"fileBytes: { growth: "2 %" }"#
    let models = [Self.model(Self.report()), Self.model(Self.report("b.tflite"))]
    let one: [String: Result<ReportSnapshot, GatedModel.Trouble>] = [
      "a.tflite": .success(Self.report())
    ]
    #expect(try Self.judge(limits, models, baseline: .revision(one)).exitCode == 2)
    var both = one
    both["b.tflite"] = .success(Self.report("b.tflite", bytes: 900))
    #expect(try Self.judge(limits, models, baseline: .revision(both)).exitCode == 1)
  }

  // MARK: - Sums and causes

  @Test func `the sum over the models of a budget has limits, too`() throws {
    let models = [Self.model(Self.report()), Self.model(Self.report("b.tflite", bytes: 500))]
    #expect(try Self.judge(#"total: { fileBytes: { max: "1500 B" } }"#, models).exitCode == 0)
    #expect(try Self.judge(#"total: { fileBytes: { max: "1499 B" } }"#, models).exitCode == 1)
    let half = models + [Self.broken(.modelInvalid, "c.tflite")]
    #expect(try Self.judge(#"total: { fileBytes: { max: "9 kB" } }"#, half).exitCode == 2)
  }

  @Test func `a broken budget names the layers that broke it`() throws {
    func row(_ name: String, _ bytes: Int, _ index: Int) -> ReportSnapshot.OperatorSummary {
      ReportSnapshot.OperatorSummary(
        index: index,
        graph: 0,
        name: name,
        type: "conv2D",
        sourceType: "CONV_2D",
        layer: name,
        inputs: [],
        outputs: [],
        outputShapes: [[1, bytes]],
        outputTypes: ["float32"],
        parameters: bytes,
        weightBytes: bytes,
        multiplyAdds: bytes,
        activationBytes: 1,
        liveBytes: 1,
        weightHash: UInt64(bytes),
        weightTypes: ["float32"]
      )
    }
    var old = Self.report(bytes: 300)
    old.operators = [row("stem", 100, 0), row("dense", 200, 1)]
    var new = Self.report(bytes: 700)
    new.operators = [row("stem", 100, 0), row("conv5", 350, 1), row("dense", 250, 2)]
    let result = try Self.judge(
      #"fileBytes: { growth: "2 %" }"#,
      [Self.model(new)],
      baseline: .reports([old])
    )
    #expect(result.explanations.count == 1)
    let causes = result.explanations[0].causes
    #expect(causes.map(\.title) == ["conv5", "dense"])
    #expect(causes.map(\.amount) == [350, 50])
    #expect(causes[0].status == .added)
    let alone = try Self.judge(#"fileBytes: { max: "1 B" }"#, [Self.model(new)])
    #expect(alone.explanations[0].causes.first?.title == "conv5")
    #expect(!alone.explanations[0].isChange)
  }
}
