import ByteIO
import Operators

@testable import ModelIR
@testable import Profiling

/// A TensorFlow Lite model that a test draws value by value, without a file.
struct GraphSketch {
  var graph = Graph(name: "main")

  /// A computed value.
  mutating func value(
    _ name: String,
    _ sizes: [Int],
    _ type: ElementType = .float32,
    scale: Float? = nil,
    zeroPoint: Int = 0
  ) -> ValueID {
    graph.append(
      Value(
        name: name,
        type: type,
        shape: .fixed(sizes),
        quantization: scale.map {
          Quantization(granularity: .perTensor, scales: [$0], zeroPoints: [zeroPoint])
        }
      )
    )
  }

  mutating func input(
    _ name: String,
    _ sizes: [Int],
    _ type: ElementType = .float32,
    scale: Float? = nil
  ) -> ValueID {
    let id = value(name, sizes, type, scale: scale)
    graph.inputs.append(id)
    return id
  }

  /// A constant of zeros, or of the given bytes.
  mutating func constant(
    _ name: String,
    _ sizes: [Int],
    _ type: ElementType = .float32,
    quantization: Quantization? = nil,
    bytes: [UInt8]? = nil
  ) -> ValueID {
    let count = type.byteCount(elements: sizes.reduce(1, *)) ?? 0
    let content = bytes ?? [UInt8](repeating: 1, count: count)
    return graph.append(
      Value(
        name: name,
        type: type,
        shape: .fixed(sizes),
        quantization: quantization,
        content: .constant(.owned(ByteSource(content).bytes, fileBytes: content.count))
      )
    )
  }

  /// An operator by the names of the file and of the catalog.
  mutating func node(
    _ sourceType: String,
    _ name: String,
    _ inputs: [ValueID?],
    _ outputs: [ValueID],
    _ attributes: Attributes = Attributes()
  ) {
    graph.append(
      Node(
        name: "node\(graph.nodes.count)",
        op: .known(name),
        attributes: attributes,
        inputs: inputs,
        outputs: outputs,
        origin: Origin(sourceType: sourceType, path: "operators[\(graph.nodes.count)]")
      )
    )
  }

  mutating func output(_ value: ValueID) { graph.outputs.append(value) }

  func model(_ format: ModelFormat = .tflite) -> Model {
    Model(
      format: format,
      path: "sketch",
      graphs: [graph],
      ledger: ByteLedger(files: [], entries: [])
    )
  }

  /// The types as they are drawn.
  var types: [TensorType] { graph.values.map { TensorType($0.type, $0.shape) } }

  /// The plans, with the drawn types instead of inferred ones.
  var memory: MemoryAnalysis { MemoryAnalysis(model(), types: [types]) }

  /// The codes of the findings.
  func codes(_ format: ModelFormat = .tflite) throws -> [String] {
    let model = model(format)
    let profile = Profiler(model, dimensions: try OpenDimensions(model.main))
      .profile(.init(readsWeights: true))
    return profile.findings.map { String($0.code.prefix(3)) }
  }
}
