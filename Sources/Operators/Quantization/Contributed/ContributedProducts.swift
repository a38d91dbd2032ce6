import ModelIR

extension OperatorDefinition {
  /// General product of quantized matrices; real numbers where no scale of the result is given.
  ///
  /// Operands a, scale, zero point, b, scale, zero point, c? (32-bit integers at the product of the
  /// scales), scale?, zero point?. Source: onnxruntime `docs/ContribOperators.md`,
  /// com.microsoft.QGemm.
  static let qGemm = OperatorDefinition(
    "qGemm",
    "General product of quantized matrices.",
    family: .matrixProduct,
    inputs: 6...9,
    inferTypes: { (context) throws(OperatorError) in
      let shape = try MatrixProduct.shape(
        try context.input(0).shape,
        try context.input(3).shape,
        transposeA: try context.attributes.bool("transposeA"),
        transposeB: try context.attributes.bool("transposeB")
      )
      let stored = context.optionalInput(8)?.element ?? .uint8
      return [TensorType(context.hasInput(7) ? stored : .float32, shape)]
    },
    cost: CostRule { context in
      context.matrixProductCost(0, 3, otherOperations: context.node.hasInput(6) ? 3 : 2)
    },
    evaluate: { (context) throws(OperatorError) in [try evaluateQGemm(context)] }
  )

  /// Product of integers, scaled to real numbers: operands a, b, scale of a, scale of b (one, or one
  /// a column), zero points of both?, bias?.
  ///
  /// Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.MatMulIntegerToFloat.
  static let matMulIntegerToFloat = OperatorDefinition(
    "matMulIntegerToFloat",
    "Product of integer matrices as real numbers.",
    family: .matrixProduct,
    inputs: 4...7,
    inferTypes: { (context) throws(OperatorError) in
      let shape = try MatrixProduct.shape(
        try context.input(0).shape,
        try context.input(1).shape
      )
      return [TensorType(try context.input(2).element, shape)]
    },
    cost: CostRule { context in
      context.matrixProductCost(otherOperations: context.node.hasInput(6) ? 2 : 1)
    },
    evaluate: { (context) throws(OperatorError) in
      let sums = try integerProduct(context, right: 1, leftZero: 4, rightZero: 5)
      return [
        try scaledProduct(
          sums,
          try OperandValues.doubles(try context.input(2)),
          try OperandValues.doubles(try context.input(3)),
          context.optionalInput(6),
          try context.input(2).type
        )
      ]
    }
  )

  /// Real rows, quantized as `dynamicQuantize` does, by an integer matrix: operands a, b, scale of b,
  /// zero point of b?, bias?.
  ///
  /// Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.DynamicQuantizeMatMul.
  static let dynamicQuantizeMatMul = OperatorDefinition(
    "dynamicQuantizeMatMul",
    "Product of real numbers, quantized on the way, and integers.",
    family: .matrixProduct,
    inputs: 3...5,
    inferTypes: { (context) throws(OperatorError) in
      let left = try context.input(0)
      return [left.with(try MatrixProduct.shape(left.shape, try context.input(1).shape))]
    },
    // The operand's quantization is not in the products: four operations for each of its elements.
    cost: CostRule { context in
      var cost = context.matrixProductCost(otherOperations: context.node.hasInput(4) ? 2 : 1)
      let reading = OperatorCost.times(context.inputElements(0), otherOperations: 4)
      cost.otherOperations = cost.otherOperations &+ reading.otherOperations
      return cost
    },
    evaluate: { (context) throws(OperatorError) in
      let left = try context.input(0)
      let stored = DynamicQuantization(try OperandValues.floats(left))
      let inputs: [Tensor?] = [
        Tensor(type: .uint8, sizes: left.sizes, elements: .integers(stored.values)),
        try context.input(1),
        Tensor(type: .uint8, sizes: [], elements: .integers([stored.zeroPoint])),
        context.optionalInput(3),
      ]
      let sums = try integerProduct(
        context.replacing(inputs),
        right: 1,
        leftZero: 2,
        rightZero: 3
      )
      let scales = try OperandValues.doubles(try context.input(2))
      let bias = context.optionalInput(4)
      return [try scaledProduct(sums, [Double(stored.scale)], scales, bias, left.type)]
    }
  )

