import Differences

/// A network in a few words, of which every layer has an identity that the matcher does not see.
struct Network {
  struct Layer {
    /// What a right match joins.
    var identity: Int
    var name: String
    var type: String
    var parameters = 0
    var channels = 16
    var size = 32
    /// The content of its weights; `nil` where they were not hashed.
    var hash: UInt64?
    var weightTypes: [String] = []
    var resultType = "float32"
  }

  var layers: [Layer]

  /// Blocks of convolution, batch normalisation, activation and residual add, numbered as Keras does.
  static let example: Network = {
    var layers: [Layer] = []
    var names: [String: Int] = [:]
    func append(_ type: String, _ parameters: Int, _ channels: Int, _ size: Int) {
      let count = names[type, default: 0]
      names[type] = count + 1
      let identity = layers.count
      layers.append(
        Layer(
          identity: identity,
          name: count == 0 ? type : "\(type)_\(count)",
          type: type,
          parameters: parameters,
          channels: channels,
          size: size,
          hash: parameters > 0 ? UInt64(identity) &* 7_919 &+ 13 : nil,
          weightTypes: parameters > 0 ? ["float32"] : []
        )
      )
    }
    for block in 0..<10 {
      let channels = block < 5 ? 16 : 32
      let size = block < 5 ? 32 : 16
      append("conv2D", 9 * channels * channels, channels, size)
      append("batchNorm", 4 * channels, channels, size)
      append("relu", 0, channels, size)
      append("add", 0, channels, size)
    }
    append("mean", 0, 32, 1)
    append("fullyConnected", 330, 10, 1)
    append("softmax", 0, 10, 1)
    return Network(layers: layers)
  }()

  /// The report that the tool would make of it.
  var report: ReportSnapshot {
    var report = ReportSnapshot(path: "net", format: "tflite")
    for (index, layer) in layers.enumerated() {
      report.operators.append(
        ReportSnapshot.OperatorSummary(
          index: index,
          graph: 0,
          name: layer.name,
          type: layer.type,
          sourceType: layer.type.uppercased(),
          layer: layer.name,
          inputs: index > 0 ? ["t\(index - 1)"] : ["input"],
          outputs: ["t\(index)"],
          outputShapes: [[1, layer.size, layer.size, layer.channels]],
          outputTypes: [layer.resultType],
          parameters: layer.parameters,
          weightBytes: layer.parameters * (layer.weightTypes.first == "int8" ? 1 : 4),
          multiplyAdds: layer.parameters * layer.size * layer.size,
          activationBytes: layer.size * layer.size * layer.channels,
          liveBytes: 2 * layer.size * layer.size * layer.channels,
          weightHash: layer.hash,
          weightTypes: layer.weightTypes
        )
      )
    }
    let weights = report.operators.reduce(0) { $0 + $1.weightBytes }
    report.totals.operators = layers.count
    report.totals.weightBytes = weights
    report.totals.fileBytes = weights + 1000
    report.bytes = [
      .init(category: "weights", bytes: weights), .init(category: "graph", bytes: 1000),
    ]
    return report
  }

  /// Gives every layer of a type the numbers that an exporter would.
  mutating func renumber() {
    var names: [String: Int] = [:]
    for index in layers.indices {
      let type = layers[index].type
      let count = names[type, default: 0]
      names[type] = count + 1
      layers[index].name = count == 0 ? type : "\(type)_\(count)"
    }
  }

  /// New weights everywhere, as after training.
  mutating func retrain() {
    for index in layers.indices { layers[index].hash = layers[index].hash.map { $0 ^ 0xABCD_EF12 } }
  }

  /// Weights whose content is unknown.
  mutating func forgetHashes() {
    for index in layers.indices { layers[index].hash = nil }
  }
}
