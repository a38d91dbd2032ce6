import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorDefinition {
  /// Keeps the best boxes of each batch and class and drops those that overlap them:
  /// (boxes `[N, B, 4]`, scores `[N, C, B]`, most boxes of a class?, IoU limit?, least score?).
  ///
  /// Gives rows of (batch, class, box). Source: ONNX NonMaxSuppression-11.
  static let nonMaxSuppression = OperatorDefinition(
    "nonMaxSuppression",
    "Keeps the best boxes and drops those that overlap them.",
    family: .detection,
    inputs: 2...5,
    inferTypes: { (context) throws(OperatorError) in
      for index in 0...1 {
        if let rank = try context.input(index).shape.rank, rank != 3 {
          throw .invalid("operand \(index) of shape \(try context.input(index).shape)")
        }
      }
      return [TensorType(.int64, .ranked([.unknown, 3]))]
    },
    // Every box against every other of its class at worst; about 16 operations an overlap.
    cost: CostRule { context in
      guard let boxes = context.inputSizes(0), let scores = context.inputElements(1),
        boxes.count == 3
      else { return .uncounted }
      let (operations, overflow) = boxes[1].multipliedReportingOverflow(by: 8)
      return overflow
        ? .uncounted : .times(scores, otherOperations: operations, status: .approximated)
    },
    evaluate: evaluateNonMaxSuppression
  )

  /// Non-maximum suppression over one class with as many results as there are: (boxes `[B, 4]`, scores
  /// `[B]`, most, IoU limit?, least score?) give indices.
  ///
  /// Without an IoU operand it is the attribute `iouThreshold`.
  /// Source: TensorFlow NonMaxSuppression, NonMaxSuppressionV2 and V3.
  static let nonMaxSuppressionV3 = OperatorDefinition(
    "nonMaxSuppressionV3",
    "Keeps the best boxes of one class and drops those that overlap them.",
    family: .detection,
    inputs: 3...5,
    inferTypes: { (_) throws(OperatorError) in [TensorType(.int32, .ranked([.unknown]))] },
    cost: nonMaxSuppressionV4.cost,
    evaluate: { (context) throws(OperatorError) in
      let results = try evaluateSingleClass(context, isSoft: false, isOpen: true)
      guard let count = results[1].integerValues?.first else { return results }
      return [
        Tensor(.int32, [count], integers: Array((results[0].integerValues ?? []).prefix(count)))
      ]
    }
  )

  /// Non-maximum suppression over one class with a fixed number of results: (boxes `[B, 4]`, scores
  /// `[B]`, number, IoU limit, least score) give indices and how many of them count.
  ///
  /// Source: TFLite NON_MAX_SUPPRESSION_V4.
  static let nonMaxSuppressionV4 = singleClass("nonMaxSuppressionV4", inputs: 5...5, isSoft: false)

  /// The same with scores that fade with the overlap.
  ///
  /// Soft-NMS (Bodla and others 2017) with a sixth operand
  /// sigma; gives indices, scores and how many of them count.
  ///
  /// Source: TFLite NON_MAX_SUPPRESSION_V5.
  static let nonMaxSuppressionV5 = singleClass("nonMaxSuppressionV5", inputs: 6...6, isSoft: true)

  private static func singleClass(
    _ name: String,
    inputs: ClosedRange<Int>,
    isSoft: Bool
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      "Keeps the best boxes of one class and drops those that overlap them.",
      family: .detection,
      inputs: inputs,
      outputs: 1...(isSoft ? 3 : 2),
      inferTypes: { (context) throws(OperatorError) in
        let count = context.dimensions(2)?.first ?? .unknown
        let indices = TensorType(.int32, .ranked([count]))
        let selected = TensorType(.int32, .scalar)
        let scores = TensorType(.float32, .ranked([count]))
        return isSoft ? [indices, scores, selected] : [indices, selected]
      },
      cost: CostRule { context in
        guard let boxes = context.inputElements(1) else { return .uncounted }
        let (operations, overflow) = boxes.multipliedReportingOverflow(by: 8)
        return overflow
          ? .uncounted : .times(boxes, otherOperations: operations, status: .approximated)
      },
      evaluate: { (context) throws(OperatorError) in
        try evaluateSingleClass(context, isSoft: isSoft)
      }
    )
  }
}

/// A box by its edges.
struct Box {
  var top: Float
  var left: Float
  var bottom: Float
  var right: Float

  /// From two opposite corners.
  init(corners values: ArraySlice<Float>) {
    let v = Array(values)
    (top, bottom) = (min(v[0], v[2]), max(v[0], v[2]))
    (left, right) = (min(v[1], v[3]), max(v[1], v[3]))
  }

  /// From (x, y) of the middle, width and height.
  init(center values: ArraySlice<Float>) {
    let v = Array(values)
    (left, right) = (v[0] - v[2] / 2, v[0] + v[2] / 2)
    (top, bottom) = (v[1] - v[3] / 2, v[1] + v[3] / 2)
  }

  init(top: Float, left: Float, bottom: Float, right: Float) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }

  var area: Float { (bottom - top) * (right - left) }

  /// The part of the common area in the area of both; 0 where a box has none.
  func overlap(with other: Box) -> Float {
    let (mine, its) = (area, other.area)
    guard mine > 0, its > 0 else { return 0 }
    let height = max(min(bottom, other.bottom) - max(top, other.top), 0)
    let width = max(min(right, other.right) - max(left, other.left), 0)
    let common = height * width
    return common / (mine + its - common)
  }
}

