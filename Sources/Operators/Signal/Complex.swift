import ModelIR

extension OperatorDefinition {
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
