import ArgumentParser
import ByteIO
import ModelIR
import Operators
import Planning
import Profiling
import Reports
import TargetRules
import Techniques
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension PlanProblem.Goal: ExpressibleByArgument {}

/// `analyze plan MODEL --budget … -o DIR`: the best action for each layer under budgets.
struct PlanCommand: StatusCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Find the best action for each layer's weights under budgets.",
    discussion: """
      Without --sensitivity the plan is made from the error of the weights alone and is unverified.

      EXAMPLES
        analyze plan Examples/digits/digits_cnn.tflite --budget "size<=30%"
        analyze plan Examples/digits/digits_dscnn.tflite --budget "size<=40%" -o plan
      """
  )

  @Argument(
    help: ArgumentHelp("The model; its name says nothing of its format.", valueName: "MODEL")
  )
  var model: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A limit: size, weights, macs, divergence, accuracy (repeatable).",
      valueName: "\"size<=5MB\""
    )
  )
  var budget: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("What to make best (default: accuracy).", valueName: "accuracy|size")
  )
  var goal: PlanProblem.Goal = .accuracy

  @Option(
    name: .long,
    help: ArgumentHelp("Budgets that belong together: articles.", valueName: "NAME")
  )
  var preset: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Which actions to consider: by the kind of place.", valueName: "NAME")
  )
  var scenario: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Actions to consider, also where the target says they do not pay.",
      valueName: "NAME,…"
    )
  )
  var actions: String?

  @Option(
    name: .long,
    help: ArgumentHelp("What analyze sensitivity wrote for this model.", valueName: "FILE.json")
  )
  var sensitivity: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Not taken yet: measure first, then --sensitivity.", valueName: "DATA")
  )
  var calibration: String?

  @Option(name: .long, help: ArgumentHelp("How to print the plan.", valueName: "text|json"))
  var format: Format = .text

  @OptionGroup var targetOptions: TargetOptions
  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if calibration != nil {
      throw ValidationError(
        "--calibration: a plan does not measure by itself; write a file with analyze sensitivity"
          + " and pass it with --sensitivity FILE.json"
      )
    }
    if budget.isEmpty, preset == nil {
      throw ValidationError("--budget \"size<=5MB\" or --preset NAME says what to plan for")
    }
    if targetOptions.target.count > 1 {
      throw ValidationError("a plan is for one --target, not \(targetOptions.target.count)")
    }
    if sensitivity != nil, scenario != nil, actions != nil {
      throw ValidationError("--scenario and --actions both name actions: give one of them")
    }
  }

  func status() throws -> ExitStatus {
    let target = try targetOptions.targets().targets.first
    var budgets: [Budget] = []
    var allowed: [String]?
    var place: Scenario?
    do throws(PlanningError) {
      if let preset { budgets += try PlanRules.preset(preset).budgets }
      for text in budget {
        let own = try Budget(text)
        // What is asked for by hand takes the place of the preset's.
        if preset != nil { budgets.removeAll { $0.figure == own.figure && $0.text != text } }
        budgets.append(own)
      }
      if let scenario {
        let found = try PlanRules.scenario(scenario)
        allowed = found.actions
        place = found
      }
    } catch {
      throw CommandFailure(error)
    }
    if let actions { allowed = try named(actions) }
    let (loaded, source, file) = try ModelLoader.load(model)
    let (files, facts) = try makePlan(loaded, source, budgets, target, allowed, place)
    do throws(ReadError) {
      try source.checkUnchanged(path: file)
    } catch {
      throw CommandFailure(error, path: model)
    }
    try write(files, facts)
    return files.plan.status == .infeasible ? .couldNotTell : .done
  }

  /// The names in `--actions`, checked and in their full form.
  private func named(_ list: String) throws(CommandFailure) -> [String] {
    var names: [String] = []
    for name in list.split(separator: ",", omittingEmptySubsequences: false) {
      do throws(TechniqueError) {
        names.append(try Action(String(name)).name)
      } catch {
        throw CommandFailure(error.code, "--actions: " + error.message)
      }
    }
    return names
  }

  private func makePlan(
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
    let dimensions: OpenDimensions
    do throws(ShapeOptionError) {
      dimensions = try OpenDimensions(
        model.main,
        fixed: shared.shape.map { ($0.name, $0.sizes) },
        batch: shared.batch
      )
    } catch {
      throw CommandFailure(.usage, path: self.model, error.message)
    }
    let profiler = Profiler(model, dimensions: dimensions)
    var profile = profiler.profile(.init(readsWeights: false))
    if let target { profiler.addTargets([target], to: &profile) }
    var originals: [BudgetFigure: Double] = [
      .size: Double(profile.totals.fileBytes), .weights: Double(profile.totals.weightBytes),
    ]
    originals[.macs] = profile.totals.multiplyAdds.map(Double.init)
    originals[.arena] = profile.memory.first.map { Double($0.arenaBytes) }
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
    do throws(PlanningError) {
      let table: SensitivityTable
      if let given {
        table = given
      } else {
        let types = GraphInference(inputShapes: dimensions.shapes).infer(model)
        let context = ActionContext(model, types: types.first?.types ?? [])
        let names = (allowed ?? WeightErrors.standardActions(model.format)).filter { name in
          (try? Action(name))?.kind == .weights
        }
        table = try WeightErrors.table(in: context, actions: names) { done, total in
          progress.show("\(self.model): weighing layers", done: done, of: total)
        }
      }
      var plan = try Planner().plan(request, table, model: model, originals: originals)
      plan.training = TrainingAdvisor(scenario: scenario).advice(plan, table)
      let files = PlanFiles(plan: plan, table: table, model: model, profile: profile)
      return (files, .init(model: model, byteCount: profile.totals.fileBytes, sha256: digest))
    } catch {
      throw CommandFailure(error, path: error.code == .usage ? nil : self.model)
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

  // MARK: - Output

  private func write(_ files: PlanFiles, _ facts: PlanJSON.ModelFacts) throws(CommandFailure) {
    let plan = files.plan
    let recipes = files.recipes
    let json = PlanJSON(plan, of: facts, recipes: recipes, tool: AnalyzeTool.identity).value()
    let text = PlanText(plan, style: shared.textStyle)
    if let folder = shared.output {
      try OutputFolder.make(folder)
      if !recipes.isEmpty { try OutputFolder.make(folder + "/recipes") }
    }
    do throws(WriteError) {
      if let folder = shared.output {
        try FileOutput.replace(folder + "/plan.json", with: json.serialized())
        let markdown = PlanMarkdown(plan, model: model, recipes: recipes).text()
        try FileOutput.replace(folder + "/plan.md", with: Array(markdown.utf8))
        for file in files.all() {
          try FileOutput.replace(folder + "/" + file.name, with: file.content)
        }
        for recipe in recipes {
          try FileOutput.replace(folder + "/recipes/" + recipe.name, with: recipe.content)
        }
      }
      switch format {
      case .json: try FileOutput.write(json.serialized(), to: STDOUT_FILENO)
      case .text:
        let printed = text.text(folder: shared.output, recipes: recipes.count)
        try FileOutput.write(Array(printed.utf8), to: STDOUT_FILENO)
      }
    } catch {
      throw CommandFailure(error)
    }
  }
}

extension CommandFailure {
  init(_ error: PlanningError, path: String? = nil) {
    self.init(error.code, path: path, error.message, hint: error.hint)
  }
}
