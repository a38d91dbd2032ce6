import Planning
import Profiling
import WireFormats

/// Advice on training in documents and texts.
package enum PlanTraining {
  /// An entry of `training` in `analyze.plan/1`; the recipes read `step` and `settings`.
  static func json(_ advice: TrainingAdvice) -> JSONValue {
    [
      "step": .string(advice.step.rawValue), "reason": .string(advice.reason),
      "measurement": [
        "origin": .string(advice.evidence.origin.rawValue),
        "figure": .string(advice.evidence.figure), "value": JSONValue(advice.evidence.value),
        "limit": JSONValue(advice.evidence.limit), "isBudget": .bool(advice.evidence.isBudget),
        "site": JSONValue(advice.evidence.site),
      ],
      "sites": JSONValue(advice.sites),
      "settings": .object(advice.settings.map { .init($0.name, value($0.value)) }),
    ]
  }

  private static func value(_ value: TrainingAdvice.Setting.Value) -> JSONValue {
    switch value {
    case .whole(let number): .int(number)
    case .number(let number): JSONValue(number)
    case .text(let text): .string(text)
    case .texts(let texts): JSONValue(texts)
    }
  }

  /// A setting for people: its name as words and its value.
  static func words(_ setting: TrainingAdvice.Setting) -> String {
    let name: String =
      switch setting.name {
      case "initialSparsity": "initial sparsity"
      case "finalSparsity": "final sparsity"
      case "beginShare": "begins at"
      case "endShare": "ends at"
      case "learningRateShare": "learning rate, of the original's"
      case "softWeight": "weight of the soft loss"
      case "match": "layers to match"
      default: setting.name
      }
    let isShare = [
      "initialSparsity", "finalSparsity", "beginShare", "endShare", "learningRateShare",
    ].contains(setting.name)
    let steps = ["beginShare", "endShare"].contains(setting.name) ? " of the steps" : ""
    let text: String =
      switch setting.value {
      case .whole(let number): setting.name == "epochs" ? "at least \(number)" : "\(number)"
      case .number(let number):
        (isShare ? Quantity.percent(number) : Quantity.significant(number)) + steps
      case .text(let text): text
      case .texts(let texts): texts.joined(separator: ", ")
      }
    return name + " " + text
  }

  /// The lines of a terminal, without a margin.
  static func lines(_ training: [TrainingAdvice]) -> [String] {
    training.map { advice in
      let settings = advice.settings.map(words).joined(separator: ", ")
      return "\(advice.step.title): \(advice.reason)" + (settings.isEmpty ? "" : " (\(settings))")
    }
  }
}
