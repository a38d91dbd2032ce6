import ByteIO
import ModelIR
import TestSupport

@testable import FormatTFLite

/// Tensors that contradict themselves.
extension BadFileTests {
  static let tensors: [Entry] = [
    ("buffer that is not there", .modelInvalid, changed { $0.tensors[1][2] = .uint32(3) }),
    ("buffer of the greatest number", .modelInvalid, changed { $0.tensors[1][2] = .uint32(.max) }),
    ("unknown element type", .modelUnsupported, changed { $0.tensors[0][1] = .int8(100) }),
    ("negative element type", .modelUnsupported, changed { $0.tensors[0][1] = .int8(-1) }),
    ("negative extent", .modelInvalid, changed { $0.tensors[0][0] = .int32s([1, -2]) }),
    ("least extent", .modelInvalid, changed { $0.tensors[0][0] = .int32s([.min]) }),
    (
      "product that overflows", .modelInvalid,
      changed { $0.tensors[0][0] = .int32s([.max, .max, .max]) }
    ),
    (
      "bytes that overflow", .modelInvalid,
      changed { $0.tensors[0][0] = .int32s([.max, .max, 2]) }
    ),
    (
      "65 axes", .limitExceeded,
      changed { $0.tensors[0][0] = .int32s(Array(repeating: 1, count: 65)) }
    ),
    ("constant too short", .modelInvalid, changed { $0.tensors[1][0] = .int32s([3, 1, 1, 3]) }),
    ("constant too long", .modelInvalid, changed { $0.tensors[1][0] = .int32s([3, 1, 1, 1]) }),
    ("constant of the wrong type", .modelInvalid, changed { $0.tensors[1][1] = .int8(9) }),
    (
      "packed constant too long", .modelInvalid,
      changed { $0.tensors[2] = tensor("b", [25], type: 17, buffer: 2) }
    ),
    (
      "external buffer that is not there", .modelInvalid, changed { $0.tensors[1][10] = .uint32(7) }
    ),
    ("text constant too short", .modelTruncated, strings([1, 0])),
    ("text constant of no bytes in its list", .modelTruncated, strings([])),
    ("text constant of a great count", .modelTruncated, strings(littleEndian([UInt32.max, 8, 8]))),
    ("text that ends before it starts", .modelInvalid, strings(littleEndian([UInt32(1), 12, 4]))),
    (
      "text that reaches past the end", .modelTruncated, strings(littleEndian([UInt32(1), 12, 99]))
    ),
    ("text of another count than the shape", .modelInvalid, strings(littleEndian([UInt32(0), 8]))),
  ]

  private static func strings(_ content: [UInt8]) -> [UInt8] {
    changed {
      $0.tensors.append(tensor("words", [1], type: 5, buffer: 3))
      $0.buffers.append([0: .bytes(content.isEmpty ? [0] : content)])
    }
  }
}
