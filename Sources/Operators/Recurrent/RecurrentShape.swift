import ModelIR

/// The extents of ONNX's recurrent operators.
///
/// Operands: x `[time, batch, input]`, weights `[directions, gates · hidden, input]`, recurrent
/// weights `[directions, gates · hidden, hidden]`; with `layout` = 1 the batch comes first.
struct RecurrentShape {
  var time: Dimension
  var batch: Dimension
  var input: Dimension
  var hidden: Dimension
  var directions: Int
  var isBatchFirst: Bool
  var isReverse: Bool

  init(_ context: OperatorContext, gates: Int) throws(OperatorError) {
    let x = try context.input(0).shape
    let weights = try context.input(1).shape
    let recurrent = try context.input(2).shape
    for shape in [x, weights, recurrent] {
      guard (shape.rank ?? 3) == 3 else { throw .invalid("an operand of shape \(shape)") }
    }
    isBatchFirst = try context.attributes.int("layout", default: 0) == 1
    switch try context.attributes.string("direction", default: "forward") {
    case "forward": (directions, isReverse) = (1, false)
    case "reverse": (directions, isReverse) = (1, true)
    case "bidirectional": (directions, isReverse) = (2, false)
    case let other:
      throw .invalid("direction \"\(other)\" is none of forward, reverse, bidirectional")
    }
    let axes = x.dimensions ?? [.unknown, .unknown, .unknown]
    time = axes[isBatchFirst ? 1 : 0]
    batch = axes[isBatchFirst ? 0 : 1]
    input = axes[2]
    hidden = recurrent.dimensions?[2] ?? .unknown
    if let stated = try context.attributes.int("hiddenSize") {
      guard stated >= 0, hidden.size == nil || hidden.size == stated else {
        throw .invalid("hiddenSize \(stated) for recurrent weights \(recurrent)")
      }
      hidden = .fixed(stated)
    }
    try Self.check(weights, directions, gates, hidden, input)
    try Self.check(recurrent, directions, gates, hidden, hidden)
  }

  private static func check(
    _ shape: Shape,
    _ directions: Int,
    _ gates: Int,
    _ hidden: Dimension,
    _ width: Dimension
  ) throws(OperatorError) {
    guard let axes = shape.dimensions else { return }
    let needed = [directions, hidden.size.flatMap { checkedProduct([gates, $0]) }, width.size]
    for (dimension, size) in zip(axes, needed) {
      guard let size, let own = dimension.size, own != size else { continue }
      throw .invalid("weights of shape \(shape) where an extent of \(size) is needed")
    }
  }

  /// The result with a state for each step.
  var sequence: Shape {
    isBatchFirst
      ? .ranked([batch, time, .fixed(directions), hidden])
      : .ranked([time, .fixed(directions), batch, hidden])
  }

  /// The result with the last state of each direction.
  var state: Shape {
    isBatchFirst
      ? .ranked([batch, .fixed(directions), hidden])
      : .ranked([.fixed(directions), batch, hidden])
  }

  /// Steps · batch · directions: how often a cell is computed.
  var cells: Int? {
    guard let time = time.size, let batch = batch.size else { return nil }
    return checkedProduct([time, batch, directions])
  }
}

extension CostRule {
  /// All gates' products with the input and the state, for every step.
  ///
  /// - Parameters:
  ///   - gates: How many gates the cell has.
  ///   - operations: Other operations a gate and hidden unit: bias, activation, state.
  /// - Returns: The rule.
  static func recurrent(gates: Int, operations: Int) -> CostRule {
    CostRule { context in
      guard let shape = try? RecurrentShape(context.node, gates: gates),
        let cells = shape.cells, let input = shape.input.size, let hidden = shape.hidden.size,
        let width = checkedProduct([gates, hidden]),
        let total = checkedProduct([cells, width])
      else { return .uncounted }
      let (inputs, overflow) = input.addingReportingOverflow(hidden)
      guard !overflow else { return .uncounted }
      return .times(total, multiplyAdds: inputs, otherOperations: operations)
    }
  }
}
