import ModelIR

/// Which scale belongs to which element of a tensor.
///
/// Source: ONNX QuantizeLinear-21: one scale for all, one for each slice along an axis, or one for
/// each block of `blockSize` elements along an axis.
struct ScaleGrid: Equatable {
  private enum Kind: Equatable {
    case single
    case axis(extent: Int, inner: Int)
    case blocks(extent: Int, inner: Int, blocks: Int, size: Int)
  }

  private let kind: Kind
  /// The number of scales.
  let count: Int

  /// A grid for a scale operand.
  init(
    scales: [Int],
    tensor: [Int],
    axis: Int,
    blockSize: Int
  ) throws(OperatorError) {
    count = checkedProduct(scales) ?? 0
    if scales.count <= 1, count == 1 {
      kind = .single
      return
    }
    let axis = try Axes.normalize(axis, rank: tensor.count)
    let inner = checkedProduct(tensor[(axis + 1)...]) ?? 0
    if scales.count == 1 {
      guard count == tensor[axis] else {
        throw .invalid("\(count) scales for an axis of \(tensor[axis])")
      }
      kind = .axis(extent: tensor[axis], inner: inner)
      return
    }
    guard scales.count == tensor.count, blockSize > 0 else {
      throw .invalid(
        "scales of shape \(Shape.fixed(scales)) in blocks of \(blockSize) for a tensor of shape"
          + " \(Shape.fixed(tensor))"
      )
    }
    for position in tensor.indices {
      let whole = tensor[position]
      let needed = position == axis ? whole / blockSize + (whole % blockSize == 0 ? 0 : 1) : whole
      guard scales[position] == needed else {
        throw .invalid("\(scales[position]) scales on axis \(position), \(needed) are needed")
      }
    }
    kind = .blocks(extent: tensor[axis], inner: inner, blocks: scales[axis], size: blockSize)
  }

  /// A grid for the scales of a stored quantization.
  init(_ quantization: Quantization, tensor: [Int]) throws(OperatorError) {
    count = quantization.scales.count
    guard count > 0 else { throw .invalid("a quantized tensor has no scale") }
    guard count > 1 else {
      kind = .single
      return
    }
    guard case .perAxis(let axis) = quantization.granularity, tensor.indices.contains(axis),
      tensor[axis] == count
    else { throw .invalid("\(count) scales do not go with shape \(Shape.fixed(tensor))") }
    kind = .axis(extent: count, inner: checkedProduct(tensor[(axis + 1)...]) ?? 0)
  }

  /// The scale of an element, by its row-major position.
  func callAsFunction(_ element: Int) -> Int {
    switch kind {
    case .single: 0
    case .axis(let extent, let inner): element / inner % extent
    case .blocks(let extent, let inner, let blocks, let size):
      (element / inner / extent * blocks + element / inner % extent / size) * inner
        + element % inner
    }
  }
}
