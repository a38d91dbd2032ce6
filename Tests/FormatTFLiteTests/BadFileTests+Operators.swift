import ByteIO
import ModelIR
import TestSupport

@testable import FormatTFLite

/// Operators that name what is not there, or have options of another kind.
extension BadFileTests {
  static let operators: [Entry] = [
    ("code that is not there", .modelInvalid, changed { $0.operators[0][0] = .uint32(1) }),
    ("code of the greatest number", .modelInvalid, changed { $0.operators[0][0] = .uint32(.max) }),
    ("no codes", .modelInvalid, changed { $0.codes = [] }),
    ("negative code", .modelInvalid, changed { $0.codes = [[0: .int8(-1), 3: .int32(-5)]] }),
    ("custom operator without a name", .modelInvalid, changed { $0.codes = [code("CUSTOM")] }),
    (
      "input that is not there", .modelInvalid, changed { $0.operators[0][1] = .int32s([0, 4, 2]) }
    ),
    ("input of −2", .modelInvalid, changed { $0.operators[0][1] = .int32s([0, -2, 2]) }),
    ("input of the least number", .modelInvalid, changed { $0.operators[0][1] = .int32s([.min]) }),
    ("output that is not there", .modelInvalid, changed { $0.operators[0][2] = .int32s([9]) }),
    ("output that is a constant", .modelInvalid, changed { $0.operators[0][2] = .int32s([1]) }),
    (
      "intermediate that is not there", .modelInvalid, changed { $0.operators[0][8] = .int32s([9]) }
    ),
    ("value computed twice", .modelInvalid, changed { $0.operators += $0.operators }),
    (
      "value read before it is computed", .modelInvalid,
      changed {
        $0.codes = [code("RELU")]
        $0.tensors.append(tensor("later", [1]))
        $0.operators = [op(0, [4], [3]), op(0, [0], [4])]
      }
    ),
    (
      "value computed from itself", .modelInvalid,
      changed {
        $0.codes = [code("RELU")]
        $0.operators = [op(0, [3], [3])]
      }
    ),
    (
      "stride 0", .modelInvalid,
      changed { $0.operators[0][4] = .table([1: .int32(0), 2: .int32(1)]) }
    ),
    (
      "negative stride", .modelInvalid,
      changed {
        $0.operators[0][4] = .table([1: .int32(1), 2: .int32(-1)])
      }
    ),
    (
      "dilation 0", .modelInvalid,
      changed {
        $0.operators[0][4] = .table([1: .int32(1), 2: .int32(1), 4: .int32(0)])
      }
    ),
    (
      "no options for a convolution", .modelInvalid,
      changed { $0.operators = [op(0, [0, 1, 2], [3])] }
    ),
    (
      "unknown padding", .modelUnsupported,
      changed {
        $0.operators[0][4] = .table([0: .int8(2), 1: .int32(1), 2: .int32(1)])
      }
    ),
    (
      "unknown activation", .modelUnsupported,
      changed {
        $0.operators[0][4] = .table([1: .int32(1), 2: .int32(1), 3: .int8(6)])
      }
    ),
    (
      "pooling window 0", .modelInvalid,
      changed {
        $0.codes = [code("MAX_POOL_2D")]
        $0.operators = [op(0, [0], [3], options: 5, [1: .int32(1), 2: .int32(1), 4: .int32(1)])]
      }
    ),
    (
      "block size 0", .modelInvalid,
      changed {
        $0.codes = [code("DEPTH_TO_SPACE")]
        $0.operators = [op(0, [0], [3], options: 94, [:])]
      }
    ),
    (
      "negative radius", .modelInvalid,
      changed {
        $0.codes = [code("LOCAL_RESPONSE_NORMALIZATION")]
        $0.operators = [op(0, [0], [3], options: 13, [0: .int32(-1)])]
      }
    ),
    ("subgraph that is not there", .modelInvalid, control("CALL_ONCE", 103, [0: .int32(2)])),
    ("negative subgraph", .modelInvalid, control("WHILE", 93, [0: .int32(-1), 1: .int32(1)])),
    ("subgraph that calls itself", .modelInvalid, control("IF", 92, [0: .int32(0), 1: .int32(1)])),
    (
      "call cycle of two", .modelInvalid,
      changed {
        $0.codes = [code("CALL_ONCE")]
        $0.operators = [op(0, [0], [3], options: 103, [0: .int32(1)])]
        $0.moreSubgraphs = [
          subgraph([], [op(0, [], [], options: 103, [0: .int32(2)])], inputs: [], outputs: []),
          subgraph([], [op(0, [], [], options: 103, [0: .int32(1)])], inputs: [], outputs: []),
        ]
      }
    ),
    (
      "large custom options behind the end", .modelTruncated,
      changed {
        $0.codes = [code("CUSTOM", custom: "Mine")]
        $0.operators = [op(0, [0], [3], more: [9: .uint64(1 << 40), 10: .uint64(4)])]
      }
    ),
  ]

  private static func control(_ name: String, _ type: UInt8, _ options: TableDescription)
    -> [UInt8]
  {
    changed {
      $0.codes = [code(name)]
      $0.operators = [op(0, [0], [3], options: type, options)]
      $0.moreSubgraphs = [subgraph([tensor("x", [1])], [], inputs: [0], outputs: [0])]
    }
  }
}
