import ModelIR

/// What is added to the scores of attention: a mask, causality, windows and padding.
struct AttentionBias {
  private let mask: [Double]
  /// How far the mask moves with batch, head, query and key; 0 where it broadcasts.
  private let strides: [Int]
  /// Keys beyond the mask's own are not looked at.
  private let maskedFrom: Int
  private let keys: Int
  private let isCausal: Bool
  private let left: Int
  private let right: Int
  /// The position of the first query of each batch entry.
  private let offsets: [Int]
  /// The keys of each batch entry that are not padding.
  private let valid: [Int]

  init(
    _ context: EvaluationContext,
    batch: Int,
    heads: Int,
    queries: Int,
    keys: Int,
    cached: Int
  ) throws(OperatorError) {
    self.keys = keys
    isCausal = try context.attributes.bool("isCausal")
    left = try context.attributes.int("leftWindowSize", default: -1)
    right = try context.attributes.int("rightWindowSize", default: -1)
    if context.hasInput(6) {
      valid = try context.integers(6)
      guard valid.count == batch, valid.allSatisfy({ $0 >= 0 && $0 <= keys }) else {
        throw .invalid("numbers of valid keys \(valid) for \(batch) entries of \(keys) keys")
      }
      offsets = valid.map { context.hasInput(4) ? cached : $0 - queries }
    } else {
      valid = Array(repeating: keys, count: batch)
      offsets = Array(repeating: cached, count: batch)
    }
    guard let operand = context.optionalInput(3) else {
      (mask, strides, maskedFrom) = ([0], [0, 0, 0, 0], keys)
      return
    }
    if case .booleans(let allowed) = operand.elements {
      mask = allowed.map { $0 ? 0 : -.infinity }
    } else {
      mask = try OperandValues.doubles(operand)
    }
    let target = [batch, heads, queries, keys]
    guard operand.rank <= 4 else { throw .invalid("a mask of \(operand.rank) axes") }
    var steps = [0, 0, 0, 0]
    var stride = 1
    var end = keys
    for (position, extent) in operand.sizes.enumerated().reversed() {
      let axis = 4 - operand.rank + position
      let isShort = axis == 3 && extent < keys && extent > 1
      guard extent == 1 || extent == target[axis] || isShort else {
        throw .invalid("a mask of shape \(Shape.fixed(operand.sizes)) for \(Shape.fixed(target))")
      }
      if isShort { end = extent }
      if extent != 1 { steps[axis] = stride }
      stride *= extent
    }
    (strides, maskedFrom) = (steps, end)
  }

  /// The offsets of one query's scores.
  func row(_ entry: Int, _ head: Int, _ query: Int) -> [Double] {
    let base = entry * strides[0] + head * strides[1] + query * strides[2]
    let position = offsets[entry] + query
    return (0..<keys).map { key in
      guard key < maskedFrom, key < valid[entry], !isCausal || key <= position,
        left < 0 || key >= position - left, right < 0 || key <= position + right
      else { return -.infinity }
      return mask[base + key * strides[3]]
    }
  }
}
