import Calibration
import Foundation
import ModelIR
import Profiling
import Sensitivity
import TestSupport
import Testing

@testable import Planning

/// Plans for trained models beside the converter's own full-integer files, on samples that no search
/// saw.
@Suite(.enabled(if: SharedModels.directory != nil), .serialized) struct PlanTruthTests {
  /// A model, its data, and the converter's file.
  struct Subject: Sendable, CustomTestStringConvertible {
    var name: String
    var model: String
    var data: String
    var preprocessing: String?
    /// The converter's full-integer file, and what it takes of a sample.
    var converted: String
    var input: @Sendable (Double) -> Double
    /// What the size is counted in: a SavedModel's own bytes are mostly its program.
    var figure = BudgetFigure.size

    var testDescription: String { name }
  }

  /// `ANALYZE_ALL_TRUTH=1` looks at all models, which takes minutes, `ANALYZE_PLAN_MODEL=NAME` at one;
  /// otherwise the quickest.
  static let subjects = allSubjects.filter { subject in
    let environment = ProcessInfo.processInfo.environment
    if environment["ANALYZE_ALL_TRUTH"] != nil { return true }
    return subject.name == environment["ANALYZE_PLAN_MODEL"] ?? "mnist_cnn"
  }

  private static let allSubjects: [Subject] = [
    Subject(
      name: "mnist_cnn",
      model: "trained/mnist_cnn/mnist_cnn_f32.tflite",
      data: "mnist_test",
      preprocessing: "scale=1/255",
      converted: "trained/mnist_cnn/mnist_cnn_int8.tflite",
      input: { $0 * 255 - 128 }
    ),
    Subject(
      name: "cifar_dscnn",
      model: "trained/cifar_dscnn/cifar_dscnn_f32.tflite",
      data: "cifar10_jpeg_test",
      preprocessing: "scale=1/255",
      converted: "trained/cifar_dscnn/cifar_dscnn_int8.tflite",
      input: { $0 * 255 - 128 }
    ),
    Subject(
      name: "ic_resnet8",
      model: "mlperf_tiny/ic_resnet8_f32.tflite",
      data: "ic01",
      preprocessing: "scale=1",
      converted: "mlperf_tiny/ic_resnet8_int8.tflite",
      input: { $0 - 128 }
    ),
    Subject(
      name: "kws_dscnn",
      model: "mlperf_tiny/kws_dscnn_savedmodel",
      data: "kws01",
      preprocessing: "scale=0.5847029,offset=-48.5303407",
      converted: "mlperf_tiny/kws_dscnn_int8.tflite",
      input: { $0 / 0.5847029 + 83 },
      figure: .weights
    ),
    Subject(
      name: "vww_mobilenet",
      model: "mlperf_tiny/vww_mobilenet_96_f32.tflite",
      data: "vww01",
      preprocessing: "scale=1/255",
      converted: "mlperf_tiny/vww_mobilenet_96_int8.tflite",
      input: { $0 * 255 - 128 }
    ),
  ]

  static func samples(_ subject: Subject, _ model: Model) throws -> SampleSet {
    let array = subject.data == "kws01" ? "features_int8" : "images"
    return try SampleSet(
      path: SharedModels.path("data/\(subject.data)_\(array).npy"),
      forms: try InputForm.all(of: model, shapes: PlanFixtures.shapes(model)),
      options: SampleSet.Options(
        labels: SharedModels.path("data/\(subject.data)_labels.npy"),
        preprocessing: try subject.preprocessing.map { try Preprocessing($0) }
      )
    )
  }

  static func prepared(_ subject: Subject, effort: SweepOptions.Effort = .screen) throws
    -> PlanFixtures.Case
  {
    let model = try PlanFixtures.model(SharedModels.path(subject.model))
    let budget = try Budget("size<=50%")
    return try PlanFixtures.Case(
      model,
      try samples(subject, model),
      actions: PlanActions.standard(for: [budget], on: nil),
      effort: effort
    )
  }

  /// The size of the converter's file, and half of it.
  ///
  /// A SavedModel's own bytes are mostly its program: there the weights alone are counted, as the
  /// converter stores them, and the rest stays.
  private func targets(_ subject: Subject, _ prepared: PlanFixtures.Case) throws -> [Int] {
    guard subject.figure == .weights else {
      let converted = try PlanFixtures.model(SharedModels.path(subject.converted))
      let size = try #require(try PlanFixtures.originals(converted)[.size])
      return [Int(size), Int(size) / 2]
    }
    let table = prepared.table
    let places = table.sites.indices.filter { table.sites[$0].kind == "weights" }
    let float = places.reduce(0) { $0 + (table.sites[$1].bytes ?? 0) }
    let integer = table.measurements.filter {
      $0.action == "int8-channel" && places.contains($0.site)
    }.reduce(0) { $0 + ($1.bytes ?? 0) }
    let rest = Int(try #require(prepared.originals[.weights])) - float
    return [rest + integer, rest + integer / 2]
  }

  @Test(arguments: subjects)
  func `plans are as right as the converter's file, and at half its size better than int4`(
    subject: Subject
  ) throws {
    let started = ContinuousClock.now
    let prepared = try Self.prepared(subject)
    let sizes = try targets(subject, prepared)
    let converted = try prepared.answers(
      of: SharedModels.path(subject.converted),
      input: subject.input
    )
    let name = subject.figure.rawValue
    let whole = try prepared.plan(["\(name)<=\(sizes[0])B"])
    let half = try prepared.plan(["\(name)<=\(sizes[1])B"])
    let uniform = try prepared.uniform("int4-channel")
    for (plan, label) in [(whole, "int8 size"), (half, "half of it")] {
      guard let verified = plan.verified else {
        Issue.record("\(subject.name), \(label): \(plan.infeasibility.debugDescription)")
        continue
      }
      let predicted = try #require(plan.divergence)
      print(
        "plan \(subject.name), \(label) (\(name) ≤ \(label == "int8 size" ? sizes[0] : sizes[1])):",
        "accuracy \(verified.figures[.accuracy] ?? -1), original"
          + " \(verified.originalAccuracy ?? -1), converter \(converted), uniform int4"
          + " \(uniform.figures.accuracy ?? -1);",
        "divergence \(verified.divergence.mean), expected \(predicted.low)…\(predicted.high),"
          + " uniform int4 \(uniform.figures.divergence.mean);",
        "size \(verified.figures[subject.figure] ?? -1) (predicted"
          + " \(plan.predicted[subject.figure] ?? -1), uniform int4 \(uniform.bytes ?? -1));",
        "rounds \(plan.search?.rounds.map { ($0.predicted, $0.simulated, $0.trials) } ?? []),"
          + " agrees \(plan.search?.agrees ?? false), uniform \(plan.search?.uniform ?? "-"),"
          + " repairs \(verified.repairs.count), kept \(verified.isKept)"
      )
      print(
        "plan \(subject.name), \(label): "
          + plan.weightLayers.map { "\($0.tensor)=\($0.action ?? "keep")" }.joined(separator: " ")
      )
      // The codes of int4 with refit are fitted to the samples that predict what they cost, so that they
      // cost others a little more: the smaller plan of mnist_cnn lies 3 % above its interval.
      withKnownIssue(isIntermittent: true) {
        #expect(verified.isKept)
        #expect(verified.divergence.mean <= predicted.high)
      } when: {
        subject.name == "mnist_cnn" && label == "half of it"
      }
      #expect(verified.divergence.mean <= 1.1 * predicted.high)
      let planned = try #require(plan.predicted[subject.figure])
      let exact = try #require(verified.figures[subject.figure])
      #expect(abs(planned - exact) <= 0.01 * exact, "\(planned), \(exact)")
    }
    let accuracy = try #require(whole.verified?.figures[.accuracy])
    #expect(accuracy >= converted, "\(accuracy), the converter's \(converted)")
    let reduced = try #require(half.verified?.figures[.accuracy])
    let plain = try #require(uniform.figures.accuracy)
    #expect(reduced > plain, "\(reduced), \(plain)")
    let lost = try #require(half.verified?.divergence.mean)
    #expect(lost < uniform.figures.divergence.mean, "\(lost), \(uniform.figures.divergence.mean)")
    print("plan \(subject.name): \(ContinuousClock.now - started)")
  }
}
