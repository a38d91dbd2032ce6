import ModelIR

/// What outlives a run of a model: variables, tables, the states of recurrent operators.
///
/// Owned by whoever runs the model (an interpreter, an executor) and used by one thread at a time.
/// Handles are numbers in the order in which they are first asked for.
package final class VariableStore {
  /// A value of a graph whose content outlives a run.
  package struct Place: Hashable, Sendable {
    package var graph: GraphID
    package var value: ValueID

    package init(_ graph: GraphID, _ value: ValueID) {
      self.graph = graph
      self.value = value
    }
  }

  /// Everything that is held, to return to later.
  package struct Snapshot: Sendable {
    fileprivate var numbers: [String: Int] = [:]
    fileprivate var variables: [Int: Tensor] = [:]
    fileprivate var tables: [Int: Table] = [:]
    fileprivate var initialized: Set<GraphID> = []
    fileprivate var states: [Place: Tensor] = [:]

    fileprivate init() {}
  }

  /// The rows of a table: the first entry of a key counts.
  struct Table: Sendable {
    /// The row of each key.
    var rows: [TableKey: Int]
    var values: Tensor
  }

  /// What a table is searched for.
  enum TableKey: Hashable, Sendable {
    case integer(Int64)
    case string(String)
  }

  private var held = Snapshot()

  package init() {}

  /// Everything that is held now; cheap, the tensors are shared until one is written.
  package var snapshot: Snapshot { held }

  /// Returns to what was held.
  package func restore(_ snapshot: Snapshot) { held = snapshot }

  /// The state that a graph's value holds; `nil` before the first write.
  package func state(of place: Place) -> Tensor? { held.states[place] }

  /// Keeps a state for the next run.
  package func setState(_ tensor: Tensor, of place: Place) { held.states[place] = tensor }

  // MARK: - Resources

  /// The number of a resource, the same for the same name.
  func handle(_ name: String) -> Int {
    if let number = held.numbers[name] { return number }
    let number = held.numbers.count
    held.numbers[name] = number
    return number
  }

  subscript(variable handle: Int) -> Tensor? {
    get { held.variables[handle] }
    set { held.variables[handle] = newValue }
  }

  subscript(table handle: Int) -> Table? {
    get { held.tables[handle] }
    set { held.tables[handle] = newValue }
  }

  /// Whether the graph is asked for the first time.
  func isFirst(_ graph: GraphID) -> Bool { held.initialized.insert(graph).inserted }
}
