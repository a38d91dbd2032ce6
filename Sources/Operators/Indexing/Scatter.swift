import ModelIR

extension OperatorDefinition {
  /// The first operand with single elements written, whose position along one axis is given for
  /// each.
  ///
  /// Sources: ONNX ScatterElements-18 (reductions `none`, `add`, `mul`, `max`, `min`), Scatter-9.
  static let scatterElements = OperatorDefinition(
    "scatterElements",
    "Writes elements whose position along one axis is given for each.",
    family: .indexing,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: scatterCost,
    evaluate: { (context) throws(OperatorError) in
      let data = try context.input(0)
      let indices = try context.input(1)
      let updates = try context.input(2)
      guard updates.sizes == indices.sizes else {
        throw .invalid("updates of shape \(updates.shape) for indices of shape \(indices.shape)")
      }
      let offsets = try elementOffsets(
        try context.integers(1),
        of: indices.sizes,
        in: data.sizes,
        axis: try context.attributes.int("axis", default: 0)
      )
      let reduction = try ScatterReduction(context.attributes)
      return [try data.scattering(updates, at: offsets, reduction: reduction)]
    }
  )

  /// The first operand with slices written at given coordinates.
  ///
  /// Source: ONNX ScatterND-18.
  static let scatterND = OperatorDefinition(
    "scatterND",
    "Writes slices at given coordinates.",
    family: .indexing,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in [try context.input(0)] },
    cost: scatterCost,
    evaluate: { (context) throws(OperatorError) in
      let updates = try context.input(2)
      let offsets = try scatterOffsets(
        try context.input(1),
        updates: updates,
        in: try context.input(0).sizes
      )
      let reduction = try ScatterReduction(context.attributes)
      return [try context.input(0).scattering(updates, at: offsets, reduction: reduction)]
    }
  )

  /// Zeros with slices added at given coordinates: (indices, updates, shape).
  ///
  /// What is written twice adds up. Source: TFLite SCATTER_ND.
  static let scatterIntoZeros = OperatorDefinition(
    "scatterIntoZeros",
    "Adds slices at given coordinates to zeros.",
    family: .indexing,
    inputs: 3...3,
    inferTypes: { (context) throws(OperatorError) in
      let updates = try context.input(1)
      guard let dimensions = context.dimensions(2) else {
        return [updates.with(.unknown(rank: context.listLength(2)))]
      }
      return [updates.with(.ranked(dimensions))]
    },
    cost: .perInputElement(1, otherOperations: 1),
    evaluate: { (context) throws(OperatorError) in
      let updates = try context.input(1)
      let sizes = try context.integers(2)
      let zeros = try Tensor.zeros(updates.type, sizes)
      let offsets = try scatterOffsets(try context.input(0), updates: updates, in: sizes)
      return [try zeros.scattering(updates, at: offsets, reduction: .add)]
    }
  )

  /// A default everywhere but at given coordinates: (indices, shape, values, default).
  ///
  /// Indices are a scalar, a list of positions, or one row of coordinates for each value.
  /// Source: TFLite SPARSE_TO_DENSE.
  static let sparseToDense = OperatorDefinition(
    "sparseToDense",
    "A dense tensor from coordinates and values.",
    family: .indexing,
    inputs: 4...4,
    inferTypes: { (context) throws(OperatorError) in
      let values = try context.input(2)
      guard let dimensions = context.dimensions(1) else {
        return [values.with(.unknown(rank: context.listLength(1)))]
      }
      return [values.with(.ranked(dimensions))]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let indices = try context.input(0)
      let sizes = try context.integers(1)
      let values = try context.input(2)
      let dense = try Tensor.filled(with: try context.input(3), sizes)
      let depth = indices.rank == 2 ? indices.sizes[1] : 1
      guard indices.rank <= 2, depth == sizes.count, depth > 0 else {
        throw .invalid("indices of shape \(indices.shape) for \(sizes.count) axes")
      }
      let offsets = try sliceStarts(try context.integers(0), depth: depth, in: sizes)
      let isShared = values.count == 1 && offsets.count != 1
      let updates = isShared ? try Tensor.filled(with: values, [offsets.count]) : values
      return [try dense.scattering(updates, at: offsets)]
    }
  )
}

/// One operation for each update where values are combined, none where they are moved.
private let scatterCost = CostRule { context in
  let reduction = (try? context.node.attributes.string("reduction", default: "none")) ?? "none"
  return reduction == "none"
    ? .none : .times(context.inputElements(2), otherOperations: 1)
}

/// Where the elements of updates go whose slices' coordinates are given.
private func scatterOffsets(
  _ indices: Tensor,
  updates: Tensor,
  in sizes: [Int]
) throws(OperatorError) -> [Int] {
  guard let depth = indices.sizes.last, depth <= sizes.count,
    updates.sizes == indices.sizes.dropLast() + sizes[depth...],
    let coordinates = indices.integerValues
  else {
    throw .invalid(
      "updates of shape \(updates.shape) at indices of shape \(indices.shape)"
        + " in \(Shape.fixed(sizes))"
    )
  }
  guard updates.count > 0 else { return [] }
  let inner = sizes[depth...].reduce(1, *)
  var starts = try sliceStarts(coordinates, depth: depth, in: sizes)
  if depth == 0 { starts = Array(repeating: 0, count: updates.count / inner) }
  var offsets: [Int] = []
  offsets.reserveCapacity(updates.count)
  for start in starts { offsets += start..<(start + inner) }
  return offsets
}
