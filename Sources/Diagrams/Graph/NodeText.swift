import ModelIR
import Profiling

/// What stands in a box and in its tooltip.
struct NodeText {
  let reader: GraphReader
  let figures: NodeFigures
  private var operators: [ModelProfile.OperatorRow] { reader.profile.operators }

  /// The heading and the lines under it.
  func lines(of item: OperatorGraph.Item) -> [String] {
    switch item.content {
    case .input(let index): boundary(reader.profile.model.inputs, index, "input")
    case .output(let index): boundary(reader.profile.model.outputs, index, "output")
    case .scope(let name): scopeLines(item, name)
    case .operators: operatorLines(item)
    }
  }

  private func boundary(_ ends: [ModelProfile.Boundary], _ index: Int, _ what: String) -> [String] {
    guard ends.indices.contains(index) else { return [what] }
    let end = ends[index]
    var lines = [end.name.isEmpty ? what : pictureText(end.name)]
    lines.append("\(what) · \(pictureText(end.effectiveShape.description)) \(end.type.rawValue)")
    return lines
  }

  private func operatorLines(_ item: OperatorGraph.Item) -> [String] {
    guard let main = mainOperator(of: item.rows, in: operators) else { return ["?"] }
    var lines = [pictureText(operators[main].sourceType)]
    if let geometry = geometry(of: main) { lines[0] += "  " + geometry }
    // A Keras layer may be several operators that all have its class: those are told by what they do.
    let others = item.rows.filter { $0 != main }.map { row in
      operators[row].sourceType == operators[main].sourceType
        && operators[row].type != operators[main].type
        ? operators[row].type : operators[row].sourceType
    }
    let fused = activation(of: main).map { [$0] } ?? []
    if !(others + fused).isEmpty { lines += Self.joined(fused + others) }
    if let layer = operators[main].layer ?? nonEmpty(operators[main].name) {
      lines.append(pictureText(layer))
    }
    return lines + [figureLine(item)].compactMap { $0 }
  }

  /// `+ BatchNormalization + Relu`, repetitions counted, in as many lines as it takes.
  private static func joined(_ types: [String]) -> [String] {
    var counted: [(type: String, count: Int)] = []
    for type in types.map({ pictureText($0, limit: 40) }) {
      if let last = counted.last, last.type == type {
        counted[counted.count - 1].count += 1
      } else {
        counted.append((type, 1))
      }
    }
    var lines: [String] = []
    for (type, count) in counted {
      let part = "+ " + type + (count > 1 ? " × \(count)" : "")
      if let last = lines.last, last.unicodeScalars.count + part.unicodeScalars.count < 34 {
        lines[lines.count - 1] = last + " " + part
      } else {
        lines.append(part)
      }
    }
    return lines
  }

  private func scopeLines(_ item: OperatorGraph.Item, _ name: String) -> [String] {
    var counts: [String: Int] = [:]
    for row in item.rows { counts[operators[row].sourceType, default: 0] += 1 }
    let types = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = types.prefix(2).map { "\(pictureText($0.key, limit: 40)) × \($0.value)" }
    return [
      pictureText(name),
      "\(item.rows.count) operators",
      shown.joined(separator: ", ") + (types.count > 2 ? ", …" : ""),
    ] + [figureLine(item)].compactMap { $0 }
  }

  /// The quantity that colours the box, and the arithmetic or weights beside it.
  private func figureLine(_ item: OperatorGraph.Item) -> String? {
    var parts: [String] = []
    let repetitions = item.repetitions.count + 1
    if let category = figures.category(of: item) {
      parts.append(category)
    } else if let amount = figures.amount(of: item) {
      // Equal blocks compute the same: each one's share is the number that means something.
      let isSum = figures.colouring == .macs || figures.colouring == .weights
      if amount > 0 {
        let times = isSum && repetitions > 1 ? "\(repetitions) × " : ""
        parts.append(times + figures.text(isSum ? amount / Double(repetitions) : amount))
      } else if figures.colouring == .time {
        parts.append("in another's time")
      }
    } else if figures.colouring == .macs || figures.colouring == .memory {
      parts.append(figures.colouring == .macs ? "MACs unknown" : "size unknown")
    }
    let rows = item.rows + item.absorbed
    if figures.colouring != .weights {
      let bytes = rows.reduce(0) { $0 + operators[$1].weightBytes }
      if bytes > 0 { parts.append(Quantity.bytes(bytes)) }
    }
    return parts.isEmpty ? nil : parts.joined(separator: " · ")
  }

