import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

// Source of all meanings here: the StableHLO specification, and TFLite's kernels of the same names.

extension OperatorDefinition {
  /// Keeps values between two bounds: (least, x, greatest); the bounds may be scalars.
  static let stablehloClamp = OperatorDefinition(
    "stablehloClamp",
    "Keeps values between two bounds.",
    family: .arithmetic,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in [try context.input(1)] },
    cost: .perOutputElement(otherOperations: 2),
    evaluate: { (context) throws(OperatorError) in
      let x = try context.input(1)
      let offsets = Array(0..<x.count)
      let least = try context.input(0).broadcast(to: x.sizes)
      let greatest = try context.input(2).broadcast(to: x.sizes)
      let raised = try x.scattering(least, at: offsets, reduction: .max)
      return [try raised.scattering(greatest, at: offsets, reduction: .min)]
    }
  )

  /// Cube root.
  static let stablehloCbrt = OperatorDefinition.elementwiseUnary(
    "stablehloCbrt",
    "Cube root.",
    UnaryFunction(float: { cbrtf($0) }, double: { cbrt($0) })
  )

  /// Stretches a tensor to a shape, its axes placed by `broadcastDimensions`: (x, shape).
  static let stablehloBroadcastInDim = OperatorDefinition.movement(
    "stablehloBroadcastInDim",
    "Stretches a tensor to a shape, its axes placed by a list.",
    inputs: 1...2,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      if context.hasInput(1) { return [input.with(try statedShape(from: 1, of: context))] }
      return [context.statedOutputs.first.flatMap { $0 } ?? input.with(.unknownRank)]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      var wanted = context.outputs.first.flatMap { $0 }?.shape.sizes
      if context.hasInput(1) { wanted = try context.integers(1) }
      guard let wanted else { throw .unsupported("the result's shape is not stated") }
      let axes = try Axes.normalize(
        try context.attributes.ints("broadcastDimensions") ?? [],
        rank: wanted.count
      )
      guard axes.count == input.rank, axes == axes.sorted() else {
        throw .invalid("axes \(axes) for \(input.shape)")
      }
      var sizes = Array(repeating: 1, count: wanted.count)
      for (axis, size) in zip(axes, input.sizes) { sizes[axis] = size }
      return [try input.reshaped(to: sizes).broadcast(to: wanted)]
    }
  )

  /// A box of the extents `sizes`; the starts, one scalar operand an axis, are moved so that it fits.
  static let stablehloDynamicSlice = OperatorDefinition.movement(
    "stablehloDynamicSlice",
    "A box of fixed extents from starts that are computed.",
    inputs: .atLeast(1),
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let sizes = try context.attributes.ints("sizes"), sizes.allSatisfy({ $0 >= 0 }) else {
        throw .invalid("the attribute sizes is missing or negative")
      }
      return [input.with(.fixed(sizes))]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let sizes = try context.attributes.ints("sizes") ?? []
      guard sizes.count == input.rank, zip(sizes, input.sizes).allSatisfy({ 0 <= $0 && $0 <= $1 })
      else { throw .invalid("a box of \(sizes) in \(input.shape)") }
      let starts = try scalarStarts(context, after: 0, rank: input.rank)
      var selections: [AxisSelection] = []
      for axis in sizes.indices {
        let start = min(max(starts[axis], 0), input.sizes[axis] - sizes[axis])
        selections.append(.strided(start: start, step: 1, count: sizes[axis]))
      }
      return [try input.selecting(selections)]
    }
  )

  /// The operand with a box replaced: (x, update, one scalar start an axis).
  static let stablehloDynamicUpdateSlice = OperatorDefinition(
    "stablehloDynamicUpdateSlice",
    "Replaces a box from starts that are computed.",
    family: .movement,
    inputs: .atLeast(2),
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let update = try context.input(1)
      let starts = try scalarStarts(context, after: 1, rank: input.rank)
      guard update.rank == input.rank, zip(update.sizes, input.sizes).allSatisfy({ $0 <= $1 })
      else { throw .invalid("a box of \(update.shape) does not fit into \(input.shape)") }
      let strides = Strides.rowMajor(input.sizes)
      var base = 0
      for axis in starts.indices {
        let room = input.sizes[axis] - update.sizes[axis]
        base = base &+ min(max(starts[axis], 0), room) &* strides[axis]
      }
      let offsets = Strides.offsets(update.sizes, strides: strides, base: base)
      return [try input.scattering(update, at: offsets)]
    }
  )

  /// Padding before, after and between positions: (x, value), attributes low, high, interior.
  static let stablehloPad = OperatorDefinition(
    "stablehloPad",
    "Padding before, after and between positions.",
    family: .movement,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
      let pads = try InteriorPads(context.attributes, rank: dimensions.count)
      return [input.with(.ranked(try pads.extents(dimensions)))]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let pads = try InteriorPads(context.attributes, rank: input.rank)
      return [try pads.applied(to: input, fill: try context.input(1))]
    }
  )

  /// Zeros (or a value) between positions: (x, one factor an axis, value).
  ///
  /// Source: TFLite DILATE.
  static let dilate = OperatorDefinition(
    "dilate",
    "A value between positions.",
    family: .movement,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let dimensions = input.shape.dimensions, let factors = context.integers(1) else {
        return [input.with(.unknown(rank: input.shape.rank))]
      }
      let pads = try InteriorPads(factors: factors, rank: dimensions.count)
      return [input.with(.ranked(try pads.extents(dimensions)))]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let pads = try InteriorPads(factors: try context.integers(1), rank: input.rank)
      return [try pads.applied(to: input, fill: try context.input(2))]
    }
  )

  /// Each position's number along an axis; the shape is the one the model states.
  static let stablehloIota = OperatorDefinition(
    "stablehloIota",
    "Each position's number along an axis.",
    family: .generation,
    inputs: 0...0,
    inferTypes: { (context) throws(OperatorError) in
      [context.statedOutputs.first.flatMap { $0 } ?? TensorType(.int32, .unknownRank)]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      guard let type = context.outputs.first.flatMap({ $0 }), let sizes = type.shape.sizes else {
        throw .unsupported("the result's shape is not stated")
      }
      let axis = try Axes.normalize(
        try context.attributes.int("axis", default: 0),
        rank: sizes.count
      )
      let count = try Tensor.checkedCount(sizes)
      let inner = count == 0 ? 1 : sizes[(axis + 1)...].reduce(1, *)
      let numbers = (0..<count).map { Double($0 / inner % sizes[axis]) }
      return [Tensor(type.element, sizes, numbers: numbers)]
    }
  )
}

