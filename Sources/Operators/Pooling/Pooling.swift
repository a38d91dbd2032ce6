import ModelIR

extension OperatorDefinition {
  /// The mean of each window.
  ///
  /// The padding counts with `countIncludePad` only. Integers are rounded, halves away from zero, as in
  /// TensorFlow Lite's quantized kernels, whose scales must be equal.
  /// Sources: ONNX AveragePool-19; TensorFlow Lite AVERAGE_POOL_2D, `integer_ops/pooling.h`.
  static let averagePool = OperatorDefinition(
    "averagePool",
    "Mean of a sliding window.",
    family: .pooling,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.pooledType()] },
    cost: .pooling(),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let window = try PoolingWindow(context.attributes, input.sizes)
      let includesPad = try context.attributes.bool("countIncludePad")
      if case .integers(let values) = input.elements {
        let means = window.map { (sample, channel, position) -> Int64 in
          let sum = position.places.reduce(Int64(0)) { sum, place in
            sum &+ values[window.offset(batch: sample, channel: channel, place: place)]
          }
          return roundedQuotient(sum, Int64(position.places.count))
        }
        return [try poolResult(context, .integers(means), window)]
      }
      let values = try context.reals(0).values
      let means = window.map { (sample, channel, position) -> Double in
        let sum = position.places.reduce(0.0) { sum, place in
          sum + values[window.offset(batch: sample, channel: channel, place: place)]
        }
        return sum / Double(includesPad ? position.paddedCount : position.places.count)
      }
      return [try poolResult(context, means, window)]
    }
  )

  /// The nearest integer to a quotient, halves away from zero; 0 for an empty window.
  private static func roundedQuotient(_ sum: Int64, _ count: Int64) -> Int64 {
    guard count > 0 else { return 0 }
    return sum > 0 ? (sum &+ count / 2) / count : (sum &- count / 2) / count
  }

  /// `(Σ |x|ᵖ)^(1/p)` of each window; with `meanOfSquares` (TensorFlow Lite L2_POOL_2D, p = 2) of the
  /// mean in place of the sum.
  ///
  /// Cost: a power and a sum for each element. Source: ONNX LpPool-18.
  static let lpPool = OperatorDefinition(
    "lpPool",
    "Norm of a sliding window.",
    family: .pooling,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try context.pooledType()] },
    cost: .pooling(operationsPerElement: 2),
    evaluate: { (context) throws(OperatorError) in
      let values = try context.reals(0).values
      let window = try PoolingWindow(context.attributes, try context.input(0).sizes)
      let power = try context.attributes.float("p", default: 2)
      let takesMean = try context.attributes.bool("meanOfSquares")
      let norms = window.map { (sample, channel, position) -> Double in
        let sum = position.places.reduce(0.0) { sum, place in
          let value = values[window.offset(batch: sample, channel: channel, place: place)]
          return sum + Double.pow(value.magnitude, power)
        }
        let count = takesMean ? Double(position.places.count) : 1
        return Double.pow(sum / count, 1 / power)
      }
      return [try poolResult(context, norms, window)]
    }
  )

  /// Real results in the operand's type, after a fused activation.
  private static func poolResult(
    _ context: EvaluationContext,
    _ values: [Double],
    _ window: PoolingWindow
  ) throws(OperatorError) -> Tensor {
    let type = try context.input(0).type
    let tensor = RealElements.tensor(values, sizes: window.resultSizes, type: type)
    return try FusedActivation(context.attributes)(tensor)
  }

  /// Integer results in the operand's type, inside the range of a fused activation.
  fileprivate static func poolResult(
    _ context: EvaluationContext,
    _ elements: Tensor.Elements,
    _ window: PoolingWindow
  ) throws(OperatorError) -> Tensor {
    let type = try context.input(0).type
    var tensor = Tensor(type: type, sizes: window.resultSizes, elements: elements)
    guard context.isQuantized, case .integers(let values) = elements else {
      return try FusedActivation(context.attributes)(tensor)
    }
    let range = try context.activationRange(try context.affine(ofOutput: 0))
    tensor.elements = .integers(
      values.map { min(max($0, Int64(range.lowerBound)), Int64(range.upperBound)) }
    )
    return tensor
  }
}

extension OperatorDefinition {
  /// The greatest element of each window, and where it is in the whole operand.
  ///
  /// Positions count along rows, or along columns of space with `storageOrder` 1.
  /// Sources: ONNX MaxPool-12; TensorFlow Lite MAX_POOL_2D.
  static let maxPool = OperatorDefinition(
    "maxPool",
    "Greatest element of a sliding window.",
    family: .pooling,
    inputs: 1...1,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in
      let type = try context.pooledType()
      return [type, TensorType(.int64, type.shape)]
    },
    cost: .pooling(),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let window = try PoolingWindow(context.attributes, input.sizes)
      let places: [Int?]
      switch input.elements {
      case .floats(let values): places = greatestPlaces(values, window)
      case .doubles(let values): places = greatestPlaces(values, window)
      case .integers(let values):
        places =
          input.type == .uint64
          ? greatestPlaces(values.map { UInt64(bitPattern: $0) }, window)
          : greatestPlaces(values, window)
      case .booleans, .strings, .tensors: throw .invalid("\(input.type) operands are not taken")
      }
      let result: Tensor.Elements
      switch input.elements {
      case .floats(let values):
        result = .floats(places.map { $0.map { values[$0] } ?? -.infinity })
      case .doubles(let values):
        result = .doubles(places.map { $0.map { values[$0] } ?? -.infinity })
      case .integers(let values):
        let least = NumberConversion.bounds(input.type).lowerBound
        let empty = input.type == .uint64 ? 0 : least
        result = .integers(places.map { $0.map { values[$0] } ?? empty })
      case .booleans, .strings, .tensors: result = input.elements
      }
      let greatest = try poolResult(context, result, window)
      guard context.hasOutput.count > 1, context.hasOutput[1] else { return [greatest] }
      let isByColumn = try context.attributes.int("storageOrder", default: 0) == 1
      let indices = places.map { $0.map { storageIndex($0, window, isByColumn) } ?? -1 }
      let positions = Tensor(type: .int64, sizes: greatest.sizes, elements: .integers(indices))
      return [greatest, positions]
    }
  )

  private static func greatestPlaces<Value: Comparable>(
    _ values: [Value],
    _ window: PoolingWindow
  ) -> [Int?] {
    window.map { (sample, channel, position) -> Int? in
      var best: Int?
      for place in position.places {
        let index = window.offset(batch: sample, channel: channel, place: place)
        guard let current = best else {
          best = index
          continue
        }
        // NaN is unequal to itself and wins, as in NumPy.
        if values[index] > values[current] || values[index] != values[index] { best = index }
      }
      return best
    }
  }

  /// A place as the format counts it.
  private static func storageIndex(
    _ offset: Int,
    _ window: PoolingWindow,
    _ isByColumn: Bool
  ) -> Int64 {
    guard isByColumn, !window.layout.channelsLast else { return Int64(offset) }
    let space = window.input.reduce(1, *)
    var place = offset % space
    var column = 0
    var coordinates: [Int] = []
    for size in window.input.reversed() {
      coordinates.append(place % size)
      place /= size
    }
    // `coordinates` begins with the last axis, which by columns moves slowest.
    for (coordinate, size) in zip(coordinates, window.input.reversed()) {
      column = column * size + coordinate
    }
    return Int64(offset - offset % space + column)
  }
}