  private func nonEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }

  // MARK: - Geometry

  /// `3×3 /2`: the window and the stride of a convolution or a pooling.
  private func geometry(of row: Int) -> String? {
    let node = reader.node(row)
    guard let window = window(of: node, in: operators[row].graph) else { return nil }
    var text = window.map(String.init).joined(separator: "×")
    if case .ints(let strides)? = node.attributes["strides"], let first = strides.first,
      strides.contains(where: { $0 != 1 })
    {
      text +=
        " /"
        + (strides.allSatisfy { $0 == first }
          ? String(first) : strides.map(String.init).joined(separator: "×"))
    }
    return text
  }

  private func window(of node: Node, in graph: GraphID) -> [Int]? {
    if case .ints(let kernel)? = node.attributes["kernel"], !kernel.isEmpty, kernel.count <= 3 {
      return kernel
    }
    guard case .string(let layout)? = node.attributes["filterLayout"], node.inputs.count > 1,
      let filter = node.inputs[1], let sizes = reader.model[graph][filter].shape.sizes
    else { return nil }
    // The layout names two spatial axes; other ranks name none of theirs.
    guard sizes.count == layout.unicodeScalars.count else {
      return sizes.count > 2 && layout.hasPrefix("oi") ? Array(sizes.dropFirst(2)) : nil
    }
    return zip(layout.unicodeScalars, sizes).filter { $0.0 == "h" || $0.0 == "w" }.map(\.1)
  }

  private func activation(of row: Int) -> String? {
    guard case .string(let name)? = reader.node(row).attributes["activation"], name != "none" else {
      return nil
    }
    return name
  }

  // MARK: - Details

  /// The lines of the tooltip: all figures of all operators in the box.
  func details(of item: OperatorGraph.Item) -> [String] {
    if item.content.isBoundary { return lines(of: item) }
    var lines: [String] = []
    if case .scope(let name) = item.content { lines.append(pictureText(name)) }
    for row in item.rows.prefix(Self.mostDetails) { lines.append(detail(row)) }
    if item.rows.count > Self.mostDetails {
      lines.append("… \(item.rows.count - Self.mostDetails) more operators")
    }
    if !item.absorbed.isEmpty {
      lines.append("and \(item.absorbed.count) operators on constants and shapes")
    }
    if !item.repetitions.isEmpty {
      let all = item.repetitions.compactMap { $0.rows.first }.map(String.init)
      lines.append(
        "repeated by operators " + all.prefix(40).joined(separator: ", ")
          + (all.count > 40 ? ", …" : "")
      )
    }
    if item.rows.count + item.absorbed.count > 1 || !item.repetitions.isEmpty {
      lines.append("together: " + sums(item))
    }
    return lines
  }

  private static let mostDetails = 12

  private func sums(_ item: OperatorGraph.Item) -> String {
    let rows = item.allRows.map { operators[$0] }
    let macs = rows.map(\.multiplyAdds)
    let known = macs.compactMap { $0 }.reduce(0, &+)
    let bytes = rows.reduce(0) { $0 &+ $1.weightBytes }
    let isKnown = !macs.contains { $0 == nil }
    return "\(rows.count) operators · "
      + (isKnown ? Quantity.count(known) + " MACs" : "at least \(Quantity.count(known)) MACs")
      + " · weights \(Quantity.bytes(bytes))"
  }

  private func detail(_ row: Int) -> String {
    let operation = operators[row]
    var parts = ["#\(row) \(pictureText(operation.sourceType))"]
    if let layer = operation.layer { parts.append(pictureText(layer)) }
    for (shape, type) in zip(operation.outputShapes, operation.outputTypes).prefix(3) {
      parts.append("→ \(pictureText(shape.description)) \(type.rawValue)")
    }
    if let macs = operation.multiplyAdds {
      let total = reader.profile.totals.countedMultiplyAdds
      let share = total > 0 ? " (\(Quantity.percent(Double(macs) / Double(total))))" : ""
      if macs > 0 { parts.append("\(Quantity.grouped(macs)) MACs" + share) }
    } else {
      parts.append("MACs unknown")
    }
    if operation.parameters > 0 {
      parts.append(
        "\(Quantity.grouped(operation.parameters)) parameters, \(Quantity.bytes(operation.weightBytes))"
      )
    }
    if let live = operation.liveBytes { parts.append("\(Quantity.bytes(live)) alive") }
    if let time = figures.overlay.microseconds?[safe: row] ?? nil {
      parts.append(NodeFigures.time(time))
    }
    if let value = figures.overlay.sensitivity?[safe: row] ?? nil {
      parts.append("\(figures.overlay.sensitivityMetric) \(Quantity.significant(value))")
    }
    if let action = figures.overlay.actions?[safe: row] ?? nil {
      parts.append(pictureText(action))
    }
    if figures.overlay.support != nil {
      parts.append("\(figures.overlay.targetName): \(figures.support(ofRow: row).rawValue)")
    }
    return parts.joined(separator: " · ")
  }

  /// What programs that read the picture want to know of a box.
  func data(of item: OperatorGraph.Item) -> [Diagram.DataField] {
    guard !item.content.isBoundary else { return [] }
    let rows = item.allRows.sorted()
    var fields = [
      Diagram.DataField("operators", rows.prefix(1000).map(String.init).joined(separator: " "))
    ]
    if let main = mainOperator(of: item.rows, in: operators) {
      fields.append(.init("type", pictureText(operators[main].sourceType)))
      if let layer = operators[main].layer { fields.append(.init("layer", pictureText(layer))) }
    }
    let macs = rows.map { operators[$0].multiplyAdds }
    if !macs.contains(where: { $0 == nil }) {
      fields.append(.init("macs", String(macs.compactMap { $0 }.reduce(0, &+))))
    }
    let bytes = rows.reduce(0) { $0 &+ operators[$1].weightBytes }
    fields.append(.init("weight-bytes", String(bytes)))
    if let live = item.rows.compactMap({ operators[$0].liveBytes }).max() {
      fields.append(.init("live-bytes", String(live)))
    }
    return fields
  }
}

extension Array {
  /// The element, or `nil` beyond the end.
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
