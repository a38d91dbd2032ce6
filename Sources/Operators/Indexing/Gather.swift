import ModelIR

extension OperatorDefinition {
  /// The slices along an axis at given positions; with `batchDims` each batch has positions of its
  /// own.
  ///
  /// Negative positions count from the end (ONNX). Sources: ONNX Gather-13, TFLite GATHER.
  static let gather = OperatorDefinition.movement(
    "gather",
    "The slices along an axis at given positions.",
    family: .indexing,
    inputs: 2...2,
    types: gatherTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let indices = try context.input(1)
      let (axis, batch) = try gatherAxes(
        context.attributes,
        rank: input.rank,
        indicesRank: indices.rank
      )
      let result = try context.inferredSizes(gatherTypes)
      guard try Tensor.checkedCount(result) > 0 else {
        return [try input.gathering(offsets: [], sizes: result)]
      }
      let places = try positions(try context.integers(1), extent: input.sizes[axis])
      let batches = input.sizes[..<batch].reduce(1, *)
      let outer = input.sizes[batch..<axis].reduce(1, *)
      let inner = input.sizes[(axis + 1)...].reduce(1, *)
      let extent = input.sizes[axis]
      let perBatch = places.count / batches
      var offsets: [Int] = []
      for block in 0..<batches {
        for row in 0..<outer {
          for index in 0..<perBatch {
            let slice = (block * outer + row) * extent + places[block * perBatch + index]
            offsets += (slice * inner)..<((slice + 1) * inner)
          }
        }
      }
      return [try input.gathering(offsets: offsets, sizes: result)]
    }
  )

  /// For each element of the indices, the element at that position of the axis and otherwise the
  /// same place.
  ///
  /// Source: ONNX GatherElements-13.
  static let gatherElements = OperatorDefinition.movement(
    "gatherElements",
    "Elements whose position along one axis is given for each.",
    family: .indexing,
    inputs: 2...2,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let indices = try context.input(1)
      if let rank = input.shape.rank, let other = indices.shape.rank, rank != other {
        throw .invalid("indices of shape \(indices.shape) for \(input.shape)")
      }
      return [input.with(indices.shape)]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let indices = try context.input(1)
      let offsets = try elementOffsets(
        try context.integers(1),
        of: indices.sizes,
        in: input.sizes,
        axis: try context.attributes.int("axis", default: 0)
      )
      return [try input.gathering(offsets: offsets, sizes: indices.sizes)]
    }
  )

  /// The slices at given coordinates: the last axis of the indices names the first axes after the
  /// batch.
  ///
  /// Sources: ONNX GatherND-13, TFLite GATHER_ND.
  static let gatherND = OperatorDefinition.movement(
    "gatherND",
    "The slices at given coordinates.",
    family: .indexing,
    inputs: 2...2,
    types: gatherNDTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let indices = try context.input(1)
      let batch = try context.attributes.int("batchDims", default: 0)
      let result = try context.inferredSizes(gatherNDTypes)
      guard try Tensor.checkedCount(result) > 0 else {
        return [try input.gathering(offsets: [], sizes: result)]
      }
      let depth = indices.sizes[indices.rank - 1]
      let starts = try sliceStarts(
        try context.integers(1),
        depth: depth,
        in: input.sizes,
        batch: batch
      )
      let inner = input.sizes[(batch + depth)...].reduce(1, *)
      var offsets: [Int] = []
      for start in starts { offsets += start..<(start + inner) }
      return [try input.gathering(offsets: offsets, sizes: result)]
    }
  )
}

/// Positions counted from the front, each inside the extent.
func positions(_ indices: [Int], extent: Int) throws(OperatorError) -> [Int] {
  var result: [Int] = []
  result.reserveCapacity(indices.count)
  for index in indices {
    let place = index < 0 ? index + extent : index
    guard place >= 0, place < extent else {
      throw .invalid("position \(index) is outside an axis of \(extent)")
    }
    result.append(place)
  }
  return result
}

