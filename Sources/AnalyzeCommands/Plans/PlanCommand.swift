import ArgumentParser
import ByteIO
import ModelIR
import Planning
import Sensitivity
import TargetRules
import Techniques

extension PlanProblem.Goal: ExpressibleByArgument {}

/// `analyze plan MODEL --calibration DATA --budget … -o DIR`: the best action for each layer under
/// budgets, tried on samples that the search did not see.
struct PlanCommand: StatusCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Find the best set of compression actions under budgets.",
    discussion: """
      With --calibration each action is measured on one half of the samples, the plan is run as a \
      whole until prediction and measurement agree, and the other half shows what it really loses. \
      Without, it is made from the error of the weights alone and is unverified.

      EXAMPLES
        analyze plan Examples/digits/digits_cnn.tflite --calibration Examples/digits/test.npz \
      --budget "size<=25%" -o plan
        analyze plan Examples/digits/digits_cnn.tflite --budget "size<=30%"
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
    help: ArgumentHelp("Samples: .npz, .npy, or a folder of arrays or pictures.", valueName: "DATA")
  )
  var calibration: String?

  @OptionGroup var sampleOptions: SampleOptions

  @Option(name: .long, help: ArgumentHelp("Use so many samples.", valueName: "N"))
  var samples: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("The share that the search does not see (default: 50%).", valueName: "50%")
  )
  var holdout: String = "50%"

  @Option(
    name: .long,
    help: ArgumentHelp("How much is measured, not estimated.", valueName: "screen|balanced|exact")
  )
  var effort: SweepOptions.Effort = .balanced

  @Option(name: .long, help: ArgumentHelp("Stop after so long: 90s, 10m, 2h.", valueName: "TIME"))
  var time: DurationOption?

  @Option(
    name: .long,
    help: ArgumentHelp("Chooses the samples and what is held out (default: 0).", valueName: "N")
  )
  var seed: UInt64?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Another model that answers together with this one: which can be left out? (repeatable)",
      valueName: "MODEL"
    )
  )
  var member: [String] = []

  @Option(name: .long, help: ArgumentHelp("How to print the plan.", valueName: "text|json"))
  var format: Format = .text

  @OptionGroup var targetOptions: TargetOptions
  @OptionGroup var shared: SharedOptions

  func validate() throws {
    if calibration == nil {
      let given = [
        ("--labels", labels != nil), ("--preprocess", preprocess != nil),
        ("--samples", samples != nil), ("--time", time != nil),
        ("--member", !member.isEmpty),
      ]
      if let option = given.first(where: \.1) {
        throw ValidationError("\(option.0) is about samples: give them with --calibration DATA")
      }
    }
    if let samples, samples < 1 { throw ValidationError("--samples \(samples) must be at least 1") }
    guard (0..<1).contains(holdoutShare) else {
      throw ValidationError("--holdout \(holdout) is no share from 0% to 99%")
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

  var labels: String? { sampleOptions.labels }
  var preprocess: String? { sampleOptions.preprocess }

  /// The share of `--holdout`; above 1 where it is none.
  var holdoutShare: Double {
    guard holdout.hasSuffix("%"), let number = Double(holdout.dropLast()), number.isFinite else {
      return 2
    }
    return number < 0 || number > 99 ? 2 : number / 100
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
    let (loaded, source, file) = try ModelLoader.load(model, limits: shared.limits)
    var (files, facts) = try makePlan(loaded, source, budgets, target, allowed, place)
    if let calibration {
      files.plan.training += try EnsembleMeasurement(command: self, data: calibration).advice(
        loaded
      )
    }
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
        let action = try Action(String(name))
        guard !action.corrections.contains(where: \.reachesOtherLayers) else {
          throw TechniqueError(
            .usage,
            "\(action.name) changes other layers too, so that a plan cannot join it with actions there"
          )
        }
        names.append(action.name)
      } catch {
        throw CommandFailure(error.code, "--actions: " + error.message)
      }
    }
    return names
  }
}
