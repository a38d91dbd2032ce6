/// Rectangles whose areas are shares of a whole, as near to squares as their order allows.
///
/// Source: Bruls, Huizing, van Wijk, "Squarified Treemaps", VisSym 2000.
struct Treemap {
  /// A place in the picture.
  struct Frame: Equatable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double
  }

  /// The frames of `weights`, which stand from the greatest to the least, within `frame`.
  ///
  /// - Complexity: O(number of weights): rows are extended one by one.
  static func frames(_ weights: [Double], in frame: Frame) -> [Frame] {
    let total = weights.reduce(0, +)
    guard total > 0, frame.width > 0, frame.height > 0 else {
      return weights.map { _ in Frame(x: frame.x, y: frame.y, width: 0, height: 0) }
    }
    let scale = frame.width * frame.height / total
    let areas = weights.map { $0 * scale }
    var result: [Frame] = []
    var rest = frame
    var start = 0
    while start < areas.count {
      let side = max(min(rest.width, rest.height), 1e-9)
      var end = start + 1
      var sum = areas[start]
      var worst = Self.worst(sum, areas[start], areas[start], side)
      while end < areas.count {
        let next = Self.worst(sum + areas[end], areas[start], areas[end], side)
        guard next <= worst else { break }
        worst = next
        sum += areas[end]
        end += 1
      }
      place(Array(areas[start..<end]), sum, in: &rest, &result)
      start = end
    }
    return result
  }

  /// The greatest ratio of sides in a row of total area `sum`.
  private static func worst(_ sum: Double, _ most: Double, _ least: Double, _ side: Double)
    -> Double
  {
    guard sum > 0, least > 0 else { return .infinity }
    let square = side * side
    return max(square * most / (sum * sum), sum * sum / (square * least))
  }

  private static func place(
    _ areas: [Double],
    _ sum: Double,
    in rest: inout Frame,
    _ result: inout [Frame]
  ) {
    let isUpright = rest.width >= rest.height
    let side = max(isUpright ? rest.height : rest.width, 1e-9)
    let thickness = sum / side
    var offset = 0.0
    for area in areas {
      let length = thickness > 0 ? area / thickness : 0
      result.append(
        isUpright
          ? Frame(x: rest.x, y: rest.y + offset, width: thickness, height: length)
          : Frame(x: rest.x + offset, y: rest.y, width: length, height: thickness)
      )
      offset += length
    }
    if isUpright {
      rest.x += thickness
      rest.width = max(0, rest.width - thickness)
    } else {
      rest.y += thickness
      rest.height = max(0, rest.height - thickness)
    }
  }
}
