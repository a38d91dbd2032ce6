import ByteIO
import FormatONNX
import ModelIR
import TestSupport
import Testing

@Suite struct TensorTests {
  private func constant(_ parts: [ONNX.Part]) throws -> Value {
    let model = try load(
      ONNX.model([
        ONNX.node("Identity", ["w"], ["y"]), ONNX.initializer("w", parts), ONNX.output("y"),
      ])
    )
    return try model.value("w")
  }

  /// Type number, expected type, fields with the values 1 and 2 (or the two-nibble byte), bytes.
  static let typed: [(Int, ElementType, [Int], [UInt8])] = [
    (2, .uint8, [1, 255], [1, 255]), (3, .int8, [1, -2], [1, 0xFE]),
    (4, .uint16, [1, 2], [1, 0, 2, 0]), (5, .int16, [1, -2], [1, 0, 0xFE, 0xFF]),
    (6, .int32, [1, -2], [1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF]), (9, .bool, [1, 0], [1, 0]),
    (10, .float16, [0x3C00, 0x4000], [0, 0x3C, 0, 0x40]),
    (16, .bfloat16, [0x3F80, 0x4000], [0x80, 0x3F, 0, 0x40]),
    (17, .float8e4m3fn, [0x38, 0x40], [0x38, 0x40]), (18, .float8e4m3fnuz, [1, 2], [1, 2]),
    (19, .float8e5m2, [1, 2], [1, 2]), (20, .float8e5m2fnuz, [1, 2], [1, 2]),
    (21, .uint4, [0x21], [0x21]), (22, .int4, [0xF1], [0xF1]), (23, .float4e2m1, [0x21], [0x21]),
    (24, .float8e8m0, [1, 2], [1, 2]), (25, .uint2, [0x09], [0x09]), (26, .int2, [0x09], [0x09]),
  ]

  @Test(arguments: typed)
  func `small types widen to int32_data`(
    number: Int,
    type: ElementType,
    values: [Int],
    bytes: [UInt8]
  ) throws {
    for field in [[ONNX.Part.packed(5, values)], values.map { ONNX.Part.int(5, $0) }] {
      let value = try constant([ONNX.extents([2], type: number)] + field)
      #expect(value.type == type)
      #expect(value.constant?.bytes?.array == bytes)
    }
    let raw = try constant([ONNX.extents([2], type: number), .bytes(9, bytes)])
    #expect(raw.type == type)
    #expect(raw.constant?.bytes?.array == bytes)
  }

  @Test func `packed floats stay where they are`() throws {
    let value = try constant([ONNX.extents([2], type: 1), .packed(4, floats: [1, 2])])
    guard case .mapped(let bytes)? = value.constant else {
      Issue.record("not mapped")
      return
    }
    #expect(try bytes.float32(at: 4) == 2)
    let doubles = try constant([
      ONNX.extents([1], type: 11), .bytes(10, ONNX.Part.littleEndian(Double(3).bitPattern)),
    ])
    #expect(try doubles.constant?.bytes?.float64(at: 0) == 3)
  }

  @Test func `unpacked floats and integers are decoded`() throws {
    let floats = try constant([ONNX.extents([2], type: 1), .float(4, 1), .float(4, 2)])
    #expect(try floats.constant?.bytes?.float32(at: 4) == 2)
    #expect(floats.constant?.fileByteCount == 10)
    let integers = try constant([ONNX.extents([2], type: 7), .packed(7, [1, -1])])
    #expect(try integers.constant?.bytes?.int64(at: 8) == -1)
    #expect(integers.constant?.fileByteCount == 11)
    let unsigned = try constant([ONNX.extents([1], type: 12), .packed(11, [0xFFFF_FFFF])])
    #expect(try unsigned.constant?.bytes?.uint32(at: 0) == 0xFFFF_FFFF)
    let complex = try constant([ONNX.extents([1], type: 14), .packed(4, floats: [1, 2])])
    #expect(complex.type == .complex64)
  }

  @Test func `text is kept as bytes`() throws {
    let value = try constant([ONNX.extents([2], type: 8), .text(6, "a"), .text(6, "")])
    guard case .strings(let texts, 1)? = value.constant else {
      Issue.record("no text")
      return
    }
    #expect(texts == [[97], []])
  }

