import ModelIR
import Operators
import Testing

@testable import Sensitivity

@Suite struct StatisticsTests {
  /// SciPy: `scipy.stats.t.interval(0.95, 3, loc=2.5, scale=scipy.stats.sem([1, 2, 3, 4]))`.
  @Test func `the interval of four values is Student's`() throws {
    let interval = try #require(Interval([1, 2, 3, 4]))
    #expect(interval.mean == 2.5)
    // The quantile's series is off by 0.2 % at three degrees of freedom.
    #expect(abs(try #require(interval.low) - 0.445_739_7) < 0.005)
    #expect(abs(try #require(interval.high) - 4.554_260_3) < 0.005)
  }

  @Test func `one value has no interval`() throws {
    let interval = try #require(Interval([0.25]))
    #expect(interval.mean == 0.25)
    #expect(interval.low == nil)
    #expect(interval.high == nil)
    #expect(Interval([]) == nil)
  }

  /// Tables of Student's distribution: 0.975 quantiles.
  @Test(arguments: [
    (1, 12.7062), (2, 4.3027), (5, 2.5706), (10, 2.2281), (30, 2.0423), (500, 1.9647),
  ])
  func `quantiles are those of the tables`(freedom: Int, expected: Double) {
    #expect(abs(StudentQuantile.value(freedom: freedom) / expected - 1) < 0.0005)
  }

  /// SciPy: `scipy.stats.spearmanr([1, 2, 2, 4], [1, 3, 2, 4])`.
  @Test func `equal values share their rank`() throws {
    #expect(RankCorrelation.ranks([1, 2, 2, 4]) == [1, 2.5, 2.5, 4])
    let correlation = try #require(RankCorrelation.spearman([1, 2, 2, 4], [1, 3, 2, 4]))
    #expect(abs(correlation - 0.948_683_298_050_513_8) < 1e-12)
  }

  @Test func `two pairs and equal values have no correlation`() {
    #expect(RankCorrelation.spearman([1, 2], [2, 1]) == nil)
    #expect(RankCorrelation.spearman([1, 1, 1], [2, 1, 3]) == nil)
  }
}

@Suite struct OutputMeasureTests {
  private func measure(_ metric: OutputMeasure.Metric, _ scores: OutputMeasure.Scores?)
    -> OutputMeasure
  {
    OutputMeasure(
      metric: metric,
      targets: [OutputMeasure.Target(value: ValueID(0), name: "y", scores: scores)],
      reason: ""
    )
  }

  private let softmax = OutputMeasure.Scores.softmax(axis: 1, beta: 1, isFlattened: false)

  /// By hand: `0.25 ln(0.25 / 0.5) + 0.75 ln(0.75 / 0.5)`.
  @Test func `the divergence of class probabilities is counted from their logits`() {
    let logOfThree: Float = 1.098_612_3
    let figures = measure(.kl, softmax).figures(
      [Tensor([1, 2], floats: [5, 5])],
      reference: [Tensor([1, 2], floats: [0, logOfThree])],
      label: 1
    )
    #expect(abs(figures.divergence - 0.130_812_035_941) < 1e-7)
    // Of equal scores the first class counts.
    #expect(figures.agreement == 0)
    #expect(figures.isCorrect == false)
    #expect(figures.isAmongFive == nil)
  }

  /// By hand: `0.5 ln(0.5 / 0.75) + 0.5 ln(0.5 / 0.25)`.
  @Test func `a sigmoid is one question for each number`() {
    let figures = measure(.kl, .sigmoid).figures(
      [Tensor([1, 1], floats: [1.098_612_3])],
      reference: [Tensor([1, 1], floats: [0])],
      label: 1
    )
    #expect(abs(figures.divergence - 0.143_841_036_226) < 1e-7)
    #expect(figures.isCorrect == true)
  }

