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
}
