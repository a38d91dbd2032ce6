import ModelIR

extension OperatorDefinition {
  /// Spreads blocks of the batch over space, then crops.
  ///
  /// Source: TFLite BATCH_TO_SPACE_ND.
  static let batchToSpace = OperatorDefinition.movement(
    "batchToSpace",
    "Spreads blocks of the batch over space, then crops.",
    inputs: 3...3,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
      guard let blocks = try SpaceBlocks(context, rank: dimensions.count) else {
        return [input.with(.unknown(rank: dimensions.count))]
      }
      var result = dimensions
      let area = try blocks.area()
      if let size = dimensions[0].size {
        guard size % area == 0 else {
          throw .invalid("a batch of \(size) does not divide into blocks of \(area)")
        }
        result[0] = .fixed(size / area)
      } else if area != 1 {
        result[0] = .unknown
      }
      for (index, side) in blocks.sides.enumerated() {
        let crop = blocks.begins[index] + blocks.ends[index]
        result[index + 1] = try dimensions[index + 1].times(side).plus(-crop)
      }
      return [input.with(.ranked(result))]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let blocks = try SpaceBlocks(context.operatorContext, rank: input.rank) else {
        throw .invalid("the blocks are not known")
      }
      let area = try blocks.area()
      guard input.sizes[0] % area == 0 else {
        throw .invalid("a batch of \(input.sizes[0]) does not divide into blocks of \(area)")
      }
      let spatial = blocks.sides.count
      let rest = Array(input.sizes[(spatial + 1)...])
      let batch = input.sizes[0] / area
      let split = input.reshaped(to: blocks.sides + [batch] + input.sizes[1...])
      var order = [spatial]
      for axis in 0..<spatial { order += [spatial + 1 + axis, axis] }
      order += (2 * spatial + 1)..<(2 * spatial + 1 + rest.count)
      var spread = [batch]
      for (axis, side) in blocks.sides.enumerated() {
        let (extent, overflow) = side.multipliedReportingOverflow(by: input.sizes[axis + 1])
        guard !overflow else { throw OperatorError(.limit, "an extent is too large") }
        spread.append(extent)
      }
      let whole = try split.transposed(order).reshaped(to: spread + rest)
      var selections = whole.sizes.map(AxisSelection.all)
      for axis in 0..<spatial {
        let begin = blocks.begins[axis]
        let count = spread[axis + 1] - begin - blocks.ends[axis]
        guard count >= 0 else { throw .invalid("more is cropped than there is") }
        selections[axis + 1] = .strided(start: begin, step: 1, count: count)
      }
      return [try whole.selecting(selections)]
    }
  )

  /// Pads space, then gathers its blocks into the batch.
  ///
  /// The padding of a quantized tensor is its zero point. Source: TFLite SPACE_TO_BATCH_ND.
  static let spaceToBatch = OperatorDefinition.movement(
    "spaceToBatch",
    "Pads space, then gathers its blocks into the batch.",
    inputs: 3...3,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
      guard let blocks = try SpaceBlocks(context, rank: dimensions.count) else {
        return [input.with(.unknown(rank: dimensions.count))]
      }
      var result = dimensions
      result[0] = try dimensions[0].times(try blocks.area())
      for (index, side) in blocks.sides.enumerated() {
        let padded = try dimensions[index + 1].plus(blocks.begins[index] + blocks.ends[index])
        guard let size = padded.size else {
          result[index + 1] = side == 1 ? padded : .unknown
          continue
        }
        guard size % side == 0 else {
          throw .invalid("\(size) padded positions do not divide into blocks of \(side)")
        }
        result[index + 1] = .fixed(size / side)
      }
      return [input.with(.ranked(result))]
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let blocks = try SpaceBlocks(context.operatorContext, rank: input.rank) else {
        throw .invalid("the blocks are not known")
      }
      let spatial = blocks.sides.count
      var selections = input.sizes.map(AxisSelection.all)
      for axis in 0..<spatial {
        let size = input.sizes[axis + 1]
        let begin = blocks.begins[axis]
        let (count, overflow) = size.addingReportingOverflow(begin + blocks.ends[axis])
        guard !overflow, count % blocks.sides[axis] == 0 else {
          throw .invalid("\(size) padded positions do not divide into \(blocks.sides[axis])")
        }
        selections[axis + 1] = AxisSelection(count: count) { position in
          (begin..<(begin + size)).contains(position) ? position - begin : -1
        }
      }
      var fill: Tensor?
      if let quantization = context.quantization(ofOutput: 0), input.type.isInteger {
        fill = Tensor(input.type, [], integers: [quantization.zeroPoint(0)])
      }
      let padded = try input.selecting(selections, fill: fill)
      let area = try blocks.area()
      var split = [input.sizes[0]]
      var result = [try Tensor.checkedCount([input.sizes[0], area])]
      for axis in 0..<spatial {
        split += [padded.sizes[axis + 1] / blocks.sides[axis], blocks.sides[axis]]
        result.append(padded.sizes[axis + 1] / blocks.sides[axis])
      }
      let rest = Array(input.sizes[(spatial + 1)...])
      var order = (0..<spatial).map { 2 * $0 + 2 }
      order.append(0)
      order += (0..<spatial).map { 2 * $0 + 1 }
      order += (2 * spatial + 1)..<(2 * spatial + 1 + rest.count)
      return [
        try padded.reshaped(to: split + rest).transposed(order).reshaped(to: result + rest)
      ]
    }
  )
}

/// The blocks into which the first axes after the batch are cut, and what is padded or cropped.
private struct SpaceBlocks {
  var sides: [Int]
  var begins: [Int] = []
  var ends: [Int] = []

  /// - Returns: `nil` where the numbers are not known.
  init?(_ context: OperatorContext, rank: Int) throws(OperatorError) {
    guard let sides = context.integers(1), let margins = context.integers(2) else { return nil }
    guard rank >= sides.count + 1, margins.count == 2 * sides.count else {
      throw .invalid("\(sides.count) blocks and \(margins.count) margins for \(rank) axes")
    }
    guard sides.allSatisfy({ (1...Int(Int32.max)).contains($0) }),
      margins.allSatisfy({ (0...Int(Int32.max)).contains($0) })
    else { throw .invalid("blocks \(sides) with margins \(margins)") }
    self.sides = sides
    for axis in sides.indices {
      begins.append(margins[2 * axis])
      ends.append(margins[2 * axis + 1])
    }
  }

  /// The elements of a block.
  func area() throws(OperatorError) -> Int { try Tensor.checkedCount(sides) }
}
