import ByteIO

/// The objects that owned the variables of a checkpoint: what leads from its keys to their names.
///
/// Layout: protobuf `TrackableObjectGraph`: 1 nodes, each of 1 children (1 node_id, 2 local_name),
/// 2 attributes (1 name, 2 full_name, 3 checkpoint_key), 3 slot_variables (1
/// original_variable_node_id, 2 slot_name, 3 slot_variable_node_id).
///
/// Source: TensorFlow, `core/protobuf/trackable_object_graph.proto`. The graph may have cycles.
package struct ObjectGraph: Sendable, Equatable {
  /// The key of the tensor of text that holds the graph.
  package static let key = "_CHECKPOINTABLE_OBJECT_GRAPH"

  /// An object.
  package struct Node: Sendable, Equatable {
    /// The objects that it depends on.
    package internal(set) var children: [Child] = []
    /// The tensors that it saved.
    package internal(set) var attributes: [Attribute] = []
    /// The variables that an optimizer keeps for others.
    package internal(set) var slots: [Slot] = []
  }

  /// An edge.
  package struct Child: Sendable, Equatable {
    /// The index of the object.
    package internal(set) var node = 0
    /// The attribute of the Python object, or the index in a list.
    package internal(set) var name = ""
  }

  /// A tensor.
  package struct Attribute: Sendable, Equatable {
    /// `VARIABLE_VALUE` for variables.
    package internal(set) var name = ""
    /// The variable's name in the program; empty where it has none.
    package internal(set) var fullName = ""
    /// Its key in the checkpoint.
    package internal(set) var checkpointKey = ""
  }

  /// A variable of an optimizer, such as a momentum.
  package struct Slot: Sendable, Equatable {
    /// The index of the variable that it is kept for.
    package internal(set) var variable = 0
    /// `m`, `v` and the like.
    package internal(set) var name = ""
    /// The index of the object with its value.
    package internal(set) var node = 0
  }

  /// The objects; the first is the root.
  package private(set) var nodes: [Node] = []
  private var fullNames: [String: String] = [:]
  private var checkpointKeys: [String: String] = [:]

  /// Reads the element of the tensor `ObjectGraph.key`.
  ///
  /// - Throws: `MODEL_INVALID` where it is no such message or names objects that it does not have.
  package init(_ bytes: Bytes) throws(ReadError) {
    var fields = ProtobufMessage(bytes).fields
    while let field = try fields.next() {
      guard field.number == 1 else { continue }
      let index = nodes.count
      nodes.append(
        try located("nodes[\(index)]") { () throws(ReadError) in
          try Self.node(try field.message("node"))
        }
      )
    }
    for (index, node) in nodes.enumerated() {
      let named = node.children.map(\.node) + node.slots.flatMap { [$0.variable, $0.node] }
      if let missing = named.first(where: { !nodes.indices.contains($0) }) {
        throw ReadError(
          .modelInvalid,
          "an object names object \(missing) of \(nodes.count)",
          at: bytes.offset,
          path: "nodes[\(index)]"
        )
      }
      for attribute in node.attributes where !attribute.fullName.isEmpty {
        // An object can be saved once; of doubles the first counts.
        if fullNames[attribute.checkpointKey] == nil {
          fullNames[attribute.checkpointKey] = attribute.fullName
        }
        if checkpointKeys[attribute.fullName] == nil {
          checkpointKeys[attribute.fullName] = attribute.checkpointKey
        }
      }
    }
  }

  /// The name in the program of the variable with a key, or `nil` where it has none.
  package func fullName(ofKey checkpointKey: String) -> String? { fullNames[checkpointKey] }

  /// The key of the variable with a name in the program.
  package func checkpointKey(ofFullName fullName: String) -> String? { checkpointKeys[fullName] }

  /// The keys of what optimizers keep for variables, which no inference needs.
  package var slotKeys: Set<String> {
    var keys: Set<String> = []
    for slot in nodes.flatMap(\.slots) where nodes.indices.contains(slot.node) {
      keys.formUnion(nodes[slot.node].attributes.map(\.checkpointKey))
    }
    return keys
  }

  private static func node(_ message: ProtobufMessage) throws(ReadError) -> Node {
    var node = Node()
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case 1:
        var child = Child()
        var parts = try field.message("child").fields
        while let part = try parts.next() {
          switch part.number {
          case 1: child.node = try part.int("node_id")
          case 2: child.name = try part.bytes("local_name").string
          default: break
          }
        }
        node.children.append(child)
      case 2:
        var attribute = Attribute()
        var parts = try field.message("attribute").fields
        while let part = try parts.next() {
          switch part.number {
          case 1: attribute.name = try part.bytes("name").string
          case 2: attribute.fullName = try part.bytes("full_name").string
          case 3: attribute.checkpointKey = try part.bytes("checkpoint_key").string
          default: break
          }
        }
        node.attributes.append(attribute)
      case 3:
        var slot = Slot()
        var parts = try field.message("slot variable").fields
        while let part = try parts.next() {
          switch part.number {
          case 1: slot.variable = try part.int("original_variable_node_id")
          case 2: slot.name = try part.bytes("slot_name").string
          case 3: slot.node = try part.int("slot_variable_node_id")
          default: break
          }
        }
        node.slots.append(slot)
      default: break
      }
    }
    return node
  }
}
