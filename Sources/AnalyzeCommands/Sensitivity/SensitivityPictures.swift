import ByteIO
import Diagrams
import ModelIR
import Profiling
import Reports
import Sensitivity

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A sweep for people who look: the page, and the pictures that stand alone.
struct SensitivityPictures {
  let result: SensitivityResult
  let model: Model
  let path: String

  /// Writes what the command asks for: the page to standard output, pictures into a folder.
  func write(_ command: SensitivityCommand) throws(CommandFailure) {
    if let folder = command.pictures { try OutputFolder.make(folder) }
    do throws(WriteError) {
      if command.format == .html { try FileOutput.write(page(), to: STDOUT_FILENO) }
      guard let folder = command.pictures else { return }
      for file in files() {
        try FileOutput.replace(folder + "/" + file.name, with: file.content)
      }
    } catch {
      throw CommandFailure(error)
    }
  }

  /// The page, with the graph in the colours of each operator's worst action.
  func page() -> [UInt8] {
    Array(
      SensitivityPage(result, model: path, graph: graph(), tool: AnalyzeTool.identity).text().utf8
    )
  }

  /// The ranking and every chart, by the end of the file's name.
  func files() -> [(name: String, content: [UInt8])] {
    let curves = SensitivityCurves(result)
    var files: [(String, String)] = []
    if let svg = SensitivityHeat(curves).svg(title: "Sensitivity of " + path) {
      files.append(("ranking.svg", svg))
    }
    for chart in curves.charts() {
      if let svg = chart.svg() { files.append((chart.id + ".svg", svg)) }
    }
    return files.map { ($0.0, Array($0.1.utf8)) }
  }

  private func graph() -> ModelPage.Picture? {
    // Nothing is asked of open extents here; a page without a graph says as much in its table.
    guard let dimensions = try? OpenDimensions(model.main) else { return nil }
    let profile = Profiler(model, dimensions: dimensions).profile(.init(readsWeights: false))
    var worst: [Double?] = Array(repeating: nil, count: profile.operators.count)
    for measurement in result.measurements {
      guard let index = result.sites[measurement.site].operatorIndex, worst.indices.contains(index),
        let mean = measurement.effect.divergence?.mean
      else { continue }
      worst[index] = max(worst[index] ?? 0, mean)
    }
    let overlay = DiagramOverlay(sensitivity: worst, sensitivityMetric: result.metric.rawValue)
    do throws(DiagramError) {
      let options = DiagramOptions(colouring: .sensitivity)
      let diagram = try DiagramBuilder(model, profile, overlay: overlay, options: options).diagram()
      return GraphPicture.page.pagePicture(diagram)
    } catch {
      return nil
    }
  }
}
