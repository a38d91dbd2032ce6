import ModelIR

extension OperatorDefinition {
  /// The rows of a table: (ids, table).
  ///
  /// A quantized table under a float result is dequantized, by the row's scale where there is one
  /// for each. Source: TFLite EMBEDDING_LOOKUP.
  static let embeddingLookup = OperatorDefinition(
    "embeddingLookup",
    "The rows of a table.",
    family: .indexing,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      let table = try context.input(1)
      let stated = context.statedOutputs.first.flatMap { $0 }?.element
      let element = stated.flatMap { $0.isFloat ? $0 : nil } ?? table.element
      guard var dimensions = table.shape.dimensions else {
        return [TensorType(element, .unknownRank)]
      }
      guard !dimensions.isEmpty else { throw .invalid("a scalar has no rows") }
      dimensions[0] = Dimension.product(try context.input(0).shape.dimensions ?? [.unknown])
      return [TensorType(element, .ranked(dimensions))]
    },
    // A multiplication for each element where the table is dequantized.
    cost: CostRule { context in
      guard let table = context.node.optionalInput(1), table.element.isInteger,
        context.outputs.first.flatMap({ $0 })?.element.isFloat == true
      else { return .none }
      return .times(context.outputElements(), otherOperations: 1)
    },
    evaluate: { (context) throws(OperatorError) in
      let ids = try context.integers(0)
      let table = try context.input(1)
      let rows = try selectedRows(ids, of: table)
      guard table.type.isInteger, let wanted = context.outputElement(0), wanted.isFloat else {
        return [rows]
      }
      guard let quantization = context.quantization(ofInput: 1), !quantization.scales.isEmpty,
        case .integers(let values) = rows.elements
      else { throw .unsupported("the table has no scale at hand") }
      let inner = ids.isEmpty ? 0 : rows.count / ids.count
      let scales = quantization.scales
      var result: [Float] = []
      for (row, id) in ids.enumerated() {
        let scale = scales.count > 1 && id < scales.count ? scales[id] : scales[0]
        for value in values[(row * inner)..<((row + 1) * inner)] {
          result.append(Float(value) * scale)
        }
      }
      let floats = Tensor(type: wanted, sizes: rows.sizes, elements: .floats(result))
      return [floats.normalized()]
    }
  )

  /// Weighted sums of a table's rows, gathered by a sparse tensor: (ids, indices, shape, weights,
  /// table).
  ///
  /// `combiner` is `sum`, `mean` (divided by the sum of the weights) or `sqrtn` (by the root of the
  /// sum of their squares). Source: TFLite EMBEDDING_LOOKUP_SPARSE.
  static let embeddingLookupSparse = OperatorDefinition(
    "embeddingLookupSparse",
    "Weighted sums of a table's rows.",
    family: .indexing,
    inputs: 5...5,
    inferTypes: sparseLookupTypes,
    cost: CostRule { context in
      guard let ids = context.inputElements(0), let table = context.inputSizes(4),
        let row = checkedProduct(table.dropFirst())
      else { return .uncounted }
      return .times(ids, multiplyAdds: row)
    },
    evaluate: evaluateSparseLookup
  )

  /// The values of keys in a sorted table, and which keys were found: (lookup, keys, values).
  ///
  /// What is not found gives zeros. Source: TFLite HASHTABLE_LOOKUP.
  static let hashtableLookup = OperatorDefinition(
    "hashtableLookup",
    "The values of keys, and which keys were found.",
    family: .indexing,
    inputs: 3...3,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in
      let lookup = try context.input(0)
      let values = try context.input(2)
      let hits = TensorType(.uint8, lookup.shape)
      guard var dimensions = values.shape.dimensions else {
        return [values.with(.unknownRank), hits]
      }
      guard !dimensions.isEmpty else { throw .invalid("a scalar has no rows") }
      dimensions[0] = lookup.shape.dimensions?.first ?? .unknown
      return [values.with(.ranked(dimensions)), hits]
    },
    // A binary search for each key.
    cost: CostRule { context in
      let keys = context.inputElements(1) ?? 0
      let steps = Int.bitWidth - keys.leadingZeroBitCount
      return .times(context.inputElements(0), otherOperations: steps, status: .approximated)
    },
    evaluate: { (context) throws(OperatorError) in
      let lookup = try context.integers(0)
      let keys = try context.integers(1)
      let values = try context.input(2)
      guard values.rank >= 1, keys.count == values.sizes[0] else {
        throw .invalid("\(keys.count) keys for values of shape \(values.shape)")
      }
      let places = Dictionary(
        zip(keys, keys.indices).map { ($0, $1) },
        uniquingKeysWith: { first, _ in first }
      )
      let found = lookup.map { places[$0] ?? -1 }
      var axes = values.sizes.map(AxisSelection.all)
      axes[0] = .at(found)
      let hits = Tensor(.uint8, [found.count], integers: found.map { $0 < 0 ? 0 : 1 })
      return [try values.selecting(axes), hits]
    }
  )

  /// Bits of locality-sensitive hashes: (hash seeds, input, weight?).
  ///
  /// `type` is `sparse` (one number for each function) or `dense` (one bit each). The hash is
  /// FarmHash's Fingerprint64, which this tool does not have. Source: TFLite LSH_PROJECTION.
  static let lshProjection = OperatorDefinition(
    "lshProjection",
    "Bits of locality-sensitive hashes.",
    family: .indexing,
    inputs: 2...3,
    inferTypes: { (context) throws(OperatorError) in
      let type = try context.attributes.string("type", default: "sparse")
      guard let hash = try context.input(0).shape.dimensions, hash.count == 2 else {
        return [TensorType(.int32, .ranked([.unknown]))]
      }
      return [
        TensorType(.int32, .ranked([type == "dense" ? Dimension.product(hash) : hash[0]]))
      ]
    },
    // A multiply-add for each seed and row; hashing the bytes is not counted.
    cost: CostRule { context in
      guard let seeds = context.inputElements(0), let rows = context.inputSizes(1)?.first else {
        return .uncounted
      }
      return .times(seeds, multiplyAdds: rows, status: .approximated)
    }
  )
}

