import ByteIO
import Planning
import Reports
import WireFormats

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension PlanCommand {
  /// Prints the plan, and writes its files where a folder is named.
  func write(_ files: PlanFiles, _ facts: PlanJSON.ModelFacts) throws(CommandFailure) {
    let plan = files.plan
    let recipes = files.recipes
    let json = PlanJSON(
      plan,
      of: facts,
      recipes: recipes,
      sites: files.table.sites.map(\.id),
      tool: AnalyzeTool.identity
    ).value()
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
