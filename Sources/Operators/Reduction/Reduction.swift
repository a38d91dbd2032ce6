import ModelIR

/// How the elements along axes become one.
struct ReductionFunction: Sendable {
  /// Real numbers, folded in float64 whatever the type.
  var real: @Sendable ([Double]) -> Double
  /// Integers, wrapping; `nil` where the operator does not take them.
  var integer: (@Sendable ([Int64]) -> Int64)?
  /// For uint64, where the bits mean another number; `nil` where that is the same.
  var unsigned: (@Sendable ([UInt64]) -> UInt64)?
  /// Truth values; `nil` where the operator does not take them.
  var boolean: (@Sendable ([Bool]) -> Bool)?

  /// Folds a tensor.
  func callAsFunction(
    _ tensor: Tensor,
    _ axes: ReductionAxes
  ) throws(OperatorError) -> Tensor {
    let sizes = axes.result(tensor.sizes, one: 1)
    guard let count = checkedProduct(sizes) else {
      throw OperatorError(.limit, "the result of shape \(Shape.fixed(sizes)) is too large")
    }
    let groups = ElementGroups(tensor.sizes, axes, count: count)
    var result = Tensor(type: tensor.type, sizes: sizes, elements: tensor.elements)
    switch tensor.elements {
    case .floats(let values):
      result.elements = .floats(groups.map(values) { Float(real($0.map { Double($0) })) })
    case .doubles(let values): result.elements = .doubles(groups.map(values, real))
    case .integers(let values):
      if tensor.type == .uint64, let unsigned {
        result.elements = .integers(
          groups.map(values) { Int64(bitPattern: unsigned($0.map { UInt64(bitPattern: $0) })) }
        )
      } else if let integer {
        result.elements = .integers(groups.map(values, integer))
      } else {
        throw .invalid("\(tensor.type) operands are not taken")
      }
    case .booleans(let values):
      guard let boolean else { throw .invalid("bool operands are not taken") }
      result.elements = .booleans(groups.map(values, boolean))
    case .strings, .tensors: throw .invalid("string operands are not taken")
    }
    return result.normalized()
  }
}

/// The elements of an operand, gathered by the element of the result that they go into.
struct ElementGroups: Sendable {
  private let places: [Int]
  private let count: Int
  private let length: Int

  init(_ sizes: [Int], _ axes: ReductionAxes, count: Int) {
    places = axes.places(sizes)
    self.count = count
    length = axes.count(sizes)
  }

  /// A function of each group, whose elements come in the operand's order.
  func map<Value, Result>(_ values: [Value], _ function: ([Value]) -> Result) -> [Result] {
    guard !places.isEmpty else { return (0..<count).map { _ in function([]) } }
    // Places of one group are neighbours once sorted by group; counting keeps their order.
    var order = Array(repeating: 0, count: values.count)
    var next = (0..<count).map { $0 * length }
    for (index, place) in places.enumerated() {
      order[next[place]] = index
      next[place] += 1
    }
    return (0..<count).map { group in
      function((0..<length).map { values[order[group * length + $0]] })
    }
  }
}

extension OperatorDefinition {
  /// An operator that folds axes.
  ///
  /// - Parameters:
  ///   - name: The canonical name.
  ///   - summary: One sentence.
  ///   - inputOperations: Operations an element of the operand.
  ///   - outputOperations: Operations an element of the result: −1 where the first element of each
  ///     group needs none.
  ///   - dimensions: What it computes on extents; `nil` where shapes do not pass through it.
  ///   - quantized: What it computes on quantized integers; `nil` for the same as on others.
  ///   - function: What it computes.
  /// - Returns: The definition.
  static func reduction(
    _ name: String,
    _ summary: String,
    inputOperations: Int = 1,
    outputOperations: Int = -1,
    dimensions: ExtentArithmetic.Function? = nil,
    quantized: QuantizedEvaluation? = nil,
    _ function: ReductionFunction
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .reduction,
      inputs: 1...2,
      inferTypes: { (context) throws(OperatorError) in
        [try context.input(0).with(try context.reducedShape())]
      },
      inferDimensions: foldedDimensions(dimensions),
      cost: CostRule { context in
        guard let inputs = context.inputElements(), let outputs = context.outputElements() else {
          return .uncounted
        }
        let (perInput, overflow) = inputs.multipliedReportingOverflow(by: inputOperations)
        let (perOutput, overflowed) = outputs.multipliedReportingOverflow(by: outputOperations)
        let (total, totalOverflowed) = perInput.addingReportingOverflow(perOutput)
        guard !overflow, !overflowed, !totalOverflowed else { return .uncounted }
        return OperatorCost(otherOperations: max(total, 0))
      },
      evaluate: { (context) throws(OperatorError) in
        if let quantized, context.isQuantized { return [try quantized(context)] }
        return [try function(try context.input(0), try context.reductionAxes())]
      }
    )
  }

  /// Folds an integer list of extents to one.
  private static func foldedDimensions(
    _ function: ExtentArithmetic.Function?
  ) -> DimensionInference? {
    guard let function else { return nil }
    return { context in
      guard context.optionalInput(0)?.shape.rank == 1,
        (try? context.reducedShape().elementCount) == 1,
        let list = ExtentArithmetic.list(context, 0), let first = list.first
      else { return nil }
      return [list.dropFirst().reduce(first, function)]
    }
  }
}
