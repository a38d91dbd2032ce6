import ModelIR

extension OperatorDefinition {
  /// Sliding blocks of images, each flattened behind its position: `[batch, rows, columns, kernel ·
  /// channels]`; the channel varies fastest.
  ///
  /// Positions outside the image give zeros. Source: TensorFlow ExtractImagePatches.
  static let extractPatches = OperatorDefinition.movement(
    "extractPatches",
    "Sliding blocks of images, flattened.",
    inputs: 1...1,
    types: patchTypes,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let sizes = try context.inferredSizes(patchTypes)
      let window = try patchWindow(context.attributes)
      let (height, width, depth) = (input.sizes[1], input.sizes[2], input.sizes[3])
      let (top, left) = (
        window.padBefore(height, axis: 0), window.padBefore(width, axis: 1)
      )
      var offsets: [Int] = []
      offsets.reserveCapacity(try Tensor.checkedCount(sizes))
      for batch in 0..<sizes[0] {
        for row in 0..<sizes[1] {
          for column in 0..<sizes[2] {
            for y in 0..<window.kernel[0] {
              let line = row * window.strides[0] + y * window.dilations[0] - top
              for x in 0..<window.kernel[1] {
                let place = column * window.strides[1] + x * window.dilations[1] - left
                let isInside = (0..<height).contains(line) && (0..<width).contains(place)
                let start = ((batch * height + line) * width + place) * depth
                for channel in 0..<depth { offsets.append(isInside ? start + channel : -1) }
              }
            }
          }
        }
      }
      return [try input.gathering(offsets: offsets, sizes: sizes)]
    }
  )
}

private func patchWindow(_ attributes: AttributeReader) throws(OperatorError) -> SpatialWindow {
  let kernel = try attributes.ints("kernel") ?? []
  guard kernel.count == 2 else { throw .invalid("a block of \(kernel.count) axes") }
  return try SpatialWindow(kernel: kernel, attributes: attributes)
}

private func patchTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let window = try patchWindow(context.attributes)
  let dimensions = input.shape.dimensions ?? Array(repeating: .unknown, count: 4)
  guard dimensions.count == 4 else { throw .invalid("\(input.shape) is no batch of images") }
  var depth = Dimension.unknown
  if let channels = dimensions[3].size {
    guard let size = checkedProduct(window.kernel + [channels]) else {
      throw OperatorError(.limit, "blocks of \(window.kernel) with \(channels) channels")
    }
    depth = .fixed(size)
  }
  return [
    input.with(
      .ranked([
        dimensions[0], try window.outputSize(dimensions[1], axis: 0),
        try window.outputSize(dimensions[2], axis: 1), depth,
      ])
    )
  ]
}
