/// Which format a model is stored in.
package enum ModelFormat: String, Sendable, CaseIterable {
  case tflite
  case onnx
  case kerasH5 = "keras-h5"
  case kerasV3 = "keras-v3"
  case savedModel = "saved-model"
  case graphDef = "graph-def"

  /// The name for people.
  package var title: String {
    switch self {
    case .tflite: "TensorFlow Lite"
    case .onnx: "ONNX"
    case .kerasH5: "Keras HDF5"
    case .kerasV3: "Keras v3"
    case .savedModel: "TensorFlow SavedModel"
    case .graphDef: "TensorFlow GraphDef"
    }
  }
}

/// A model: what every format is loaded into and every analysis reads.
package struct Model: Sendable {
  package var format: ModelFormat
  /// The path as the user gave it.
  package var path: String
  /// Graph 0 is the main one; nested and further graphs follow.
  package var graphs: [Graph]
  package var ledger: ByteLedger
  package var diagnostics: [Diagnostic]
  /// Named ways to call the model.
  package var signatures: [Signature]
  /// What the file says of itself, in the order of the file.
  package var metadata: [MetadataEntry]
  /// Places in the arena that the file fixes, for the tensors of all graphs in order; `nil` for those
  /// that are left to the runtime (TensorFlow Lite Micro's offline memory plan).
  package var plannedOffsets: [Int?]?

  package init(
    format: ModelFormat,
    path: String,
    graphs: [Graph],
    ledger: ByteLedger,
    diagnostics: [Diagnostic] = [],
    signatures: [Signature] = [],
    metadata: [MetadataEntry] = [],
    plannedOffsets: [Int?]? = nil
  ) {
    self.format = format
    self.path = path
    self.graphs = graphs
    self.ledger = ledger
    self.diagnostics = diagnostics
    self.signatures = signatures
    self.metadata = metadata
    self.plannedOffsets = plannedOffsets
  }

  package subscript(graph: GraphID) -> Graph {
    get { graphs[graph.index] }
    set { graphs[graph.index] = newValue }
  }

  /// The main graph's identifier.
  package static let mainGraph = GraphID(0)

  /// The graph that runs when nothing else is asked for.
  package var main: Graph { graphs[0] }

  /// The identifiers of all graphs.
  package var graphIDs: some RandomAccessCollection<GraphID> {
    graphs.indices.lazy.map(GraphID.init)
  }
}

/// A named way to call a model.
package struct Signature: Equatable, Sendable {
  package var name: String
  package var graph: GraphID
  /// The caller's names for the inputs.
  package var inputs: [Binding]
  /// The caller's names for the outputs.
  package var outputs: [Binding]

  /// The caller's name for a value.
  package struct Binding: Equatable, Sendable {
    package var name: String
    package var value: ValueID

    package init(name: String, value: ValueID) {
      self.name = name
      self.value = value
    }
  }

  package init(name: String, graph: GraphID, inputs: [Binding], outputs: [Binding]) {
    self.name = name
    self.graph = graph
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// One thing that a model's file says of itself.
package struct MetadataEntry: Equatable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
