import ModelIR

extension OperatorDefinition {
  /// The same elements in the same order under other extents.
  ///
  /// One extent may be -1: it follows from the others. A 0 copies the operand's extent unless
  /// `allowZero` is set. Sources: ONNX Reshape-14, TFLite RESHAPE.
  static let reshape = OperatorDefinition.movement(
    "reshape",
    "The same elements under other extents.",
    inputs: 1...2,
    types: reshapeTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let sizes = try context.inferredSizes(reshapeTypes)
      guard checkedProduct(sizes) == input.count else {
        throw .invalid("\(Shape.fixed(input.sizes)) cannot become \(Shape.fixed(sizes))")
      }
      return [input.reshaped(to: sizes)]
    }
  )

  /// Two axes: those before `axis` as one, and the others as one.
  ///
  /// Source: ONNX Flatten-13.
  static let flatten = OperatorDefinition.movement(
    "flatten",
    "All axes before one as the first axis, the others as the second.",
    inputs: 1...1,
    types: flattenTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      return [input.reshaped(to: try context.inferredSizes(flattenTypes))]
    }
  )
}

private func flattenTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  guard let dimensions = input.shape.dimensions else { return [input.with(.unknown(rank: 2))] }
  let rank = dimensions.count
  let axis = try context.attributes.int("axis", default: 1)
  let position = axis < 0 ? axis &+ rank : axis
  guard (0...rank).contains(position) else {
    throw .invalid("axis \(axis) is outside -\(rank)...\(rank)")
  }
  let halves = [dimensions[..<position], dimensions[position...]]
  return [input.with(.ranked(halves.map { Dimension.product($0) }))]
}

private func reshapeTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  var wanted: [Dimension]
  if context.hasInput(1) {
    guard let entries = context.dimensions(1) else {
      return [input.with(.unknown(rank: context.listLength(1)))]
    }
    wanted = entries
  } else if let entries = try context.attributes.ints("shape") {
    // Old TFLite files write a scalar's shape as [0] (reshape.cc).
    let isScalar = entries == [0] && input.shape.elementCount == 1
    wanted = isScalar ? [] : entries.map(Dimension.fixed)
  } else {
    throw .invalid("neither operand 1 nor the attribute shape is given")
  }
  return [
    input.with(
      .ranked(
        try ReshapeSolver(
          input: input.shape.dimensions,
          wanted: wanted,
          copiesZeros: !(try context.attributes.bool("allowZero"))
        ).solve()
      )
    )
  ]
}

/// Finds the extents of a reshaped tensor, some of which are symbolic.
private struct ReshapeSolver {
  /// The operand's extents; `nil` where its rank is not known.
  var input: [Dimension]?
  /// The extents asked for; -1 is the one that follows.
  var wanted: [Dimension]
  /// Whether a 0 stands for the operand's extent.
  var copiesZeros: Bool

  func solve() throws(OperatorError) -> [Dimension] {
    var result = wanted
    var open: [Int] = []
    var rest = input
    for (axis, entry) in wanted.enumerated() {
      switch entry {
      case .fixed(-1): open.append(axis)
      case .fixed(0) where copiesZeros:
        guard let input else {
          result[axis] = .unknown
          continue
        }
        guard axis < input.count else {
          throw .invalid("extent \(axis) is copied from an operand of \(input.count) axes")
        }
        result[axis] = input[axis]
        // A copied extent stands on both sides even where it is not known.
        if input[axis].size == nil { rest?[axis] = .fixed(1) }
      case .fixed(let size) where size < 0: throw .invalid("the extent \(size) is asked for")
      default: break
      }
    }
    guard open.count <= 1 else { throw .invalid("two extents are -1") }
    let unknown = wanted.indices.filter { wanted[$0] == .unknown }
    if open.isEmpty, unknown.count == 1 { open = unknown }
    guard let rest else {
      for axis in open { result[axis] = .unknown }
      return result
    }
    let copied = wanted.indices.filter { wanted[$0] == .fixed(0) && copiesZeros }
    let others = result.indices.filter { axis in
      !open.contains(axis) && !(copied.contains(axis) && result[axis].size == nil)
    }
    let quotient = try quotient(of: rest, by: others.map { result[$0] }, isExact: !open.isEmpty)
    if let axis = open.first { result[axis] = quotient }
    return result
  }

  /// The product of one side divided by that of the other, equal symbols taken out first.
  private func quotient(
    of left: [Dimension],
    by right: [Dimension],
    isExact: Bool
  ) throws(OperatorError) -> Dimension {
    var left = left
    var right = right
    for (index, dimension) in right.enumerated().reversed() {
      guard case .symbolic = dimension, let match = left.firstIndex(of: dimension) else { continue }
      left.remove(at: match)
      right.remove(at: index)
    }
    guard let divisor = checkedProduct(right.compactMap(\.size)),
      let dividend = checkedProduct(left.compactMap(\.size))
    else { return .unknown }
    let leftSymbols = left.filter { $0.size == nil }
    guard right.allSatisfy({ $0.size != nil }) else { return .unknown }
    guard leftSymbols.isEmpty else {
      return leftSymbols.count == 1 && dividend == divisor && divisor > 0
        ? leftSymbols[0] : .unknown
    }
    guard isExact else {
      guard dividend == divisor else { throw mismatch }
      return .fixed(1)
    }
    // An operand without elements has no element to tell the extent from: 0, as NumPy has it.
    guard divisor > 0 else {
      guard dividend == 0 else { throw mismatch }
      return .fixed(0)
    }
    guard dividend % divisor == 0 else { throw mismatch }
    return .fixed(dividend / divisor)
  }

  private var mismatch: OperatorError {
    let from = input.map { Shape.ranked($0).description } ?? "an operand"
    let to = wanted.map(\.description).joined(separator: "×")
    return .invalid("\(from) cannot become \(to): the elements do not fit")
  }
}
