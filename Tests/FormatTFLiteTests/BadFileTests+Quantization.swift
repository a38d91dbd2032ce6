import ByteIO
import ModelIR
import TestSupport

@testable import FormatTFLite

/// Quantization that does not fit its tensor, and sparse constants.
extension BadFileTests {
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
