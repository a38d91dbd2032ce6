import ModelIR

/// Which axes of a filter are output channels, input channels and space.
struct FilterLayout: Equatable {
  var output: Int
  var input: Int
  var spatial: [Int]

  /// Reads `filterLayout` for a filter of `rank` axes.
  init(_ attributes: AttributeReader, default name: String, rank: Int) throws(OperatorError) {
    guard rank >= 3 else { throw .invalid("a filter of \(rank) axes has no spatial axis") }
    let last = rank - 1
    switch try attributes.string("filterLayout", default: name) {
    case "oihw": self.init(0, 1, Array(2...last))
    case "iohw": self.init(1, 0, Array(2...last))
    case "ohwi": self.init(0, last, Array(1..<last))
    case "ihwo": self.init(last, 0, Array(1..<last))
    case "hwio": self.init(last, last - 1, Array(0..<(last - 1)))
    case "hwoi": self.init(last - 1, last, Array(0..<(last - 1)))
    case let other:
      throw .invalid("filterLayout \"\(other)\" is none of oihw, iohw, ohwi, ihwo, hwio, hwoi")
    }
  }

  private init(_ output: Int, _ input: Int, _ spatial: [Int]) {
    self.output = output
    self.input = input
    self.spatial = spatial
  }
}

/// The extents of a convolution's filter, whatever the order of its axes.
struct ConvolutionFilter {
  /// What kind of convolution the filter belongs to: it says what the two channel axes count.
  enum Role { case convolution, depthwise, transposed }

  /// All output channels, or those of one group where the convolution is transposed.
  var outputChannels: Int
  /// Input channels of one group, or all of them where the convolution is transposed.
  var inputChannels: Int
  var spatial: [Int]
  var layout: FilterLayout

  /// - Returns: `nil` where the filter's extents are not known.
  init?(_ type: TensorType, _ attributes: AttributeReader, _ role: Role) throws(OperatorError) {
    guard let sizes = type.shape.sizes else { return nil }
    let name =
      switch role {
      case .convolution: "oihw"
      case .depthwise: "ihwo"
      case .transposed: "iohw"
      }
    layout = try FilterLayout(attributes, default: name, rank: sizes.count)
    spatial = layout.spatial.map { sizes[$0] }
    inputChannels = sizes[layout.input]
    outputChannels = sizes[layout.output]
    guard role == .depthwise else { return }
    // TensorFlow's [height, width, channels, multiplier] and TFLite's [1, height, width, channels ·
    // multiplier] hold the same numbers in the same order once the two axes are one.
    guard let product = checkedProduct([inputChannels, outputChannels]) else {
      throw .invalid("a filter of shape \(type.shape) has too many channels")
    }
    outputChannels = product
    inputChannels = 1
  }

  /// The convolution's filter: operand 1.
  init?(_ context: OperatorContext, _ role: Role = .convolution) throws(OperatorError) {
    try self.init(try context.input(1), context.attributes, role)
  }

  /// The filter's elements as `[output][position][input]`, or `[input][position][output]` where the
  /// convolution is transposed.
  func ordered<Element>(_ values: [Element], _ sizes: [Int], _ role: Role) -> [Element] {
    let axes =
      switch role {
      case .convolution: [layout.output] + layout.spatial + [layout.input]
      case .depthwise: [layout.input, layout.output] + layout.spatial
      case .transposed: [layout.input] + layout.spatial + [layout.output]
      }
    return AxisOrder.rearrange(values, sizes, axes)
  }
}
