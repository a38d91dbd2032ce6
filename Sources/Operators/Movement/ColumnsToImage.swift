import ModelIR

extension OperatorDefinition {
  /// Sums sliding blocks, given as columns, into the image that they were cut from.
  ///
  /// The operand is `[batch, channels · block, blocks]`; overlapping positions add up.
  /// Source: ONNX Col2Im-18.
  static let col2Im = OperatorDefinition(
    "col2Im",
    "Sums sliding blocks into the image they were cut from.",
    family: .movement,
    inputs: 3...3,
    inferTypes: columnTypes,
    cost: .perInputElement(otherOperations: 1),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let sizes = try context.inferredSizes(columnTypes)
      let image = Array(sizes[2...])
      let kernel = try context.integers(2)
      let window = try SpatialWindow(kernel: kernel, attributes: context.attributes)
      var blocks: [Int] = []
      for (axis, size) in image.enumerated() {
        blocks.append(try window.outputSize(size, axis: axis))
      }
      let columns = try Tensor.checkedCount(blocks)
      let taps = try Tensor.checkedCount(kernel)
      guard columns == input.sizes[2] else {
        throw .invalid("\(input.sizes[2]) blocks where the image has \(columns)")
      }
      let area = image.reduce(1, *)
      var offsets: [Int] = []
      offsets.reserveCapacity(input.count)
      for index in 0..<input.count {
        let place = Strides.coordinates(index % columns, in: blocks)
        let tap = Strides.coordinates(index / columns % taps, in: kernel)
        let plane = index / columns / taps
        var offset = 0
        var isInside = true
        for (axis, size) in image.enumerated() {
          let position =
            place[axis] * window.strides[axis] + tap[axis] * window.dilations[axis]
            - window.padBefore(size, axis: axis)
          isInside = isInside && (0..<size).contains(position)
          offset = offset * size + (isInside ? position : 0)
        }
        offsets.append(isInside ? plane * area + offset : -1)
      }
      return [try Tensor.zeros(input.type, sizes).scattering(input, at: offsets, reduction: .add)]
    }
  )
}

private func columnTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let image =
    context.dimensions(1)
    ?? context.listLength(1).flatMap { length in
      length <= 64 ? Array(repeating: .unknown, count: length) : nil
    }
  guard let image else { return [input.with(.unknownRank)] }
  guard image.allSatisfy({ ($0.size ?? 0) >= 0 }) else { throw .invalid("an image of \(image)") }
  var batch = Dimension.unknown
  var channels = Dimension.unknown
  if let dimensions = input.shape.dimensions {
    guard dimensions.count == 3 else { throw .invalid("\(input.shape) has no three axes") }
    batch = dimensions[0]
    if let kernel = context.integers(2), let size = dimensions[1].size {
      guard kernel.count == image.count, let taps = checkedProduct(kernel), taps > 0,
        size % taps == 0
      else { throw .invalid("columns of \(size) do not hold blocks of \(kernel)") }
      channels = .fixed(size / taps)
    }
  }
  return [input.with(.ranked([batch, channels] + image))]
}
