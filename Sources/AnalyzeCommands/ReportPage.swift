import Diagrams
import Differences
import ModelIR
import Profiling
import Reports

/// The page of a report, with the layer graph.
struct ReportPage {
  private let model: Model
  private let profile: ModelProfile

  init(_ model: Model, _ profile: ModelProfile) {
    self.model = model
    self.profile = profile
  }

  func text() -> String {
    ModelPage(profile, tool: AnalyzeTool.identity, graph: graph()).text()
  }

  /// Coloured by the measured times where there are any; `nil` where no graph can be drawn.
  private func graph() -> ModelPage.Picture? {
    var overlay = DiagramOverlay()
    if profile.measurement != nil {
      overlay.microseconds = profile.operators.map { row in
        row.time.flatMap { $0.medianMicroseconds ?? ($0.place == .own ? nil : 0) }
      }
    }
    do throws(DiagramError) {
      let options = DiagramOptions(colouring: overlay.microseconds == nil ? .macs : .time)
      let diagram = try DiagramBuilder(model, profile, overlay: overlay, options: options).diagram()
      return GraphPicture(format: .html, theme: .automatic, limits: GraphLimits(Limits()))
        .pagePicture(diagram)
    } catch {
      // A page without a graph says as much as the text report.
      return nil
    }
  }
}

extension GraphPicture {
  /// The picture with what is not as usual about it.
  func pagePicture(_ diagram: Diagram) -> ModelPage.Picture? {
    embedded(diagram).map { .init(svg: $0.svg, note: $0.notes.joined(separator: "; ")) }
  }
}

extension GraphCommand {
  /// The page of one model, or of what changed between two.
  func page(_ loaded: [LoadedModel], _ diagram: Diagram, _ picture: GraphPicture) -> [UInt8] {
    let graph = picture.pagePicture(diagram)
    guard loaded.count == 2 else {
      let pages = loaded.map {
        ModelPage($0.profile, tool: AnalyzeTool.identity, graph: graph).text()
      }
      return Array(pages.joined().utf8)
    }
    let difference = ModelDifference(
      ReportSnapshot(loaded[0].profile),
      ReportSnapshot(loaded[1].profile)
    )
    return Array(
      DifferencePage(difference, tool: AnalyzeTool.identity, graph: graph).text().utf8
    )
  }
}
