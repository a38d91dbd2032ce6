import ByteIO
import ModelIR
import TestSupport
import Testing

@testable import FormatTFLite

/// Sparse constants, quantization, metadata: what a file holds beside operators.
@Suite struct ContentTests {
  @Test func `sparse rows become dense`() throws {
    let bytes = BadFileTests.sparse(
      order: [0, 1],
      [BadFileTests.dense(2), BadFileTests.csr()]
    )
    let value = try loadModel(bytes).main[ValueID(4)]
    #expect(value.constant?.bytes?.array == [1, 0, 0, 0, 0, 2, 0, 3])
    #expect(value.constant?.fileByteCount == 3)
    #expect(value.sparsity == Sparsity(storedElements: 3, denseElements: 8, blockSizes: []))
  }

  @Test func `sparse columns become dense`() throws {
    // Columns first: column 0 has row 0; column 1 rows 0 and 1; column 2 none; column 3 none.
    let bytes = BadFileTests.sparse(
      order: [1, 0],
      [BadFileTests.dense(4), BadFileTests.csr([0, 1, 3, 3, 3], [0, 0, 1])]
    )
    let value = try loadModel(bytes).main[ValueID(4)]
    #expect(value.constant?.bytes?.array == [1, 2, 0, 0, 0, 3, 0, 0])
  }

  @Test func `sparse blocks become dense`() throws {
    // Blocks of 1 × 2: row 0 has its block 1, row 1 its block 0.
    let bytes = BadFileTests.sparse(
      order: [0, 1, 2],
      [BadFileTests.dense(2), BadFileTests.csr([0, 1, 2], [1, 0]), BadFileTests.dense(2)],
      blockMap: [1],
      values: 4
    )
    let value = try loadModel(bytes).main[ValueID(4)]
    #expect(value.constant?.bytes?.array == [0, 0, 1, 2, 3, 4, 0, 0])
    #expect(value.sparsity?.blockSizes == [2])
  }

  @Test func `a dense form out of proportion is a finding`() throws {
    let bytes = ModelDescription {
      $0.tensors.append(
        tensor(
          "sparse",
          [1 << 15, 1 << 15],
          type: 9,
          buffer: 3,
          [
            Slot.Tensor.sparsity: .table([
              0: .int32s([0, 1]),
              2: .tables([BadFileTests.csr([0, 1], [0]), BadFileTests.csr([0, 1], [0])]),
            ])
          ]
        )
      )
      $0.buffers.append([0: .bytes([1])])
    }.bytes
    let model = try loadModel(bytes)
    #expect(model.diagnostics.map(\.code) == ["F04 sparse-constant"])
    #expect(model.main[ValueID(4)].sparsity?.denseElements == 1 << 30)
    guard case .absent? = model.main[ValueID(4)].constant else {
      Issue.record("values from nowhere")
      return
    }
  }

  private func quantized(_ field: FlatBufferField) throws -> Model {
    try ModelDescription { $0.tensors[1][Slot.Tensor.quantization] = field }.load()
  }

  @Test func `scales belong to the tensor or to an axis`() throws {
    let one = try quantized(quantization(scales: [0.5], zeroPoints: [3], axis: 7))
    #expect(one.main[ValueID(1)].quantization?.granularity == .perTensor)
    #expect(one.main[ValueID(1)].quantization?.zeroPoints == [3])
    let three = try quantized(quantization(scales: [1, 2, 3]))
    #expect(three.main[ValueID(1)].quantization?.granularity == .perAxis(0))
    #expect(three.main[ValueID(1)].quantization?.scales == [1, 2, 3])
  }

  @Test(arguments: [
    (Float.nan, Int64(0), "F02 quantization-scale"), (.infinity, 0, "F02 quantization-scale"),
    (0, 0, "F02 quantization-scale"), (-1, 0, "F02 quantization-scale"), (1, 300, "F03 zero-point"),
  ])
  func `what cannot be a scale or a zero point is a finding`(
    scale: Float,
    zeroPoint: Int64,
    code: String
  ) throws {
    let model = try ModelDescription {
      $0.tensors[0] = tensor(
        "input",
        [1, 4, 4, 2],
        type: 9,
        [
          Slot.Tensor.quantization: quantization(scales: [scale], zeroPoints: [zeroPoint])
        ]
      )
    }.load()
    #expect(model.diagnostics.map(\.code) == [code])
  }