  /// Product with weights of 2, 4 or 8 bits in blocks, each with a scale and a zero point.
  ///
  /// `y = x · dequantize(b)ᵀ`: b `[n, blocks, blockSize · bits / 8]`, lowest bits first; scales
  /// `[n, blocks]`; zero points packed as b, or real numbers; 2^(bits − 1) where none are given.
  /// Source: onnxruntime `docs/ContribOperators.md`, com.microsoft.MatMulNBits.
  static let matMulNBits = OperatorDefinition(
    "matMulNBits",
    "Product with weights of few bits, quantized in blocks.",
    family: .matrixProduct,
    inputs: 3...6,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard var dimensions = input.shape.dimensions, !dimensions.isEmpty else {
        return [input.with(.unknownRank)]
      }
      let width = try context.attributes.int("k", default: -1)
      if let last = dimensions[dimensions.count - 1].size, last != width {
        throw .invalid("rows of \(last) elements, the weights take \(width)")
      }
      let columns = try context.attributes.int("n", default: -1)
      guard columns >= 0 else { throw .invalid("the attribute n is missing") }
      dimensions[dimensions.count - 1] = .fixed(columns)
      return [input.with(.ranked(dimensions))]
    },
    // The weights' dequantization is not counted: it need not be repeated for each row.
    cost: CostRule { context in
      guard let width = (try? context.node.attributes.int("k")) ?? nil else { return .uncounted }
      return .times(
        context.outputElements(),
        multiplyAdds: width,
        otherOperations: context.node.hasInput(5) ? 1 : 0
      )
    },
    evaluate: { (context) throws(OperatorError) in [try evaluateMatMulNBits(context)] }
  )
}

/// Integer sums times both scales, plus a bias: real numbers.
private func scaledProduct(
  _ sums: Tensor,
  _ left: [Double],
  _ right: [Double],
  _ bias: Tensor?,
  _ type: ElementType
) throws(OperatorError) -> Tensor {
  let columns = sums.sizes.last ?? 1
  let rows = sums.sizes.dropLast().last ?? 1
  let offsets = try bias.map { (bias) throws(OperatorError) in try OperandValues.doubles(bias) }
  guard left.count == 1 || left.count == rows, right.count == 1 || right.count == columns,
    offsets?.count ?? columns == columns
  else { throw .invalid("scales or bias do not fit a product of \(rows)×\(columns)") }
  let values = try OperandValues.integers(sums).enumerated().map { index, sum in
    let a = left[left.count == 1 ? 0 : index / columns % rows]
    let b = right[right.count == 1 ? 0 : index % columns]
    return Double(Float(sum) * (Float(a) * Float(b)) + Float(offsets?[index % columns] ?? 0))
  }
  return OperandValues.tensor(type, sums.sizes, values)
}

