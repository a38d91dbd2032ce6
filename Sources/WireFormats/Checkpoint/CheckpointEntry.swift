import ByteIO

/// A tensor of a checkpoint: what it is, and where its bytes are.
package struct CheckpointEntry: Sendable, Equatable {
  /// The name under which it was saved.
  package let key: String
  /// The number of its type in TensorFlow's `DataType`: 1 is float, 7 string.
  package let dataType: Int
  /// Its extents; empty for a scalar.
  package let shape: [Int]
  /// The product of the extents.
  package let elementCount: Int
  /// Where its bytes are; for a tensor in parts, nowhere.
  package let extent: CheckpointExtent
  /// The parts of a tensor that was saved in several, in the order of their keys; else empty.
  package internal(set) var parts: [CheckpointPart] = []

  /// The number of `DataType` for text, whose bytes have a form of their own.
  package static let stringType = 7
}

/// A range of one of a checkpoint's data files.
package struct CheckpointExtent: Sendable, Equatable {
  /// The number of the data file, from 0.
  package let shard: Int
  /// Where in that file.
  package let offset: Int
  /// How many bytes.
  package let byteCount: Int
  /// The masked CRC-32C of the tensor.
  package let maskedChecksum: UInt32
}

/// A box cut out of a tensor that was saved in parts.
package struct CheckpointPart: Sendable, Equatable {
  /// Where the box begins in each dimension.
  package let starts: [Int]
  /// How far it reaches in each dimension.
  package let shape: [Int]
  /// Where its bytes are.
  package let extent: CheckpointExtent
}

/// What the protobuf `BundleEntryProto` says.
///
/// Fields: 1 dtype, 2 shape (`TensorShapeProto`: 2 dim, of which 1 size; 3 unknown_rank), 3 shard_id,
/// 4 offset, 5 size, 6 crc32c, 7 slices (`TensorSliceProto`).
///
/// Source: TensorFlow, `core/protobuf/tensor_bundle.proto`, `core/framework/tensor_shape.proto`.
struct BundleEntry {
  var dataType = 0
  var shape: [Int] = []
  var elementCount = 1
  var sliceCount = 0
  private var shard = 0
  private var offset = 0
  private var byteCount = 0
  private var checksum: UInt32 = 0

  /// The most dimensions that are read; TensorFlow has 254 at most, networks 8.
  private static let maximumRank = 64

  init(_ bytes: Bytes) throws(ReadError) {
    var fields = ProtobufMessage(bytes).fields
    while let field = try fields.next() {
      switch field.number {
      case 1: dataType = try field.int("dtype")
      case 2: try readShape(try field.message("shape"))
      case 3: shard = try field.int("shard_id")
      case 4: offset = try field.int("offset")
      case 5: byteCount = try field.int("size")
      case 6:
        guard case .fixed32(let bits) = field.value else {
          throw field.mismatch("crc32c", "four bytes")
        }
        checksum = bits
      case 7:
        _ = try field.message("slices")
        sliceCount += 1
      default: break
      }
    }
    guard dataType > 0 else {
      throw ReadError(.modelInvalid, "a tensor has the type \(dataType)", at: bytes.offset)
    }
  }

  private mutating func readShape(_ message: ProtobufMessage) throws(ReadError) {
    shape = []
    elementCount = 1
    var fields = message.fields
    while let field = try fields.next() {
      guard field.number == 2 else {
        if field.number == 3, try field.uint64("unknown_rank") != 0 {
          throw ReadError(.modelInvalid, "a saved tensor has no rank", at: field.range.lowerBound)
        }
        continue
      }
      var extent = 0
      var dimension = try field.message("dim").fields
      while let part = try dimension.next() {
        if part.number == 1 { extent = try part.int("size") }
      }
      guard extent >= 0 else {
        throw ReadError(
          .modelInvalid,
          "a saved tensor has the extent \(extent)",
          at: field.range.lowerBound
        )
      }
      let (product, overflows) = elementCount.multipliedReportingOverflow(by: extent)
      guard !overflows, shape.count < Self.maximumRank else {
        throw ReadError(
          .modelInvalid,
          overflows
            ? "the extents of a tensor multiply to more than 2^63"
            : "a tensor has more than \(Self.maximumRank) dimensions",
          at: field.range.lowerBound
        )
      }
      elementCount = product
      shape.append(extent)
    }
  }

  /// Where the bytes are.
  ///
  /// - Throws: `MODEL_INVALID` where the numbers contradict each other.
  func extent(shardCount: Int, at place: Int) throws(ReadError) -> CheckpointExtent {
    guard shard >= 0, shard < shardCount else {
      throw ReadError(
        .modelInvalid,
        "a tensor is in data file \(shard) of \(shardCount)",
        at: place
      )
    }
    guard offset >= 0, byteCount >= 0, !offset.addingReportingOverflow(byteCount).overflow else {
      throw ReadError(
        .modelInvalid,
        "a tensor has \(byteCount) bytes at \(offset), which cannot be",
        at: place
      )
    }
    return CheckpointExtent(
      shard: shard,
      offset: offset,
      byteCount: byteCount,
      maskedChecksum: checksum
    )
  }

  /// Whether the bytes are as many as type and shape need; true for types of unknown size.
  func fits(_ extent: CheckpointExtent) -> Bool {
    guard let elementSize = Self.elementSizes[dataType] else { return true }
    let (needed, overflows) = elementCount.multipliedReportingOverflow(by: elementSize)
    return !overflows && needed == extent.byteCount
  }

  /// Bytes an element, by the number of the type; text and variants have no size of their own.
  ///
  /// Source: TensorFlow, `core/framework/types.proto`.
  private static let elementSizes: [Int: Int] = [
    1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 8: 8, 9: 8, 10: 1, 11: 1, 12: 1, 13: 4, 14: 2, 15: 2,
    16: 2, 17: 2, 18: 16, 19: 2, 22: 4, 23: 8,
  ]
}