/// One scalar operand an axis.
private func scalarStarts(
  _ context: EvaluationContext,
  after index: Int,
  rank: Int
) throws(OperatorError) -> [Int] {
  var starts: [Int] = []
  for operand in (index + 1)..<max(index + 1, context.inputs.count) {
    starts += try context.integers(operand)
  }
  guard starts.count == rank else { throw .invalid("\(starts.count) starts for \(rank) axes") }
  return starts
}

/// Positions added before, after and between those of each axis; negative ones are taken away.
private struct InteriorPads {
  private let low: [Int]
  private let high: [Int]
  private let interior: [Int]

  init(_ attributes: AttributeReader, rank: Int) throws(OperatorError) {
    let zeros = Array(repeating: 0, count: rank)
    low = try attributes.ints("low") ?? zeros
    high = try attributes.ints("high") ?? zeros
    interior = try attributes.ints("interior") ?? zeros
    try check(rank)
  }

  /// Dilation by whole factors.
  init(factors: [Int], rank: Int) throws(OperatorError) {
    let zeros = Array(repeating: 0, count: rank)
    guard factors.allSatisfy({ $0 >= 1 }) else { throw .invalid("dilations \(factors)") }
    (low, high, interior) = (zeros, zeros, factors.map { $0 - 1 })
    try check(rank)
  }

  private func check(_ rank: Int) throws(OperatorError) {
    let all = low + high + interior
    guard low.count == rank, high.count == rank, interior.count == rank,
      all.allSatisfy({ $0.magnitude <= UInt(Int32.max) }), interior.allSatisfy({ $0 >= 0 })
    else { throw .invalid("pads \(low), \(high), \(interior) for \(rank) axes") }
  }

  func extents(_ dimensions: [Dimension]) throws(OperatorError) -> [Dimension] {
    var result: [Dimension] = []
    for (axis, dimension) in dimensions.enumerated() {
      var spread = dimension
      if let size = dimension.size, size > 1 {
        spread = try Dimension.fixed(size - 1).times(interior[axis] + 1).plus(1)
      } else if interior[axis] > 0, dimension.size == nil {
        spread = .unknown
      }
      result.append(try spread.plus(low[axis]).plus(high[axis]))
    }
    return result
  }

  func applied(to input: Tensor, fill: Tensor) throws(OperatorError) -> Tensor {
    let shape = Shape.ranked(try extents(input.sizes.map(Dimension.fixed)))
    guard let sizes = shape.sizes, fill.type == input.type, fill.count >= 1 else {
      throw .invalid("padding of type \(fill.type) in \(input.type)")
    }
    var selections: [AxisSelection] = []
    for (axis, size) in input.sizes.enumerated() {
      let (start, step) = (low[axis], interior[axis] + 1)
      selections.append(
        AxisSelection(count: sizes[axis]) { position in
          let place = position - start
          guard place >= 0, place % step == 0, place / step < size else { return -1 }
          return place / step
        }
      )
    }
    return try input.selecting(selections, fill: try fill.element(at: 0))
  }
}
