import ModelIR

/// The sliding window of convolutions and pooling, over any number of spatial axes.
///
/// Sources: TensorFlow "Convolution" notes (SAME: `ceil(in / stride)`; VALID: `ceil((in − k + 1) /
/// stride)`), ONNX Conv and AveragePool (explicit pads, `ceil_mode`).
package struct SpatialWindow: Equatable, Sendable {
  /// How positions outside the input are treated.
  package enum Padding: Equatable, Sendable {
    case valid
    /// As much as keeps `ceil(in / stride)` positions; what is odd goes to the end.
    case same
    /// The same; what is odd goes to the beginning.
    case sameLower
    /// Stated numbers of positions before and after each axis.
    case explicit(begins: [Int], ends: [Int])
  }

  package var kernel: [Int]
  package var strides: [Int]
  package var dilations: [Int]
  package var padding: Padding
  /// Whether a last window that begins inside the padded input but does not end there counts.
  package var roundsUp: Bool

  package init(
    kernel: [Int],
    strides: [Int],
    dilations: [Int],
    padding: Padding,
    roundsUp: Bool = false
  ) {
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.padding = padding
    self.roundsUp = roundsUp
  }

  /// Reads `strides`, `dilations`, `padding`, `pads` and `ceilMode` of a node.
  ///
  /// - Throws: where a list has another length than the kernel, or a value is not positive.
  package init(kernel: [Int], attributes: AttributeReader) throws(OperatorError) {
    let rank = kernel.count
    func list(_ name: String, _ least: Int, _ count: Int, _ value: Int) throws(OperatorError)
      -> [Int]
    {
      let values = try attributes.ints(name) ?? Array(repeating: value, count: count)
      guard values.count == count else {
        throw .invalid("\(name) has \(values.count) values, \(count) are needed")
      }
      guard values.allSatisfy({ $0 >= least && $0 <= Int(Int32.max) }) else {
        throw .invalid("\(name) \(values) must be at least \(least)")
      }
      return values
    }
    guard kernel.allSatisfy({ $0 > 0 && $0 <= Int(Int32.max) }) else {
      throw .invalid("the window \(kernel) has an extent below 1")
    }
    self.kernel = kernel
    strides = try list("strides", 1, rank, 1)
    dilations = try list("dilations", 1, rank, 1)
    roundsUp = try attributes.bool("ceilMode")
    switch try attributes.string("padding", default: "explicit") {
    case "valid": padding = .valid
    case "same": padding = .same
    case "sameLower": padding = .sameLower
    case "explicit":
      // Negative pads crop; ONNX does not forbid them.
      let pads = try list("pads", -Int(Int32.max), 2 * rank, 0)
      padding = .explicit(begins: Array(pads[..<rank]), ends: Array(pads[rank...]))
    case let other: throw .invalid("padding \"\(other)\" is none of explicit, same, valid")
    }
  }

  /// The positions that the dilated window spans on an axis.
  package func span(_ axis: Int) -> Int { (kernel[axis] - 1) * dilations[axis] + 1 }

  /// The extent of the result on a spatial axis.
  package func outputSize(_ input: Dimension, axis: Int) throws(OperatorError) -> Dimension {
    guard let size = input.size else {
      // A window of 1 that moves by 1 keeps whatever the extent is.
      let isIdentity = kernel[axis] == 1 && strides[axis] == 1 && totalPads(axis) == 0
      return isIdentity || (strides[axis] == 1 && keepsSize) ? input : .unknown
    }
    return .fixed(try outputSize(size, axis: axis))
  }

  private var keepsSize: Bool { padding == .same || padding == .sameLower }

  private func totalPads(_ axis: Int) -> Int {
    guard case .explicit(let begins, let ends) = padding else { return 0 }
    return begins[axis] + ends[axis]
  }

  /// The extent of the result for a known extent of the input.
  package func outputSize(_ size: Int, axis: Int) throws(OperatorError) -> Int {
    if keepsSize { return (size + strides[axis] - 1) / strides[axis] }
    let room = size + totalPads(axis) - span(axis)
    guard room >= 0 else {
      throw .invalid(
        "a window of \(span(axis)) does not fit into \(size) positions with padding"
          + " \(totalPads(axis))"
      )
    }
    guard roundsUp else { return room / strides[axis] + 1 }
    let count = (room + strides[axis] - 1) / strides[axis] + 1
    // The last window must begin inside the input or its leading padding (ONNX AveragePool-19).
    let lead = begins(axis)
    return (count - 1) * strides[axis] >= size + lead ? count - 1 : count
  }

  private func begins(_ axis: Int) -> Int {
    guard case .explicit(let begins, _) = padding else { return 0 }
    return begins[axis]
  }

  /// The positions before the input on an axis, once its extent is known.
  package func padBefore(_ size: Int, axis: Int) -> Int {
    switch padding {
    case .valid: return 0
    case .explicit(let begins, _): return begins[axis]
    case .same, .sameLower:
      let output = (size + strides[axis] - 1) / strides[axis]
      let total = max(0, (output - 1) * strides[axis] + span(axis) - size)
      return padding == .same ? total / 2 : total - total / 2
    }
  }
}

/// Which axes of an image tensor are batch, channels and space.
package struct DataLayout: Equatable, Sendable {
  package var channelsLast: Bool

  package init(channelsLast: Bool) { self.channelsLast = channelsLast }

  /// Reads `dataLayout`: `nhwc` or `nchw`.
  package init(_ attributes: AttributeReader) throws(OperatorError) {
    switch try attributes.string("dataLayout", default: "nchw") {
    case "nhwc": channelsLast = true
    case "nchw": channelsLast = false
    case let other: throw .invalid("dataLayout \"\(other)\" is neither nhwc nor nchw")
    }
  }

  /// The axis of the channels in a shape of `rank` axes.
  package func channelAxis(rank: Int) -> Int { channelsLast ? rank - 1 : 1 }

  /// The axes of space in a shape of `rank` axes.
  package func spatialAxes(rank: Int) -> Range<Int> { channelsLast ? 1..<(rank - 1) : 2..<rank }

  /// A shape from its parts.
  package func shape(batch: Dimension, channels: Dimension, spatial: [Dimension]) -> Shape {
    .ranked(channelsLast ? [batch] + spatial + [channels] : [batch, channels] + spatial)
  }
}
