import ModelIR

extension OperatorDefinition {
  /// Puts each element where `maxPool` found it; zeros elsewhere.
  ///
  /// Positions refer to the shape that the window implies, `(in − 1) · stride + kernel − pads`; a
  /// greater `outputShape` only adds zeros behind. Source: ONNX MaxUnpool-11.
  static let maxUnpool = OperatorDefinition(
    "maxUnpool",
    "Puts elements back to where pooling took them from.",
    family: .pooling,
    inputs: 2...3,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      if context.hasInput(2) {
        if let dimensions = context.dimensions(2) { return [input.with(.ranked(dimensions))] }
        guard let rank = input.shape.rank else { return [input] }
        return [input.with(.ranked(Array(repeating: .unknown, count: rank)))]
      }
      guard let dimensions = input.shape.dimensions else { return [input] }
      return [input.with(.ranked(try impliedShape(context.attributes, dimensions)))]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let indices = try context.integers(1)
      let implied = try impliedShape(context.attributes, input.sizes.map(Dimension.fixed))
        .compactMap(\.size)
      let sizes = context.hasInput(2) ? try context.integers(2) : implied
      guard indices.count == input.count, implied.count == input.rank,
        sizes.count == implied.count, let count = checkedProduct(sizes),
        let limit = checkedProduct(implied)
      else { throw .invalid("indices or outputShape do not fit the operand") }
      var targets: [Int] = []
      for index in indices {
        guard index >= 0, index < limit else {
          throw .invalid("index \(index) is outside \(Shape.fixed(implied))")
        }
        guard let place = place(index, from: implied, to: sizes) else {
          throw .invalid("index \(index) is outside \(Shape.fixed(sizes))")
        }
        targets.append(place)
      }
      var result = Tensor(type: input.type, sizes: sizes, elements: input.elements)
      func scattered<Value>(_ values: [Value], _ zero: Value) -> [Value] {
        var spread = Array(repeating: zero, count: count)
        for (target, value) in zip(targets, values) { spread[target] = value }
        return spread
      }
      switch input.elements {
      case .floats(let values): result.elements = .floats(scattered(values, 0))
      case .doubles(let values): result.elements = .doubles(scattered(values, 0))
      case .integers(let values): result.elements = .integers(scattered(values, 0))
      case .booleans, .strings, .tensors: throw .invalid("\(input.type) operands are not taken")
      }
      return [result]
    }
  )

  /// The place of an element in another shape of as many axes; `nil` where it has none.
  private static func place(_ index: Int, from source: [Int], to target: [Int]) -> Int? {
    var rest = index
    var place = 0
    var stride = 1
    for axis in source.indices.reversed() {
      let coordinate = rest % source[axis]
      rest /= source[axis]
      guard coordinate < target[axis] else { return nil }
      place += coordinate * stride
      stride *= target[axis]
    }
    return place
  }

  private static func impliedShape(
    _ attributes: AttributeReader,
    _ dimensions: [Dimension]
  ) throws(OperatorError) -> [Dimension] {
    let kernel = try PoolingWindow.kernel(attributes, rank: dimensions.count)
    let window = try SpatialWindow(kernel: kernel, attributes: attributes)
    var result = Array(dimensions[..<2])
    for axis in kernel.indices {
      guard let size = dimensions[axis + 2].size else {
        result.append(.unknown)
        continue
      }
      var pads = 0
      if case .explicit(let begins, let ends) = window.padding { pads = begins[axis] + ends[axis] }
      let (steps, overflow) = (size - 1).multipliedReportingOverflow(by: window.strides[axis])
      let (extent, overflowed) = steps.addingReportingOverflow(kernel[axis] - pads)
      guard !overflow, !overflowed, extent >= 0 else {
        throw .invalid("the window implies no extent for an axis of \(size)")
      }
      result.append(.fixed(extent))
    }
    return result
  }
}
