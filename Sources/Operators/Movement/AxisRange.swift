import ModelIR

/// The positions of one axis from a start to before an end, in steps that may be negative.
struct AxisRange: Equatable {
  var start: Int
  var step: Int
  var count: Int

  /// What two bounds leave of an axis, as NumPy's slices have it.
  ///
  /// Negative bounds count from the end; what is outside is cut.
  ///
  /// - Parameters:
  ///   - start: The first position; `nil` for the first one in the direction of the step.
  ///   - end: The position after the last; `nil` for all.
  ///   - step: The distance, not 0.
  ///   - size: The axis's extent.
  ///   - startsInside: Whether a start before the axis becomes its first position for negative
  ///     steps too (ONNX), instead of leaving nothing (NumPy, TFLite).
  /// - Throws: where the step is 0.
  init(
    from start: Int?,
    to end: Int?,
    step: Int,
    size: Int,
    startsInside: Bool = false
  ) throws(OperatorError) {
    guard step != 0 else { throw .invalid("a step is 0") }
    func place(_ bound: Int) -> Int { bound < 0 ? bound + size : bound }
    let isForward = step > 0
    let lowest = isForward || (startsInside && size > 0) ? 0 : -1
    let first =
      start.map { min(max(place($0), lowest), isForward ? size : size - 1) }
      ?? (isForward ? 0 : size - 1)
    let last =
      end.map { min(max(place($0), isForward ? 0 : -1), isForward ? size : size - 1) }
      ?? (isForward ? size : -1)
    self.start = first
    self.step = step
    let distance = isForward ? last - first : first - last
    count = distance > 0 ? Int((UInt(distance) - 1) / step.magnitude) + 1 : 0
  }

  /// The same as a selection of an axis.
  var selection: AxisSelection { .strided(start: start, step: step, count: count) }

  /// What bounds leave of an axis some of which may be symbolic.
  ///
  /// - Parameters:
  ///   - start: The first position; `nil` for the first one.
  ///   - end: The position after the last; `nil` for all.
  ///   - step: The distance, where it is known.
  ///   - extent: The axis's extent.
  ///   - startsInside: As above.
  /// - Returns: The positions that remain.
  /// - Throws: where the step is 0.
  static func extent(
    from start: Dimension?,
    to end: Dimension?,
    step: Int?,
    of extent: Dimension,
    startsInside: Bool = false
  ) throws(OperatorError) -> Dimension {
    guard let step else { return .unknown }
    guard step != 0 else { throw .invalid("a step is 0") }
    // A bound that is the extent itself is the end whatever its value.
    var end = end
    if step > 0, let bound = end, bound == extent, bound != .unknown { end = nil }
    let first = start?.size
    let last = end?.size
    guard start == nil || first != nil, end == nil || last != nil else { return .unknown }
    if let size = extent.size {
      let range = try AxisRange(
        from: first,
        to: last,
        step: step,
        size: size,
        startsInside: startsInside
      )
      return .fixed(range.count)
    }
    // Bounds beyond 2^31 - 2 stand for "to the end" in both formats.
    let reachesEnd = last.map { $0 >= Int(Int32.max) - 1 } ?? true
    let isWhole = (first ?? 0) == 0 && reachesEnd && step == 1
    if isWhole { return extent }
    let isReversal =
      step == -1 && (first.map { $0 == -1 || $0 >= Int(Int32.max) - 1 } ?? true)
      && (last.map { $0 <= -Int(Int32.max) } ?? true)
    return isReversal ? extent : .unknown
  }
}