private func evaluateQGemm(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let a = try context.input(0)
  let b = try context.input(3)
  let transposeA = try context.attributes.bool("transposeA")
  let transposeB = try context.attributes.bool("transposeB")
  let left = try CentredOperand.make(a, zeroPoint: context.optionalInput(2), axis: 0)
  let right = try CentredOperand.make(
    b,
    zeroPoint: context.optionalInput(5),
    axis: transposeB ? 0 : max(b.rank - 1, 0)
  )
  let product = try MatrixProduct(
    a.sizes,
    b.sizes,
    transposeA: transposeA,
    transposeB: transposeB
  )
  var sums = product(try OperandValues.integers(left), try OperandValues.integers(right))
  if let addend = context.optionalInput(6) {
    let values = try OperandValues.integers(addend)
    guard
      try Broadcasting.shape([.fixed(addend.sizes), .fixed(product.sizes)]).sizes == product.sizes
    else { throw .invalid("c of shape \(Shape.fixed(addend.sizes)) does not broadcast") }
    let places = Broadcasting.offsets(of: addend.sizes, in: product.sizes)
    for index in sums.indices { sums[index] = sums[index] &+ values[places[index]] }
  }
  let alpha = try context.attributes.float("alpha", default: 1)
  let leftScale = try OperandValues.doubles(try context.input(1))
  let rightScale = try OperandValues.doubles(try context.input(4)).map { $0 * alpha }
  let real = try scaledProduct(
    Tensor(type: .int32, sizes: product.sizes, elements: .integers(sums)).normalized(),
    leftScale,
    rightScale,
    nil,
    .float32
  )
  guard context.hasInput(7) else { return real }
  let type = context.optionalInput(8)?.type ?? .uint8
  return try QLinearValue(context, scale: 7)
    .quantize(try OperandValues.floats(real), type, product.sizes)
}

private func evaluateMatMulNBits(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let input = try context.input(0)
  let bits = try context.attributes.int("bits", default: 4)
  let width = try context.attributes.int("k", default: 0)
  let columns = try context.attributes.int("n", default: 0)
  let block = try context.attributes.int("blockSize", default: 0)
  guard [2, 4, 8].contains(bits), width > 0, columns >= 0, block >= 16, input.sizes.last == width
  else { throw .invalid("\(bits) bits in blocks of \(block) for rows of \(width)") }
  guard !context.hasInput(4) else { throw .unsupported("matMulNBits with group indices") }
  let packed = try OperandValues.integers(try context.input(1))
  let scales = try OperandValues.doubles(try context.input(2))
  let blocks = (width + block - 1) / block
  let perByte = 8 / bits
  let rowBytes = (blocks * block + perByte - 1) / perByte
  let count = try OperandValues.count([columns, blocks])
  guard packed.count == (try OperandValues.count([columns, rowBytes])), scales.count == count else {
    throw .invalid("weights or scales are not those of \(columns) rows of \(blocks) blocks")
  }
  func field(_ bytes: [Int64], _ start: Int, _ index: Int) -> Int64 {
    (bytes[start + index / perByte] >> Int64(index % perByte * bits)) & ((1 << Int64(bits)) - 1)
  }
  var zeros = [Double](repeating: Double(1 << (bits - 1)), count: count)
  if let operand = context.optionalInput(3) {
    if operand.type == .uint8 {
      let bytes = try OperandValues.integers(operand)
      let perRow = (blocks + perByte - 1) / perByte
      guard bytes.count == columns * perRow else { throw .invalid("too few zero points") }
      for index in zeros.indices {
        zeros[index] = Double(field(bytes, index / blocks * perRow, index % blocks))
      }
    } else {
      zeros = try OperandValues.doubles(operand)
      guard zeros.count == count else { throw .invalid("too few zero points") }
    }
  }
  var weights: [Float] = []
  weights.reserveCapacity(columns * width)
  for row in 0..<columns {
    for index in 0..<width {
      let place = row * blocks + index / block
      let stored = Double(field(packed, row * rowBytes, index))
      weights.append(Float(stored - zeros[place]) * Float(scales[place]))
    }
  }
  let product = try MatrixProduct(input.sizes, [columns, width], transposeB: true)
  var result = product(try OperandValues.doubles(input).map { Float($0) }, weights)
  if let bias = context.optionalInput(5) {
    let values = try OperandValues.doubles(bias)
    guard values.count == columns else { throw .invalid("a bias of \(values.count) values") }
    for index in result.indices { result[index] += Float(values[index % columns]) }
  }
  return OperandValues.tensor(input.type, product.sizes, result.map(Double.init))
}
