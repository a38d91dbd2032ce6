import ModelIR

/// A weight matrix of TensorFlow Lite's recurrent kernels: real numbers, or integers of one scale.
///
/// Integers meet real activations that are quantized by batch entry while the model runs ("hybrid").
/// Source: LiteRT `tflite/kernels/internal/reference/portable_tensor_utils.cc`.
struct LiteMatrix {
  private enum Values {
    case floats([Float])
    case integers([Int64], scale: Float)
  }

  let rows: Int
  let columns: Int
  /// Whether only the diagonal is stored.
  let isDiagonal: Bool
  private let values: Values

  /// Reads an operand; `nil` where it is left out.
  init?(
    _ context: EvaluationContext,
    _ operand: Int,
    allowsDiagonal: Bool = false
  ) throws(OperatorError) {
    guard let tensor = context.optionalInput(operand) else { return nil }
    isDiagonal = allowsDiagonal && tensor.rank == 1
    guard tensor.rank == 2 || isDiagonal else {
      throw .invalid("operand \(operand) of shape \(Shape.fixed(tensor.sizes)) is no matrix")
    }
    rows = tensor.sizes[0]
    columns = isDiagonal ? rows : tensor.sizes[1]
    if case .integers(let integers) = tensor.elements {
      guard let scale = context.quantization(ofInput: operand)?.scales.first else {
        throw .invalid("operand \(operand) has no scale")
      }
      values = .integers(integers, scale: scale)
    } else {
      values = .floats(try OperandValues.floats(tensor))
    }
  }

  /// The elements as real numbers.
  var floats: [Float] {
    switch values {
    case .floats(let values): values
    case .integers(let values, let scale): values.map { Float($0) * scale }
    }
  }

  /// Adds the products with the vectors of a batch to sums of `rows` elements each.
  func accumulate(_ vectors: [Float], batch: Int, asymmetric: Bool, into sums: inout [Float]) {
    if isDiagonal {
      let diagonal = floats
      for index in 0..<(batch * rows) { sums[index] += diagonal[index % rows] * vectors[index] }
      return
    }
    switch values {
    case .floats(let matrix):
      for entry in 0..<batch {
        for row in 0..<rows {
          var sum: Float = 0
          for column in 0..<columns {
            sum += matrix[row * columns + column] * vectors[entry * columns + column]
          }
          sums[entry * rows + row] += sum
        }
      }
    case .integers(let matrix, let scale):
      let stored = HybridQuantization(
        vectors,
        rows: batch,
        width: columns,
        asymmetric: asymmetric
      )
      for entry in 0..<batch {
        let factor = stored.scales[entry] * scale
        for row in 0..<rows {
          var sum: Int64 = 0
          for column in 0..<columns {
            let value = stored.values[entry * columns + column] &- stored.offsets[entry]
            sum.add(matrix[row * columns + column], times: value)
          }
          sums[entry * rows + row] += Float(Int32(truncatingIfNeeded: sum)) * factor
        }
      }
    }
  }
}

/// A real vector operand of TensorFlow Lite's recurrent kernels.
enum LiteVector {
  /// The elements as real numbers; `nil` where the operand is left out.
  static func read(
    _ context: EvaluationContext,
    _ operand: Int,
    count: Int
  ) throws(OperatorError) -> [Float]? {
    guard let tensor = context.optionalInput(operand) else { return nil }
    guard tensor.count == count else {
      throw .invalid("operand \(operand) has \(tensor.count) elements, \(count) are needed")
    }
    if case .integers(let values) = tensor.elements {
      let scale = context.quantization(ofInput: operand)?.scales.first ?? 1
      return values.map { Float($0) * scale }
    }
    return try OperandValues.floats(tensor)
  }

  /// The same for an operand that must be there.
  static func required(
    _ context: EvaluationContext,
    _ operand: Int,
    count: Int
  ) throws(OperatorError) -> [Float] {
    guard let values = try read(context, operand, count: count) else {
      throw .invalid("operand \(operand) is missing")
    }
    return values
  }
}
