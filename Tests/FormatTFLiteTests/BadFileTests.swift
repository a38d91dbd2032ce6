import ByteIO
import ModelIR
import TestSupport
import Testing

@testable import FormatTFLite

@Suite struct BadFileTests {
  typealias Entry = (name: String, code: ErrorCode, bytes: [UInt8])

  static let all: [Entry] = files + structures + tensors + operators + quantizations + sparse

  @Test(arguments: all.map(\.name))
  func `a bad file is refused with its code and a reason`(name: String) throws {
    let entry = try #require(Self.all.first { $0.name == name })
    do throws(ReadError) {
      _ = try loadModel(entry.bytes)
      Issue.record("\(name) was accepted")
    } catch {
      #expect(error.code == entry.code, "\(error.explanation)")
      #expect(!error.message.isEmpty)
      // Bytes of something else have no place in a model, but a way out.
      #expect(error.offset != nil || !error.path.isEmpty || error.hint != nil)
    }
  }

  @Test func `names are unique and there are enough`() {
    #expect(Set(Self.all.map(\.name)).count == Self.all.count)
    #expect(Self.all.count >= 60)
  }

  @Test func `the error names operator, tensor and place`() throws {
    let bytes = changed { $0.operators[0][Slot.Operator.inputs] = .int32s([0, 941, 2]) }
    let error = #expect(throws: ReadError.self) { try loadModel(bytes) }
    #expect(error?.path == "subgraphs[0].operators[0].inputs[1]")
    #expect(
      error?.message
        == "CONV_2D at operator 0: tensor 941 is named, but the subgraph has 4"
    )
  }

  /// The bytes of the plain model with changes.
  static func changed(_ change: (inout ModelDescription) -> Void) -> [UInt8] {
    ModelDescription(change).bytes
  }

  private func changed(_ change: (inout ModelDescription) -> Void) -> [UInt8] {
    Self.changed(change)
  }

  static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  // MARK: Files that are something else

  static let files: [Entry] = [
    ("empty", .modelTruncated, []),
    ("one byte", .modelTruncated, [1]),
    ("seven bytes", .modelTruncated, [28, 0, 0, 0, 84, 70, 76]),
    // The file of tensorflow issue 115308.
    ("eight bytes", .modelTruncated, [24, 0, 0, 0, 84, 70, 76, 51]),
    (
      "git lfs pointer", .modelUnsupported,
      text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    ),
    ("web page", .modelUnsupported, text("<!DOCTYPE html><html></html>")),
    ("json", .modelUnsupported, text(#"{"message": "Not Found"}"#)),
    ("zip", .modelUnsupported, text("PK\u{3}\u{4}0000000000000000")),
    ("gzip", .modelUnsupported, [31, 139, 8, 0, 0, 0, 0, 0, 0, 0]),
    ("zeros", .modelUnsupported, [UInt8](repeating: 0, count: 64)),
    ("bad identifier", .modelUnsupported, changed { $0.identifier = "ABCD" }),
    ("older identifier", .modelUnsupported, changed { $0.identifier = "TFL2" }),
    ("only an identifier of zeros behind", .modelInvalid, [8, 0, 0, 0] + text("TFL3") + zeros),
  ]

  private static let zeros = [UInt8](repeating: 0, count: 16)

  // MARK: The model's own tables

  static let structures: [Entry] = [
    ("version 2", .modelUnsupported, changed { $0.version = 2 }),
    ("version of the greatest number", .modelUnsupported, changed { $0.version = .max }),
    ("no subgraphs", .modelInvalid, flatBuffer([0: .uint32(3)])),
    ("no fields", .modelUnsupported, flatBuffer([:])),
    (
      "subgraphs at a bad place", .modelTruncated,
      flatBuffer([0: .uint32(3), 2: .rawOffset(1 << 30)])
    ),
    (
      "subgraphs that point at themselves", .modelInvalid,
      flatBuffer([0: .uint32(3), 2: .rawOffset(0)])
    ),
    (
      "buffer behind the end", .modelTruncated,
      changed {
        $0.buffers[1] = [1: .uint64(1 << 20), 2: .uint64(24)]
      }
    ),
    (
      "buffer that wraps around", .modelTruncated,
      changed {
        $0.buffers[1] = [1: .uint64(UInt64.max - 7), 2: .uint64(24)]
      }
    ),
    (
      "buffer of the greatest size", .modelTruncated,
      changed {
        $0.buffers[1] = [1: .uint64(16), 2: .uint64(.max)]
      }
    ),
    (
      "buffer of size 2^63", .modelTruncated,
      changed {
        $0.buffers[1] = [1: .uint64(16), 2: .uint64(1 << 63)]
      }
    ),
    (
      "signature of another subgraph", .modelInvalid,
      changed {
        $0.more = [(Slot.Model.signatures, .tables([[2: .string("s"), 4: .uint32(1)]]))]
      }
    ),
    (
      "signature of another tensor", .modelInvalid,
      changed {
        $0.more = [
          (Slot.Model.signatures, .tables([[0: .tables([[0: .string("x"), 1: .uint32(4)]])]]))
        ]
      }
    ),
    (
      "metadata of another buffer", .modelInvalid,
      changed {
        $0.more = [(Slot.Model.metadata, .tables([[0: .string("m"), 1: .uint32(9)]]))]
      }
    ),
    (
      "external buffer of no group", .modelInvalid,
      changed {
        $0.more = [(Slot.Model.externalBuffers, .tables([[0: .uint32(1), 1: .uint32(0)]]))]
      }
    ),
    (
      "external buffer that wraps around", .modelInvalid,
      changed {
        $0.more = [
          (Slot.Model.externalBufferGroups, .tables([[0: .string("w.bin")]])),
          (
            Slot.Model.externalBuffers,
            .tables([[0: .uint32(1), 2: .uint64(UInt64(Int.max)), 3: .uint64(1)]])
          ),
        ]
      }
    ),
    ("graph input that is left out", .modelInvalid, changed { $0.inputs = [-1] }),
    ("graph input that is not there", .modelInvalid, changed { $0.inputs = [4] }),
    ("graph output that is not there", .modelInvalid, changed { $0.outputs = [99] }),
    ("graph output of the greatest number", .modelInvalid, changed { $0.outputs = [.max] }),
    ("graph output that nothing computes", .modelInvalid, changed { $0.operators = [] }),
  ]

  // MARK: Tensors

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

  // MARK: Operators

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

  // MARK: Quantization

  static let quantizations: [Entry] = [
    (
      "fewer zero points than scales", .modelInvalid,
      quantized(
        quantization(scales: [1, 2, 3], zeroPoints: [0, 0])
      )
    ),
    (
      "more zero points than scales", .modelInvalid,
      quantized(
        quantization(scales: [1], zeroPoints: [0, 0])
      )
    ),
    (
      "scales of another length than the axis", .modelInvalid,
      quantized(
        quantization(scales: [1, 2, 3, 4])
      )
    ),
    (
      "scales along another axis", .modelInvalid,
      quantized(
        quantization(scales: [1, 2, 3], axis: 3)
      )
    ),
    (
      "axis outside and no axis that fits", .modelInvalid,
      quantized(
        quantization(scales: [1, 2, 3, 4, 5], axis: 9)
      )
    ),
    (
      "axis outside and two axes that fit", .modelInvalid,
      changed {
        $0.tensors[0][0] = .int32s([3, 3])
        $0.tensors[0][4] = quantization(scales: [1, 2, 3], axis: -1)
      }
    ),
    ("blocks of no tensor", .modelInvalid, blocks([0: .int32(9), 2: .int32(2)])),
    ("blocks of a negative tensor", .modelInvalid, blocks([0: .int32(-1), 2: .int32(2)])),
    (
      "blocks of no zero points", .modelInvalid, blocks([0: .int32(2), 1: .int32(9), 2: .int32(2)])
    ),
    ("blocks of size 0", .modelInvalid, blocks([0: .int32(2)])),
    ("blocks of negative size", .modelInvalid, blocks([0: .int32(2), 2: .int32(-4)])),
    ("blocks along no axis", .modelInvalid, blocks([0: .int32(2), 2: .int32(2)], axis: 4)),
  ]

  private static func quantized(_ field: FlatBufferField) -> [UInt8] {
    changed { $0.tensors[1][4] = field }
  }

  private static func blocks(_ details: TableDescription, axis: Int32 = 3) -> [UInt8] {
    quantized(.table([4: .uint8(2), 5: .table(details), 6: .int32(axis)]))
  }

  // MARK: Sparse constants

  static let sparse: [Entry] = [
    ("sparse of no dimensions", .modelInvalid, sparse(order: [0, 1], [])),
    ("sparse of an order that is none", .modelInvalid, sparse(order: [0, 0], [dense(2), csr()])),
    ("sparse of another extent", .modelInvalid, sparse(order: [0, 1], [dense(3), csr()])),
    (
      "sparse of an unknown format", .modelUnsupported,
      sparse(order: [0, 1], [dense(2), [0: .int8(7)]])
    ),
    (
      "sparse of unknown indices", .modelUnsupported,
      sparse(
        order: [0, 1],
        [
          dense(2), [0: .int8(1), 2: .uint8(9), 3: .table([:])],
        ]
      )
    ),
    ("sparse segments too short", .modelInvalid, sparse(order: [0, 1], [dense(2), csr([0, 1])])),
    (
      "sparse segments that fall", .modelInvalid,
      sparse(order: [0, 1], [dense(2), csr([2, 0, 3])])
    ),
    (
      "sparse segments past the indices", .modelInvalid,
      sparse(
        order: [0, 1],
        [
          dense(2), csr([0, 1, 4]),
        ]
      )
    ),
    (
      "sparse index outside", .modelInvalid,
      sparse(
        order: [0, 1],
        [
          dense(2), csr([0, 1, 3], [0, 1, 4]),
        ]
      )
    ),
    (
      "negative sparse index", .modelInvalid,
      sparse(
        order: [0, 1],
        [
          dense(2), csr([0, 1, 3], [0, -1, 3]),
        ]
      )
    ),
    (
      "sparse values too few", .modelTruncated,
      sparse(order: [0, 1], [dense(2), csr()], values: 2)
    ),
    (
      "sparse values too many", .modelInvalid, sparse(order: [0, 1], [dense(2), csr()], values: 4)
    ),
    (
      "sparse blocks that do not divide", .modelInvalid,
      sparse(
        order: [0, 1, 2],
        [dense(2), csr(), dense(3)],
        blockMap: [1]
      )
    ),
    (
      "sparse blocks of size 0", .modelInvalid,
      sparse(
        order: [0, 1, 2],
        [dense(2), csr(), dense(0)],
        blockMap: [1]
      )
    ),
    (
      "sparse blocks of no axis", .modelInvalid,
      sparse(
        order: [0, 1, 2],
        [dense(2), csr(), dense(2)],
        blockMap: [5]
      )
    ),
  ]

  static func dense(_ size: Int32) -> TableDescription { [0: .int8(0), 1: .int32(size)] }

  /// A compressed dimension; by default of a 2 × 4 matrix with elements in (0, 0), (1, 1), (1, 3).
  static func csr(_ segments: [Int32] = [0, 1, 3], _ indices: [Int32] = [0, 1, 3])
    -> TableDescription
  {
    [
      0: .int8(1), 2: .uint8(1), 3: .table([0: .int32s(segments)]), 4: .uint8(1),
      5: .table([0: .int32s(indices)]),
    ]
  }

  /// The plain model with an int8 tensor of 2 × 4 more.
  static func sparse(
    order: [Int32],
    _ dimensions: [TableDescription],
    blockMap: [Int32] = [],
    values: UInt8 = 3
  ) -> [UInt8] {
    changed {
      $0.tensors.append(
        tensor(
          "sparse",
          [2, 4],
          type: 9,
          buffer: 3,
          [
            Slot.Tensor.sparsity: .table([
              0: .int32s(order), 1: .int32s(blockMap), 2: .tables(dimensions),
            ])
          ]
        )
      )
      $0.buffers.append([0: .bytes((1...values).map { $0 })])
    }
  }
}
