/// An image of real numbers, rows of interleaved channels.
package struct Raster: Equatable, Sendable {
  package var width: Int
  package var height: Int
  package var channels: Int
  package var values: [Float]

  package init(width: Int, height: Int, channels: Int, values: [Float]) {
    self.width = width
    self.height = height
    self.channels = channels
    self.values = values
  }

  package init(_ picture: Picture) {
    self.init(
      width: picture.width,
      height: picture.height,
      channels: picture.channels,
      values: picture.samples.map(Float.init)
    )
  }

  /// The largest centred part of the target's proportions.
  ///
  /// `h' = min(h, ⌊w · H / W⌋)`, `w' = min(w, ⌊h · W / H⌋)`, the odd pixel goes after.
  /// Source: Keras `preprocessing.image.smart_resize`.
  package func croppedToCenter(width targetWidth: Int, height targetHeight: Int) -> Raster {
    guard targetWidth > 0, targetHeight > 0 else { return self }
    let newHeight = max(1, min(height, width * targetHeight / targetWidth))
    let newWidth = max(1, min(width, height * targetWidth / targetHeight))
    let top = (height - newHeight) / 2
    let left = (width - newWidth) / 2
    var result = Raster(width: newWidth, height: newHeight, channels: channels, values: [])
    result.values.reserveCapacity(newWidth * newHeight * channels)
    for row in 0..<newHeight {
      let start = ((top + row) * width + left) * channels
      result.values.append(contentsOf: values[start..<start + newWidth * channels])
    }
    return result
  }

  /// Resizes as `tf.image.resize(method="bilinear", antialias=False)` does.
  ///
  /// A pixel's centre is at its index plus a half: `source = (target + ½) · in / out − ½`; the four
  /// neighbours are mixed across first, then down, in float32.
  /// Source: TensorFlow `resize_bilinear_op.cc` with `half_pixel_centers`.
  package func resizedBilinearly(width newWidth: Int, height newHeight: Int) -> Raster {
    guard newWidth != width || newHeight != height else { return self }
    let across = Self.weights(from: width, to: newWidth)
    let down = Self.weights(from: height, to: newHeight)
    var result = Raster(width: newWidth, height: newHeight, channels: channels, values: [])
    result.values.reserveCapacity(newWidth * newHeight * channels)
    for y in down {
      let upper = y.lower * width
      let lower = y.upper * width
      for x in across {
        for channel in 0..<channels {
          func at(_ row: Int, _ column: Int) -> Float {
            values[(row + column) * channels + channel]
          }
          let topLeft = at(upper, x.lower)
          let bottomLeft = at(lower, x.lower)
          let top = topLeft + (at(upper, x.upper) - topLeft) * x.share
          let bottom = bottomLeft + (at(lower, x.upper) - bottomLeft) * x.share
          result.values.append(top + (bottom - top) * y.share)
        }
      }
    }
    return result
  }

  /// Resizes as `tf.image.resize(method="nearest")` does: `source = ⌊(target + ½) · in / out⌋`.
  ///
  /// Source: TensorFlow `resize_nearest_neighbor_op.cc` with `half_pixel_centers`.
  package func resizedToNearest(width newWidth: Int, height newHeight: Int) -> Raster {
    guard newWidth != width || newHeight != height else { return self }
    func sources(_ count: Int, _ target: Int) -> [Int] {
      let scale = Float(count) / Float(target)
      return (0..<target).map { index in
        min(max(Int(((Float(index) + 0.5) * scale).rounded(.down)), 0), count - 1)
      }
    }
    let across = sources(width, newWidth)
    var result = Raster(width: newWidth, height: newHeight, channels: channels, values: [])
    result.values.reserveCapacity(newWidth * newHeight * channels)
    for y in sources(height, newHeight) {
      for x in across {
        let start = (y * width + x) * channels
        result.values.append(contentsOf: values[start..<start + channels])
      }
    }
    return result
  }

  /// Two neighbours and the share of the second.
  private struct Weight {
    var lower: Int
    var upper: Int
    var share: Float
  }

  private static func weights(from count: Int, to target: Int) -> [Weight] {
    let scale = Float(count) / Float(target)
    return (0..<target).map { index in
      let place = (Float(index) + 0.5) * scale - 0.5
      let floor = place.rounded(.down)
      return Weight(
        lower: max(Int(floor), 0),
        upper: min(Int(place.rounded(.up)), count - 1),
        share: place - floor
      )
    }
  }
}
