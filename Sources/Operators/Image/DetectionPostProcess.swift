import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorDefinition {
  /// Boxes from the output of a single-shot detector: decodes box codes against anchors and keeps the
  /// best that do not overlap.
  ///
  /// Operands: codes `[1, B, 4…]`, class scores `[1, B, C]` (C may count a background class first),
  /// anchors `[B, 4]` as (y, x, height, width). Results: boxes, classes, scores, their number.
  /// Attributes, whose names may stand with underscores as the file has them: maxDetections, maxClassesPerDetection, detectionsPerClass, useRegularNms,
  /// nmsScoreThreshold, nmsIouThreshold, numClasses, yScale, xScale, hScale, wScale.
  /// Source: TFLite's custom operator TFLite_Detection_PostProcess (detection_postprocess.cc).
  static let detectionPostProcess = OperatorDefinition(
    "detectionPostProcess",
    "Boxes, classes and scores from a detector's raw output.",
    family: .detection,
    inputs: 3...3,
    outputs: 1...4,
    inferTypes: { (context) throws(OperatorError) in
      let most = try context.attributes.detection.int("maxDetections", default: 0)
      let classes = try context.attributes.detection.int("maxClassesPerDetection", default: 1)
      let (count, overflow) = most.multipliedReportingOverflow(by: classes)
      guard most >= 0, classes >= 0, !overflow else {
        throw .invalid("\(most) detections of \(classes) classes")
      }
      let list = TensorType(.float32, .fixed([1, count]))
      return [TensorType(.float32, .fixed([1, count, 4])), list, list, TensorType(.float32, [1])]
    },
    // Decoding takes about 14 operations a box; comparing each with each 16 at worst.
    cost: CostRule { context in
      guard let boxes = context.inputSizes(2)?.first else { return .uncounted }
      let (pairs, overflow) = boxes.multipliedReportingOverflow(by: 8)
      return overflow
        ? .uncounted : .times(boxes, otherOperations: pairs &+ 14, status: .approximated)
    },
    evaluate: { (context) throws(OperatorError) in try Detection(context).run() }
  )
}

extension TensorType {
  fileprivate init(_ element: ElementType, _ sizes: [Int]) { self.init(element, .fixed(sizes)) }
}

/// One application of the detector's last step.
private struct Detection {
  private let boxes: [Box]
  /// Scores by box, then class, background first where there is one.
  private let scores: [Float]
  private let columns: Int
  private let classes: Int
  private let most: Int
  private let perDetection: Int
  private let perClass: Int
  private let isRegular: Bool
  private let leastScore: Float
  private let overlapLimit: Float

  init(_ context: EvaluationContext) throws(OperatorError) {
    let attributes = context.attributes
    most = try attributes.detection.int("maxDetections", default: 0)
    perDetection = try attributes.detection.int("maxClassesPerDetection", default: 1)
    perClass = try attributes.detection.int("detectionsPerClass", default: 100)
    isRegular = try attributes.detection.bool("useRegularNms")
    leastScore = Float(try attributes.detection.float("nmsScoreThreshold", default: 0))
    overlapLimit = Float(try attributes.detection.float("nmsIouThreshold", default: 0))
    let codes = try context.input(0)
    let predictions = try context.input(1)
    let anchors = try context.input(2)
    guard codes.rank == 3, predictions.rank == 3, anchors.rank == 2, codes.sizes[0] == 1,
      codes.sizes[2] >= 4, anchors.sizes == [codes.sizes[1], 4],
      predictions.sizes[0] == 1, predictions.sizes[1] == codes.sizes[1]
    else {
      throw .invalid(
        "codes of \(codes.shape), scores of \(predictions.shape), anchors of \(anchors.shape)"
      )
    }
    columns = predictions.sizes[2]
    classes = try attributes.detection.int("numClasses", default: columns)
    guard most > 0, perDetection > 0, perClass > 0, classes > 0, (0...1).contains(columns - classes)
    else { throw .invalid("\(classes) classes of \(columns), \(most) detections") }
    guard overlapLimit > 0, overlapLimit <= 1 else {
      throw .invalid("nmsIouThreshold is \(overlapLimit)")
    }
    _ = try Tensor.checkedCount([most, perDetection, 4])
    scores = try Self.real(predictions, context.quantization(ofInput: 1))
    var scales: [Double] = []
    for name in ["yScale", "xScale", "hScale", "wScale"] {
      scales.append(Double(Float(try attributes.detection.float(name, default: 1))))
    }
    boxes = Self.decoded(
      try Self.real(codes, context.quantization(ofInput: 0)),
      width: codes.sizes[2],
      anchors: try Self.real(anchors, context.quantization(ofInput: 2)),
      scales: scales
    )
    guard boxes.allSatisfy({ $0.top <= $0.bottom && $0.left <= $0.right }) else {
      throw .invalid("a decoded box has its edges the wrong way round")
    }
  }

