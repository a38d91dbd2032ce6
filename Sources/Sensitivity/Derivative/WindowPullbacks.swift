import ModelIR
import Operators

/// Means or maxima of windows, and sums or means along axes.
struct WindowPullback: Pullback {
  /// How much of a result's derivative an element of its window gets.
  enum Share: Sendable {
    /// A constant for each result.
    case weights([Float])
    /// All of it goes to the first element that equals the greatest.
    case greatest(input: ValueID)
  }

  /// For each element of the result, the places of its window in the operand.
  let places: [[Int32]]
  let share: Share
  let mask: FusedMask
  let output: ValueID
  let count: Int
  let operandCount: Int

  var reads: [ValueID] {
    var reads = mask == .none ? [] : [output]
    if case .greatest(let input) = share { reads.append(input) }
    return reads
  }

  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?] {
    var operands = [[Float]?](repeating: nil, count: operandCount)
    guard var derivative = results.first ?? nil, derivative.count == places.count else {
      return operands
    }
    if mask != .none { mask.apply(&derivative, run.floats(output)) }
    var input = [Float](repeating: 0, count: count)
    switch share {
    case .weights(let weights):
      for (element, window) in places.enumerated() {
        let part = derivative[element] * weights[element]
        for place in window { input[Int(place)] += part }
      }
    case .greatest(let value):
      let values = run.floats(value)
      guard values.count == count else { return operands }
      for (element, window) in places.enumerated() {
        guard var best = window.first else { continue }
        for place in window where values[Int(place)] > values[Int(best)] { best = place }
        input[Int(best)] += derivative[element]
      }
    }
    operands[0] = input
    return operands
  }
}

extension PullbackChooser {
  func pool(isMaximum: Bool) -> (any Pullback)? {
    guard wanted.first == true, let sizes = sizes(0), let count = checkedProduct(sizes),
      count < Int(Int32.max), let mask = FusedMask(attributes),
      case .some(let .some(output)) = node.outputs.first, let input = node.inputs[0],
      let window = try? PoolingWindow(attributes, sizes),
      let layout = try? DataLayout(attributes),
      let includesPad = try? attributes.bool("countIncludePad")
    else { return nil }
    let positions = window.positions()
    var places: [[Int32]] = []
    var weights: [Float] = []
    func append(_ batch: Int, _ channel: Int, _ position: PoolingWindow.Position) {
      places.append(
        position.places.map {
          Int32(window.offset(batch: batch, channel: channel, place: $0))
        }
      )
      weights.append(
        1 / Float(max(includesPad ? position.paddedCount : position.places.count, 1))
      )
    }
    for batch in 0..<window.batch {
      if layout.channelsLast {
        for position in positions {
          for channel in 0..<window.channels { append(batch, channel, position) }
        }
      } else {
        for channel in 0..<window.channels {
          for position in positions { append(batch, channel, position) }
        }
      }
    }
    return WindowPullback(
      places: places,
      share: isMaximum ? .greatest(input: input) : .weights(weights),
      mask: mask,
      output: output,
      count: count,
      operandCount: node.inputs.count
    )
  }

  /// Sums or means along axes, and over space.
  func reduction(isMean: Bool) -> (any Pullback)? {
    guard wanted.first == true, let sizes = sizes(0), let count = checkedProduct(sizes),
      count < Int(Int32.max), let resultSizes, let resultCount = checkedProduct(resultSizes),
      resultCount > 0, case .some(let .some(output)) = node.outputs.first
    else { return nil }
    var stated: [Int]?
    if node.op.name == "globalAveragePool" {
      guard let layout = try? DataLayout(attributes), sizes.count > 2 else { return nil }
      stated = Array(layout.spatialAxes(rank: sizes.count))
    } else if node.inputs.count > 1, let axes = node.inputs[1] {
      guard let tensor = compiled.constant(axes), let integers = tensor.integerValues else {
        return nil
      }
      stated = integers
    }
    guard let targets = try? ReductionPlaces.all(attributes, stated: stated, sizes: sizes),
      targets.count == count
    else { return nil }
    var places = [[Int32]](repeating: [], count: resultCount)
    for (place, target) in targets.enumerated() {
      guard target < resultCount else { return nil }
      places[target].append(Int32(place))
    }
    return WindowPullback(
      places: places,
      share: .weights(places.map { isMean ? 1 / Float(max($0.count, 1)) : 1 }),
      mask: .none,
      output: output,
      count: count,
      operandCount: node.inputs.count
    )
  }
}
