import Differences
import Testing

/// An edit of a network; its layers keep their identities.
struct Edit: Sendable, CustomTestStringConvertible {
  let name: String
  let apply: @Sendable (inout Network) -> Void
  var testDescription: String { name }

  init(_ name: String, _ apply: @escaping @Sendable (inout Network) -> Void) {
    self.name = name
    self.apply = apply
  }

  private static func new(
    _ identity: Int,
    _ name: String,
    _ type: String,
    _ parameters: Int = 0
  ) -> Network.Layer {
    Network.Layer(
      identity: identity,
      name: name,
      type: type,
      parameters: parameters,
      hash: parameters > 0 ? UInt64(identity) : nil,
      weightTypes: parameters > 0 ? ["float32"] : []
    )
  }

  private static func removeAll(_ type: String, _ network: inout Network) {
    network.layers.removeAll { $0.type == type }
  }

  static let all: [Edit] = [
    Edit("nothing") { _ in },
    Edit("every layer renamed") { network in
      for index in network.layers.indices { network.layers[index].name = "node\(index)" }
    },
    Edit("every layer renamed and retrained") { network in
      for index in network.layers.indices { network.layers[index].name = "node\(index)" }
      network.retrain()
    },
    Edit("retrained") { $0.retrain() },
    Edit("weights not read") { $0.forgetHashes() },
    Edit("a prefix before every name") { network in
      for index in network.layers.indices {
        network.layers[index].name = "model/" + network.layers[index].name
      }
    },
    Edit("a layer inserted at the front, names shift") { network in
      network.layers.insert(new(1000, "x", "conv2D", 144), at: 0)
      network.renumber()
    },
    Edit("a layer inserted in the middle, names shift") { network in
      network.layers.insert(new(1000, "x", "conv2D", 144), at: 20)
      network.renumber()
    },
    Edit("a layer inserted, names shift, retrained") { network in
      network.layers.insert(new(1000, "x", "depthwiseConv2D", 144), at: 20)
      network.renumber()
      network.retrain()
    },
    Edit("a block inserted, names shift") { network in
      let block = ["conv2D", "batchNorm", "relu", "add"].enumerated().map {
        new(1000 + $0.offset, "x", $0.element, $0.offset < 2 ? 777 : 0)
      }
      network.layers.insert(contentsOf: block, at: 16)
      network.renumber()
    },
    Edit("a layer appended") { $0.layers.append(new(1000, "extra", "topK")) },
    Edit("a layer removed, names shift") { network in
      network.layers.remove(at: 8)
      network.renumber()
    },
    Edit("a block removed, names shift") { network in
      network.layers.removeSubrange(8..<12)
      network.renumber()
    },
    Edit("the first block removed, names shift") { network in
      network.layers.removeSubrange(0..<4)
      network.renumber()
    },
    Edit("the last block removed") { $0.layers.removeSubrange(36..<40) },
    Edit("the head removed") { $0.layers.removeLast(3) },
    Edit("softmax removed") { $0.layers.removeLast() },
    Edit("quantized") { network in
      for index in network.layers.indices {
        network.layers[index].resultType = "int8"
        if network.layers[index].parameters > 0 { network.layers[index].weightTypes = ["int8"] }
      }
      network.retrain()
    },
    Edit("quantized between a quantize and a dequantize") { network in
      for index in network.layers.indices { network.layers[index].resultType = "int8" }
      network.retrain()
      network.layers.insert(new(1000, "q", "quantize"), at: 0)
      network.layers.append(new(1001, "dq", "dequantize"))
    },
    Edit("weights in float16") { network in
      for index in network.layers.indices where network.layers[index].parameters > 0 {
        network.layers[index].weightTypes = ["float16"]
      }
      network.retrain()
    },
    Edit("channels of one layer pruned") { network in
      network.layers[20].channels = 24
      network.layers[20].parameters = 9 * 24 * 32
      network.layers[20].hash = 1
    },
    Edit("all channels pruned") { network in
      for index in network.layers.indices {
        network.layers[index].channels /= 2
        network.layers[index].parameters /= 4
      }
      network.retrain()
    },
    Edit("another input size") { network in
      for index in network.layers.indices { network.layers[index].size *= 2 }
    },
    Edit("batch normalisation folded") { network in
      removeAll("batchNorm", &network)
      for index in network.layers.indices where network.layers[index].type == "conv2D" {
        network.layers[index].parameters += network.layers[index].channels
        network.layers[index].hash = 99 &+ UInt64(index)
      }
    },
    Edit("activations fused") { removeAll("relu", &$0) },
    Edit("batch normalisation folded and activations fused, names shift") { network in
      removeAll("batchNorm", &network)
      removeAll("relu", &network)
      network.renumber()
      network.retrain()
    },
    Edit("two blocks exchanged") { network in
      let block = Array(network.layers[0..<4])
      network.layers.removeSubrange(0..<4)
      network.layers.insert(contentsOf: block, at: 12)
    },
    Edit("an independent layer moved to the end") { network in
      let layer = network.layers.remove(at: 4)
      network.layers.append(layer)
    },
    Edit("an activation replaced by another") { network in
      network.layers[2].type = "relu6"
    },
    Edit("every activation replaced by another") { network in
      for index in network.layers.indices where network.layers[index].type == "relu" {
        network.layers[index].type = "hardSwish"
      }
    },
    Edit("a widened head") { network in
      network.layers[41].parameters = 660
      network.layers[41].channels = 20
      network.layers[41].hash = 5
      network.layers[42].channels = 20
    },
  ]
}

