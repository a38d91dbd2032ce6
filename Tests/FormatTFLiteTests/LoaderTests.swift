import ByteIO
import ModelIR
import TestSupport
import Testing

@testable import FormatTFLite

@Suite struct LoaderTests {
  @Test func `a convolution is lowered with its attributes`() throws {
    let model = try ModelDescription {
      $0.codes = [code("CONV_2D", version: 5)]
      $0.operators = [
        op(
          0,
          [0, 1, 2],
          [3],
          options: 1,
          [
            0: .int8(1), 1: .int32(1), 2: .int32(2), 3: .int8(3), 4: .int32(3), 5: .int32(4),
          ]
        )
      ]
    }.load()
    let node = try #require(model.main.nodes.first)
    #expect(node.op == .known("convolution"))
    #expect(node.origin.sourceType == "CONV_2D")
    #expect(node.origin.sourceVersion == 5)
    #expect(node.origin.layer == "conv")
    #expect(node.origin.path == "subgraphs[0].operators[0]")
    #expect(node.attributes["strides"]?.asInts == [2, 1])
    #expect(node.attributes["dilations"]?.asInts == [4, 3])
    #expect(node.attributes["padding"]?.asString == "valid")
    #expect(node.attributes["activation"]?.asString == "relu6")
    #expect(node.attributes["dataLayout"]?.asString == "nhwc")
    #expect(node.attributes["filterLayout"]?.asString == "ohwi")
    #expect(node.attributes["groups"]?.asInts == [1])
    #expect(node.inputs == [ValueID(0), ValueID(1), ValueID(2)])
    #expect(model.main[ValueID(1)].constant?.bytes?.array == (1...24).map(UInt8.init))
  }

  @Test func `codes stand in an old and a new field`() throws {
    func type(old: Int8?, new: Int32?) throws -> String? {
      var table: TableDescription = [:]
      table[0] = old.map(FlatBufferField.int8)
      table[3] = new.map(FlatBufferField.int32)
      return try ModelDescription {
        $0.codes = [table]
        $0.operators = [op(0, [0], [3])]
      }.load().main.nodes.first?.origin.sourceType
    }
    #expect(try type(old: 98, new: nil) == "LEAKY_RELU")
    #expect(try type(old: 98, new: 98) == "LEAKY_RELU")
    #expect(try type(old: 127, new: 150) == "GELU")
    #expect(try type(old: nil, new: 14) == "LOGISTIC")
    #expect(try type(old: nil, new: nil) == "ADD")
  }

  @Test func `an operator newer than the table is kept and reported`() throws {
    let model = try ModelDescription {
      $0.codes = [[0: .int8(127), 3: .int32(4000)]]
      $0.operators = [op(0, [0], [3])]
    }.load()
    #expect(model.main.nodes.first?.op == .unknown("BUILTIN_4000"))
    #expect(model.diagnostics.map(\.code) == ["F07 unknown-builtin"])
  }

  @Test func `a custom operator keeps its name and its options`() throws {
    let model = try ModelDescription {
      $0.codes = [code("CUSTOM", custom: "MyOp")]
      $0.operators = [op(0, [0], [3], more: [Slot.Operator.customOptions: .bytes([5, 6, 7])])]
    }.load()
    let node = try #require(model.main.nodes.first)
    #expect(node.op == .unknown("MyOp"))
    guard case .bytes([5, 6, 7])? = node.attributes["customOptions"] else {
      Issue.record("options are missing")
      return
    }
    #expect(model.ledger.totals().contains { $0.category == .customOptions && $0.byteCount == 7 })
  }

  @Test func `the options of detection post-processing are decoded`() throws {
    // {"max_detections": 10, "y_scale": 2.5}, written by the Python package `flatbuffers` 25.
    let options: [UInt8] = [
      109, 97, 120, 95, 100, 101, 116, 101, 99, 116, 105, 111, 110, 115, 0, 121, 95, 115, 99, 97,
      108, 101, 0, 2, 24, 10, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 10, 0, 0, 0, 0, 0, 32, 64,
      6, 14, 10, 38, 1,
    ]
    let model = try ModelDescription {
      $0.codes = [code("CUSTOM", custom: "TFLite_Detection_PostProcess")]
      $0.operators = [op(0, [0], [3], more: [Slot.Operator.customOptions: .bytes(options)])]
    }.load()
    let node = try #require(model.main.nodes.first)
    #expect(node.op == .known("detectionPostProcess"))
    #expect(node.attributes["maxDetections"]?.asInts == [10])
    guard case .float(2.5)? = node.attributes["yScale"] else {
      Issue.record("yScale is \(String(describing: node.attributes["yScale"]))")
      return
    }
  }

