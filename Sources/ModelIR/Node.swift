/// The tool's name for what a node does, or the source's name where the tool has none.
package enum OperatorKind: Hashable, Sendable {
  /// An operator of the catalog, by its canonical name.
  case known(String)
  /// An operator that the tool gives no meaning to, by the name in the file.
  case unknown(String)

  /// The canonical name, or the source's.
  package var name: String {
    switch self {
    case .known(let name), .unknown(let name): name
    }
  }

  /// Whether the catalog has it.
  package var isKnown: Bool {
    if case .known = self { return true }
    return false
  }
}

/// One application of an operator.
package struct Node: Sendable {
  /// The name in the file, or one made from the first output where the format names no nodes.
  package var name: String
  package var op: OperatorKind
  package var attributes: Attributes
  /// The operands; `nil` where an optional one is left out.
  package var inputs: [ValueID?]
  /// The results; `nil` where an optional one is left out.
  package var outputs: [ValueID?]
  package var origin: Origin

  package init(
    name: String,
    op: OperatorKind,
    attributes: Attributes = Attributes(),
    inputs: [ValueID?],
    outputs: [ValueID?],
    origin: Origin
  ) {
    self.name = name
    self.op = op
    self.attributes = attributes
    self.inputs = inputs
    self.outputs = outputs
    self.origin = origin
  }
}

/// Where a node comes from, in the words of the file and of its author.
package struct Origin: Equatable, Sendable {
  /// The operator as the format spells it: `CONV_2D`, `Conv`, `com.microsoft.QLinearAdd`.
  package var sourceType: String
  /// The operator's version (TFLite) or the operator set's (ONNX); `nil` where there is none.
  package var sourceVersion: Int?
  /// The layer of the user's own model; `nil` where the file does not tell.
  package var layer: String?
  /// The place in the file's structure: `subgraphs[0].operators[12]`.
  package var path: String
  /// The byte range in the file; `nil` where it is not one range.
  package var byteRange: Range<Int>?

  package init(
    sourceType: String,
    sourceVersion: Int? = nil,
    layer: String? = nil,
    path: String,
    byteRange: Range<Int>? = nil
  ) {
    self.sourceType = sourceType
    self.sourceVersion = sourceVersion
    self.layer = layer
    self.path = path
    self.byteRange = byteRange
  }
}
