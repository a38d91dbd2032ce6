import ByteIO
import FormatTFLite
import ModelIR
import Operators
import Techniques
import Testing

@testable import Planning

/// Sizes are those of the files that ai-edge-quantizer 0.10.0 wrote with the recipe
/// (`make recipes-check`).
@Suite struct DataFreePlanTests {
  private static let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  private func plan(_ actions: [String], _ budget: String, goal: PlanProblem.Goal = .accuracy)
    throws -> Plan
  {
    let path = "/\(Self.folder)/Examples/digits/digits_cnn.tflite"
    let source = try ByteSource.mapping(path: path)
    let model = try TFLiteFormat.load(source.bytes, path: path)
    let types = GraphInference().infer(model)[0].types
    let table = try WeightErrors.table(
      in: ActionContext(model, types: types),
      actions: actions
    )
    let weights = table.sites.reduce(0) { $0 + ($1.bytes ?? 0) }
    return try Planner().plan(
      .init(budgets: [try Budget(budget)], goal: goal),
      table,
      model: model,
      originals: [.size: Double(source.bytes.count), .weights: Double(weights)]
    )
  }

  @Test(arguments: [
    (["int8-channel"], "size<=50%", PlanProblem.Goal.accuracy, 11_176.0),
    (["int8-tensor"], "size<=60%", .accuracy, 10_800),
    (["int8-channel", "int4-channel", "float16"], "size<=30%", .accuracy, 9_448),
    (["int8-channel", "int4-channel"], "divergence<=0.2", .size, 7_240),
  ])
  func `the predicted file is within one percent of the recipe's`(
    actions: [String],
    budget: String,
    goal: PlanProblem.Goal,
    written: Double
  ) throws {
    let plan = try plan(actions, budget, goal: goal)
    let predicted = try #require(plan.predicted[.size])
    #expect(abs(predicted / written - 1) < 0.01)
    #expect(plan.status == .optimal)
  }

  @Test func `a plan without data says so and has no accuracy`() throws {
    let plan = try plan(["int8-channel"], "size<=50%")
    #expect(plan.notes.contains { $0.hasPrefix("unverified") })
    #expect(plan.predicted[.accuracy] == nil)
    #expect(!plan.isVerified)
    #expect(throws: PlanningError.self) { try self.plan(["int8-channel"], "accuracy>=95%") }
  }

  @Test func `more bits have less error`() throws {
    let plan = try plan(["int8-channel", "int4-channel"], "size<=99%")
    #expect(!plan.layers.contains { $0.action == "int4-channel" })
  }

  @Test func `recipes are those that can carry something out`() throws {
    let plan = try plan(["int8-channel"], "size<=50%")
    #expect(
      Recipe.all(for: plan, format: .tflite).map(\.name) == [
        "edge_quantizer.py", "tflite_converter.py",
      ]
    )
    #expect(
      Recipe.all(for: plan, format: .onnx).map(\.name) == [
        "nncf_weights.py", "onnxruntime_quantize.py",
      ]
    )
    let six = try self.plan(["int6-channel"], "size<=50%")
    #expect(Recipe.all(for: six, format: .onnx).isEmpty)
  }
}
