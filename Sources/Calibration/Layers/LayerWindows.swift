import ModelIR
import Operators

/// The rows of numbers that a layer's weights are multiplied with, one for each output position.
package struct LayerWindows: Sendable {
  /// The layer.
  package let layer: WeightLayer
  /// Whether the input has its channels first.
  package let isChannelsFirst: Bool
  /// All input channels.
  package let channels: Int
  /// For each output position and position of the window, the input position; −1 in the padding.
  package let taps: [Int32]
  /// Positions of the window.
  package let windowSize: Int
  /// Positions of one input image.
  package let inputPositions: Int
  /// Images; of a dense layer the rows of its input.
  package let batch: Int

  /// Positions of one output image.
  package var outputPositions: Int { taps.count / windowSize }

  /// More positions than this are counted as a layer that is too large to look at.
  private static let tapLimit = 1 << 26

  /// - Returns: `nil` where the extents do not fit, or the layer is transposed.
  package init?(_ layer: WeightLayer, in graph: Graph, types: [TensorType]) {
    guard let sizes = types[layer.input.index].shape.sizes, !sizes.contains(0) else { return nil }
    self.layer = layer
    let node = graph[layer.node]
    let attributes = AttributeReader(node.attributes)
    switch layer.form {
    case .transposed: return nil
    case .dense:
      guard let count = checkedProduct(sizes), count % layer.inputChannels == 0 else { return nil }
      isChannelsFirst = false
      channels = layer.inputChannels
      batch = count / channels
      inputPositions = 1
      windowSize = 1
      taps = [0]
    case .convolution, .depthwise:
      guard let layout = try? DataLayout(attributes), sizes.count >= 3 else { return nil }
      isChannelsFirst = !layout.channelsLast
      channels = sizes[layout.channelAxis(rank: sizes.count)]
      batch = sizes[0]
      let spatial = layout.spatialAxes(rank: sizes.count).map { sizes[$0] }
      inputPositions = spatial.reduce(1, *)
      let fileAxes =
        layer.form == .depthwise
        ? Array(layer.axes.dropFirst(2)) : layer.axes.dropFirst().dropLast()
      let kernel = fileAxes.map { layer.sizes[$0] }
      guard kernel.count == spatial.count,
        layer.form == .depthwise || channels == layer.inputChannels * layer.groups,
        layer.form != .depthwise || layer.groups % channels == 0,
        let window = try? SpatialWindow(kernel: kernel, attributes: attributes)
      else { return nil }
      windowSize = kernel.reduce(1, *)
      guard let taps = Self.taps(window, spatial) else { return nil }
      self.taps = taps
    }
  }

  private static func taps(_ window: SpatialWindow, _ spatial: [Int]) -> [Int32]? {
    var outputs: [Int] = []
    for axis in spatial.indices {
      guard let size = try? window.outputSize(spatial[axis], axis: axis), size > 0 else {
        return nil
      }
      outputs.append(size)
    }
    guard let count = checkedProduct(outputs + window.kernel), count <= tapLimit else { return nil }
    var result: [Int32] = []
    result.reserveCapacity(count)
    for position in 0..<outputs.reduce(1, *) {
      var origin = [Int](repeating: 0, count: outputs.count)
      var rest = position
      for axis in outputs.indices.reversed() {
        let place = rest % outputs[axis]
        origin[axis] = place * window.strides[axis] - window.padBefore(spatial[axis], axis: axis)
        rest /= outputs[axis]
      }
      for tap in 0..<window.kernel.reduce(1, *) {
        var rest = tap
        var offsets = origin
        for axis in outputs.indices.reversed() {
          offsets[axis] += rest % window.kernel[axis] * window.dilations[axis]
          rest /= window.kernel[axis]
        }
        var place = 0
        for axis in outputs.indices {
          guard offsets[axis] >= 0, offsets[axis] < spatial[axis], place >= 0 else {
            place = -1
            break
          }
          place = place * spatial[axis] + offsets[axis]
        }
        result.append(Int32(place))
      }
    }
    return result
  }

  /// Calls `body` with the row of each output position and group; rows lie one after the other.
  ///
  /// - Parameters:
  ///   - values: The input's elements.
  ///   - body: The group and its row of `layer.taps` numbers.
  package func forEachRow(
    _ values: [Float],
    _ body: (_ group: Int, _ row: UnsafeBufferPointer<Float>) -> Void
  ) {
    let imageSize = inputPositions * channels
    guard values.count == batch * imageSize else { return }
    let values = isChannelsFirst ? channelsLast(values) : values
    let depth = layer.inputChannels
    let groups = layer.groups
    let multiplier = layer.form == .depthwise ? groups / channels : 1
    var row = [Float](repeating: 0, count: layer.taps)
    values.withUnsafeBufferPointer { values in
      row.withUnsafeMutableBufferPointer { row in
        for image in 0..<batch {
          for start in stride(from: 0, to: taps.count, by: windowSize) {
            for group in 0..<groups {
              let first = layer.form == .depthwise ? group / multiplier : group * depth
              for tap in 0..<windowSize {
                let place = Int(taps[start + tap])
                for channel in 0..<depth {
                  row[tap * depth + channel] =
                    place < 0
                    ? 0 : values[image * imageSize + place * channels + first + channel]
                }
              }
              body(group, UnsafeBufferPointer(row))
            }
          }
        }
      }
    }
  }

  /// A channels-first input with its channels last.
  package func channelsLast(_ values: [Float]) -> [Float] {
    var result = values
    for image in 0..<batch {
      let start = image * inputPositions * channels
      for channel in 0..<channels {
        for position in 0..<inputPositions {
          result[start + position * channels + channel] =
            values[start + channel * inputPositions + position]
        }
      }
    }
    return result
  }
}
