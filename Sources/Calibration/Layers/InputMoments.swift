/// What calibration says of a layer's inputs: how large each is, and how they go together.
package struct InputMoments: Equatable, Sendable {
  /// The rows that were seen, for each group.
  package var rowCount: Int
  /// Σ x over all rows: `groups × taps`.
  package var sums: [Double]
  /// Σ x² over all rows: `groups × taps`.
  ///
  /// It is the square of the norm that activation-weighted pruning takes (Sun et al. 2023, "A Simple and Effective Pruning Approach for Large Language Models").
  package var squares: [Double]
  /// Σ x xᵀ over all rows: `groups × taps × taps`; `nil` where it was not asked for or is above the
  /// limit.
  package var gram: [Double]?
  /// The rows themselves, one after the other, of a layer without groups that sees fewer of them than
  /// its Gram matrix would take; `nil` otherwise.
  package var inputs: [Float]?

  package init(
    rowCount: Int,
    sums: [Double],
    squares: [Double],
    gram: [Double]?,
    inputs: [Float]? = nil
  ) {
    self.rowCount = rowCount
    self.sums = sums
    self.squares = squares
    self.gram = gram
    self.inputs = inputs
  }

  /// Σ over outputs of `Δw G Δwᵀ`: the summed square of the error that a change of weights makes at
  /// the layer's output, before its activation.
  ///
  /// - Parameters:
  ///   - change: New weights minus old ones, in the layer's matrix form.
  ///   - layer: The layer.
  /// - Returns: `nil` where neither the Gram matrix nor the rows were kept.
  /// - Complexity: O(outputs · taps²), or O(outputs · taps · rows).
  package func outputError(of change: [Float], layer: WeightLayer) -> Double? {
    outputSquares(of: change, layer: layer)?.reduce(0, +)
  }

  /// For each output the sum of its square over all rows, `w G wᵀ`.
  ///
  /// - Parameters:
  ///   - weights: In the layer's matrix form.
  ///   - layer: The layer.
  /// - Returns: `nil` where neither the Gram matrix nor the rows were kept.
  /// - Complexity: O(outputs · taps²), or O(outputs · taps · rows).
  package func outputSquares(of weights: [Float], layer: WeightLayer) -> [Double]? {
    guard let gram else { return inputs.map { outputSquares(of: weights, layer, $0) } }
    let taps = layer.taps
    let perGroup = layer.outputs / layer.groups
    var sums = [Double](repeating: 0, count: layer.outputs)
    gram.withUnsafeBufferPointer { gram in
      weights.withUnsafeBufferPointer { weights in
        for row in 0..<layer.outputs {
          let base = row / perGroup * taps * taps
          for first in 0..<taps {
            let weight = Double(weights[row * taps + first])
            guard weight != 0 else { continue }
            var product = 0.0
            for second in 0..<taps {
              product += gram[base + first * taps + second] * Double(weights[row * taps + second])
            }
            sums[row] += weight * product
          }
        }
      }
    }
    return sums
  }

  private func outputSquares(of weights: [Float], _ layer: WeightLayer, _ inputs: [Float])
    -> [Double]
  {
    let taps = layer.taps
    var sums = [Double](repeating: 0, count: layer.outputs)
    inputs.withUnsafeBufferPointer { inputs in
      weights.withUnsafeBufferPointer { weights in
        for row in 0..<layer.outputs {
          for start in stride(from: 0, to: inputs.count, by: taps) {
            var product = 0.0
            for tap in 0..<taps {
              product += Double(weights[row * taps + tap]) * Double(inputs[start + tap])
            }
            sums[row] += product * product
          }
        }
      }
    }
    return sums
  }

  /// The shift of each output's mean that a change of weights makes: `Δw · E[x]`.
  package func meanShift(of change: [Float], layer: WeightLayer) -> [Float] {
    let perGroup = layer.outputs / layer.groups
    return (0..<layer.outputs).map { row in
      let base = row / perGroup * layer.taps
      var sum = 0.0
      for tap in 0..<layer.taps {
        sum += Double(change[row * layer.taps + tap]) * sums[base + tap]
      }
      return Float(sum / Double(max(rowCount, 1)))
    }
  }
}

/// Moments while they are collected.
struct MomentCollector: Sendable {
  private(set) var moments: InputMoments
  private let windows: LayerWindows

  init(_ windows: LayerWindows, keepsGram: Bool, keepsInputs: Bool = false) {
    self.windows = windows
    let layer = windows.layer
    let count = layer.groups * layer.taps
    moments = InputMoments(
      rowCount: 0,
      sums: Array(repeating: 0, count: count),
      squares: Array(repeating: 0, count: count),
      gram: keepsGram ? Array(repeating: 0, count: count * layer.taps) : nil,
      inputs: keepsInputs ? [] : nil
    )
  }

  /// Adds a sample's input.
  ///
  /// Samples are added in order, so sums are the same for any thread count.
  mutating func add(_ values: [Float]) {
    let layer = windows.layer
    let taps = layer.taps
    var sums = [Float](repeating: 0, count: moments.sums.count)
    var squares = sums
    // One sample's products in float32: their number is small; samples add up in float64.
    var gram = [Float](repeating: 0, count: moments.gram?.count ?? 0)
    let keepsGram = moments.gram != nil
    var rows = 0
    sums.withUnsafeMutableBufferPointer { sums in
      squares.withUnsafeMutableBufferPointer { squares in
        gram.withUnsafeMutableBufferPointer { gram in
          windows.forEachRow(values) { group, row in
            let base = group * taps
            if group == 0 { rows += 1 }
            for tap in 0..<taps {
              let value = row[tap]
              sums[base + tap] += value
              squares[base + tap] += value * value
            }
            guard keepsGram else { return }
            for first in 0..<taps {
              let value = row[first]
              // Half of all inputs behind a ReLU are 0.
              guard value != 0 else { continue }
              let line = (base + first) * taps
              for second in first..<taps { gram[line + second] += value * row[second] }
            }
          }
        }
      }
    }
    moments.rowCount += rows
    if moments.inputs != nil {
      windows.forEachRow(values) { _, row in moments.inputs?.append(contentsOf: row) }
    }
    for index in sums.indices {
      moments.sums[index] += Double(sums[index])
      moments.squares[index] += Double(squares[index])
    }
    for index in gram.indices { moments.gram?[index] += Double(gram[index]) }
  }

  /// The moments, with the lower half of the Gram matrices filled in.
  func finished() -> InputMoments {
    var result = moments
    guard var gram = result.gram else { return result }
    result.gram = nil
    let taps = windows.layer.taps
    for group in 0..<windows.layer.groups {
      let base = group * taps * taps
      for row in 0..<taps {
        for column in 0..<row {
          gram[base + row * taps + column] = gram[base + column * taps + row]
        }
      }
    }
    result.gram = gram
    return result
  }
}