  @Test func `an operand that is left out is nil`() throws {
    let model = try ModelDescription {
      $0.operators = [op(0, [0, 1, -1], [3], options: 1, [1: .int32(1), 2: .int32(1)])]
    }.load()
    #expect(model.main.nodes.first?.inputs == [ValueID(0), ValueID(1), nil])
  }

  @Test func `signatures name values`() throws {
    let model = try ModelDescription {
      $0.more = [
        (
          Slot.Model.signatures,
          .tables([
            [
              0: .tables([[0: .string("image"), 1: .uint32(0)]]),
              1: .tables([[0: .string("scores"), 1: .uint32(3)]]), 2: .string("serve"),
            ]
          ])
        )
      ]
    }.load()
    #expect(
      model.signatures == [
        Signature(
          name: "serve",
          graph: GraphID(0),
          inputs: [.init(name: "image", value: ValueID(0))],
          outputs: [.init(name: "scores", value: ValueID(3))]
        )
      ]
    )
  }

  @Test func `a loop names its subgraphs`() throws {
    let body = subgraph([tensor("x", [1])], [], inputs: [0], outputs: [0])
    let model = try ModelDescription {
      $0.codes = [code("WHILE")]
      $0.operators = [op(0, [0], [3], options: 93, [0: .int32(1), 1: .int32(2)])]
      $0.moreSubgraphs = [body, body]
    }.load()
    #expect(model.graphs.count == 3)
    #expect(model.main.nodes.first?.attributes.graphs == [GraphID(1), GraphID(2)])
  }

  @Test func `what the signature leaves open is unknown`() throws {
    let model = try ModelDescription {
      $0.tensors[0] = tensor(
        "input",
        [1, 4, 4, 2],
        [
          Slot.Tensor.shapeSignature: .int32s([-1, 4, -1, 2])
        ]
      )
    }.load()
    #expect(model.main[ValueID(0)].shape == .ranked([.unknown, 4, .unknown, 2]))
  }

  @Test(arguments: [(stated: false, other: false), (false, true), (true, false), (true, true)])
  func `an empty shape is a scalar unless the file could say so`(stated: Bool, other: Bool) throws {
    let model = try ModelDescription {
      $0.tensors[0][Slot.Tensor.hasRank] = .bool(other)
      $0.tensors[3] = tensor("output", [], [Slot.Tensor.hasRank: .bool(stated)])
    }.load()
    let isUnknown = !stated && other
    #expect(model.main[ValueID(3)].shape == (isUnknown ? .unknownRank : .scalar))
  }

  @Test func `variables keep what they start from`() throws {
    let model = try ModelDescription {
      $0.tensors.append(tensor("state", [2], [Slot.Tensor.isVariable: .bool(true)]))
    }.load()
    guard case .variable(initial: nil) = model.main[ValueID(4)].content else {
      Issue.record("not a variable")
      return
    }
  }

  @Test func `text constants are taken apart`() throws {
    let text: [UInt8] = littleEndian([UInt32(2), 16, 17, 19]) + Array("abc".utf8)
    let model = try ModelDescription {
      $0.tensors.append(tensor("words", [2], type: 5, buffer: 3))
      $0.buffers.append([0: .bytes(text)])
    }.load()
    guard case .strings(let words, let fileBytes)? = model.main[ValueID(4)].constant else {
      Issue.record("no strings")
      return
    }
    #expect(words.map { String(decoding: $0, as: UTF8.self) } == ["a", "bc"])
    #expect(fileBytes == 19)
  }

  @Test func `packed elements take half a byte`() throws {
    let model = try ModelDescription {
      $0.tensors.append(tensor("packed", [5], type: 17, buffer: 3))
      $0.buffers.append([0: .bytes([1, 2, 3])])
    }.load()
    #expect(model.main[ValueID(4)].type == .int4)
    #expect(model.main[ValueID(4)].constant?.bytes?.count == 3)
  }

  @Test func `an empty constant has no buffer`() throws {
    let model = try ModelDescription {
      $0.codes = [code("ADD")]
      $0.tensors.append(tensor("nothing", [0]))
      $0.operators = [op(0, [0, 4], [3])]
    }.load()
    #expect(model.main[ValueID(4)].isConstant)
  }
}

extension AttributeValue {
  /// The integers of an integer or a list of them.
  var asInts: [Int]? {
    switch self {
    case .int(let value): [value]
    case .ints(let values): values
    default: nil
    }
  }

  var asString: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
}
