import ModelIR

extension OperatorDefinition {
  /// Joins tensors along an axis.
  ///
  /// Sources: ONNX Concat-13, TFLite CONCATENATION.
  ///
  /// TFLite's reference kernel requantizes uint8 operands to the result's scale; other quantized
  /// types must share it.
  static let concat = OperatorDefinition.movement(
    "concat",
    "Joins tensors along an axis.",
    inputs: .atLeast(1),
    data: .all,
    types: concatTypes,
    evaluate: evaluateConcat
  )

  /// Stacks tensors of one shape along a new axis.
  ///
  /// Source: TFLite PACK.
  static let pack = OperatorDefinition.movement(
    "pack",
    "Stacks tensors of one shape along a new axis.",
    inputs: .atLeast(1),
    data: .all,
    types: { (context) throws(OperatorError) in
      let inputs = context.inputs()
      guard let first = inputs.first else { throw .invalid("there is no operand") }
      guard var merged = inputs.lazy.compactMap({ $0.shape.dimensions }).first else {
        return [first.with(.unknownRank)]
      }
      for input in inputs {
        guard let dimensions = input.shape.dimensions else { continue }
        guard dimensions.count == merged.count else { throw rankMismatch(inputs) }
        for axis in merged.indices {
          merged[axis] = try merged[axis].merged(with: dimensions[axis])
        }
      }
      let axis = try Axes.normalize(
        try context.attributes.int("axis", default: 0),
        rank: merged.count + 1
      )
      merged.insert(.fixed(inputs.count), at: axis)
      return [first.with(.ranked(merged))]
    },
    evaluate: { (context) throws(OperatorError) in
      let inputs = context.allInputs()
      guard let first = inputs.first else { throw .invalid("there is no operand") }
      for input in inputs where input.sizes != first.sizes {
        throw .invalid("operands of shapes \(first.sizes) and \(input.sizes) cannot be stacked")
      }
      let axis = try Axes.normalize(
        try context.attributes.int("axis", default: 0),
        rank: first.rank + 1
      )
      let parts = inputs.map { input in
        var sizes = input.sizes
        sizes.insert(1, at: axis)
        return input.reshaped(to: sizes)
      }
      return [try Tensor.concatenating(parts, axis: axis)]
    }
  )
}

private func rankMismatch(_ inputs: [TensorType]) -> OperatorError {
  let shapes = inputs.map(\.shape.description).joined(separator: ", ")
  return .invalid("operands of shapes \(shapes) have different numbers of axes")
}

private func concatTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let inputs = context.inputs()
  guard let first = inputs.first else { throw .invalid("there is no operand") }
  guard var merged = inputs.lazy.compactMap({ $0.shape.dimensions }).first else {
    return [first.with(.unknownRank)]
  }
  let axis = try Axes.normalize(
    try context.attributes.int("axis", default: 0),
    rank: merged.count
  )
  var extents: [Dimension] = []
  for input in inputs {
    guard let dimensions = input.shape.dimensions else {
      extents.append(.unknown)
      continue
    }
    guard dimensions.count == merged.count else { throw rankMismatch(inputs) }
    for other in merged.indices where other != axis {
      merged[other] = try merged[other].merged(with: dimensions[other])
    }
    extents.append(dimensions[axis])
  }
  merged[axis] = try Dimension.sum(extents)
  return [first.with(.ranked(merged))]
}

private func evaluateConcat(_ context: EvaluationContext) throws(OperatorError) -> [Tensor] {
  let inputs = context.allInputs()
  guard let first = inputs.first else { throw .invalid("there is no operand") }
  let axis = try Axes.normalize(try context.attributes.int("axis", default: 0), rank: first.rank)
  guard first.type == .uint8, let target = context.quantization(ofOutput: 0) else {
    return [try Tensor.concatenating(inputs, axis: axis)]
  }
  var parts: [Tensor] = []
  for (index, input) in inputs.enumerated() {
    let source = context.quantization(ofInput: index)
    parts.append(source.map { requantized(input, from: $0, to: target) } ?? input)
  }
  return [try Tensor.concatenating(parts, axis: axis)]
}

/// The uint8 rule of TFLite's `ConcatenationWithScaling` (reference/concatenation.h): in float32,
/// `round(q · s + b) + z'` with `s = scale / scale'` and `b = -z · s`, half away from zero.
private func requantized(_ tensor: Tensor, from source: Quantization, to target: Quantization)
  -> Tensor
{
  guard let scale = source.scales.first, let targetScale = target.scales.first,
    case .integers(let values) = tensor.elements, targetScale > 0
  else { return tensor }
  let zeroPoint = source.zeroPoint(0)
  let targetZeroPoint = target.zeroPoint(0)
  if scale == targetScale, zeroPoint == targetZeroPoint { return tensor }
  let inverse = 1 / targetScale
  let factor = scale * inverse
  let bias = -Float(zeroPoint) * factor
  var result = tensor
  result.elements = .integers(
    values.map { value in
      let rounded = (Float(value) * factor + bias).rounded(.toNearestOrAwayFromZero)
      let wide = Int64(exactly: rounded.isFinite ? rounded : 0) ?? 0
      return min(max(wide &+ Int64(targetZeroPoint), 0), 255)
    }
  )
  return result
}

extension Tensor {
  /// Tensors that agree in all other axes, one after the other along one.
  static func concatenating(_ parts: [Tensor], axis: Int) throws(OperatorError) -> Tensor {
    guard let first = parts.first else { throw .invalid("there is no operand") }
    var extents: [Int] = []
    for part in parts {
      guard part.rank == first.rank, axis < part.rank,
        (0..<part.rank).allSatisfy({ $0 == axis || part.sizes[$0] == first.sizes[$0] })
      else {
        throw .invalid(
          "operands of shapes \(Shape.fixed(first.sizes)) and \(Shape.fixed(part.sizes))"
            + " cannot be joined along axis \(axis)"
        )
      }
      extents.append(part.sizes[axis])
    }
    let joined = try joining(parts)
    var sizes = first.sizes
    var extent = 0
    for part in extents {
      let (sum, overflow) = extent.addingReportingOverflow(part)
      guard !overflow else { throw OperatorError(.limit, "the sum of extents is too large") }
      extent = sum
    }
    sizes[axis] = extent
    guard try checkedCount(sizes) > 0 else { return joined.reshaped(to: sizes) }
    // Each part gives a run of its inner elements to every outer position in turn.
    let outer = sizes[..<axis].reduce(1, *)
    let inner = sizes[(axis + 1)...].reduce(1, *)
    var offsets: [Int] = []
    offsets.reserveCapacity(joined.count)
    for block in 0..<outer {
      var start = 0
      for extent in extents {
        let run = extent * inner
        offsets += (start + block * run)..<(start + (block + 1) * run)
        start += outer * run
      }
    }
    return try joined.gathering(offsets: offsets, sizes: sizes)
  }
}
