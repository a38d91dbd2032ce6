import ModelIR

extension OperatorDefinition {
  /// The spectrum of real images: (x `[…, h, w]`, lengths `[2]`) give `[…, h', w' / 2 + 1]` complex
  /// numbers.
  ///
  /// The operand is cropped or padded with zeros to the lengths. Source: TFLite RFFT2D.
  static let rfft2D = OperatorDefinition(
    "rfft2D",
    "The spectrum of real images.",
    family: .signal,
    inputs: 2...2,
    inferTypes: rfftTypes,
    cost: CostRule { context in
      guard let lengths = context.node.integers(1), lengths.count == 2,
        let outputs = context.outputElements(), let area = checkedProduct(lengths), area > 0
      else { return .uncounted }
      let images = outputs / max(1, lengths[0] * (lengths[1] / 2 + 1))
      return FourierTransform.cost(transforms: images, length: area)
    },
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let sizes = try context.inferredSizes(rfftTypes)
      let lengths = try context.integers(1)
      guard let values = input.doubleValues else { throw .invalid("the operand is no number") }
      let count = try Tensor.checkedCount(sizes)
      _ = try Tensor.checkedCount(lengths)
      let (height, width) = (input.sizes[input.rank - 2], input.sizes[input.rank - 1])
      let (rows, columns, bins) = (lengths[0], lengths[1], lengths[1] / 2 + 1)
      let rowTransform = FourierTransform(length: columns, isInverse: false)
      let columnTransform = FourierTransform(length: rows, isInverse: false)
      var result = Array(repeating: Float(0), count: 2 * count)
      let images = rows == 0 ? 0 : count / (rows * bins)
      for image in 0..<images {
        var real = Array(repeating: 0.0, count: rows * bins)
        var imaginary = real
        for y in 0..<min(rows, height) {
          var line = Array(repeating: 0.0, count: columns)
          let zeros = line
          for x in 0..<min(columns, width) { line[x] = values[(image * height + y) * width + x] }
          let spectrum = rowTransform(line, zeros)
          for k in 0..<bins {
            // The spectrum of no values at all has one bin, which is 0.
            real[y * bins + k] = columns == 0 ? 0 : spectrum.real[k]
            imaginary[y * bins + k] = columns == 0 ? 0 : spectrum.imaginary[k]
          }
        }
        for k in 0..<bins {
          let spectrum = columnTransform(
            (0..<rows).map { real[$0 * bins + k] },
            (0..<rows).map { imaginary[$0 * bins + k] }
          )
          for y in 0..<rows {
            let place = 2 * ((image * rows + y) * bins + k)
            result[place] = Float(spectrum.real[y])
            result[place + 1] = Float(spectrum.imaginary[y])
          }
        }
      }
      return [Tensor(type: .complex64, sizes: sizes, elements: .floats(result))]
    }
  )

  /// The magnitude of complex numbers.
  ///
  /// Source: TFLite COMPLEX_ABS.
  static let complexAbs = part("complexAbs", "The magnitude of complex numbers.", operations: 4) {
    ($0 * $0 + $1 * $1).squareRoot()
  }
  /// The real part.
  ///
  /// Source: TFLite REAL.
  static let real = part("real", "The real part of complex numbers.", operations: 0) { x, _ in x }
  /// The imaginary part.
  ///
  /// Source: TFLite IMAG.
  static let imag = part("imag", "The imaginary part of complex numbers.", operations: 0) { $1 }

  /// A real number from each complex one.
  private static func part(
    _ name: String,
    _ summary: String,
    operations: Int,
    _ value: @escaping @Sendable (Double, Double) -> Double
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .signal,
      inputs: 1...1,
      inferTypes: { (context) throws(OperatorError) in
        let input = try context.input(0)
        return [TensorType(input.element == .complex128 ? .float64 : .float32, input.shape)]
      },
      cost: .perOutputElement(otherOperations: operations),
      evaluate: { (context) throws(OperatorError) in
        let input = try context.input(0)
        guard input.scalarsPerElement == 2, let parts = input.doubleValues else {
          throw .invalid("\(input.type) numbers are not complex")
        }
        let numbers = stride(from: 0, to: parts.count, by: 2).map {
          value(parts[$0], parts[$0 + 1])
        }
        let element: ElementType = input.type == .complex128 ? .float64 : .float32
        return [Tensor(element, input.sizes, numbers: numbers)]
      }
    )
  }
}

private func rfftTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  guard var dimensions = try context.input(0).shape.dimensions else {
    return [TensorType(.complex64, .unknownRank)]
  }
  let rank = dimensions.count
  guard rank >= 2 else { throw .invalid("images of \(rank) axes") }
  dimensions[rank - 2] = .unknown
  dimensions[rank - 1] = .unknown
  if let lengths = context.dimensions(1) {
    guard lengths.count == 2, lengths.allSatisfy({ ($0.size ?? 0) >= 0 }) else {
      throw .invalid("transforms of \(lengths) values")
    }
    dimensions[rank - 2] = lengths[0]
    if let width = lengths[1].size { dimensions[rank - 1] = .fixed(width / 2 + 1) }
  }
  return [TensorType(.complex64, .ranked(dimensions))]
}
