import Planning
import Profiling

/// The plan as a document: `plan.md`.
package struct PlanMarkdown {
  private let plan: Plan
  private let model: String
  private let recipes: [Recipe]

  package init(_ plan: Plan, model: String, recipes: [Recipe]) {
    self.plan = plan
    self.model = model
    self.recipes = recipes
  }

  /// The document.
  package func text() -> String {
    var lines = ["# Plan for \(MarkdownText.code(model))", ""]
    for note in plan.notes { lines += ["> " + MarkdownText.escaped(note), ""] }
    lines += ["```", PlanText(plan, style: TextStyle()).body, "```", ""]
    if !plan.layers.isEmpty {
      lines += [
        "## Layers", "", "| layer | of | action | before | after | predicted divergence |",
        "|---|---|---|--:|--:|--:|",
      ]
      lines += plan.layers.map { layer in
        "| \(MarkdownText.code(layer.layer ?? layer.tensor)) | \(layer.kind.rawValue)"
          + " | \(layer.action ?? "keep")"
          + " | \(Quantity.bytes(layer.bytesBefore)) | \(Quantity.bytes(layer.bytesAfter))"
          + " | \(Quantity.significant(layer.predictedDivergence)) |"
      }
      lines.append("")
    }
    if let search = plan.search {
      lines += [
        "## Search", "", "| round | predicted | simulated | trials | sites changed |",
        "|--:|--:|--:|--:|--:|",
      ]
      lines += search.rounds.enumerated().map { index, round in
        "| \(index + 1) | \(Quantity.significant(round.predicted))"
          + " | \(Quantity.significant(round.simulated)) | \(round.trials) | \(round.changed) |"
      }
      lines.append("")
      if !search.corrections.isEmpty {
        lines += [
          "Joint trials changed what sites are expected to cost:", "",
          "| site | action | factor |", "|---|---|--:|",
        ]
        lines += search.corrections.map {
          "| \(MarkdownText.code($0.site)) | \($0.action) | \(Quantity.significant($0.factor)) |"
        }
        lines.append("")
      }
    }
    lines += [
      "## Other sizes", "",
      "The least predicted divergence for each size, whatever the budgets.", "",
      "| file | predicted divergence |", "|--:|--:|",
    ]
    lines += plan.front.map {
      "| \(Quantity.bytes($0.bytes)) | \(Quantity.significant($0.divergence)) |"
    }
    if !plan.training.isEmpty {
      lines += ["", "## What could win it back", ""]
      lines += PlanTraining.lines(plan.training).map { "- " + MarkdownText.escaped($0) }
    }
    if !recipes.isEmpty {
      lines += ["", "## Recipes", ""]
      lines += recipes.map { recipe in
        let expected = recipe.expected.map { "\($0.variant) \(Quantity.bytes($0.fileBytes))" }
        return "- `recipes/\(recipe.name)`"
          + (expected.isEmpty ? "" : ": expected " + expected.joined(separator: ", "))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension PlanText {
  /// The text without notes and files.
  fileprivate var body: String {
    var text = self.withoutNotes.text(folder: nil, recipes: 0)
    while text.hasSuffix("\n") { text.removeLast() }
    return text
  }
}
