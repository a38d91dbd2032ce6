import ByteIO
import CRules
import Techniques
import WireFormats

/// Budgets that belong together: one file of `rules/presets`.
package struct Preset: Sendable, Equatable {
  package var name: String
  package var title: String
  package var source: String
  package var budgets: [Budget]
}

/// A kind of place where models run: one file of `rules/scenarios`.
package struct Scenario: Sendable, Equatable {
  /// A way to win back by training what compression loses.
  package enum Training: String, Sendable, CaseIterable {
    case quantizationAware = "quantization-aware"
    case gradualPruning = "gradual-pruning"
    case distillation
    case binary
  }

  package var name: String
  package var title: String
  /// The actions that are considered, in the order in which they are worth trying.
  package var actions: [String]
  /// The training steps for where the loss exceeds the floor, in order.
  package var training: [Training]
  package var reason: String
}

/// The presets, scenarios and recipes inside the program.
package enum PlanRules {
  /// The names of the presets, sorted.
  package static var presetNames: [String] {
    names(UnsafeBufferPointer(start: crules_presets(), count: crules_preset_count()))
  }

  /// The names of the scenarios, sorted.
  package static var scenarioNames: [String] {
    names(UnsafeBufferPointer(start: crules_scenarios(), count: crules_scenario_count()))
  }

  /// The preset of a name.
  ///
  /// - Throws: `USAGE` for an unknown one, with the nearest; `RULES_INVALID` for a wrong file.
  package static func preset(_ name: String) throws(PlanningError) -> Preset {
    let files = UnsafeBufferPointer(start: crules_presets(), count: crules_preset_count())
    guard let bytes = bytes(name, in: files) else { throw unknown("preset", name, presetNames) }
    return try wrapped(name) { () throws(JSON5Error) in try preset(bytes) }
  }

  /// The scenario of a name.
  ///
  /// - Throws: `USAGE` for an unknown one, with the nearest; `RULES_INVALID` for a wrong file.
  package static func scenario(_ name: String) throws(PlanningError) -> Scenario {
    let files = UnsafeBufferPointer(start: crules_scenarios(), count: crules_scenario_count())
    guard let bytes = bytes(name, in: files) else { throw unknown("scenario", name, scenarioNames) }
    return try wrapped(name) { () throws(JSON5Error) in try scenario(bytes) }
  }

  /// The scripts that turn a plan into a file, by name.
  static func recipe(_ name: String) -> [UInt8]? {
    let files = UnsafeBufferPointer(start: crules_recipes(), count: crules_recipe_count())
    return files.first { String(cString: $0.name) == name }.map {
      Array(UnsafeBufferPointer(start: $0.bytes, count: $0.count))
    }
  }

  /// Decodes a preset's file.
  static func preset(_ bytes: Bytes) throws(JSON5Error) -> Preset {
    var object = try JSON5.decode(bytes, options: .rules).object("preset")
    try check("analyze.preset/1", try object.required("schema"))
    let name = try object.required("name").string()
    let title = try object.required("title").string()
    let source = try object.required("source").string()
    let budgets = try object.required("budgets").array { (element) throws(JSON5Error) -> Budget in
      let text = try element.string()
      do throws(PlanningError) {
        return try Budget(text)
      } catch {
        throw element.error(error.message, hint: error.hint)
      }
    }
    try object.finish()
    return Preset(name: name, title: title, source: source, budgets: budgets)
  }

  /// Decodes a scenario's file.
  static func scenario(_ bytes: Bytes) throws(JSON5Error) -> Scenario {
    var object = try JSON5.decode(bytes, options: .rules).object("scenario")
    try check("analyze.scenario/1", try object.required("schema"))
    let name = try object.required("name").string()
    let title = try object.required("title").string()
    let actions = try object.required("actions").array { (element) throws(JSON5Error) -> String in
      let text = try element.string()
      do throws(TechniqueError) {
        return try Action(text).name
      } catch {
        throw element.error(error.message)
      }
    }
    let training = try object.required("training").array {
      (element) throws(JSON5Error) -> Scenario.Training in try element.choice()
    }
    let reason = try object.required("reason").string()
    try object.finish()
    return Scenario(
      name: name,
      title: title,
      actions: actions,
      training: training,
      reason: reason
    )
  }

  private static func check(_ schema: String, _ element: JSON5Element) throws(JSON5Error) {
    guard try element.string() == schema else {
      throw element.error("the schema should be \"\(schema)\"")
    }
  }

  private static func names(_ files: UnsafeBufferPointer<crules_file>) -> [String] {
    files.map { String(cString: $0.name) }
  }

  private static func bytes(_ name: String, in files: UnsafeBufferPointer<crules_file>) -> Bytes? {
    files.first { String(cString: $0.name) == name }.map { file in
      let content = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
      return ByteSource(content, name: "built-in \(name).json5").bytes
    }
  }

  private static func unknown(_ what: String, _ name: String, _ known: [String]) -> PlanningError {
    PlanningError(
      .usage,
      "there is no \(what) \(jsonQuoted(name))",
      hint: nearestName(to: name, in: known).map { "did you mean \"\($0)\"?" }
        ?? "known: " + known.joined(separator: ", ")
    )
  }

  private static func wrapped<Result>(
    _ name: String,
    _ body: () throws(JSON5Error) -> Result
  ) throws(PlanningError) -> Result {
    do throws(JSON5Error) {
      return try body()
    } catch {
      throw PlanningError(error.code, error.text(file: "built-in \(name).json5"))
    }
  }
}