  /// Values as float32; uint8 is dequantized.
  private static func real(
    _ tensor: Tensor,
    _ quantization: Quantization?
  ) throws(OperatorError) -> [Float] {
    switch tensor.elements {
    case .floats(let values): return values
    case .integers(let values):
      guard let quantization, let scale = quantization.scales.first else {
        throw .invalid("integer operands without a scale")
      }
      let zero = Float(quantization.zeroPoint(0))
      return values.map { (Float($0) - zero) * scale }
    default: throw .invalid("\(tensor.type) operands")
    }
  }

  /// The centre moves by a part of the anchor's extent, the extent grows by a power of e.
  private static func decoded(
    _ codes: [Float],
    width: Int,
    anchors: [Float],
    scales: [Double]
  ) -> [Box] {
    (0..<(anchors.count / 4)).map { index in
      let code = (0..<4).map { Double(codes[index * width + $0]) }
      let anchor = (0..<4).map { Double(anchors[index * 4 + $0]) }
      let y = Float(code[0] / scales[0] * anchor[2] + anchor[0])
      let x = Float(code[1] / scales[1] * anchor[3] + anchor[1])
      let halfHeight = Float(0.5 * exp(code[2] / scales[2]) * anchor[2])
      let halfWidth = Float(0.5 * exp(code[3] / scales[3]) * anchor[3])
      return Box(
        top: y - halfHeight,
        left: x - halfWidth,
        bottom: y + halfHeight,
        right: x + halfWidth
      )
    }
  }

  /// The best boxes that do not overlap, best first; equal scores keep their order.
  private func suppressed(_ scores: [Float], most: Int) -> [Int] {
    let candidates = scores.indices.filter { scores[$0] >= leastScore }
    let order = candidates.sorted { left, right in
      scores[left] > scores[right] || (scores[left] == scores[right] && left < right)
    }
    var kept: [Int] = []
    for index in order {
      guard kept.count < most else { break }
      let overlaps = kept.contains { boxes[$0].overlap(with: boxes[index]) > overlapLimit }
      if !overlaps { kept.append(index) }
    }
    return kept
  }

  private func score(_ box: Int, _ category: Int) -> Float {
    scores[box * columns + columns - classes + category]
  }

  func run() -> [Tensor] {
    let found = isRegular ? regular() : fast()
    let slots = most * perDetection
    var edges = Array(repeating: Float(0), count: slots * 4)
    var categories = Array(repeating: Float(0), count: slots)
    var best = categories
    for (slot, detection) in found.slots.prefix(slots) {
      let box = boxes[detection.box]
      edges.replaceSubrange(
        (slot * 4)..<(slot * 4 + 4),
        with: [box.top, box.left, box.bottom, box.right]
      )
      categories[slot] = Float(detection.category)
      best[slot] = score(detection.box, detection.category)
    }
    return [
      Tensor([1, slots, 4], floats: edges), Tensor([1, slots], floats: categories),
      Tensor([1, slots], floats: best), Tensor([1], floats: [Float(found.count)]),
    ]
  }

  private typealias Found = (
    slots: [(slot: Int, detection: (box: Int, category: Int))], count: Int
  )

  /// Suppression by each box's best class; every kept box gives its best classes.
  private func fast() -> Found {
    let perBox = min(perDetection, classes)
    let ranked = boxes.indices.map { box in
      (0..<classes).sorted { left, right in
        let (a, b) = (score(box, left), score(box, right))
        return a > b || (a == b && left < right)
      }
    }
    let bestScores = boxes.indices.map { score($0, ranked[$0][0]) }
    let kept = suppressed(bestScores, most: most)
    var slots: [(slot: Int, detection: (box: Int, category: Int))] = []
    for (row, box) in kept.enumerated() {
      for rank in 0..<perBox { slots.append((row * perDetection + rank, (box, ranked[box][rank]))) }
    }
    return (slots, kept.count)
  }

  /// Suppression class by class; the best of all classes remain.
  private func regular() -> Found {
    var found: [(box: Int, category: Int)] = []
    for category in 0..<classes {
      let values = boxes.indices.map { score($0, category) }
      found += suppressed(values, most: min(perClass, most)).map { (box: $0, category: category) }
      let order = found.indices.sorted { left, right in
        let a = score(found[left].box, found[left].category)
        let b = score(found[right].box, found[right].category)
        return a > b || (a == b && left < right)
      }
      found = order.prefix(most).map { found[$0] }
    }
    return (found.enumerated().map { ($0, $1) }, found.count)
  }
}

extension AttributeReader {
  /// The same attributes with the names of the vocabulary: `max_detections` is `maxDetections`.
  fileprivate var detection: AttributeReader {
    var renamed = Attributes()
    for (name, value) in attributes.all {
      let parts = name.split(separator: "_")
      let rest = parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
      renamed[(parts.prefix(1).map(String.init) + rest).joined()] = value
    }
    return AttributeReader(renamed)
  }
}