private func floats(_ tensor: Tensor) throws(OperatorError) -> [Float] {
  guard case .floats(let values) = tensor.elements else {
    throw .invalid("\(tensor.type) boxes or scores")
  }
  return values
}

private func evaluateNonMaxSuppression(
  _ context: EvaluationContext
) throws(OperatorError) -> [Tensor] {
  let boxes = try context.input(0)
  let scores = try context.input(1)
  guard boxes.rank == 3, scores.rank == 3, boxes.sizes[2] == 4,
    boxes.sizes[0] == scores.sizes[0], boxes.sizes[1] == scores.sizes[2]
  else { throw .invalid("boxes of shape \(boxes.shape) with scores of \(scores.shape)") }
  let isCentered = try context.attributes.bool("centerPointBox")
  var most = 0
  if context.hasInput(2) { most = max(0, try context.integers(2).first ?? 0) }
  let limit = context.optionalInput(3)?.doubleValues?.first.map { Float($0) } ?? 0
  let least = context.optionalInput(4)?.doubleValues?.first.map { Float($0) }
  let places = try floats(boxes)
  let values = try floats(scores)
  let count = boxes.sizes[1]
  var rows: [Int] = []
  for batch in 0..<scores.sizes[0] {
    let all = (0..<count).map { index in
      let slice = places[((batch * count + index) * 4)..<((batch * count + index) * 4 + 4)]
      return isCentered ? Box(center: slice) : Box(corners: slice)
    }
    for category in 0..<scores.sizes[1] {
      let base = (batch * scores.sizes[1] + category) * count
      let candidates = (0..<count).filter { index in
        least.map { values[base + index] > $0 } ?? true
      }
      let order = candidates.sorted { left, right in
        let (a, b) = (values[base + left], values[base + right])
        return a > b || (a == b && left < right)
      }
      var kept: [Int] = []
      for index in order where kept.count < most {
        if kept.contains(where: { all[index].overlap(with: all[$0]) > limit }) { continue }
        kept.append(index)
        rows += [batch, category, index]
      }
    }
  }
  return [Tensor([rows.count / 3, 3], integers: rows)]
}

/// The loop of TensorFlow's NonMaxSuppressionV5: a candidate is compared with each selected box once,
/// goes back into the queue where its score faded, and is taken when nothing faded it any more.
private func evaluateSingleClass(
  _ context: EvaluationContext,
  isSoft: Bool,
  isOpen: Bool = false
) throws(OperatorError) -> [Tensor] {
  let boxes = try context.input(0)
  let scores = try context.input(1)
  guard boxes.rank == 2, boxes.sizes[1] == 4, scores.sizes == [boxes.sizes[0]] else {
    throw .invalid("boxes of shape \(boxes.shape) with scores of \(scores.shape)")
  }
  func scalar(_ index: Int) throws(OperatorError) -> Float {
    guard let value = try context.input(index).doubleValues?.first else {
      throw .invalid("operand \(index) is no number")
    }
    return Float(value)
  }
  guard var most = try context.integers(2).first else { throw .invalid("no number of boxes") }
  // TensorFlow's own form gives no more than there are, and takes every score where none is named.
  if isOpen { most = min(most, boxes.sizes[0]) }
  _ = try Tensor.checkedCount([most])
  let limit =
    !isOpen || context.hasInput(3)
    ? try scalar(3) : Float(try context.attributes.float("iouThreshold", default: 0.5))
  let least = isOpen && !context.hasInput(4) ? -Float.infinity : try scalar(4)
  let sigma = isSoft ? try scalar(5) : 0
  let strict = try context.attributes.bool("strictOverlap")
  let isStrict = isOpen || strict
  guard sigma >= 0 else { throw .invalid("sigma is \(sigma)") }
  let scale = sigma > 0 ? -0.5 / sigma : 0
  let places = try floats(boxes)
  let all = (0..<boxes.sizes[0]).map { Box(corners: places[($0 * 4)..<($0 * 4 + 4)]) }
  let values = try floats(scores)
  var queue = values.indices.filter { values[$0] > least }.map {
    (index: $0, score: values[$0], compared: 0)
  }
  // Ascending, ties with the lower index last: the best one is at the end.
  queue.sort { $0.score < $1.score || ($0.score == $1.score && $0.index > $1.index) }
  var selected: [(index: Int, score: Float)] = []
  while selected.count < most, var next = queue.popLast() {
    let original = next.score
    var isDropped = false
    for other in (next.compared..<max(next.compared, selected.count)).reversed() {
      let overlap = all[next.index].overlap(with: all[selected[other].index])
      // TensorFlow itself drops only what overlaps more, and nothing while scores fade.
      if isStrict ? overlap > limit && sigma == 0 : overlap >= limit {
        isDropped = true
        break
      }
      if sigma > 0 { next.score *= expf(scale * overlap * overlap) }
      if next.score <= least { break }
    }
    next.compared = selected.count
    if isDropped { continue }
    if next.score == original {
      selected.append((next.index, next.score))
    } else if next.score > least {
      let place = queue.firstIndex {
        $0.score > next.score || ($0.score == next.score && $0.index < next.index)
      }
      queue.insert(next, at: place ?? queue.count)
    }
  }
  let rest = Array(repeating: 0, count: most - selected.count)
  let indices = Tensor(.int32, [most], integers: selected.map(\.index) + rest)
  let number = Tensor(.int32, [], integers: [selected.count])
  guard isSoft else { return [indices, number] }
  let kept = Tensor([most], floats: selected.map(\.score) + rest.map { Float($0) })
  return [indices, kept, number]
}
