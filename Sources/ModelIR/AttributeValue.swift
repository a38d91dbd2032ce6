/// A value of an attribute.
package enum AttributeValue: Sendable {
  case int(Int)
  case float(Double)
  case bool(Bool)
  case string(String)
  case ints([Int])
  case floats([Double])
  case strings([String])
  case type(ElementType)
  case tensor(ConstantTensor)
  case graph(GraphID)
  case graphs([GraphID])
  /// Bytes that only the source's own runtime understands (a custom operator's options).
  case bytes([UInt8])
}

/// The attributes of a node, in the order of the file.
package struct Attributes: Sendable, ExpressibleByDictionaryLiteral {
  private var entries: [(name: String, value: AttributeValue)] = []

  /// No attributes.
  package init() {}

  package init(dictionaryLiteral elements: (String, AttributeValue)...) {
    entries = elements.map { (name: $0.0, value: $0.1) }
  }

  /// The value of an attribute; setting `nil` removes it.
  // A node has a handful of attributes: a linear search beats hashing.
  package subscript(name: String) -> AttributeValue? {
    get { entries.first { $0.name == name }?.value }
    set {
      let place = entries.firstIndex { $0.name == name }
      switch (place, newValue) {
      case (let place?, let value?): entries[place].value = value
      case (let place?, nil): entries.remove(at: place)
      case (nil, let value?): entries.append((name: name, value: value))
      case (nil, nil): break
      }
    }
  }

  /// The names, in the order of the file.
  package var names: [String] { entries.map(\.name) }

  /// Names and values, in the order of the file.
  package var all: [(name: String, value: AttributeValue)] { entries }

  /// The graphs that attributes name.
  package var graphs: [GraphID] {
    entries.flatMap { entry -> [GraphID] in
      switch entry.value {
      case .graph(let graph): [graph]
      case .graphs(let graphs): graphs
      default: []
      }
    }
  }
}
