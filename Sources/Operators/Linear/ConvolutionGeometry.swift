import ModelIR

/// Where the filter of a convolution meets its input, with all extents known.
///
/// Elements are in the order batch, position, channel here; layouts are resolved before and after.
struct ConvolutionGeometry {
  var batch: Int
  var inputSpatial: [Int]
  var outputSpatial: [Int]
  var inputChannels: Int
  var outputChannels: Int
  var groups: Int
  var kernel: [Int]
  var strides: [Int]
  var dilations: [Int]
  var padBefore: [Int]

  var inputPositions: Int { checkedProduct(inputSpatial) ?? 0 }
  var outputPositions: Int { checkedProduct(outputSpatial) ?? 0 }
  var taps: Int { checkedProduct(kernel) ?? 0 }

  /// One place of the filter over one place of the other side.
  struct Tap {
    /// The position in the input (or, for a transposed convolution, in the output).
    var position: Int
    /// The position in the filter.
    var tap: Int
  }

  /// The coordinates of a row-major position.
  static func coordinates(_ position: Int, _ sizes: [Int]) -> [Int] {
    var rest = position
    var result = sizes
    for axis in sizes.indices.reversed() {
      result[axis] = rest % sizes[axis]
      rest /= sizes[axis]
    }
    return result
  }

  /// The places of the filter that lie inside `sizes` when it begins at `origin`, in filter order.
  func tapsInside(_ origin: [Int], _ sizes: [Int]) -> [Tap] {
    var result = [Tap(position: 0, tap: 0)]
    for axis in kernel.indices {
      var next: [Tap] = []
      next.reserveCapacity(result.count * kernel[axis])
      for base in result {
        for index in 0..<kernel[axis] {
          let place = origin[axis] + index * dilations[axis]
          guard place >= 0, place < sizes[axis] else { continue }
          next.append(
            Tap(position: base.position * sizes[axis] + place, tap: base.tap * kernel[axis] + index)
          )
        }
      }
      result = next
    }
    return result
  }

  /// The taps of an output position of a convolution.
  func inputTaps(_ position: Int) -> [Tap] {
    let place = Self.coordinates(position, outputSpatial)
    let origin = place.indices.map { place[$0] * strides[$0] - padBefore[$0] }
    return tapsInside(origin, inputSpatial)
  }

  /// The taps of an input position of a transposed convolution.
  func outputTaps(_ position: Int) -> [Tap] {
    let place = Self.coordinates(position, inputSpatial)
    let origin = place.indices.map { place[$0] * strides[$0] - padBefore[$0] }
    return tapsInside(origin, outputSpatial)
  }

  /// Sums of products of a convolution: filter places in row-major order, then channels.
  ///
  /// - Parameters:
  ///   - input: `[batch][position][channel]`.
  ///   - filter: `[output channel][filter position][channel of the group]`.
  /// - Returns: `[batch][output position][output channel]`.
  func correlate<Element: Accumulable>(_ input: [Element], _ filter: [Element]) -> [Element] {
    let positions = outputPositions
    let count = checkedProduct([batch, positions, outputChannels]) ?? 0
    var output = [Element](repeating: .zero, count: count)
    guard !output.isEmpty, groups > 0 else { return output }
    let depth = inputChannels / groups
    let outputsPerGroup = max(outputChannels / groups, 1)
    let filterSize = taps * depth
    let image = inputPositions * inputChannels
    for position in 0..<positions {
      let places = inputTaps(position)
      for sample in 0..<batch {
        let base = (sample * positions + position) * outputChannels
        for channel in 0..<outputChannels {
          let first = sample * image + channel / outputsPerGroup * depth
          var sum = Element.zero
          for place in places {
            let x = first + place.position * inputChannels
            let w = channel * filterSize + place.tap * depth
            for index in 0..<depth { sum.add(input[x &+ index], times: filter[w &+ index]) }
          }
          output[base + channel] = sum
        }
      }
    }
    return output
  }

  /// Sums of products of a transposed convolution: every input element is spread over the filter.
  ///
  /// - Parameters:
  ///   - input: `[batch][position][channel]`.
  ///   - filter: `[input channel][filter position][output channel of the group]`.
  /// - Returns: `[batch][output position][output channel]`.
  func spread<Element: Accumulable>(_ input: [Element], _ filter: [Element]) -> [Element] {
    let positions = outputPositions
    let count = checkedProduct([batch, positions, outputChannels]) ?? 0
    var output = [Element](repeating: .zero, count: count)
    guard !output.isEmpty, groups > 0, inputChannels > 0 else { return output }
    let depth = inputChannels / groups
    let outputsPerGroup = outputChannels / groups
    let inputs = inputPositions
    for position in 0..<inputs {
      let places = outputTaps(position)
      for sample in 0..<batch {
        for channel in 0..<inputChannels {
          let value = input[(sample * inputs + position) * inputChannels + channel]
          let firstOutput = channel / depth * outputsPerGroup
          for place in places {
            let y = (sample * positions + place.position) * outputChannels + firstOutput
            let w = (channel * taps + place.tap) * outputsPerGroup
            for index in 0..<outputsPerGroup {
              output[y &+ index].add(value, times: filter[w &+ index])
            }
          }
        }
      }
    }
    return output
  }
}
