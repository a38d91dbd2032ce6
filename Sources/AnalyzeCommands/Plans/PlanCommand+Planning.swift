import ByteIO
import ModelIR
import Operators
import Planning
import Profiling
import Reports
import Sensitivity
import TargetRules
import Techniques
import WireFormats

extension PlanCommand {
  /// Measures, searches and verifies.
  func makePlan(
    _ model: Model,
    _ source: ByteSource,
    _ budgets: [Budget],
    _ target: DeploymentTarget?,
    _ allowed: [String]?,
    _ scenario: Scenario?
  ) throws(CommandFailure) -> (PlanFiles, PlanJSON.ModelFacts) {
    let progress = ProgressLine(isQuiet: shared.quiet)
    defer { progress.finish() }
    var hash = SHA256()
    hash.update(source.bytes)
    let digest = hash.hexadecimal()
    let dimensions = try OpenDimensions(model, shared.shape, batch: shared.batch, path: self.model)
    let profiler = Profiler(model, dimensions: dimensions)
    var profile = profiler.profile(.init(readsWeights: false))
    if let target { profiler.addTargets([target], to: &profile) }
    var originals: [BudgetFigure: Double] = [
      .size: Double(profile.totals.fileBytes), .weights: Double(profile.totals.weightBytes),
    ]
    originals[.macs] = profile.totals.multiplyAdds.map(Double.init)
    let types = GraphInference(inputShapes: dimensions.shapes).infer(model)
    let whole = ChangedModel(
      model,
      types: types,
      activations: [:],
      weights: [:],
      planner: ChangedModel.planner(model, target)
    )
    originals[.arena] = whole.arenaBytes().map(Double.init)
    originals[.latency] = profile.latency.first.map { $0.milliseconds * 1e6 }
    let isAsked = actions != nil
    let request = Planner.Request(
      budgets: budgets,
      goal: goal,
      target: target?.name,
      scenario: scenario?.name,
      preset: preset,
      allows: { action in
        if let allowed, !allowed.contains(action) { return false }
        guard let target, !isAsked else { return true }
        // What a rule file says nothing of is not known to be worthless.
        return TargetActions.effect(action, on: target).map { $0 == .pays } ?? true
      }
    )
    var given: SensitivityTable?
    if let sensitivity { given = try measured(sensitivity, digest) }
    var table: SensitivityTable
    var subject: PlanSubject?
    var remarks: [String] = []
    if let calibration {
      let measurement = PlanMeasurement(self, data: calibration, model: model, sha256: digest)
      let result = try measurement.run(
        given: given,
        actions: allowed ?? PlanActions.standard(for: budgets, on: target),
        target: target,
        progress: progress
      )
      table = result.table
      subject = result.subject
      remarks = result.notes
    } else {
      let context = ActionContext(model, types: types.first?.types ?? [])
      do throws(PlanningError) {
        if let given {
          table = given
        } else {
          table = try WeightErrors.table(in: context, actions: dataFree(model, allowed)) {
            progress.show("\(self.model): weighing layers", done: $0, of: $1)
          }
        }
      } catch {
        throw CommandFailure(error, path: error.code == .usage ? nil : self.model)
      }
      if given != nil { subject = PlanSubject(context: context, target: target) }
    }
    do throws(PlanningError) {
      var plan = try Planner().plan(
        request,
        table,
        model: model,
        originals: originals,
        subject: subject
      )
      plan.notes += remarks
      plan.training = TrainingAdvisor(scenario: scenario).advice(plan, table)
      let files = PlanFiles(plan: plan, table: table, model: model, profile: profile)
      return (files, .init(model: model, byteCount: profile.totals.fileBytes, sha256: digest))
    } catch {
      throw CommandFailure(error, path: error.code == .usage ? nil : self.model)
    }
  }

  /// The actions on weights that are weighed where there are no samples.
  private func dataFree(_ model: Model, _ allowed: [String]?) -> [String] {
    (allowed ?? WeightErrors.standardActions(model.format)).filter { name in
      (try? Action(name))?.kind == .weights
    }
  }

  /// The measurements that are named, checked against the model.
  private func measured(_ path: String, _ digest: String) throws(CommandFailure)
    -> SensitivityTable
  {
    let source: ByteSource
    do throws(ReadError) {
      source = try ByteSource.mapping(path: path)
    } catch {
      throw CommandFailure(error, path: path)
    }
    do throws(JSON5Error) {
      return try SensitivityTable.decode(source.bytes, modelHash: digest)
    } catch {
      throw CommandFailure(
        error.code,
        path: "\(path):\(error.line):\(error.column)",
        error.message,
        hint: error.hint
      )
    }
  }
}

extension CommandFailure {
  init(_ error: PlanningError, path: String? = nil) {
    self.init(error.code, path: path, error.message, hint: error.hint)
  }
}
