import ModelIR

extension OperatorDefinition {
  /// NumPy's indexing: slices, inserted axes, single positions and an ellipsis, told by bit masks.
  ///
  /// Bit i of a mask speaks of entry i of begin, end and strides. Source: TensorFlow `strided_slice`,
  /// TFLite STRIDED_SLICE (where `offset` is set, the ends count from the begins).
  static let stridedSlice = OperatorDefinition.movement(
    "stridedSlice",
    "NumPy's indexing with slices, new axes and single positions.",
    inputs: 4...4,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let dimensions = input.shape.dimensions,
        let entries = try IndexingEntry.entries(context, rank: dimensions.count)
      else { return [input.with(.unknownRank)] }
      var rest = dimensions[...]
      var result: [Dimension] = []
      for entry in entries {
        if case .newAxis = entry {
          result.append(.fixed(1))
          continue
        }
        guard let extent = rest.popFirst() else { throw .invalid("more entries than axes") }
        switch entry {
        case .slice(let start, let end, let step):
          result.append(try AxisRange.extent(from: start, to: end, step: step, of: extent))
        case .whole: result.append(extent)
        case .single, .newAxis: break
        }
      }
      return [input.with(.ranked(result))]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard
        let entries = try IndexingEntry.entries(context.operatorContext, rank: input.rank)
      else { throw .invalid("begin, end or strides are missing") }
      var axis = 0
      var selections: [AxisSelection] = []
      var sizes: [Int] = []
      for entry in entries {
        if case .newAxis = entry {
          sizes.append(1)
          continue
        }
        guard axis < input.rank else { throw .invalid("more entries than axes") }
        let size = input.sizes[axis]
        axis += 1
        switch entry {
        case .slice(let start, let end, let step):
          guard let step else { throw .invalid("a step is not known") }
          let range = try AxisRange(from: start?.size, to: end?.size, step: step, size: size)
          selections.append(range.selection)
          sizes.append(range.count)
        case .single(let position):
          let place = position.size.map { $0 < 0 ? $0 + size : $0 } ?? 0
          guard (0..<size).contains(place) else {
            throw .invalid("position \(position) is outside an axis of \(size)")
          }
          selections.append(.at([place]))
        case .whole, .newAxis:
          selections.append(.all(size))
          sizes.append(size)
        }
      }
      return [try input.selecting(selections).reshaped(to: sizes)]
    }
  )
}

/// One entry of an index, after masks and the ellipsis are worked in.
private enum IndexingEntry {
  case slice(start: Dimension?, end: Dimension?, step: Int?)
  case single(Dimension)
  case newAxis
  case whole

  /// One entry for each axis of the operand, and one for each new one.
  ///
  /// - Returns: `nil` where not even the number of entries is known.
  static func entries(_ context: OperatorContext, rank: Int) throws(OperatorError)
    -> [IndexingEntry]?
  {
    let count = context.listLength(1) ?? context.listLength(2) ?? context.listLength(3)
    guard let count else { return nil }
    guard count <= 32 else { throw .invalid("an index of \(count) entries") }
    let unknown: [Dimension] = Array(repeating: .unknown, count: count)
    let begin = context.dimensions(1) ?? unknown
    let end = context.dimensions(2) ?? unknown
    let strides = context.dimensions(3) ?? unknown
    guard begin.count == count, end.count == count, strides.count == count else {
      throw .invalid("\(begin.count) begins, \(end.count) ends and \(strides.count) strides")
    }
    let beginMask = try Mask(context, "beginMask")
    let endMask = try Mask(context, "endMask")
    let ellipsisMask = try Mask(context, "ellipsisMask")
    let newAxisMask = try Mask(context, "newAxisMask")
    let shrinkAxisMask = try Mask(context, "shrinkAxisMask")
    let isOffset = try context.attributes.bool("offset")

    let newAxes = (0..<count).filter { newAxisMask[$0] && !ellipsisMask[$0] }.count
    let ellipses = (0..<count).filter { ellipsisMask[$0] }.count
    guard ellipses <= 1 else { throw .invalid("an index of \(ellipses) ellipses") }
    let named = count - newAxes - ellipses
    guard named <= rank else { throw .invalid("an index of \(named) axes for \(rank) axes") }
    var entries: [IndexingEntry] = []
    for index in 0..<count {
      if ellipsisMask[index] {
        entries += Array(repeating: .whole, count: rank - named)
      } else if newAxisMask[index] {
        entries.append(.newAxis)
      } else if shrinkAxisMask[index] {
        entries.append(.single(beginMask[index] ? .fixed(0) : begin[index]))
      } else {
        var last: Dimension? = endMask[index] ? nil : end[index]
        if isOffset, let length = last {
          last = try offsetEnd(begin[index], length)
        }
        entries.append(
          .slice(
            start: beginMask[index] ? nil : begin[index],
            end: last,
            step: strides[index].size
          )
        )
      }
    }
    if ellipses == 0 { entries += Array(repeating: .whole, count: rank - named) }
    return entries
  }

  private static func offsetEnd(
    _ begin: Dimension,
    _ length: Dimension
  ) throws(OperatorError) -> Dimension {
    guard let start = begin.size, let length = length.size else { return .unknown }
    let (end, overflow) = start.addingReportingOverflow(length)
    guard !overflow else { throw .invalid("\(length) positions from \(start)") }
    // A slice from a negative begin that reaches the end must not wrap round to position 0.
    return start < 0 && end >= 0 ? .fixed(Int(Int32.max)) : .fixed(end)
  }

  /// The bits of an attribute.
  private struct Mask {
    private let bits: Int

    init(_ context: OperatorContext, _ name: String) throws(OperatorError) {
      bits = try context.attributes.int(name, default: 0)
    }

    subscript(index: Int) -> Bool { bits >> index & 1 == 1 }
  }
}
