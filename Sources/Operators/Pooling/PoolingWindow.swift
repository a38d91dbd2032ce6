import ModelIR

/// The windows of a pooling operator over a tensor of known extents.
package struct PoolingWindow {
  let window: SpatialWindow
  let layout: DataLayout
  /// The extents of the operand.
  let sizes: [Int]
  /// The extents of the operand's spatial axes.
  let input: [Int]
  /// The extents of the result's spatial axes.
  let output: [Int]

  /// Reads the window of a node whose operand has the extents.
  ///
  /// - Throws: where the window does not fit the operand.
  package init(_ attributes: AttributeReader, _ sizes: [Int]) throws(OperatorError) {
    let kernel = try Self.kernel(attributes, rank: sizes.count)
    window = try SpatialWindow(kernel: kernel, attributes: attributes)
    layout = try DataLayout(attributes)
    self.sizes = sizes
    input = layout.spatialAxes(rank: sizes.count).map { sizes[$0] }
    var output: [Int] = []
    for axis in kernel.indices { output.append(try window.outputSize(input[axis], axis: axis)) }
    self.output = output
    guard checkedProduct(output) != nil, checkedProduct(kernel) != nil else {
      throw OperatorError(.limit, "the result of a window \(kernel) is too large")
    }
  }

  /// The window's extents, as many as the operand has spatial axes.
  static func kernel(_ attributes: AttributeReader, rank: Int) throws(OperatorError) -> [Int] {
    guard let kernel = try attributes.ints("kernel") else { throw .invalid("kernel is missing") }
    guard kernel.count == rank - 2, !kernel.isEmpty else {
      throw .invalid("a window of \(kernel.count) axes does not go with an operand of \(rank)")
    }
    return kernel
  }

  /// Images.
  package var batch: Int { sizes[0] }
  /// Channels of an image.
  package var channels: Int { sizes[layout.channelAxis(rank: sizes.count)] }

  /// The extents of the result.
  var resultSizes: [Int] {
    layout.channelsLast ? [batch] + output + [channels] : [batch, channels] + output
  }

  /// One position of the window.
  package struct Position {
    /// Where its elements are in the operand's space, row-major; those in the padding are left out.
    package var places: [Int] = []
    /// The elements that lie in the operand or its padding.
    package var paddedCount = 0
  }

  /// All positions of the window, in the order of the result.
  package func positions() -> [Position] {
    var result = [Position(places: [0], paddedCount: 1)]
    for axis in input.indices {
      let rows = axisPositions(axis)
      var next: [Position] = []
      next.reserveCapacity(result.count * rows.count)
      for outer in result {
        for row in rows {
          var position = Position()
          position.paddedCount = outer.paddedCount * row.paddedCount
          for place in outer.places {
            for index in row.places { position.places.append(place * input[axis] + index) }
          }
          next.append(position)
        }
      }
      result = next
    }
    return result
  }

  private func axisPositions(_ axis: Int) -> [Position] {
    let size = input[axis]
    let before = window.padBefore(size, axis: axis)
    // Only stated padding has elements that count; a window may reach beyond it where sizes round up.
    var after = Int.max / 2
    if case .explicit(_, let ends) = window.padding { after = size + ends[axis] }
    return (0..<output[axis]).map { index in
      var position = Position()
      let start = index * window.strides[axis] - before
      // Counted, not walked: a window may be far greater than the operand.
      let first = steps(from: start, to: 0, axis)
      let last = steps(from: start, to: size, axis)
      position.places = (first..<max(first, last)).map { start + $0 * window.dilations[axis] }
      position.paddedCount = steps(from: start, to: after, axis)
      return position
    }
  }

  /// How many elements of the window lie before `end`.
  private func steps(from start: Int, to end: Int, _ axis: Int) -> Int {
    guard end > start else { return 0 }
    return min((end - start - 1) / window.dilations[axis] + 1, window.kernel[axis])
  }

  /// Where an element is in the operand.
  package func offset(batch: Int, channel: Int, place: Int) -> Int {
    let space = input.reduce(1, *)
    return layout.channelsLast
      ? (batch * space + place) * channels + channel
      : (batch * channels + channel) * space + place
  }

  /// A function of the operand's places under each position of the window, in the result's order.
  func map<Result>(_ function: (Int, Int, Position) -> Result) -> [Result] {
    guard batch > 0, channels > 0 else { return [] }
    let positions = positions()
    var result: [Result] = []
    for sample in 0..<batch {
      if layout.channelsLast {
        for position in positions {
          for channel in 0..<channels { result.append(function(sample, channel, position)) }
        }
      } else {
        for channel in 0..<channels {
          for position in positions { result.append(function(sample, channel, position)) }
        }
      }
    }
    return result
  }
}

extension OperatorContext {
  /// The type of a pooling operator's result.
  func pooledType() throws(OperatorError) -> TensorType {
    let operand = try input(0)
    guard let dimensions = operand.shape.dimensions else {
      // The window tells the number of axes.
      guard let kernel = try attributes.ints("kernel") else { return operand }
      return operand.with(.ranked(Array(repeating: .unknown, count: kernel.count + 2)))
    }
    let kernel = try PoolingWindow.kernel(attributes, rank: dimensions.count)
    let window = try SpatialWindow(kernel: kernel, attributes: attributes)
    let layout = try DataLayout(attributes)
    var spatial: [Dimension] = []
    for (axis, place) in layout.spatialAxes(rank: dimensions.count).enumerated() {
      spatial.append(try window.outputSize(dimensions[place], axis: axis))
    }
    return operand.with(
      layout.shape(
        batch: dimensions[0],
        channels: dimensions[layout.channelAxis(rank: dimensions.count)],
        spatial: spatial
      )
    )
  }
}

extension CostRule {
  /// Operations an element of the window, for each element of the result.
  ///
  /// The whole window counts, padding or not, as for convolutions.
  static func pooling(operationsPerElement: Int = 1) -> CostRule {
    CostRule { context in
      guard let kernel = try? context.node.attributes.ints("kernel"),
        let elements = checkedProduct(kernel), elements <= Int(Int32.max)
      else { return .uncounted }
      return .times(
        context.outputElements(),
        otherOperations: elements * operationsPerElement + context.activationOperations
      )
    }
  }
}
