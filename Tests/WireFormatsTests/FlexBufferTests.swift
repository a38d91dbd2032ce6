import ByteIO
import Testing
import WireFormats

@Suite struct FlexBufferTests {
  /// Written by the Python package `flatbuffers` 25: `flexbuffers.Dumps` of the map below.
  static let options: [UInt8] =
    Array("max_detections\0nms_iou_threshold\0use_regular_nms\0".utf8)
    + Array("num_classes\0y_scale\0name\0".utf8)
    + [
      2, 104, 105, 0, 6, 79, 11, 66, 33, 50, 23, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 10,
      0, 0, 0, 29, 0, 0, 0, 0, 0, 0, 63, 44, 1, 0, 0, 1, 0, 0, 0, 0, 0, 32, 65, 6, 20, 14, 6, 106,
      14, 30, 38, 1,
    ]

  @Test func `a map of plain values is read`() throws {
    let entries = try #require(FlexBuffer.scalars(ofMap: ByteSource(Self.options).bytes))
    let values = Dictionary(entries.map { ($0.name, $0.value) }) { first, _ in first }
    #expect(
      values == [
        "max_detections": .int(10), "nms_iou_threshold": .float(0.5), "num_classes": .int(300),
        "use_regular_nms": .bool(true), "y_scale": .float(10), "name": .string("hi"),
      ]
    )
  }

  @Test func `no prefix and no changed byte traps`() {
    for count in 0..<Self.options.count {
      _ = FlexBuffer.scalars(ofMap: ByteSource(Array(Self.options.prefix(count))).bytes)
    }
    for place in Self.options.indices {
      for value in [0, 1, 2, 3, 0x7F, 0x80, 0xFE, 0xFF] as [UInt8] {
        var changed = Self.options
        changed[place] = value
        _ = FlexBuffer.scalars(ofMap: ByteSource(changed).bytes)
      }
    }
  }

  @Test func `what is no map is refused`() {
    #expect(FlexBuffer.scalars(ofMap: ByteSource([]).bytes) == nil)
    #expect(FlexBuffer.scalars(ofMap: ByteSource([5, 4, 1]).bytes) == nil)
  }
}
