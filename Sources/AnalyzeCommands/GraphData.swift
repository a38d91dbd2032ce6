import ByteIO
import Diagrams
import Profiling
import WireFormats

/// Reads figures for colours from JSON documents that `analyze` writes.
///
/// 1. `analyze.report/1`: `operators[].medianMicroseconds` (time), `targets[0]` (support).
/// 2. `analyze.sensitivity/1`: the greatest `measurements[].divergence.mean` of each operator's sites.
/// 3. `analyze.plan/1`: `layers[].action`.
///
/// Fields that are not needed are passed over: documents may gain fields.
struct GraphData {
  private static let mostBytes = 256 << 20

  /// Adds what a document holds to an overlay.
  static func read(
    _ path: String,
    into overlay: inout DiagramOverlay,
    _ profile: ModelProfile
  ) throws(CommandFailure) {
    let root: JSON5Node
    do throws(ReadError) {
      let bytes = try ByteSource.mapping(path: path).bytes
      root = try parse(bytes)
    } catch {
      throw CommandFailure(error, path: path)
    }
    let data = GraphData(profile: profile)
    switch root["schema"]?.text {
    case "analyze.report/1": data.readReport(root, &overlay)
    case "analyze.sensitivity/1": data.readSensitivity(root, &overlay)
    case "analyze.plan/1": data.readPlan(root, &overlay)
    case let other:
      throw CommandFailure(
        .dataInvalid,
        path: path,
        other.map { "the schema \"\($0)\" has no figures for a graph" } ?? "it names no schema",
        hint: "analyze.report/1, analyze.sensitivity/1 and analyze.plan/1 have"
      )
    }
  }

  private static func parse(_ bytes: Bytes) throws(ReadError) -> JSON5Node {
    do throws(JSON5Error) {
      return try JSON5.parse(
        bytes,
        options: JSON5Options(syntax: .json, maximumBytes: mostBytes, code: .dataInvalid)
      )
    } catch {
      throw error.readError
    }
  }

  private let profile: ModelProfile

  /// The rows that a document's entry is about: `operator` is an index or a name, `name` the name of
  /// one operator, `layer` a layer.
  private func rows(_ entry: JSON5Node) -> [Int] {
    if let index = entry["operator"]?.whole, profile.operators.indices.contains(index) {
      return [index]
    }
    if let name = entry["operator"]?.text {
      let found = rows(named: name)
      if !found.isEmpty { return found }
    }
    if let name = entry["name"]?.text {
      var found: [Int] = []
      for row in profile.operators where row.name == name { found.append(row.index) }
      if !found.isEmpty { return found }
    }
    guard let layer = entry["layer"]?.text else { return [] }
    let found = rows(ofLayer: layer)
    let weighted = found.filter { profile.operators[$0].parameters > 0 }
    return weighted.isEmpty ? found : weighted
  }

  // Loops, not closures: the optimizer of Swift 6.3.1 crashes on those here.
  private func rows(named name: String) -> [Int] {
    var found: [Int] = []
    for row in profile.operators where row.name == name { found.append(row.index) }
    return found.isEmpty ? rows(ofLayer: name) : found
  }

  private func rows(ofLayer layer: String) -> [Int] {
    var found: [Int] = []
    for row in profile.operators {
      if let own = row.layer, own == layer { found.append(row.index) }
    }
    return found
  }

  private func readReport(_ root: JSON5Node, _ overlay: inout DiagramOverlay) {
    var times: [Double?] = Array(repeating: nil, count: profile.operators.count)
    for entry in root["operators"]?.elements ?? [] {
      guard let index = entry["index"]?.whole,
        times.indices.contains(index)
      else { continue }
      let isElsewhere = ["fused", "beforehand"].contains(entry["timedAs"]?.text)
      times[index] = entry["medianMicroseconds"]?.number ?? (isElsewhere ? 0 : nil)
    }
    if times.contains(where: { $0 != nil }) { overlay.microseconds = times }
    guard let target = root["targets"]?.elements.first else { return }
    var support: [DiagramOverlay.Support?] = Array(
      repeating: target["verdict"]?.text == "unknown" ? .unknown : .supported,
      count: profile.operators.count
    )
    for finding in target["findings"]?.elements ?? [] {
      let isError = finding["severity"]?.text == "error"
      for row in rows(finding) where support[row] != .unsupported {
        support[row] = isError ? .unsupported : .unknown
      }
    }
    overlay.support = support
    overlay.targetName = target["name"]?.text ?? "the target"
  }

  private func readSensitivity(_ root: JSON5Node, _ overlay: inout DiagramOverlay) {
    var rowsOfSite: [String: [Int]] = [:]
    for site in root["sites"]?.elements ?? [] {
      guard let id = site["id"]?.identifier else { continue }
      rowsOfSite[id] = rows(site)
    }
    var worst: [Double?] = Array(repeating: nil, count: profile.operators.count)
    for measurement in root["measurements"]?.elements ?? [] {
      guard let site = measurement["site"]?.identifier,
        let mean = measurement["divergence"]?["mean"]?.number
      else { continue }
      for row in rowsOfSite[site] ?? [] { worst[row] = max(worst[row] ?? 0, mean) }
    }
    overlay.sensitivity = worst
    overlay.sensitivityMetric = root["metric"]?.text ?? "divergence"
  }

  private func readPlan(_ root: JSON5Node, _ overlay: inout DiagramOverlay) {
    var actions: [String?] = Array(repeating: nil, count: profile.operators.count)
    for layer in root["layers"]?.elements ?? [] {
      guard let action = layer["action"]?.text else { continue }
      // A layer stands once for its weights, its activations and its channels.
      for row in rows(layer) {
        guard let known = actions[row], known != "keep" else {
          actions[row] = action
          continue
        }
        if action != "keep", action != known { actions[row] = known + " + " + action }
      }
    }
    overlay.actions = actions
  }
}

extension JSON5Node {
  fileprivate var text: String? {
    guard case .string(let text) = value else { return nil }
    return text
  }

  fileprivate var whole: Int? {
    guard case .int(let number) = value else { return nil }
    return number
  }

  /// A name, or a number that serves as one.
  fileprivate var identifier: String? {
    switch value {
    case .string(let text): text
    case .int(let number): String(number)
    default: nil
    }
  }

  fileprivate var number: Double? {
    switch value {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  fileprivate var elements: [JSON5Node] {
    guard case .array(let elements) = value else { return [] }
    return elements
  }
}