  @Test func `an axis outside is replaced by the only one that fits`() throws {
    let model = try quantized(quantization(scales: [1, 2, 3], axis: 9))
    #expect(model.main[ValueID(1)].quantization?.granularity == .perAxis(0))
    #expect(model.diagnostics.map(\.code) == ["F01 quantization-axis"])
  }

  @Test(arguments: [1, 0] as [Int32])
  func `blocks are along the axis that the scales divide`(axis: Int32) throws {
    let model = try ModelDescription {
      $0.tensors += [
        tensor(
          "weights",
          [3, 8],
          type: 9,
          buffer: 3,
          [
            4: .table([
              4: .uint8(2), 5: .table([0: .int32(5), 2: .int32(4)]), 6: .int32(axis),
            ])
          ]
        ), tensor("scales", [3, 2], buffer: 4),
      ]
      $0.buffers += [
        [0: .bytes([UInt8](repeating: 7, count: 24))],
        [0: .bytes([UInt8](repeating: 8, count: 24))],
      ]
      $0.operators.append(op(1, [3, 4], [6]))
      $0.codes.append(code("FULLY_CONNECTED"))
      $0.tensors.append(tensor("y", [1]))
    }.load()
    #expect(
      model.main[ValueID(4)].quantization?.granularity
        == .blockwise(axis: 1, size: 4, scales: ValueID(5), zeroPoints: nil)
    )
    // The scales are quantization, not weights: 24 bytes beside tables.
    let owned = model.ledger.entries.filter { $0.owner?.value == ValueID(5) }
    #expect(owned.map(\.category) == [.quantization])
  }

  @Test func `values in another file are known by place only`() throws {
    let model = try ModelDescription {
      $0.tensors[1] = tensor("filter", [3, 1, 1, 2], [Slot.Tensor.externalBuffer: .uint32(4)])
      $0.more = [
        (Slot.Model.externalBufferGroups, .tables([[0: .string("w.bin")]])),
        (
          Slot.Model.externalBuffers,
          .tables([[0: .uint32(4), 1: .uint32(0), 2: .uint64(64), 3: .uint64(24)]])
        ),
      ]
    }.load()
    guard case .external("w.bin", 64, 24)? = model.main[ValueID(1)].constant else {
      Issue.record("not external")
      return
    }
    #expect(model.diagnostics.map(\.code) == ["F06 external-buffer"])
  }

  @Test func `buffers may stand behind the FlatBuffer`() throws {
    let inside = ModelDescription { $0.buffers[1] = [1: .uint64(9_999), 2: .uint64(24)] }.bytes
    let weights = (101...124).map(UInt8.init)
    let bytes = ModelDescription {
      $0.buffers[1] = [1: .uint64(UInt64(inside.count)), 2: .uint64(24)]
      $0.appended = weights
    }.bytes
    let model = try loadModel(bytes)
    #expect(model.main[ValueID(1)].constant?.bytes?.array == weights)
    #expect(model.ledger.entries.last?.category == .weights)
    #expect(model.ledger.entries.last?.owner?.value == ValueID(1))
  }

  @Test func `equal and unused buffers are told apart from weights`() throws {
    var model = try ModelDescription {
      $0.codes.append(code("ADD"))
      $0.buffers += [
        [0: .bytes((1...24).map(UInt8.init))], [0: .bytes([9, 9, 9, 9])],
        [0: .bytes([8, 8, 8, 8, 8])],
      ]
      $0.tensors += [
        tensor("copy", [6], buffer: 3), tensor("y", [6]), tensor("unused", [1], buffer: 4),
        tensor("shared", [6], buffer: 1),
      ]
      $0.operators += [op(1, [4, 7], [5])]
    }.load()
    func bytes(_ category: ByteCategory) -> Int {
      model.ledger.totals().first { $0.category == category }?.byteCount ?? 0
    }
    #expect(bytes(.weights) == 24 + 24 + 12)
    model.labelSpareWeights(smallest: 16)
    #expect(bytes(.weights) == 24 + 12)
    #expect(bytes(.duplicates) == 24)
    #expect(bytes(.deadWeights) == 4 + 5)
    #expect(bytes(.unattributed) == 0)
  }

  @Test func `a buffer that a later tensor uses is not dead`() throws {
    var model = try ModelDescription {
      // Nothing reads the first tensor of buffer 1; the filter is the second one.
      $0.tensors.insert(tensor("spare", [3, 1, 1, 2], buffer: 1), at: 1)
      $0.operators = [op(0, [0, 2, 3], [4], options: 1, [1: .int32(1), 2: .int32(1)])]
      $0.outputs = [4]
    }.load()
    model.labelSpareWeights()
    let totals = model.ledger.totals()
    #expect(totals.first { $0.category == .weights }?.byteCount == 24 + 12)
    #expect(!totals.contains { $0.category == .deadWeights || $0.category == .duplicates })
  }

  @Test func `what the author says is read`() throws {
    let author = flatBuffer(
      [
        0: .string("Digits"), 2: .string("1.2"), 4: .string("A. Author"),
        3: .tables([
          [
            2: .tables([
              [
                0: .string("image"),
                4: .tables([
                  [0: .uint8(1), 1: .table([0: .floats([127.5]), 1: .floats([128])])]
                ]),
              ]
            ]),
            3: .tables([
              [0: .string("score"), 6: .tables([[0: .string("labels.txt"), 2: .int8(2)]])]
            ]),
          ]
        ]),
      ],
      identifier: "M001"
    )
    let model = try ModelDescription {
      $0.buffers += [
        [0: .bytes(author)], [0: .bytes(Array("1.5.0".utf8) + [0, 0, 0])],
        [0: .bytes(littleEndian([Int32(1), 0, 3, 0, -1, 64]))], [0: .bytes([1, 2, 3])],
        [0: .bytes(Array("junk with no tables".utf8))],
      ]
      $0.more = [
        (
          Slot.Model.metadata,
          .tables([
            [0: .string("TFLITE_METADATA"), 1: .uint32(3)],
            [0: .string("min_runtime_version"), 1: .uint32(4)],
            [0: .string("OfflineMemoryAllocation"), 1: .uint32(5)],
            [0: .string("mine"), 1: .uint32(6)],
            [0: .string("CONVERSION_METADATA"), 1: .uint32(7)],
          ])
        )
      ]
      $0.appended = TestArchive.bytes(name: "labels.txt", content: Array("0\n1\n".utf8))
    }.load()
    #expect(
      model.metadata.map { "\($0.name): \($0.value)" } == [
        "name: Digits", "version: 1.2", "author: A. Author", "input[0].name: image",
        "input[0].mean: 127.5", "input[0].std: 128.0", "output[0].name: score",
        "output[0].axis labels: labels.txt", "min_runtime_version: 1.5.0",
        "OfflineMemoryAllocation: 2 of 3 tensors of subgraph 0 have a planned place",
        "mine: 3 bytes", "CONVERSION_METADATA: 19 bytes", "file labels.txt: 0\n1\n",
      ]
    )
    #expect(model.diagnostics.map(\.code) == ["F09 metadata"])
    let totals = model.ledger.totals()
    // Local header 30, entry 46, end 22, and twice the name of 10 bytes.
    #expect(totals.first { $0.category == .container }?.byteCount == 30 + 46 + 22 + 20)
    #expect(!totals.contains { $0.category == .unattributed })
  }

  @Test func `an archive may count its offsets from the file's start`() throws {
    let start = ModelDescription().bytes.count
    let bytes = ModelDescription {
      $0.appended = TestArchive.bytes(name: "a", content: [1, 2, 3], startsAt: start)
    }.bytes
    let totals = try loadModel(bytes).ledger.totals()
    #expect(totals.first { $0.category == .container }?.byteCount == 30 + 46 + 22 + 2)
  }

  @Test func `what nothing explains is unattributed`() throws {
    let model = try ModelDescription { $0.appended = [1, 2, 3, 4, 5] }.load()
    #expect(model.ledger.totals().last?.category == .unattributed)
    #expect(model.ledger.totals().last?.byteCount == 5)
  }

  @Test func `a long name is shortened`() throws {
    let name = String(repeating: "n", count: 10_000)
    let model = try ModelDescription { $0.tensors[0] = tensor(name, [1, 4, 4, 2]) }.load()
    #expect(model.main[ValueID(0)].name.utf8.count < 4200)
    #expect(model.diagnostics.map(\.code) == ["F10 long-name"])
  }
}
