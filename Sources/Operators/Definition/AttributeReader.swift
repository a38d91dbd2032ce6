import ModelIR

/// Typed access to a node's attributes, with the canonical defaults.
package struct AttributeReader: Sendable {
  package let attributes: Attributes

  package init(_ attributes: Attributes) { self.attributes = attributes }

  private func mismatch(_ name: String, _ wanted: String) -> OperatorError {
    .invalid("attribute \(name) is not \(wanted)")
  }

  /// An integer; bools count as 0 and 1.
  package func int(_ name: String) throws(OperatorError) -> Int? {
    switch attributes[name] {
    case nil: nil
    case .int(let value): value
    case .bool(let value): value ? 1 : 0
    default: throw mismatch(name, "an integer")
    }
  }

  /// An integer, or the default where the attribute is left out.
  package func int(_ name: String, default value: Int) throws(OperatorError) -> Int {
    try int(name) ?? value
  }

  /// A real number; integers are taken as such.
  package func float(_ name: String) throws(OperatorError) -> Double? {
    switch attributes[name] {
    case nil: nil
    case .float(let value): value
    case .int(let value): Double(value)
    default: throw mismatch(name, "a number")
    }
  }

  /// A real number, or the default where the attribute is left out.
  package func float(_ name: String, default value: Double) throws(OperatorError) -> Double {
    try float(name) ?? value
  }

  /// A truth value; 0 and 1 are taken as such.
  package func bool(_ name: String, default value: Bool = false) throws(OperatorError) -> Bool {
    switch attributes[name] {
    case nil: value
    case .bool(let value): value
    case .int(let value): value != 0
    default: throw mismatch(name, "a truth value")
    }
  }

  /// A word, or the default where the attribute is left out.
  package func string(_ name: String, default value: String = "") throws(OperatorError) -> String {
    switch attributes[name] {
    case nil: value
    case .string(let value): value
    default: throw mismatch(name, "a string")
    }
  }

  /// A list of integers; a single one is a list of one.
  package func ints(_ name: String) throws(OperatorError) -> [Int]? {
    switch attributes[name] {
    case nil: nil
    case .ints(let values): values
    case .int(let value): [value]
    default: throw mismatch(name, "a list of integers")
    }
  }

  /// A list of real numbers.
  package func floats(_ name: String) throws(OperatorError) -> [Double]? {
    switch attributes[name] {
    case nil: nil
    case .floats(let values): values
    case .ints(let values): values.map(Double.init)
    case .float(let value): [value]
    default: throw mismatch(name, "a list of numbers")
    }
  }

  /// A list of words.
  package func strings(_ name: String) throws(OperatorError) -> [String]? {
    switch attributes[name] {
    case nil: nil
    case .strings(let values): values
    default: throw mismatch(name, "a list of strings")
    }
  }

  /// An element type.
  package func type(_ name: String) throws(OperatorError) -> ElementType? {
    switch attributes[name] {
    case nil: nil
    case .type(let value): value
    default: throw mismatch(name, "an element type")
    }
  }

  /// A constant tensor.
  package func tensor(_ name: String) throws(OperatorError) -> Tensor? {
    switch attributes[name] {
    case nil: return nil
    case .tensor(let constant):
      guard
        let tensor = Tensor(type: constant.type, sizes: constant.sizes, storage: constant.storage)
      else { throw mismatch(name, "a tensor whose values are at hand") }
      return tensor
    default: throw mismatch(name, "a tensor")
    }
  }

  /// A nested graph.
  package func graph(_ name: String) throws(OperatorError) -> GraphID {
    guard case .graph(let graph) = attributes[name] else {
      throw mismatch(name, "a graph")
    }
    return graph
  }

  /// Several graphs, at least one.
  package func graphs(_ name: String) throws(OperatorError) -> [GraphID] {
    guard case .graphs(let graphs) = attributes[name], !graphs.isEmpty else {
      throw mismatch(name, "a list of graphs")
    }
    return graphs
  }
}
