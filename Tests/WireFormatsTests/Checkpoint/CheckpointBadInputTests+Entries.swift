import TestSupport

/// Headers, tensors and parts of tensors that are wrong.
extension CheckpointBadInputTests {
  static let entries: [Case] = [
    Case("no entry", Builder.table(Builder.block([])), .modelInvalid, "has no header"),
    Case(
      "no header",
      Builder.table(Builder.block([(key: [0x61], value: tensor([]).bytes)])),
      .modelInvalid,
      "has no header"
    ),
    Case("big endian", table(header: .int(2, 1)), .modelUnsupported, "a big-endian machine"),
    Case(
      "later version",
      table(header: .message(3, [.int(2, 2)])),
      .modelUnsupported,
      "a later version than 1"
    ),
    Case("shards", table(header: .int(1, -1)), .modelInvalid, "a checkpoint has -1 data files"),
    Case("many shards", table(header: .int(1, 1 << 31)), .modelInvalid, "2147483648 data files"),
    Case("header is no message", table(header: .raw([0x0B])), .modelTruncated, "reaches past"),
    Case("no type", table(ProtobufBuilder()), .modelInvalid, "a tensor has the type 0"),
    Case("shard of none", table(tensor([.int(3, 1)])), .modelInvalid, "in data file 1 of 1"),
    Case("shard -1", table(tensor([.int(3, -1)])), .modelInvalid, "in data file -1 of 1"),
    Case("offset -1", table(tensor([.int(4, -1)])), .modelInvalid, "0 bytes at -1"),
    Case("size -1", table(tensor([.int(5, -1)])), .modelInvalid, "-1 bytes at 0"),
    Case(
      "offset and size overflow",
      table(tensor([.int(4, .max), .int(5, .max)])),
      .modelInvalid,
      "which cannot be"
    ),
    Case("size 0 of a float", table(tensor([])), .modelInvalid, "shape [] has 0 bytes"),
    Case(
      "size of another shape",
      table(tensor([shape([2, 3]), .int(5, 20)])),
      .modelInvalid,
      "a tensor of type 1 and shape [2, 3] has 20 bytes"
    ),
    Case("extent -1", table(tensor([shape([-1])])), .modelInvalid, "has the extent -1"),
    Case(
      "extents overflow",
      table(tensor([shape([1 << 32, 1 << 32])])),
      .modelInvalid,
      "multiply to more than 2^63"
    ),
    Case(
      "bytes overflow",
      table(tensor([shape([1 << 62])])),
      .modelInvalid,
      "a tensor of type 1"
    ),
    Case(
      "65 dimensions",
      table(tensor([shape(Array(repeating: 1, count: 65))])),
      .modelInvalid,
      "more than 64 dimensions"
    ),
    Case("no rank", table(tensor([.message(2, [.int(3, 1)])])), .modelInvalid, "has no rank"),
    Case("check of 8 bytes", table(tensor([.fixed64(6, 1)])), .modelInvalid, "crc32c (field 6)"),
    Case("shape is a number", table(tensor([.int(2, 1)])), .modelInvalid, "shape (field 2)"),
    Case(
      "name is no UTF-8",
      Builder.table(
        Builder.block([(key: [], value: header), (key: [0xC3], value: tensor([]).bytes)])
      ),
      .modelInvalid,
      "the name of a tensor is no UTF-8"
    ),
    Case(
      "parts named that are not there",
      table(tensor([.int(5, 4), .message(7, [])])),
      .modelInvalid,
      "a tensor names 1 parts and has 0"
    ),
    Case("part of nothing", parts([0x80, 0x81], whole: nil), .modelInvalid, "but not the tensor"),
    Case(
      "part outside",
      parts([0x83, 0x82], whole: [4]),
      .modelInvalid,
      "takes 2 from 3 on, of 4"
    ),
    Case(
      "part before the start",
      parts([0x7F, 0x82], whole: [4]),
      .modelInvalid,
      "takes 2 from -1 on, of 4"
    ),
    Case(
      "part of other type",
      parts([0x80, 0x81], whole: [1], more: [.int(1, 3)]),
      .modelInvalid,
      "a part of a tensor has"
    ),
    Case(
      "part of other rank",
      parts([0x80, 0x81], whole: [4, 1]),
      .modelInvalid,
      "does not decode"
    ),
    Case("part of other shape", parts([0x80, 0x82], whole: [4]), .modelInvalid, "its key [2]"),
    Case("parts too small", parts([0x80, 0x81], whole: [4]), .modelInvalid, "as many elements"),
    Case("part key cut", parts([0x80], whole: [4]), .modelInvalid, "does not decode"),
    Case("part key too long", parts([0x80, 0x81, 0x80], whole: [4]), .modelInvalid, "not decode"),
    Case("part key of 11", parts([0xFF, 0xFF, 0x80], whole: [4]), .modelInvalid, "not decode"),
  ]

  /// The tensor "a" of floats in one part of one element, the end of whose key is given.
  static func parts(_ extents: [UInt8], whole: [Int]?, more: [ProtobufBuilder] = []) -> [UInt8] {
    var pairs = [(key: [UInt8](), value: header)]
    // 0; "a" and its end; the rank, 1.
    pairs.append(
      ([0, 0x61, 0, 1, 1, 1] + extents, tensor([shape([1]), .int(5, 4)] + more).bytes)
    )
    if let whole {
      pairs.append((Array("a".utf8), tensor([shape(whole), .message(7, [])]).bytes))
    }
    return Builder.table(Builder.block(pairs))
  }
}
