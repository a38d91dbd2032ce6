import ModelIR

extension OperatorDefinition {
  /// Boxes cut out of images and resized: (images `[N, H, W, C]`, boxes `[B, 4]` as (y1, x1, y2, x2) in
  /// parts of the image, image of each box, (height, width)).
  ///
  /// Corners are aligned: row `i` of `h` is `y1·(H−1) + i·(y2−y1)·(H−1)/(h−1)`, or the middle of the box
  /// where `h` is 1; what lies outside of the image is `extrapolationValue`.
  /// Source: TensorFlow CropAndResize (`core/kernels/image/crop_and_resize_op.cc`).
  static let cropAndResize = OperatorDefinition(
    "cropAndResize",
    "Cuts boxes out of images and resizes them.",
    family: .detection,
    inputs: 4...4,
    inferTypes: { (context) throws(OperatorError) in
      let boxes = try context.input(1).shape.dimensions?.first ?? .unknown
      let sizes = context.dimensions(3) ?? [.unknown, .unknown]
      let channels = try context.input(0).shape.dimensions?.last ?? .unknown
      guard sizes.count == 2 else { throw .invalid("a size of \(sizes.count) numbers") }
      return [TensorType(.float32, .ranked([boxes] + sizes + [channels]))]
    },
    // Three interpolations of a product, a sum and a difference.
    cost: .perOutputElement(otherOperations: 9),
    evaluate: { (context) throws(OperatorError) in [try evaluateCropAndResize(context)] }
  )
}

private func evaluateCropAndResize(_ context: EvaluationContext) throws(OperatorError) -> Tensor {
  let image = try context.input(0)
  let boxes = try context.input(1)
  let owners = try context.integers(2)
  let crop = try context.integers(3)
  guard image.rank == 4, boxes.rank == 2, boxes.sizes[1] == 4, boxes.sizes[0] == owners.count,
    crop.count == 2, crop.allSatisfy({ $0 > 0 }), let pixels = image.doubleValues,
    let corners = boxes.doubleValues
  else {
    throw .invalid("images of shape \(image.sizes), boxes of \(boxes.sizes), sizes \(crop)")
  }
  let isNearest = try context.attributes.string("method", default: "bilinear") == "nearest"
  let outside = Float(try context.attributes.float("extrapolationValue", default: 0))
  let (rows, columns, channels) = (image.sizes[1], image.sizes[2], image.sizes[3])
  let count = try Tensor.checkedCount([owners.count, crop[0], crop[1], channels])
  guard rows > 0, columns > 0 || count == 0 else { throw .invalid("the images are empty") }
  let values = pixels.map { Float($0) }
  var result = [Float](repeating: outside, count: count)
  guard count > 0 else {
    return Tensor([owners.count, crop[0], crop[1], channels], floats: result)
  }
  func coordinate(_ index: Int, of wanted: Int, from a: Float, to b: Float, in size: Int) -> Float {
    guard wanted > 1 else { return 0.5 * (a + b) * Float(size - 1) }
    let scale = (b - a) * Float(size - 1) / Float(wanted - 1)
    return a * Float(size - 1) + Float(index) * scale
  }
  for (box, owner) in owners.enumerated() {
    guard (0..<image.sizes[0]).contains(owner) else {
      throw .invalid("box \(box) is in image \(owner) of \(image.sizes[0])")
    }
    let corner = corners[(box * 4)..<(box * 4 + 4)].map { Float($0) }
    for row in 0..<crop[0] {
      let y = coordinate(row, of: crop[0], from: corner[0], to: corner[2], in: rows)
      guard y >= 0, y <= Float(rows - 1) else { continue }
      for column in 0..<crop[1] {
        let x = coordinate(column, of: crop[1], from: corner[1], to: corner[3], in: columns)
        guard x >= 0, x <= Float(columns - 1) else { continue }
        let place = ((box * crop[0] + row) * crop[1] + column) * channels
        func pixel(_ y: Int, _ x: Int, _ channel: Int) -> Float {
          values[((owner * rows + y) * columns + x) * channels + channel]
        }
        if isNearest {
          let (top, left) = (Int(y.rounded()), Int(x.rounded()))
          for channel in 0..<channels { result[place + channel] = pixel(top, left, channel) }
          continue
        }
        let (top, bottom) = (Int(y.rounded(.down)), Int(y.rounded(.up)))
        let (left, right) = (Int(x.rounded(.down)), Int(x.rounded(.up)))
        let (dy, dx) = (y - Float(top), x - Float(left))
        for channel in 0..<channels {
          let topLeft = pixel(top, left, channel)
          let bottomLeft = pixel(bottom, left, channel)
          let upper = topLeft + (pixel(top, right, channel) - topLeft) * dx
          let lower = bottomLeft + (pixel(bottom, right, channel) - bottomLeft) * dx
          result[place + channel] = upper + (lower - upper) * dy
        }
      }
    }
  }
  return Tensor([owners.count, crop[0], crop[1], channels], floats: result)
}
