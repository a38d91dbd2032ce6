import ByteIO
import ModelIR
import Profiling
import WireFormats

/// Figures that Model Explorer lays over its own drawing of the model.
///
/// 1. An object: the id of a graph → its data. Ids are the names of the subgraphs.
/// 2. `results`: a key of a node → `value`. Keys are names of output tensors.
/// 3. `gradient`: from 0 (the least value) to 1 (the greatest), each with a colour.
///
/// Source: google-ai-edge/model-explorer, node_data_builder.py (GraphNodeData, ModelNodeData).
package struct NodeDataJSON {
  private let profile: ModelProfile
  private let graphNames: [String]
  private let order: TextReport.Order

  /// - Parameters:
  ///   - profile: The figures.
  ///   - graphNames: The name of each graph of the model.
  ///   - order: Which figure: the one that a table would be sorted by.
  package init(_ profile: ModelProfile, graphNames: [String], order: TextReport.Order) {
    self.profile = profile
    self.graphNames = graphNames
    self.order = order
  }

  /// The document; operators whose figure is not known are left out.
  package func value() -> JSONValue {
    var graphs: [[JSONValue.Member]] = graphNames.map { _ in [] }
    var seen: Set<[String]> = []
    for row in profile.operators {
      guard let value = value(of: row), graphs.indices.contains(row.graph.index) else { continue }
      // The first output stands for the node; tensors have one producer.
      guard let key = row.outputs.first(where: { !$0.isEmpty }) else { continue }
      guard seen.insert([String(row.graph.index), key]).inserted else { continue }
      graphs[row.graph.index].append(.init(key, ["value": .double(value)]))
    }
    var members: [JSONValue.Member] = []
    for (index, results) in graphs.enumerated() where !results.isEmpty {
      let name = graphNames[index].isEmpty ? "main" : graphNames[index]
      guard !members.contains(where: { $0.name == name }) else { continue }
      members.append(.init(name, ["results": .object(results), "gradient": Self.gradient]))
    }
    return .object(members)
  }

  /// The least and the greatest colour of the layer graphs' ramp, with texts that can be read on them.
  private static let gradient: JSONValue = [
    ["stop": 0, "bgColor": "#fbfed1", "textColor": "#000000"],
    ["stop": .double(0.5), "bgColor": "#41b6c4", "textColor": "#000000"],
    ["stop": 1, "bgColor": "#081d58", "textColor": "#ffffff"],
  ]

  private func value(of row: ModelProfile.OperatorRow) -> Double? {
    switch order {
    case .macs: row.multiplyAdds.map(Double.init)
    case .weights: Double(row.weightBytes)
    case .memory: row.liveBytes.map(Double.init)
    case .run: Double(row.index)
    case .time: row.time?.medianMicroseconds
    }
  }
}
