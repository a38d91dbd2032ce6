import ModelIR

/// Which operators give tensors to which, hidden ones aside.
struct Neighbours {
  /// A tensor between two operators; a negative source is an input of the model: `-1 - index`.
  struct Link {
    var source: Int
    var target: Int
    var value: Int
  }

  private(set) var links: [Link] = []
  /// All operators that read each operator's results, hidden ones too, in execution order.
  private(set) var users: [[Int]]
  /// The operator that alone gives tensors to each; `nil` where there are several or none.
  private(set) var onlySource: [Int?]
  /// The operator that alone reads each one's results; `nil` where others do too.
  private(set) var onlyUser: [Int?]

  init(_ reader: GraphReader, isHidden: [Bool]) {
    let count = reader.profile.operators.count
    users = Array(repeating: [], count: count)
    onlySource = Array(repeating: nil, count: count)
    onlyUser = Array(repeating: nil, count: count)
    var sourceCounts = Array(repeating: 0, count: count)
    var userCounts = Array(repeating: 0, count: count)
    for row in reader.order {
      let graph = reader.profile.operators[row].graph
      var seen: Set<Int> = []
      var sources: [Int] = []
      for case .some(let input) in reader.node(row).inputs {
        let number = reader.number(input, in: graph)
        guard seen.insert(number).inserted else { continue }
        let producer = reader.producers[number]
        let source = producer >= 0 ? producer : reader.inputs[number].map { -1 - $0 }
        guard let source else { continue }
        if source >= 0, users[source].last != row { users[source].append(row) }
        guard !isHidden[row], source < 0 || !isHidden[source] else { continue }
        links.append(Link(source: source, target: row, value: number))
        if !sources.contains(source) { sources.append(source) }
      }
      sourceCounts[row] = sources.count
      onlySource[row] = sources.count == 1 && sources[0] >= 0 ? sources[0] : nil
      for source in sources where source >= 0 {
        userCounts[source] += 1
        onlyUser[source] = userCounts[source] == 1 ? row : nil
      }
    }
    // The model's own results, and what nested graphs give back, are read by someone else too.
    for graph in reader.model.graphIDs {
      for output in reader.model[graph].outputs {
        let producer = reader.producers[reader.number(output, in: graph)]
        if producer >= 0 { onlyUser[producer] = nil }
      }
    }
  }
}
