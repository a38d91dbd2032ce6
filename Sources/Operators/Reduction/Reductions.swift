import ModelIR

// Sources: ONNX ReduceSum-13, ReduceMean-18 …; TensorFlow Lite `reduce.cc`. Nothing folded gives the
// neutral element, as ONNX states it.
extension OperatorDefinition {
  /// `Σ x`.
  static let reduceSum = reduction(
    "reduceSum",
    "Sum along axes.",
    dimensions: ExtentArithmetic.add,
    quantized: QuantizedReduction.sum,
    ReductionFunction(real: { $0.reduce(0, +) }, integer: { $0.reduce(0, &+) })
  )

  /// `Σ x / n`; integers are cut.
  static let reduceMean = reduction(
    "reduceMean",
    "Mean along axes.",
    outputOperations: 0,
    quantized: QuantizedReduction.mean,
    ReductionFunction(
      real: { $0.reduce(0, +) / Double($0.count) },
      integer: { $0.isEmpty ? 0 : $0.reduce(0, &+) / Int64($0.count) },
      unsigned: { $0.isEmpty ? 0 : $0.reduce(0, &+) / UInt64($0.count) }
    )
  )

  /// `Π x`.
  static let reduceProd = reduction(
    "reduceProd",
    "Product along axes.",
    dimensions: ExtentArithmetic.multiply,
    quantized: QuantizedReduction.product,
    ReductionFunction(real: { $0.reduce(1, *) }, integer: { $0.reduce(1, &*) })
  )

  /// The greatest element; NaN where there is one.
  static let reduceMax = reduction(
    "reduceMax",
    "Greatest element along axes.",
    dimensions: ExtentArithmetic.maximum,
    ReductionFunction(
      real: { $0.reduce(-.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 } },
      integer: { $0.max() ?? .min },
      unsigned: { $0.max() ?? 0 },
      boolean: { $0.contains(true) }
    )
  )

  /// The least element; NaN where there is one.
  static let reduceMin = reduction(
    "reduceMin",
    "Least element along axes.",
    dimensions: ExtentArithmetic.minimum,
    ReductionFunction(
      real: { $0.reduce(.infinity) { $1 < $0 || $1.isNaN ? $1 : $0 } },
      integer: { $0.min() ?? .max },
      unsigned: { $0.min() ?? .max },
      boolean: { !$0.contains(false) }
    )
  )

  /// `Σ |x|`.
  static let reduceL1 = reduction(
    "reduceL1",
    "Sum of absolute values along axes.",
    inputOperations: 2,
    ReductionFunction(
      real: { $0.reduce(0) { $0 + $1.magnitude } },
      integer: { $0.reduce(0) { $0 &+ ($1 < 0 ? 0 &- $1 : $1) } },
      unsigned: { $0.reduce(0, &+) }
    )
  )

  /// `√(Σ x²)`.
  static let reduceL2 = reduction(
    "reduceL2",
    "Euclidean length along axes.",
    inputOperations: 2,
    outputOperations: 0,
    realValued { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  )

  /// `ln Σ x`.
  static let reduceLogSum = reduction(
    "reduceLogSum",
    "Logarithm of the sum along axes.",
    outputOperations: 0,
    realValued { Double.log($0.reduce(0, +)) }
  )

  /// `ln Σ eˣ`, the greatest element taken out first.
  static let reduceLogSumExp = reduction(
    "reduceLogSumExp",
    "Logarithm of the sum of exponentials along axes.",
    inputOperations: 4,
    outputOperations: 0,
    realValued { values in
      let top = values.reduce(-Double.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 }
      // Infinities would give their difference, which is no number.
      guard top.isFinite else { return top }
      return top + Double.log(values.reduce(0) { $0 + Double.exp($1 - top) })
    }
  )

  /// `Σ x²`.
  static let reduceSumSquare = reduction(
    "reduceSumSquare",
    "Sum of squares along axes.",
    inputOperations: 2,
    ReductionFunction(
      real: { $0.reduce(0) { $0 + $1 * $1 } },
      integer: { $0.reduce(0) { $0 &+ $1 &* $1 } }
    )
  )

  /// Whether any element is true.
  static let reduceAny = reduction(
    "reduceAny",
    "Whether any element along axes is true.",
    ReductionFunction(
      real: { $0.contains { $0 != 0 } ? 1 : 0 },
      boolean: { $0.contains(true) }
    )
  )

  /// Whether all elements are true.
  static let reduceAll = reduction(
    "reduceAll",
    "Whether all elements along axes are true.",
    ReductionFunction(
      real: { $0.allSatisfy { $0 != 0 } ? 1 : 0 },
      boolean: { !$0.contains(false) }
    )
  )

  /// A function whose integers are computed as reals and cut.
  private static func realValued(
    _ real: @escaping @Sendable ([Double]) -> Double
  ) -> ReductionFunction {
    ReductionFunction(
      real: real,
      integer: { NumberConversion.integer(real($0.map { Double($0) }), .int64) },
      unsigned: {
        UInt64(bitPattern: NumberConversion.integer(real($0.map { Double($0) }), .uint64))
      }
    )
  }
}
