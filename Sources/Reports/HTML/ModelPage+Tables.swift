import ModelIR
import Profiling

extension ModelPage {
  /// Longer names are cut in the middle: nobody reads them, and 5,000 of them fill a page.
  private static let nameColumns = 256

  private func name(_ text: String) -> PageTable.Cell {
    .init(Columns.shortened(text, to: Self.nameColumns))
  }

  private func list(_ names: [String]) -> PageTable.Cell {
    name(names.prefix(16).map { Columns.shortened($0, to: 80) }.joined(separator: ", "))
  }

  private func count(_ value: Int?) -> PageTable.Cell {
    .init(value.map { Quantity.count($0) } ?? "unknown", value: value.map(Double.init))
  }

  private func bytes(_ value: Int?) -> PageTable.Cell {
    .init(Quantity.bytes(value), value: value.map(Double.init))
  }

  /// Every operator.
  func operatorTable() -> PageTable {
    let isMeasured = profile.measurement != nil
    var columns = [
      PageColumn("#", isNumeric: true), PageColumn("operator"), PageColumn("layer", priority: 2),
      PageColumn("result", priority: 3), PageColumn("MACs", isNumeric: true),
      PageColumn("weights", isNumeric: true, priority: 2),
      PageColumn("memory alive", isNumeric: true, priority: 3),
    ]
    if isMeasured { columns.append(PageColumn("time", isNumeric: true)) }
    columns += [
      PageColumn("remarks", isNumeric: true, priority: 3),
      PageColumn("parameters", isNumeric: true, priority: 0),
      PageColumn("results' bytes", isNumeric: true, priority: 0),
      PageColumn("counted", priority: 0), PageColumn("runs here", priority: 0),
      PageColumn("canonical type", priority: 0), PageColumn("name", priority: 0),
      PageColumn("reads", priority: 0), PageColumn("writes", priority: 0),
    ]
    let remarks = self.remarks()
    var counts = Array(repeating: 0, count: profile.operators.count)
    for remark in remarks where counts.indices.contains(remark.row) { counts[remark.row] += 1 }
    let rows = zip(profile.operators, counts).map { row, remarks in
      cells(row, remarks: remarks, isMeasured: isMeasured)
    }
    var table = PageTable(
      id: "operators",
      noun: "operators",
      columns: columns,
      rows: rows,
      operators: profile.operators.map(\.index)
    )
    table.remarks = remarks
    return table
  }

  private func cells(_ row: ModelProfile.OperatorRow, remarks: Int, isMeasured: Bool)
    -> [PageTable.Cell]
  {
    var cells = [
      PageTable.Cell(String(row.index), value: Double(row.index)), name(row.sourceType),
      name(row.layer ?? row.name), name(result(row)), count(row.multiplyAdds),
      bytes(row.weightBytes), bytes(row.liveBytes),
    ]
    if isMeasured { cells.append(time(row)) }
    cells += [
      PageTable.Cell(remarks == 0 ? "" : String(remarks), value: Double(remarks)),
      count(row.parameters), bytes(row.activationBytes), .init(row.cost.status.rawValue),
      .init(row.isRunnable ? "yes" : "no"), name(row.type), name(row.name), list(row.inputs),
      list(row.outputs),
    ]
    return cells
  }

  private func result(_ row: ModelProfile.OperatorRow) -> String {
    guard let shape = row.outputShapes.first else { return "" }
    let type = row.outputTypes.first.map { " " + $0.rawValue } ?? ""
    let rest = row.outputShapes.count - 1
    return Columns.shortened(shape.description, to: 80) + type + (rest > 0 ? " +\(rest)" : "")
  }

  private func time(_ row: ModelProfile.OperatorRow) -> PageTable.Cell {
    if let microseconds = row.time?.medianMicroseconds {
      return .init(Quantity.time(microseconds: microseconds), value: microseconds)
    }
    switch row.time?.place {
    case .within(let index): return .init("in \(index)")
    case .beforehand: return .init("before")
    case .own, nil: return .init("unknown")
    }
  }

  /// What findings say of operators, those of targets with the target's name.
  private func remarks() -> [(row: Int, text: String)] {
    var result: [(row: Int, text: String)] = []
    for finding in profile.findings {
      guard let row = finding.operatorIndex else { continue }
      result.append((row, "\(finding.code): " + Columns.shortened(finding.message, to: 400)))
    }
    for target in profile.targets {
      let name = Columns.shortened(target.name, to: 40)
      for finding in target.findings {
        guard let row = finding.operatorIndex else { continue }
        result.append((row, "\(name): " + Columns.shortened(finding.detail, to: 400)))
      }
    }
    return result
  }

  /// Every stored constant.
  func constantTable() -> PageTable {
    let columns = [
      PageColumn("name"), PageColumn("type", priority: 2), PageColumn("shape", priority: 2),
      PageColumn("elements", isNumeric: true, priority: 3), PageColumn("bytes", isNumeric: true),
      PageColumn("minimum", isNumeric: true, priority: 3),
      PageColumn("maximum", isNumeric: true, priority: 3),
      PageColumn("zeros", isNumeric: true, priority: 2),
      PageColumn("first read by", isNumeric: true, priority: 2),
    ]
    let rows = profile.constants.map { row -> [PageTable.Cell] in
      let zeros = row.statistics.map { Double($0.zeros) / Double(max(1, row.elements)) }
      let stored = row.bytes.map { _ in bytes(row.bytes) } ?? PageTable.Cell("not in the file")
      return [
        name(row.name), .init(row.type.rawValue), name(row.shape.description), count(row.elements),
        stored, number(row.statistics?.minimum), number(row.statistics?.maximum),
        .init(zeros.map { Quantity.percent($0) } ?? "", value: zeros),
        .init(
          row.operatorIndex.map { "operator \($0)" } ?? "–",
          value: row.operatorIndex.map(Double.init)
        ),
      ]
    }
    return PageTable(
      id: "constants",
      noun: "constants",
      columns: columns,
      rows: rows,
      operators: profile.constants.map(\.operatorIndex)
    )
  }

  private func number(_ value: Double?) -> PageTable.Cell {
    .init(value.map { Quantity.significant($0) } ?? "", value: value)
  }
}