  /// By hand: squares 25, error 1, product 4 · 4 + 3 · 2 = 22 … over 5 · √20.
  @Test func `other outputs are compared by their square error`() {
    let figures = measure(.relativeMSE, nil).figures(
      [Tensor([2], floats: [4, 2])],
      reference: [Tensor([2], floats: [4, 3])],
      label: nil
    )
    #expect(figures.divergence == 0.04)
    #expect(figures.errorSquares == 1)
    #expect(figures.referenceSquares == 25)
    #expect(abs(figures.cosine - 0.983_869_910_099_907_3) < 1e-12)
    #expect(figures.agreement.isNaN)
  }

  @Test func `outputs that are no numbers have no divergence`() {
    let figures = measure(.kl, softmax).figures(
      [Tensor([1, 2], floats: [.nan, 0])],
      reference: [Tensor([1, 2], floats: [1, 0])],
      label: 0
    )
    #expect(figures.divergence.isNaN)
  }

  @Test func `figures survive the journal`() throws {
    let figures = SampleFigures(
      divergence: 0.1,
      errorSquares: 1e-300,
      referenceSquares: 2,
      cosine: -0.5,
      agreement: 1,
      isCorrect: true,
      isAmongFive: nil
    )
    #expect(SampleFigures(figures.encoded[...]) == figures)
    #expect(SampleFigures(figures.encoded.dropLast()) == nil)
  }
}

@Suite struct AdequacyTests {
  private func measurement(_ site: Int, _ values: [Double]) -> SensitivityResult.Measurement {
    SensitivityResult.Measurement(
      site: site,
      action: "int4-channel",
      effect: SensitivityResult.Effect(
        divergence: Interval(values),
        samples: values.count,
        notFinite: 0
      ),
      method: .exact,
      perSample: values
    )
  }

  private var sites: [SensitivityResult.SiteFacts] {
    (0..<4).map { index in
      SensitivityResult.SiteFacts(
        id: "weights:\(index)",
        kind: .weights,
        name: "",
        tensor: "",
        parameters: 1
      )
    }
  }

  @Test func `halves that agree are enough`() {
    let all = (0..<4).map { site in measurement(site, [Double(site), Double(site) + 0.1]) }
    let adequacy = SampleAdequacy.judge(all, sites, sampleCount: 2)
    #expect(adequacy.isEnough)
    #expect(adequacy.halvesCorrelation == 1)
  }

  /// By hand: ranks 1 2 3 4 and 1 3 2 4 correlate by 0.8; Spearman-Brown 1.6 / 1.8; for 0.95 it takes
  /// 19 (1 − 8/9) / (8/9) = 2.375 times as many.
  @Test func `halves that do not agree say how many samples would`() throws {
    let values: [[Double]] = [[1, 1], [2, 3], [3, 2], [4, 4]]
    let all = values.enumerated().map { measurement($0, $1) }
    let adequacy = SampleAdequacy.judge(all, sites, sampleCount: 2)
    #expect(!adequacy.isEnough)
    #expect(abs(try #require(adequacy.halvesCorrelation) - 0.8) < 1e-12)
    #expect(abs(try #require(adequacy.reliability) - 8.0 / 9) < 1e-12)
    #expect(adequacy.samplesNeeded == 5)
  }

  @Test func `one sample gives no verdict`() {
    let adequacy = SampleAdequacy.judge([measurement(0, [1])], sites, sampleCount: 1)
    #expect(!adequacy.isEnough)
    #expect(adequacy.halvesCorrelation == nil)
    #expect(adequacy.note.contains("one sample has no halves"))
  }

  /// By hand: the site is last for one action and first for the other of two.
  @Test func `a site's score is the mean of its places`() {
    var all = (0..<3).map { measurement($0, [Double($0)]) }
    for site in 0..<3 {
      var other = measurement(site, [Double(2 - site)])
      other.action = "prune-50"
      all.append(other)
    }
    let ranks = SiteRanking.ranks(all, sites)
    #expect(ranks.map(\.score) == [0.5, 0.5, 0.5])
    #expect(ranks.map(\.site) == [0, 1, 2])
  }
}