private func gatherAxes(
  _ attributes: AttributeReader,
  rank: Int,
  indicesRank: Int
) throws(OperatorError) -> (axis: Int, batch: Int) {
  let axis = try Axes.normalize(try attributes.int("axis", default: 0), rank: rank)
  let given = try attributes.int("batchDims", default: 0)
  let batch = given < 0 ? given &+ indicesRank : given
  guard batch >= 0, batch <= axis, batch <= indicesRank else {
    throw .invalid("batchDims \(given) for axis \(axis) and indices of \(indicesRank) axes")
  }
  return (axis, batch)
}

private func gatherTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  guard let dimensions = input.shape.dimensions,
    let indices = try context.input(1).shape.dimensions
  else { return [input.with(.unknownRank)] }
  let (axis, batch) = try gatherAxes(
    context.attributes,
    rank: dimensions.count,
    indicesRank: indices.count
  )
  var result = dimensions[..<axis] + indices[batch...] + dimensions[(axis + 1)...]
  for position in 0..<batch {
    result[position] = try dimensions[position].merged(with: indices[position])
  }
  if let extent = dimensions[axis].size, let places = context.integers(1) {
    _ = try positions(places, extent: extent)
  }
  return [input.with(.ranked(Array(result)))]
}

private func gatherNDTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  guard let dimensions = input.shape.dimensions,
    let indices = try context.input(1).shape.dimensions
  else { return [input.with(.unknownRank)] }
  let batch = try context.attributes.int("batchDims", default: 0)
  guard let last = indices.last, batch >= 0, batch < indices.count, batch <= dimensions.count
  else { throw .invalid("indices of shape \(Shape.ranked(indices)) with batchDims \(batch)") }
  guard let depth = last.size else { return [input.with(.unknownRank)] }
  guard depth <= dimensions.count - batch else {
    throw .invalid("coordinates of \(depth) axes for \(input.shape)")
  }
  var result = Array(indices.dropLast())
  for position in 0..<batch {
    result[position] = try dimensions[position].merged(with: indices[position])
  }
  return [input.with(.ranked(result + dimensions[(batch + depth)...]))]
}

/// Where the elements of a tensor are that indices name along one axis.
func elementOffsets(
  _ indices: [Int],
  of sizes: [Int],
  in data: [Int],
  axis: Int
) throws(OperatorError) -> [Int] {
  guard sizes.count == data.count else {
    throw .invalid("indices of shape \(Shape.fixed(sizes)) for \(Shape.fixed(data))")
  }
  let axis = try Axes.normalize(axis, rank: data.count)
  for other in data.indices where other != axis && sizes[other] > data[other] {
    throw .invalid("indices of shape \(Shape.fixed(sizes)) for \(Shape.fixed(data))")
  }
  guard !indices.isEmpty else { return [] }
  let places = try positions(indices, extent: data[axis])
  var strides = Strides.rowMajor(data)
  let step = strides[axis]
  strides[axis] = 0
  return zip(Strides.offsets(sizes, strides: strides), places).map { $0 + $1 * step }
}

/// Where the slices begin that coordinates name.
///
/// - Parameters:
///   - coordinates: `depth` numbers for each slice.
///   - depth: The axes that a coordinate names.
///   - data: The extents of the tensor.
///   - batch: The leading axes that coordinates and tensor share.
/// - Returns: Row-major places of the slices' first elements.
/// - Throws: where a coordinate is outside.
func sliceStarts(
  _ coordinates: [Int],
  depth: Int,
  in data: [Int],
  batch: Int = 0
) throws(OperatorError) -> [Int] {
  let strides = Strides.rowMajor(data)
  // Beside an extent of 0 products may wrap; no slice is there then.
  let batches = data[..<batch].reduce(1) { $0 &* $1 }
  let slices = depth == 0 ? batches : coordinates.count / depth
  guard batches > 0 else { return [] }
  let perBatch = slices / batches
  let batchStride = data[batch...].reduce(1) { $0 &* $1 }
  var starts: [Int] = []
  starts.reserveCapacity(slices)
  for slice in 0..<slices {
    var start = perBatch == 0 ? 0 : slice / perBatch &* batchStride
    for axis in 0..<depth {
      let index = coordinates[slice * depth + axis]
      let extent = data[batch + axis]
      let place = index < 0 ? index + extent : index
      guard place >= 0, place < extent else {
        throw .invalid("coordinate \(index) is outside an axis of \(extent)")
      }
      start = start &+ place &* strides[batch + axis]
    }
    starts.append(start)
  }
  return starts
}
