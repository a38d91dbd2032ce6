import Profiling

/// The quantity that colours the boxes: of each operator, of a box, and of the whole picture.
struct NodeFigures {
  let profile: ModelProfile
  let overlay: DiagramOverlay
  let colouring: DiagramOptions.Colouring

  /// - Throws: Where nothing is known of what should colour the boxes.
  init(
    _ profile: ModelProfile,
    _ overlay: DiagramOverlay,
    _ colouring: DiagramOptions.Colouring
  ) throws(DiagramError) {
    self.profile = profile
    self.overlay = overlay
    self.colouring = colouring
    let isMissing =
      switch colouring {
      case .time: overlay.microseconds == nil
      case .sensitivity: overlay.sensitivity == nil
      case .action: overlay.actions == nil
      case .macs, .weights, .memory, .target: false
      }
    guard !isMissing else {
      throw DiagramError(
        "--color-by \(colouring.rawValue) has no data: give a JSON document that has it with --data"
      )
    }
  }

  /// What the ramp shows.
  var title: String {
    switch colouring {
    case .macs: "MACs"
    case .time: "time"
    case .weights: "weight bytes"
    case .memory: "bytes alive while it runs"
    case .sensitivity: sensitivityTitle
    case .action: "chosen action"
    case .target:
      overlay.support == nil ? "run by analyze itself" : "supported by \(overlay.targetName)"
    }
  }

  private var sensitivityTitle: String {
    let metric =
      switch overlay.sensitivityMetric {
      case "kl": "KL divergence (nats)"
      case "relative-mse": "relative mean-square error"
      case let other: other
      }
    return metric + ", worst action"
  }

  /// Whether a box's amount is the greatest of its operators', instead of their sum.
  private var isGreatest: Bool { colouring == .memory || colouring == .sensitivity }

  /// The amount of one operator; `nil` where it is not known.
  func amount(ofRow row: Int) -> Double? {
    let operation = profile.operators[row]
    return switch colouring {
    case .macs: operation.multiplyAdds.map(Double.init)
    case .time: value(overlay.microseconds, row)
    case .weights: Double(operation.weightBytes)
    case .memory: operation.liveBytes.map(Double.init)
    case .sensitivity: value(overlay.sensitivity, row)
    case .action, .target: nil
    }
  }

  private func value<Element>(_ values: [Element?]?, _ row: Int) -> Element? {
    guard let values, values.indices.contains(row) else { return nil }
    return values[row]
  }

  /// The amount of a box; `nil` where a part of it is not known.
  func amount(of item: OperatorGraph.Item) -> Double? {
    guard !item.content.isBoundary else { return nil }
    if isGreatest {
      // Only weighted operators are measured, and constants are alive all the time.
      let rows = colouring == .memory ? item.rows + item.repetitions.flatMap(\.rows) : item.allRows
      let known = rows.compactMap { amount(ofRow: $0) }
      if colouring == .memory, known.count < rows.count { return nil }
      return known.max()
    }
    var sum = 0.0
    for row in item.allRows {
      guard let amount = amount(ofRow: row) else { return nil }
      sum += amount
    }
    return sum
  }

  /// The category of a box, where boxes are coloured by category.
  func category(of item: OperatorGraph.Item) -> String? {
    guard !item.content.isBoundary else { return nil }
    switch colouring {
    case .action:
      let chosen = Set(item.allRows.compactMap { value(overlay.actions, $0) })
      // What was merged into a box is mostly left alone; what happens to the box is the rest.
      let changes = chosen.subtracting(["keep"])
      switch changes.count {
      case 0: return chosen.first
      case 1, 2: return changes.sorted().joined(separator: " + ")
      default: return "\(changes.count) different actions"
      }
    case .target:
      let states = item.allRows.map { support(ofRow: $0) }
      if states.contains(.unsupported) { return DiagramOverlay.Support.unsupported.rawValue }
      if states.contains(.unknown) { return DiagramOverlay.Support.unknown.rawValue }
      return DiagramOverlay.Support.supported.rawValue
    case .macs, .time, .weights, .memory, .sensitivity: return nil
    }
  }

  /// What the target, or the tool itself, makes of an operator.
  func support(ofRow row: Int) -> DiagramOverlay.Support {
    if overlay.support != nil { return value(overlay.support, row) ?? .unknown }
    return profile.operators[row].isRunnable ? .supported : .unsupported
  }

  /// Whether an operator cannot be run.
  func isUnsupported(_ row: Int) -> Bool { support(ofRow: row) == .unsupported }

  /// An amount with its unit.
  func text(_ amount: Double) -> String {
    switch colouring {
    case .macs: Quantity.count(Int(exactly: amount.rounded())) + " MACs"
    case .weights: Quantity.bytes(Int(exactly: amount.rounded()))
    case .memory: Quantity.bytes(Int(exactly: amount.rounded())) + " alive"
    case .time: Self.time(amount)
    case .sensitivity: Quantity.significant(amount)
    case .action, .target: ""
    }
  }

  /// An amount as it stands at the ramp: the title names the unit where it has no name of its own.
  func tick(_ amount: Double) -> String {
    switch colouring {
    case .macs: Quantity.count(Int(exactly: amount.rounded()))
    case .weights, .memory: Quantity.bytes(Int(exactly: amount.rounded()))
    case .time, .sensitivity, .action, .target: text(amount)
    }
  }

  /// `830 µs`, `12.4 ms`.
  static func time(_ microseconds: Double) -> String {
    microseconds < 1000
      ? Quantity.significant(microseconds) + " µs"
      : Quantity.significant(microseconds / 1000) + " ms"
  }
}
