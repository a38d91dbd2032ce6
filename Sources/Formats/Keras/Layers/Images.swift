import ModelIR
import WireFormats

/// Cropping and resampling of images, as the layers in front of a network do it.
extension LayerContext {
  /// Rows and columns of an image.
  struct ImageSize {
    var height: Int
    var width: Int
  }

  /// The options `height` and `width`.
  func imageSize() throws(LayerProblem) -> ImageSize {
    guard let height = int("height"), let width = int("width"), height > 0, width > 0,
      height <= Int(Int32.max), width <= Int(Int32.max)
    else { throw .invalid("height or width is missing") }
    return ImageSize(height: height, width: width)
  }

  /// The axes of rows and columns; a tensor of three axes is one image.
  func imageAxes(_ x: KerasTensor) -> [Int] {
    let first = isChannelsFirst ? (x.rank == 3 ? 1 : 2) : (x.rank == 3 ? 0 : 1)
    return [first, first + 1]
  }

  /// Rows and columns of an operand: of the input where it is one, or as Keras 3 noted them.
  func imageExtents(_ x: KerasTensor) -> ImageSize? {
    let axes = imageAxes(x)
    let limit = Int(Int32.max)
    if let dimensions = builder.graph[x.value].shape.dimensions, dimensions.count > axes[1] {
      guard let height = dimensions[axes[0]].size, let width = dimensions[axes[1]].size,
        (1...limit).contains(height), (1...limit).contains(width)
      else { return nil }
      return ImageSize(height: height, width: width)
    }
    let noted = config.inputShape
    // What is noted is the first call; others may have had other images.
    guard noted.count > axes[1], config.inboundNodes.count <= 1,
      let height = noted[axes[0]].integer, let width = noted[axes[1]].integer,
      (1...limit).contains(height), (1...limit).contains(width)
    else { return nil }
    return ImageSize(height: height, width: width)
  }

  /// The middle of images; what is odd goes to the end.
  func cropped(_ x: KerasTensor, _ extents: ImageSize, _ size: ImageSize) -> KerasTensor {
    if extents.height == size.height, extents.width == size.width {
      return like(x, emit("identity", [x.value]))
    }
    let top = (extents.height - size.height) / 2
    let left = (extents.width - size.width) / 2
    let value = emit(
      "slice",
      [x.value],
      [
        "starts": .ints([top, left]), "ends": .ints([top + size.height, left + size.width]),
        "axes": .ints(imageAxes(x)),
      ]
    )
    return like(x, value)
  }

  /// Images resampled to another size.
  func resized(
    _ x: KerasTensor,
    _ size: ImageSize,
    interpolation name: String
  ) throws(LayerProblem) -> KerasTensor {
    var attributes = try interpolation(name, nearest: "half_pixel")
    if case .string("nearest") = attributes["mode"] {
      attributes["nearestMode"] = .string("round_prefer_ceil")
    }
    attributes["axes"] = .ints(imageAxes(x))
    let sizes = builder.constant([Double(size.height), Double(size.width)], .int64, [2])
    return like(x, emit("resize", [x.value, nil, nil, sizes], attributes))
  }

  /// The largest part in the middle that has the proportions of the result, resampled.
  ///
  /// Source: Keras 3 `image_utils.smart_resize`.
  func resizedPart(
    _ x: KerasTensor,
    _ extents: ImageSize,
    _ size: ImageSize,
    interpolation name: String
  ) throws(LayerProblem) -> KerasTensor {
    func part(_ extent: Int, _ other: Int, _ wanted: Int, _ otherWanted: Int) -> Int {
      // The product of two 31-bit numbers is exact in 64 bits.
      max(min(extent, Int(Double(other * wanted) / Double(otherWanted))), 1)
    }
    let inner = ImageSize(
      height: part(extents.height, extents.width, size.height, size.width),
      width: part(extents.width, extents.height, size.width, size.height)
    )
    let isWhole = inner.height == extents.height && inner.width == extents.width
    return try resized(isWhole ? x : cropped(x, extents, inner), size, interpolation: name)
  }
}
