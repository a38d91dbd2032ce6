import ModelIR

extension OperatorDefinition {
  /// Spreads blocks of channels over space.
  ///
  /// `DCR`: the channels are (row in block, column in block, depth), `CRD`: (depth, row, column).
  /// Sources: ONNX DepthToSpace-13, TFLite DEPTH_TO_SPACE (channels last, DCR).
  static let depthToSpace = OperatorDefinition.movement(
    "depthToSpace",
    "Spreads blocks of channels over space.",
    inputs: 1...1,
    types: { (context) throws(OperatorError) in
      try blockTypes(context) { (channels, spatial, block) throws(OperatorError) in
        let area = try blockArea(block)
        guard let depth = channels.size else {
          return (.unknown, try spatial.scaled(by: block))
        }
        guard depth % area == 0 else {
          throw .invalid("\(depth) channels do not divide into blocks of \(block)×\(block)")
        }
        return (.fixed(depth / area), try spatial.scaled(by: block))
      }
    },
    evaluate: { (context) throws(OperatorError) in
      let image = try BlockImage(context)
      guard image.channels % (image.block * image.block) == 0 else {
        throw .invalid("\(image.channels) channels do not divide into blocks of \(image.block)")
      }
      let depth = image.channels / (image.block * image.block)
      let block = image.block
      let (n, h, w) = (image.batch, image.height, image.width)
      let split: Tensor
      let order: [Int]
      switch (image.isLast, image.isDepthFirst) {
      case (true, false):
        split = image.tensor.reshaped(to: [n, h, w, block, block, depth])
        order = [0, 1, 3, 2, 4, 5]
      case (true, true):
        split = image.tensor.reshaped(to: [n, h, w, depth, block, block])
        order = [0, 1, 4, 2, 5, 3]
      case (false, false):
        split = image.tensor.reshaped(to: [n, block, block, depth, h, w])
        order = [0, 3, 4, 1, 5, 2]
      case (false, true):
        split = image.tensor.reshaped(to: [n, depth, block, block, h, w])
        order = [0, 1, 4, 2, 5, 3]
      }
      let sizes =
        image.isLast ? [n, h * block, w * block, depth] : [n, depth, h * block, w * block]
      return [try split.transposed(order).reshaped(to: sizes)]
    }
  )

  /// Gathers blocks of space into channels: the inverse of `depthToSpace`.
  ///
  /// Sources: ONNX SpaceToDepth, TFLite SPACE_TO_DEPTH (channels last, DCR).
  static let spaceToDepth = OperatorDefinition.movement(
    "spaceToDepth",
    "Gathers blocks of space into channels.",
    inputs: 1...1,
    types: { (context) throws(OperatorError) in
      try blockTypes(context) { (channels, spatial, block) throws(OperatorError) in
        var result: [Dimension] = []
        for extent in spatial {
          guard let size = extent.size else {
            result.append(block == 1 ? extent : .unknown)
            continue
          }
          guard size % block == 0 else {
            throw .invalid("\(size) positions do not divide into blocks of \(block)")
          }
          result.append(.fixed(size / block))
        }
        return (try channels.times(try blockArea(block)), result)
      }
    },
    evaluate: { (context) throws(OperatorError) in
      let image = try BlockImage(context)
      let block = image.block
      guard image.height % block == 0, image.width % block == 0 else {
        throw .invalid("\(image.height)×\(image.width) does not divide into blocks of \(block)")
      }
      let (n, c) = (image.batch, image.channels)
      let (rows, columns) = (image.height / block, image.width / block)
      let split: Tensor
      let order: [Int]
      if image.isLast {
        split = image.tensor.reshaped(to: [n, rows, block, columns, block, c])
        order = image.isDepthFirst ? [0, 1, 3, 5, 2, 4] : [0, 1, 3, 2, 4, 5]
      } else {
        split = image.tensor.reshaped(to: [n, c, rows, block, columns, block])
        order = image.isDepthFirst ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]
      }
      let depth = c * block * block
      let sizes = image.isLast ? [n, rows, columns, depth] : [n, depth, rows, columns]
      return [try split.transposed(order).reshaped(to: sizes)]
    }
  )
}

extension [Dimension] {
  /// Every extent times a count.
  fileprivate func scaled(by count: Int) throws(OperatorError) -> [Dimension] {
    var result: [Dimension] = []
    for dimension in self { result.append(try dimension.times(count)) }
    return result
  }
}

private func blockSize(_ attributes: AttributeReader) throws(OperatorError) -> Int {
  guard let block = try attributes.int("blockSize") else {
    throw .invalid("the attribute blockSize is missing")
  }
  // The square of the block's side must fit with room to spare.
  guard (1...32768).contains(block) else { throw .invalid("blockSize is \(block)") }
  return block
}

private func blockArea(_ block: Int) throws(OperatorError) -> Int { block * block }

private func blockTypes(
  _ context: OperatorContext,
  _ change: (Dimension, [Dimension], Int) throws(OperatorError) -> (Dimension, [Dimension])
) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let block = try blockSize(context.attributes)
  guard let dimensions = input.shape.dimensions else { return [input.with(.unknown(rank: 4))] }
  guard dimensions.count == 4 else {
    throw .invalid("\(input.shape) is no batch of images with channels")
  }
  let layout = try DataLayout(context.attributes)
  let spatial = layout.spatialAxes(rank: 4)
  let (channels, space) = try change(
    dimensions[layout.channelAxis(rank: 4)],
    Array(dimensions[spatial]),
    block
  )
  return [input.with(layout.shape(batch: dimensions[0], channels: channels, spatial: space))]
}

/// A batch of images and how it is cut into blocks.
private struct BlockImage {
  var tensor: Tensor
  var block: Int
  /// Whether the channels are the last axis.
  var isLast: Bool
  /// Whether the depth is the slowest part of the channels (CRD).
  var isDepthFirst: Bool

  init(_ context: EvaluationContext) throws(OperatorError) {
    tensor = try context.input(0)
    guard tensor.rank == 4 else { throw .invalid("\(tensor.shape) is no batch of images") }
    block = try blockSize(context.attributes)
    isLast = try DataLayout(context.attributes).channelsLast
    switch try context.attributes.string("mode", default: "DCR") {
    case "DCR": isDepthFirst = false
    case "CRD": isDepthFirst = true
    case let other: throw .invalid("mode \"\(other)\" is neither DCR nor CRD")
    }
    // What the operator makes has the same elements, so every product below fits.
    _ = try Tensor.checkedCount(tensor.sizes.map { max($0, 1) } + [block, block])
  }

  var batch: Int { tensor.sizes[0] }
  var channels: Int { tensor.sizes[isLast ? 3 : 1] }
  var height: Int { tensor.sizes[isLast ? 1 : 2] }
  var width: Int { tensor.sizes[isLast ? 2 : 3] }
}