  @Test func `sparse initializers become dense`() throws {
    func sparse(_ indices: [Int], _ shape: [Int]) -> ONNX.Part {
      .message(
        15,
        [
          .message(
            1,
            [
              ONNX.extents([2], type: 1), .text(8, "w"), .packed(4, floats: [5, 7]),
            ]
          ),
          .message(2, [ONNX.extents(shape, type: 7), .packed(7, indices)]),
          .packed(3, [2, 3]),
        ]
      )
    }
    for part in [sparse([1, 5], [2]), sparse([0, 1, 1, 2], [2, 2])] {
      let model = try load(
        ONNX.model([ONNX.node("Relu", ["w"], ["y"]), part, ONNX.output("y")])
      )
      let value = try model.value("w")
      let bytes = try #require(value.constant?.bytes)
      let numbers = try (0..<6).map { try bytes.float32(at: $0 * 4) }
      #expect(numbers == [0, 5, 0, 0, 0, 7])
      #expect(value.sparsity == Sparsity(storedElements: 2, denseElements: 6, blockSizes: []))
      #expect(model.byteCount(.sparsityIndex) > 0)
    }
  }

  @Test func `a sparse tensor far larger than its file is not made`() throws {
    let part = ONNX.Part.message(
      15,
      [
        .message(1, [ONNX.extents([1], type: 1), .text(8, "w"), .packed(4, floats: [5])]),
        .message(2, [ONNX.extents([1], type: 7), .packed(7, [1])]),
        .packed(3, [1 << 20, 1 << 20]),
      ]
    )
    let model = try load(ONNX.model([ONNX.node("Relu", ["w"], ["y"]), part, ONNX.output("y")]))
    #expect(model.codes == ["F41"])
  }

  @Test func `many sparse tensors share what the file may ask for`() throws {
    // 8 MiB each when dense; two fit into 16 MiB and 64 times the file.
    let parts = (0..<4).map { index in
      ONNX.Part.message(
        15,
        [
          .message(
            1,
            [ONNX.extents([1], type: 1), .text(8, "w\(index)"), .packed(4, floats: [5])]
          ),
          .message(2, [ONNX.extents([1], type: 7), .packed(7, [1])]),
          .packed(3, [2, 1 << 20]),
        ]
      )
    }
    let model = try load(
      ONNX.model([ONNX.node("Relu", ["w0"], ["y"])] + parts + [ONNX.output("y")])
    )
    #expect(model.codes == ["F41", "F41"])
  }

  @Test func `external data is mapped, checked and counted`() throws {
    let directory = try TemporaryDirectory()
    try directory.write([9, 9, 9, 9, 0, 0, 128, 63], to: "sub/weights.bin")
    let bytes = ONNX.model([
      ONNX.node("Add", ["x", "w"], ["y"]),
      ONNX.initializer(
        "w",
        [
          ONNX.extents([1], type: 1),
          ONNX.external([
            ("location", "sub/weights.bin"), ("offset", "4"), ("length", "4"), ("checksum", "0"),
            ("name", "evil"),
          ]),
        ]
      ),
      ONNX.input("x"), ONNX.output("y"),
    ])
    let path = try directory.write(bytes, to: "m.onnx")
    let model = try load(bytes, path: path)
    #expect(try model.value("w").constant?.bytes?.float32(at: 0) == 1)
    #expect(
      model.ledger.files == [
        LedgerFile(path: path, byteCount: bytes.count),
        LedgerFile(path: "sub/weights.bin", byteCount: 8),
      ]
    )
    #expect(model.ledger.totals().reduce(0) { $0 + $1.byteCount } == bytes.count + 8)
    #expect(model.byteCount(.weights) == 4)
    #expect(model.byteCount(.unattributed) == 4)
    #expect(model.codes == ["F34"])
    var closed = ONNXLoadOptions()
    closed.readsExternalData = false
    let blind = try load(bytes, path: path, options: closed)
    #expect(try blind.value("w").constant?.fileByteCount == 4)
    #expect(blind.codes == ["F33", "F34"])
  }

  @Test func `missing external data is unknown, not an error`() throws {
    let model = try load(
      ONNX.model([
        ONNX.node("Relu", ["w"], ["y"]),
        ONNX.initializer("w", [ONNX.extents([3], type: 1), ONNX.external([("location", "none")])]),
        ONNX.output("y"),
      ])
    )
    guard case .external("none", 0, 12)? = try model.value("w").constant else {
      Issue.record("not external")
      return
    }
    #expect(model.codes == ["F33"])
  }
}
