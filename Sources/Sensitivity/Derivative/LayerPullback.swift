import Calibration
import Kernels
import ModelIR
import Operators

/// The derivative of a layer with constant weights: with respect to its input, its weights and bias.
///
/// With the input's rows `x` (one an output position) and the derivative `g` of that position's
/// outputs: `Wᵀ g` for the row, `Σ g xᵀ` for the weights, `Σ g` for the bias.
///
/// A hybrid layer rounds its input to 8-bit integers while it runs. Its derivative goes straight through
/// the rounding, which counts as the identity (Bengio, Léonard and Courville 2013, "Estimating or
/// Propagating Gradients Through Stochastic Neurons"): what it does to a change of many roundings on
/// average.
struct LayerPullback: Pullback {
  let layer: WeightLayer
  private let windows: LayerWindows
  private let mask: FusedMask
  private let operandCount: Int
  private let inputOperand: Int
  private let needsInput: Bool
  /// The factor of a general matrix product.
  private let factor: Float
  /// The weights as rows, one an output channel.
  private let weights: [Float]
  /// The products of an ungrouped layer: for the rows of the input, and for the weights.
  private let inputKernel: MatrixKernel?
  private let packedWeights: PackedFilters?
  private let weightKernel: MatrixKernel?
  /// Whether the input's rows are the input itself.
  private let isPointwise: Bool
  /// How a hybrid layer rounds its input; `nil` for one of floats.
  let rounding: InputRounding?

  init?(_ layer: WeightLayer, _ chooser: PullbackChooser) {
    let graph = chooser.graph
    guard let windows = LayerWindows(layer, in: graph, types: chooser.compiled.types),
      let mask = FusedMask(chooser.attributes), let weights = layer.matrix(in: graph),
      let inputOperand = chooser.node.inputs.firstIndex(of: layer.input),
      // A bias or weights that are computed would have derivatives of their own.
      chooser.wanted.indices.allSatisfy({ !chooser.wanted[$0] || $0 == inputOperand })
    else { return nil }
    self.layer = layer
    self.windows = windows
    self.mask = mask
    self.weights = weights
    self.inputOperand = inputOperand
    operandCount = chooser.node.inputs.count
    needsInput = chooser.wanted[inputOperand]
    rounding = InputRounding(layer, chooser, width: windows.inputPositions * windows.channels)
    factor =
      graph[layer.node].op.name == "gemm"
      ? Float((try? chooser.attributes.float("alpha", default: 1)) ?? 1) : 1
    let rows = windows.batch * windows.outputPositions
    let isDense = layer.groups == 1 && layer.form != .depthwise
    isPointwise =
      windows.windowSize == 1 && windows.outputPositions == windows.inputPositions
      && windows.taps.indices.allSatisfy { Int(windows.taps[$0]) == $0 }
    if isDense {
      guard
        let input = MatrixKernel(rows: rows, depth: layer.outputs, columns: layer.taps),
        let product = MatrixKernel(rows: layer.outputs, depth: rows, columns: layer.taps),
        let packed = weights.withUnsafeBufferPointer({ $0.baseAddress.flatMap(input.packed) })
      else { return nil }
      inputKernel = input
      weightKernel = product
      packedWeights = packed
    } else {
      (inputKernel, weightKernel, packedWeights) = (nil, nil, nil)
    }
  }

  var reads: [ValueID] { [layer.input, layer.output] }