@Suite struct MatchingTests {
  @Test(arguments: Edit.all) func `the layers of an edited network are found`(edit: Edit) {
    let old = Network.example
    var new = old
    edit.apply(&new)
    let difference = ModelDifference(old.report, new.report)
    let kept = Set(old.layers.map(\.identity)).intersection(new.layers.map(\.identity))
    var found: Set<Int> = []
    for change in difference.operators {
      guard let before = change.old, let after = change.new else { continue }
      #expect(old.layers[before].identity == new.layers[after].identity)
      found.insert(old.layers[before].identity)
    }
    #expect(found == kept)
    #expect(difference.operators.count { $0.status == .added } == new.layers.count - kept.count)
    #expect(difference.operators.count { $0.status == .removed } == old.layers.count - kept.count)
  }

  @Test(arguments: Edit.all) func `rows sum to the change of the file`(edit: Edit) {
    let old = Network.example
    var new = old
    edit.apply(&new)
    let difference = ModelDifference(old.report, new.report)
    let operators = difference.operators.reduce(0) { $0 + $1.deltaBytes }
    let others = difference.otherBytes.reduce(0) { $0 + ($1.delta ?? 0) }
    let change = new.report.totals.fileBytes - old.report.totals.fileBytes
    #expect(operators + others == change)
    #expect(difference.bytes.reduce(0) { $0 + ($1.delta ?? 0) } == change)
  }

  @Test func `the same model has no difference`() {
    let report = Network.example.report
    #expect(ModelDifference(report, report).isEmpty)
  }

  @Test func `removed layers stand where they were`() {
    var new = Network.example
    new.layers.remove(at: 8)
    let rows = ModelDifference(Network.example.report, new.report).operators
    #expect(rows[8].status == .removed)
    #expect(rows[8].old == 8)
  }

  @Test func `what changed is named`() throws {
    var new = Network.example
    new.layers[0].name = "stem"
    new.layers[20].weightTypes = ["int8"]
    let rows = ModelDifference(Network.example.report, new.report).operators
    #expect(rows[0].changes == [.renamed])
    #expect(rows[20].changes == [.weightType])
    #expect(rows[20].deltaBytes == -3 * 9 * 32 * 32)
    #expect(rows[1].status == .same)
  }

  @Test func `thousands of equal layers are matched in their order`() {
    // 2,000 layers of which nothing tells one from another but the order.
    var layers: [Network.Layer] = []
    for index in 0..<2_000 { layers.append(.init(identity: index, name: "x", type: "relu")) }
    let old = Network(layers: layers)
    layers.removeSubrange(500..<510)
    let difference = ModelDifference(old.report, Network(layers: layers).report)
    #expect(difference.operators.count { $0.status == .removed } == 10)
  }
}
