import ModelIR

extension OperatorDefinition {
  /// The first operand with a box of it replaced; starts are moved so that the box fits.
  ///
  /// Source: TFLite DYNAMIC_UPDATE_SLICE.
  static let dynamicUpdateSlice = OperatorDefinition(
    "dynamicUpdateSlice",
    "Replaces a box of a tensor.",
    family: .movement,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let update = try context.input(1)
      let starts = try context.integers(2)
      guard update.rank == input.rank, starts.count == input.rank,
        zip(update.sizes, input.sizes).allSatisfy({ $0 <= $1 })
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

  /// A cache with new positions written along an axis, for each batch from its own index on.
  ///
  /// Source: ONNX TensorScatter-24.
  static let tensorScatter = OperatorDefinition(
    "tensorScatter",
    "Writes new positions into a cache.",
    family: .movement,
    inputs: 2...3,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: .free,
    evaluate: evaluateTensorScatter
  )
}

private func evaluateTensorScatter(
  _ context: EvaluationContext
) throws(OperatorError) -> [Tensor] {
  let cache = try context.input(0)
  let update = try context.input(1)
  let axis = try Axes.normalize(
    try context.attributes.int("axis", default: -2),
    rank: cache.rank
  )
  let mode = try context.attributes.string("mode", default: "linear")
  guard mode == "linear" || mode == "circular" else {
    throw .invalid("mode \"\(mode)\" is neither linear nor circular")
  }
  guard axis > 0, update.rank == cache.rank,
    cache.sizes.indices.allSatisfy({ other in
      other == axis
        ? update.sizes[other] <= cache.sizes[other] : update.sizes[other] == cache.sizes[other]
    })
  else { throw .invalid("an update of \(update.shape) in a cache of \(cache.shape)") }
  var starts = Array(repeating: 0, count: cache.sizes[0])
  if context.hasInput(2) { starts = try context.integers(2) }
  guard starts.count == cache.sizes[0] else {
    throw .invalid("\(starts.count) write indices for a batch of \(cache.sizes[0])")
  }
  let extent = cache.sizes[axis]
  let strides = Strides.rowMajor(cache.sizes)
  var offsets: [Int] = []
  offsets.reserveCapacity(update.count)
  for index in 0..<update.count {
    var position = Strides.coordinates(index, in: update.sizes)
    var place = starts[position[0]]
    if mode == "circular" {
      place %= extent
      if place < 0 { place += extent }
      place = (place + position[axis]) % extent
    } else {
      guard place >= 0, place <= extent - update.sizes[axis] else {
        throw .invalid("\(update.sizes[axis]) positions from \(place) in a cache of \(extent)")
      }
      place += position[axis]
    }
    position[axis] = place
    offsets.append(zip(position, strides).reduce(0) { $0 + $1.0 * $1.1 })
  }
  return [try cache.scattering(update, at: offsets)]
}