  /// The derivative with respect to the sums, channels last, before the fused activation.
  private func sums(_ result: [Float], _ run: FloatRun) -> [Float] {
    var derivative = result
    mask.apply(&derivative, mask == .none ? [] : run.floats(layer.output))
    if windows.isChannelsFirst {
      let positions = windows.outputPositions
      let image = positions * layer.outputs
      var moved: [Float] = []
      moved.reserveCapacity(derivative.count)
      for start in stride(from: 0, to: derivative.count, by: image) {
        moved += MatrixKernel.transposed(
          Array(derivative[start..<start + image]),
          rows: layer.outputs,
          columns: positions
        )
      }
      derivative = moved
    }
    if factor != 1 { for index in derivative.indices { derivative[index] *= factor } }
    return derivative
  }

  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?] {
    var operands = [[Float]?](repeating: nil, count: operandCount)
    guard needsInput, let result = results.first ?? nil else { return operands }
    let derivative = sums(result, run)
    let count = windows.batch * windows.inputPositions * windows.channels
    var input: [Float]
    if let inputKernel, let packedWeights {
      let rows = derivative.withUnsafeBufferPointer { left in
        left.baseAddress.map { inputKernel.product($0, packedWeights) } ?? []
      }
      input = isPointwise ? rows : scattered(rows, count)
    } else {
      input = groupedInput(derivative, count)
    }
    if windows.isChannelsFirst { input = channelsFirst(input) }
    operands[inputOperand] = input
    return operands
  }

  /// The derivative with respect to the weights, in the layer's matrix form, and to the bias.
  func weightDerivative(
    _ result: [Float],
    _ run: FloatRun
  ) -> (weights: [Float], bias: [Float]) {
    let derivative = sums(result, run)
    var bias = [Float](repeating: 0, count: layer.outputs)
    for start in stride(from: 0, to: derivative.count, by: layer.outputs) {
      for output in 0..<layer.outputs { bias[output] += derivative[start + output] }
    }
    // A general product scales its bias by another factor, which is 1 where the bias is corrected.
    if factor != 1 { for index in bias.indices { bias[index] /= factor } }
    let stored = run.floats(layer.input)
    let input = windows.isChannelsFirst ? windows.channelsLast(stored) : stored
    guard let weightKernel else { return (groupedWeights(derivative, input), bias) }
    let rows = isPointwise ? input : gathered(input)
    guard weightKernel.depth > 1 else {
      // One row: the product of a column and a row.
      let product = [Float](unsafeUninitializedCapacity: layer.count) { target, count in
        for output in 0..<layer.outputs {
          for tap in 0..<layer.taps {
            target[output * layer.taps + tap] = derivative[output] * rows[tap]
          }
        }
        count = layer.count
      }
      return (product, bias)
    }
    let columns = MatrixKernel.transposed(
      derivative,
      rows: weightKernel.depth,
      columns: layer.outputs
    )
    let product = columns.withUnsafeBufferPointer { left in
      rows.withUnsafeBufferPointer { right -> [Float] in
        guard let left = left.baseAddress, let right = right.baseAddress else { return [] }
        return weightKernel.product(left, right)
      }
    }
    return (product, bias)
  }

  // MARK: - Windows

  /// The rows of an ungrouped layer's input.
  private func gathered(_ input: [Float]) -> [Float] {
    let channels = windows.channels
    let image = windows.inputPositions * channels
    let count = windows.batch * windows.outputPositions * layer.taps
    return Array(unsafeUninitializedCapacity: count) { rows, filled in
      input.withUnsafeBufferPointer { input in
        guard let source = input.baseAddress, var target = rows.baseAddress else { return }
        for start in stride(from: 0, to: input.count, by: image) {
          for place in windows.taps {
            if place < 0 {
              target.update(repeating: 0, count: channels)
            } else {
              target.update(from: source + start + Int(place) * channels, count: channels)
            }
            target += channels
          }
        }
      }
      filled = count
    }
  }

  /// The sum of rows where they were gathered from.
  private func scattered(_ rows: [Float], _ count: Int) -> [Float] {
    let channels = windows.channels
    let image = windows.inputPositions * channels
    var input = [Float](repeating: 0, count: count)
    input.withUnsafeMutableBufferPointer { input in
      rows.withUnsafeBufferPointer { rows in
        var next = 0
        for start in stride(from: 0, to: count, by: image) {
          for place in windows.taps {
            if place >= 0 {
              let base = start + Int(place) * channels
              for channel in 0..<channels { input[base + channel] += rows[next + channel] }
            }
            next += channels
          }
        }
      }
    }
    return input
  }

  private func channelsFirst(_ input: [Float]) -> [Float] {
    let image = windows.inputPositions * windows.channels
    var moved: [Float] = []
    moved.reserveCapacity(input.count)
    for start in stride(from: 0, to: input.count, by: image) {
      moved += MatrixKernel.transposed(
        Array(input[start..<start + image]),
        rows: windows.inputPositions,
        columns: windows.channels
      )
    }
    return moved
  }

  // MARK: - Groups

  /// Calls `body` for each output position and position of the window inside the input, with the
  /// places of the output's and the input's channels.
  private func forEachTap(_ body: (_ output: Int, _ input: Int, _ tap: Int) -> Void) {
    let positions = windows.outputPositions
    for image in 0..<windows.batch {
      for position in 0..<positions {
        for tap in 0..<windows.windowSize {
          let place = Int(windows.taps[position * windows.windowSize + tap])
          guard place >= 0 else { continue }
          body(
            (image * positions + position) * layer.outputs,
            (image * windows.inputPositions + place) * windows.channels,
            tap
          )
        }
      }
    }
  }

  private var perGroup: Int { layer.outputs / layer.groups }

  /// The first input channel of an output channel.
  private func firstChannel(_ output: Int) -> Int {
    layer.form == .depthwise
      ? output / max(layer.groups / windows.channels, 1) : output / perGroup * layer.inputChannels
  }

  /// The weights, one line a position of the window, for layers with one input channel an output.
  private func lines() -> [Float] {
    MatrixKernel.transposed(weights, rows: layer.outputs, columns: layer.taps)
  }

  private var isPlainDepthwise: Bool {
    layer.form == .depthwise && layer.outputs == windows.channels
  }

  private func groupedInput(_ derivative: [Float], _ count: Int) -> [Float] {
    var input = [Float](repeating: 0, count: count)
    let outputs = layer.outputs
    let depth = layer.inputChannels
    let isPlain = isPlainDepthwise
    let weights = isPlain ? lines() : weights
    input.withUnsafeMutableBufferPointer { input in
      weights.withUnsafeBufferPointer { weights in
        derivative.withUnsafeBufferPointer { derivative in
          forEachTap { output, source, tap in
            if isPlain {
              for channel in 0..<outputs {
                input[source + channel] +=
                  derivative[output + channel] * weights[tap * outputs + channel]
              }
              return
            }
            for row in 0..<outputs {
              let first = source + firstChannel(row)
              for channel in 0..<depth {
                input[first + channel] +=
                  derivative[output + row] * weights[row * layer.taps + tap * depth + channel]
              }
            }
          }
        }
      }
    }
    return input
  }

  private func groupedWeights(_ derivative: [Float], _ input: [Float]) -> [Float] {
    var result = [Float](repeating: 0, count: layer.count)
    let outputs = layer.outputs
    let depth = layer.inputChannels
    let isPlain = isPlainDepthwise
    result.withUnsafeMutableBufferPointer { result in
      input.withUnsafeBufferPointer { input in
        derivative.withUnsafeBufferPointer { derivative in
          forEachTap { output, source, tap in
            if isPlain {
              for channel in 0..<outputs {
                result[tap * outputs + channel] +=
                  derivative[output + channel] * input[source + channel]
              }
              return
            }
            for row in 0..<outputs {
              let first = source + firstChannel(row)
              for channel in 0..<depth {
                result[row * layer.taps + tap * depth + channel] +=
                  derivative[output + row] * input[first + channel]
              }
            }
          }
        }
      }
    }
    return isPlain
      ? MatrixKernel.transposed(result, rows: layer.taps, columns: layer.outputs) : result
  }
}

extension PullbackChooser {
  /// A layer with constant weights, floats or integers beside a float input.
  func layer() -> (any Pullback)? {
    (WeightLayer(id, in: graph) ?? WeightLayer.hybrid(id, in: graph)).flatMap {
      LayerPullback($0, self)
    }
  }
}
