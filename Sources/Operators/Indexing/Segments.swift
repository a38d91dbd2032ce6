import ModelIR

extension OperatorDefinition {
  /// Sums the rows of each segment; the segments' numbers rise by at most one.
  ///
  /// Source: TFLite SEGMENT_SUM.
  static let segmentSum = OperatorDefinition(
    "segmentSum",
    "Sums the rows of each segment.",
    family: .indexing,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard var dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
      guard !dimensions.isEmpty else { throw .invalid("a scalar has no segments") }
      dimensions[0] = .unknown
      if let ids = context.integers(1) { dimensions[0] = .fixed(try segmentCount(ids)) }
      return [input.with(.ranked(dimensions))]
    },
    cost: .perInputElement(otherOperations: 1),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let ids = try context.integers(1)
      guard input.rank >= 1, ids.count == input.sizes[0] else {
        throw .invalid("\(ids.count) segment numbers for \(input.shape)")
      }
      let sizes = [try segmentCount(ids)] + input.sizes[1...]
      return [try segments(of: input, ids, into: try Tensor.zeros(input.type, sizes), .add)]
    }
  )

  /// Sums the slices of each segment.
  ///
  /// Source: TFLite UNSORTED_SEGMENT_SUM.
  static let unsortedSegmentSum = unsortedSegment("Sum", "Sums", .add) { _ in 0 }
  /// Multiplies the slices of each segment.
  ///
  /// Source: TFLite UNSORTED_SEGMENT_PROD.
  static let unsortedSegmentProd = unsortedSegment("Prod", "Multiplies", .mul) { _ in 1 }
  /// The greatest of each segment; the type's least value where there is none.
  ///
  /// Source: TFLite UNSORTED_SEGMENT_MAX.
  static let unsortedSegmentMax = unsortedSegment("Max", "Takes the greatest of", .max) {
    $0.isInteger ? Double(Int32.min) : -Double(Float.greatestFiniteMagnitude)
  }
  /// The least of each segment; the type's greatest value where there is none.
  ///
  /// Source: TFLite UNSORTED_SEGMENT_MIN.
  static let unsortedSegmentMin = unsortedSegment("Min", "Takes the least of", .min) {
    $0.isInteger ? Double(Int32.max) : Double(Float.greatestFiniteMagnitude)
  }

  /// Reduces the slices of each segment: (data, segment numbers, number of segments).
  ///
  /// The segment numbers have the leading axes of the data; negative ones leave slices out.
  private static func unsortedSegment(
    _ name: String,
    _ verb: String,
    _ reduction: ScatterReduction,
    initial: @escaping @Sendable (ElementType) -> Double
  ) -> OperatorDefinition {
    OperatorDefinition(
      "unsortedSegment" + name,
      "\(verb) the slices of each segment.",
      family: .indexing,
      inputs: 3...3,
      inferTypes: unsortedTypes,
      cost: .perInputElement(otherOperations: 1),
      evaluate: { (context) throws(OperatorError) in
        let input = try context.input(0)
        let ids = try context.input(1)
        guard ids.rank <= input.rank, ids.sizes == Array(input.sizes[..<ids.rank]) else {
          throw .invalid("segment numbers of shape \(ids.shape) for \(input.shape)")
        }
        let sizes = try context.inferredSizes(unsortedTypes)
        let start = Tensor(input.type, [], numbers: [initial(input.type)])
        let result = try Tensor.filled(with: start, sizes)
        return [try segments(of: input, try context.integers(1), into: result, reduction)]
      }
    )
  }
}

/// One more than the last segment's number, which rises by 0 or 1 from slice to slice.
private func segmentCount(_ ids: [Int]) throws(OperatorError) -> Int {
  guard let first = ids.first, let last = ids.last else { return 0 }
  guard first == 0, zip(ids, ids.dropFirst()).allSatisfy({ $1 == $0 || $1 == $0 + 1 }) else {
    throw .invalid("the segment numbers \(ids.prefix(8)) do not rise by 0 or 1 from 0")
  }
  return last + 1
}

private func unsortedTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  guard let dimensions = input.shape.dimensions, let rank = try context.input(1).shape.rank else {
    return [input.with(.unknownRank)]
  }
  guard rank <= dimensions.count else {
    throw .invalid("segment numbers of \(rank) axes for \(input.shape)")
  }
  let count = context.dimensions(2)?.first ?? .unknown
  if let size = count.size, size < 0 { throw .invalid("\(size) segments") }
  return [input.with(.ranked([count] + dimensions[rank...]))]
}

/// Combines slices into the segments that they belong to.
private func segments(
  of input: Tensor,
  _ ids: [Int],
  into result: Tensor,
  _ reduction: ScatterReduction
) throws(OperatorError) -> Tensor {
  let inner = ids.isEmpty ? 0 : input.count / ids.count
  var offsets: [Int] = []
  offsets.reserveCapacity(input.count)
  for id in ids {
    guard id < result.sizes[0] else {
      throw .invalid("segment \(id) of \(result.sizes[0])")
    }
    if id < 0 {
      offsets += Array(repeating: -1, count: inner)
    } else {
      offsets += (id * inner)..<((id + 1) * inner)
    }
  }
  return try result.scattering(input, at: offsets, reduction: reduction)
}
