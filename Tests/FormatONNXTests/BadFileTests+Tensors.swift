import ByteIO
import TestSupport

/// Tensors that contradict themselves, and values in other files.
extension BadFileTests {
  static let tensors: [BadFile] = [
    BadFile(
      "too few bytes",
      tensor: [ONNX.extents([2], type: 1), .bytes(9, [0, 0, 0, 0])],
      .modelInvalid,
      "\"w\""
    ),
    BadFile(
      "too many bytes",
      tensor: [ONNX.extents([1], type: 3), .bytes(9, [0, 0])],
      .modelInvalid,
      "wants 1"
    ),
    BadFile("no bytes", tensor: [ONNX.extents([2, 2], type: 1)], .modelInvalid, "wants 16"),
    BadFile("scalar without bytes", tensor: [.int(2, 1)], .modelInvalid, "scalar"),
    BadFile("negative extent", tensor: [ONNX.extents([-1], type: 1)], .modelInvalid, "negative"),
    BadFile("least extent", tensor: [ONNX.extents([Int.min], type: 1)], .modelInvalid, "negative"),
    BadFile(
      "product overflows",
      tensor: [ONNX.extents([1 << 40, 1 << 40], type: 1)],
      .modelInvalid,
      "64 bits"
    ),
    BadFile(
      "bytes overflow",
      tensor: [ONNX.extents([1 << 61], type: 11)],
      .modelInvalid,
      "64 bits"
    ),
    BadFile(
      "huge extent",
      tensor: [ONNX.extents([1 << 50], type: 2), .bytes(9, [1])],
      .modelInvalid
    ),
    BadFile(
      "65 axes",
      tensor: [ONNX.extents(Array(repeating: 1, count: 65), type: 2)],
      .limitExceeded,
      "axes"
    ),
    BadFile(
      "type 0",
      tensor: [ONNX.extents([1], type: 0), .bytes(9, [1])],
      .modelUnsupported,
      "UNDEFINED"
    ),
    BadFile(
      "six-bit type",
      tensor: [ONNX.extents([4], type: 27), .bytes(9, [1, 2, 3])],
      .modelUnsupported,
      "FLOAT6E2M3"
    ),
    BadFile(
      "type 99",
      tensor: [ONNX.extents([1], type: 99), .bytes(9, [1])],
      .modelUnsupported,
      "99"
    ),
    BadFile(
      "values in another type's field",
      tensor: [ONNX.extents([1], type: 1), .packed(5, [1])],
      .modelInvalid,
      "field 5"
    ),
    BadFile(
      "values twice",
      tensor: [ONNX.extents([1], type: 1), .packed(4, floats: [1]), .bytes(9, [0, 0, 0, 0])],
      .modelInvalid,
      "field 4 and in field 9"
    ),
    BadFile(
      "too few integers",
      tensor: [ONNX.extents([3], type: 7), .packed(7, [1, 2])],
      .modelInvalid
    ),
    BadFile(
      "too many small integers",
      tensor: [ONNX.extents([1], type: 3), .packed(5, [1, 2])],
      .modelInvalid
    ),
    BadFile(
      "packed integers cut",
      tensor: [ONNX.extents([1], type: 7), .bytes(7, [0x80])],
      .modelTruncated
    ),
    BadFile(
      "packed floats cut",
      tensor: [ONNX.extents([1], type: 1), .bytes(4, [0, 0])],
      .modelInvalid
    ),
    BadFile("floats as integers", tensor: [ONNX.extents([1], type: 1), .int(4, 1)], .modelInvalid),
    BadFile(
      "text in raw_data",
      tensor: [ONNX.extents([1], type: 8), .bytes(9, [65])],
      .modelInvalid,
      "string_data"
    ),
    BadFile(
      "too few texts",
      tensor: [ONNX.extents([2], type: 8), .text(6, "a")],
      .modelInvalid,
      "2 texts"
    ),
    BadFile(
      "segment",
      tensor: [ONNX.extents([1], type: 1), .message(3, [.int(1, 0)])],
      .modelUnsupported,
      "segment"
    ),
    BadFile("extents are floats", tensor: [.float(1, 2)], .modelInvalid, "dims"),
    BadFile("value with extent -2", graph: [ONNX.input("q", [-2])], .modelInvalid, "negative"),
    BadFile(
      "sparse without indices",
      graph: [.message(15, [.message(1, [ONNX.extents([0], type: 1), .text(8, "s")])])],
      .modelInvalid,
      "indices"
    ),
    BadFile("sparse index outside", graph: [sparse([9], dims: [4])], .modelInvalid, "outside"),
    BadFile("sparse index negative", graph: [sparse([-1], dims: [4])], .modelInvalid, "outside"),
    BadFile(
      "sparse with too many indices",
      graph: [sparse([1, 2], dims: [4])],
      .modelInvalid,
      "shape"
    ),
    BadFile(
      "sparse product overflows",
      graph: [sparse([1], dims: [1 << 40, 1 << 40])],
      .modelInvalid
    ),
  ]

  static func sparse(_ indices: [Int], dims: [Int]) -> ONNX.Part {
    .message(
      15,
      [
        .message(1, [ONNX.extents([1], type: 1), .text(8, "s"), .packed(4, floats: [1])]),
        .message(2, [ONNX.extents([indices.count], type: 7), .packed(7, indices)]),
        .packed(3, dims),
      ]
    )
  }

  static func data(_ entries: [(key: String, value: String)]) -> [ONNX.Part] {
    [ONNX.extents([1], type: 1), ONNX.external(entries)]
  }

  static let external: [BadFile] =
    [
      "../w", "a/../../w", "/etc/passwd", "", ".", "a//b", "a/", "a\\b", "a\u{0}",
      String(repeating: "a", count: 2_000),
    ].map { path in
      BadFile(
        "path \(path.prefix(12))",
        tensor: data([("location", path)]),
        .modelInvalid,
        "names the file"
      )
    } + [
      BadFile("no location", tensor: data([("offset", "0")]), .modelInvalid, "without a location"),
      BadFile(
        "negative offset",
        tensor: data([("location", "w"), ("offset", "-1")]),
        .modelInvalid,
        "offset"
      ),
      BadFile(
        "offset with sign",
        tensor: data([("location", "w"), ("offset", "+1")]),
        .modelInvalid,
        "offset"
      ),
      BadFile(
        "offset of 2^64",
        tensor: data([("location", "w"), ("offset", "18446744073709551616")]),
        .modelInvalid,
        "offset"
      ),
      BadFile(
        "length is text",
        tensor: data([("location", "w"), ("length", "four")]),
        .modelInvalid,
        "length"
      ),
      BadFile(
        "length is empty",
        tensor: data([("location", "w"), ("length", "")]),
        .modelInvalid,
        "length"
      ),
      BadFile(
        "length of another tensor",
        tensor: data([("location", "w"), ("length", "5")]),
        .modelInvalid,
        "wants 4"
      ),
      BadFile(
        "text outside",
        tensor: [ONNX.extents([1], type: 8), ONNX.external([("location", "w")])],
        .modelInvalid
      ),
    ]
}
