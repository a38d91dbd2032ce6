import ModelIR

extension Lint {
  /// Transposes that undo each other, reshapes behind reshapes, and those that change nothing.
  static let redundantMovement = Lint { context in
    var rows: [Int] = []
    var bytes = 0
    for site in context.sites {
      guard let output = context.output(site) else { continue }
      let next = context.onlyConsumer(site.graph, output)
      switch context.node(site).op.name {
      case "transpose":
        guard let first = context.permutation(site) else { continue }
        if first == Array(first.indices) {
          rows.append(site.row)
        } else if let next, context.node(next).op.name == "transpose",
          let second = context.permutation(next), second.count == first.count,
          second.map({ first[$0] }) == Array(first.indices)
        {
          rows.append(site.row)
          bytes += context.bytes(site.graph, output) ?? 0
        } else {
          continue
        }
      case "reshape":
        guard let next, context.node(next).op.name == "reshape", context.input(next, 0) == output
        else { continue }
        rows.append(site.row)
      default: continue
      }
      bytes += context.bytes(site.graph, output) ?? 0
    }
    return context.finding(
      "L10 redundant-movement",
      .note,
      at: rows,
      fix: "remove it; exporters' optimizers do",
      savingBytes: rows.isEmpty ? nil : bytes
    ) { "\($0) moves a tensor that the operator behind it moves again, or does not move it at all" }
  }

  /// Casts to the type that a value has, and casts that the next one undoes.
  static let redundantCast = Lint { context in
    var rows: [Int] = []
    var bytes = 0
    for site in context.sites where context.node(site).op.name == "cast" {
      guard let input = context.input(site, 0), let output = context.output(site),
        !context.model[site.graph][input].isConstant
      else { continue }
      let from = context.type(site.graph, input).element
      let to = context.type(site.graph, output).element
      var isRedundant = from == to && from != .unknown
      // There and back loses nothing only where the type between is the wider one.
      if let next = context.onlyConsumer(site.graph, output), context.node(next).op.name == "cast",
        let result = context.output(next), context.type(site.graph, result).element == from,
        let narrow = from.bitWidth, let wide = to.bitWidth, wide >= narrow
      {
        isRedundant = true
      }
      guard isRedundant else { continue }
      rows.append(site.row)
      bytes += context.bytes(site.graph, output) ?? 0
    }
    return context.finding(
      "L11 redundant-cast",
      .note,
      at: rows,
      fix: "remove it",
      savingBytes: rows.isEmpty ? nil : bytes
    ) { "\($0) changes a type that is changed back, or is the same already" }
  }
}

extension LintContext {
  /// The permutation of a transpose, where it is known.
  fileprivate func permutation(_ site: Site) -> [Int]? {
    if let axes = node(site).ints("permutation") { return axes }
    guard let id = input(site, 1), let known = types[site.graph.index].known[id.index],
      let values = known.doubleValues
    else { return nil }
    let axes = values.map { Int($0) }
    return axes.sorted() == Array(axes.indices) ? axes : nil
  }
}