/// Rows of a table, each inside it.
private func selectedRows(_ ids: [Int], of table: Tensor) throws(OperatorError) -> Tensor {
  guard table.rank >= 1 else { throw .invalid("a scalar has no rows") }
  if let id = ids.first(where: { $0 < 0 }) { throw .invalid("row \(id)") }
  var axes = table.sizes.map(AxisSelection.all)
  axes[0] = .at(ids)
  return try table.selecting(axes)
}

private func sparseLookupTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  guard let table = try context.input(4).shape.dimensions, !table.isEmpty else {
    return [TensorType(.float32, .unknownRank)]
  }
  var leading = context.dimensions(2)
  if leading == nil, let length = context.listLength(2), length <= 64 {
    leading = Array(repeating: .unknown, count: length)
  }
  guard let leading else { return [TensorType(.float32, .unknownRank)] }
  return [TensorType(.float32, .ranked(leading.dropLast() + table.dropFirst()))]
}

private func evaluateSparseLookup(_ context: EvaluationContext) throws(OperatorError) -> [Tensor] {
  let ids = try context.integers(0)
  let indices = try context.input(1)
  let coordinates = try context.integers(1)
  let shape = try context.integers(2)
  let combiner = try context.attributes.string("combiner", default: "sum")
  let sizes = try context.inferredSizes(sparseLookupTypes)
  guard case .floats(let weights) = try context.input(3).elements,
    indices.rank == 2, indices.sizes[1] == shape.count, shape.count >= 1,
    indices.sizes[0] == ids.count, weights.count == ids.count,
    case .floats(let values) = try selectedRows(ids, of: try context.input(4)).elements
  else { throw .invalid("indices of shape \(indices.shape) for \(ids.count) ids") }
  let count = try Tensor.checkedCount(sizes)
  let row = ids.isEmpty ? 0 : values.count / ids.count
  let buckets = Array(shape.dropLast())
  let strides = Strides.rowMajor(buckets)
  var result = Array(repeating: Float(0), count: count)
  var total: Float = 0
  var squares: Float = 0
  var current = -1
  func finish() {
    guard current >= 0, combiner != "sum" else { return }
    let divisor = combiner == "mean" ? total : squares.squareRoot()
    for part in (current * row)..<((current + 1) * row) { result[part] /= divisor }
  }
  for index in ids.indices {
    var bucket = 0
    for axis in buckets.indices {
      let place = coordinates[index * shape.count + axis]
      guard (0..<buckets[axis]).contains(place) else {
        throw .invalid("coordinate \(place) is outside an axis of \(buckets[axis])")
      }
      bucket += place * strides[axis]
    }
    if bucket != current {
      finish()
      (total, squares, current) = (0, 0, bucket)
    }
    let weight = weights[index]
    total += weight
    squares += weight * weight
    for part in 0..<row { result[bucket * row + part] += values[index * row + part] * weight }
  }
  finish()
  return [Tensor(sizes, floats: result)]
}
