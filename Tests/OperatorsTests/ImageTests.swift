import ModelIR
import Operators
import Testing

@Suite struct ImageTests {
  private static let image: [Int64] = [-100, -63, -26, 11, 48, 85]

  // TensorFlow Lite's reference kernels (BUILTIN_REF) on a quantized model of one operator.
  @Test(arguments: [
    (
      false, false,
      [-100, -72, -45, -26, -56, -28, 0, 18, -11, 17, 44, 63, 11, 39, 67, 85, 11, 39, 67, 85]
    ),
    (
      true, false,
      [-100, -75, -51, -26, -72, -48, -23, 2, -45, -20, 5, 30, -17, 8, 33, 57, 11, 36, 60, 85]
    ),
    (
      false, true,
      [-100, -77, -49, -26, -89, -66, -38, -15, -44, -21, 6, 30, 0, 23, 51, 74, 11, 34, 62, 85]
    ),
  ])
  func `int8 images are resampled bit by bit as TFLite does`(
    alignCorners: Bool,
    halfPixelCenters: Bool,
    expected: [Int]
  ) throws {
    let result = try resized("linear", alignCorners, halfPixelCenters)
    #expect(result.sizes == [1, 5, 4, 1])
    #expect(result.integerValues == expected)
  }

  // TensorFlow Lite's reference kernels, as above.
  @Test(arguments: [
    (false, false, [0, 0, 1, 2, 0, 0, 1, 2, 0, 0, 1, 2, 3, 3, 4, 5, 3, 3, 4, 5]),
    (true, false, [0, 1, 1, 2, 0, 1, 1, 2, 3, 4, 4, 5, 3, 4, 4, 5, 3, 4, 4, 5]),
    (false, true, [0, 1, 1, 2, 0, 1, 1, 2, 3, 4, 4, 5, 3, 4, 4, 5, 3, 4, 4, 5]),
  ])
  func `the nearest position is TFLite's`(
    alignCorners: Bool,
    halfPixelCenters: Bool,
    expected: [Int]
  ) throws {
    let result = try resized("nearest", alignCorners, halfPixelCenters)
    #expect(result.integerValues == expected.map { Int(Self.image[$0]) })
  }

  private func resized(_ mode: String, _ alignCorners: Bool, _ halfPixelCenters: Bool) throws
    -> Tensor
  {
    let input = Tensor(type: .int8, sizes: [1, 2, 3, 1], elements: .integers(Self.image))
    let results = try OperatorHarness.evaluate(
      "resize",
      [input, .list(5, 4)],
      [
        "mode": .string(mode), "operandOrder": .string("tflite"),
        "alignCorners": .bool(alignCorners), "halfPixelCenters": .bool(halfPixelCenters),
      ]
    )
    return try #require(results.first)
  }

  private static let boxes = Tensor(
    [6, 4],
    floats: [
      0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, -0.1, 1, 0.9, 0, 10, 1, 11, 0, 10.1, 1, 11.1, 0, 100, 1, 101,
    ]
  )
  private static let scores = Tensor([6], floats: [0.9, 0.75, 0.6, 0.95, 0.5, 0.3])

  // tf.raw_ops.NonMaxSuppressionV5; 1e-6: a product of exponentials in Float.
  @Test func `scores fade with the overlap`() throws {
    let results = try OperatorHarness.evaluate(
      "nonMaxSuppressionV5",
      [
        Self.boxes, Self.scores, Tensor([], integers: [6]), Tensor([], floats: [1]),
        Tensor([], floats: [0]), Tensor([], floats: [0.5]),
      ],
      outputs: 3
    )
    #expect(results[0].integerValues == [3, 0, 1, 5, 4, 2])
    let expected = [0.95, 0.9, 0.38400355, 0.3, 0.2560026, 0.19697244]
    for (value, wanted) in zip(try #require(results[1].doubleValues), expected) {
      #expect(abs(value - wanted) < 1e-6)
    }
    #expect(results[2].integerValues == [6])
  }

  // tf.raw_ops.NonMaxSuppressionV4.
  @Test func `what remains of the slots is zero`() throws {
    let results = try OperatorHarness.evaluate(
      "nonMaxSuppressionV4",
      [
        Self.boxes, Self.scores, Tensor([], integers: [4]), Tensor([], floats: [0.5]),
        Tensor([], floats: [0.4]),
      ],
      outputs: 2
    )
    #expect(results.map(\.integerValues) == [[3, 0, 0, 0], [2]])
  }

  // By hand: codes of zero are the anchors; the second anchor overlaps the first by 9/11.
  @Test func `detections are decoded and suppressed`() throws {
    let results = try OperatorHarness.evaluate(
      "detectionPostProcess",
      [
        Tensor([1, 3, 4], floats: Array(repeating: 0, count: 12)),
        Tensor([1, 3, 2], floats: [0, 0.9, 0, 0.8, 0, 0.7]),
        Tensor([3, 4], floats: [0.5, 0.5, 1, 1, 0.6, 0.5, 1, 1, 5, 5, 2, 2]),
      ],
      [
        "max_detections": .int(3), "max_classes_per_detection": .int(1), "num_classes": .int(1),
        "nms_iou_threshold": .float(0.5), "nms_score_threshold": .float(0.1),
        "y_scale": .float(10), "x_scale": .float(10), "h_scale": .float(5), "w_scale": .float(5),
      ],
      outputs: 4
    )
    #expect(results[0].elements == .floats([0, 0, 1, 1, 4, 4, 6, 6, 0, 0, 0, 0]))
    #expect(results[1].elements == .floats([0, 0, 0]))
    #expect(results[2].elements == .floats([0.9, 0.7, 0]))
    #expect(results[3].elements == .floats([2]))
  }

  @Test func `scales and sizes give the result's extents`() throws {
    let input = OperatorContext.Operand.shaped(.symbolic("n"), 3, 10, .symbolic("w"))
    let scales = OperatorContext.Operand(
      type: .init(.float32, .fixed([4])),
      value: Tensor([4], floats: [1, 1, 2.5, 2])
    )
    let scaled = try OperatorHarness.infer("resize", [input, nil, scales])
    #expect(scaled == [.ranked([.symbolic("n"), 3, 25, .unknown])])
    let sizes = OperatorContext.Operand.extents(.symbolic("n"), 3, 20, .symbolic("w"))
    let sized = try OperatorHarness.infer("resize", [input, nil, nil, sizes])
    #expect(sized == [.ranked([.symbolic("n"), 3, 20, .symbolic("w")])])
  }
}
