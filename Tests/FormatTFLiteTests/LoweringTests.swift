import Foundation
import ByteIO
import ModelIR
import TestSupport
import Testing

@testable import FormatTFLite

@Suite struct LoweringTests {
  @Test func `each builtin has one row`() {
    let names = BuiltinOperator.names.map { String(describing: $0) }
    #expect(names.count == 210)
    #expect(LoweringTable.all.map(\.source).sorted() == names.sorted())
  }

  @Test func `only what never had a kernel has no meaning`() {
    let unknown = LoweringTable.all.filter { $0.canonical == nil }.map(\.source).sorted()
    #expect(
      unknown == ["CONCAT_EMBEDDINGS", "CUSTOM", "DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES"]
    )
  }

  /// An operator that the vocabulary does not name takes its own name in lower camel case.
  @Test func `names are those of the vocabulary or the operator's own`() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/operators.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let words = Set(text.split { !$0.isLetter && !$0.isNumber }.map(String.init))
    for row in LoweringTable.all {
      guard let name = row.canonical else { continue }
      #expect(words.contains(name) || name == camelCase(row.source), "\(row.source) → \(name)")
    }
  }

  private func camelCase(_ name: String) -> String {
    let words = name.lowercased().split(separator: "_").map(String.init)
    return words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
  }

  /// The attributes of one operator over the plain model's input, as text.
  private func attributes(
    _ name: String,
    type: UInt8 = 0,
    _ options: TableDescription? = nil
  ) throws -> String {
    let isSecond = name.hasPrefix("STABLEHLO") || name == "REDUCE_WINDOW"
    let model = try ModelDescription {
      $0.codes = [code(name)]
      var more: TableDescription = [:]
      if isSecond, let options {
        more[Slot.Operator.options2Type] = .uint8(type)
        more[Slot.Operator.options2Type + 1] = .table(options)
      }
      $0.operators = [op(0, [0, 1], [3], options: type, isSecond ? nil : options, more: more)]
      $0.moreSubgraphs = [subgraph([tensor("x", [1])], [], inputs: [0], outputs: [0])]
    }.load()
    let node = try #require(model.main.nodes.first)
    #expect(model.diagnostics.isEmpty)
    let attributes = node.attributes.all.map { "\($0.name)=\(text($0.value))" }
    return ([node.op.name] + attributes).joined(separator: " ")
  }

  private func text(_ value: AttributeValue) -> String {
    switch value {
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .string(let value): value
    case .ints(let values): values.map(String.init).joined(separator: ",")
    case .floats(let values): values.map { "\($0)" }.joined(separator: ",")
    case .type(let type): type.rawValue
    case .graph(let graph): "#\(graph.index)"
    case .graphs(let graphs): graphs.map { "#\($0.index)" }.joined(separator: ",")
    default: "…"
    }
  }

  // Slots and union numbers: TensorFlow Lite schema, read for this test from the official Python
  // reader, not from this package's tables.
  static let options: [(String, UInt8, TableDescription, String)] = [
    (
      "DEPTHWISE_CONV_2D", 2, [1: .int32(2), 2: .int32(3), 3: .int32(4), 4: .int8(1)],
      "depthwiseConvolution strides=3,2 dilations=1,1 padding=same activation=relu multiplier=4"
        + " dataLayout=nhwc filterLayout=ihwo"
    ),
    (
      "CONV_3D", 106, [0: .int8(1), 1: .int32(1), 2: .int32(2), 3: .int32(3), 7: .int32(5)],
      "convolution strides=1,3,2 dilations=1,5,1 padding=valid dataLayout=nhwc filterLayout=hwio"
    ),
    (
      "TRANSPOSE_CONV", 49, [1: .int32(2), 2: .int32(3)],
      "transposedConvolution strides=3,2 padding=same operandOrder=tflite dataLayout=nhwc"
        + " filterLayout=ohwi"
    ),
    (
      "FULLY_CONNECTED", 8, [0: .int8(4), 1: .int8(1), 2: .bool(true)],
      "fullyConnected activation=tanh weightsFormat=shuffled4x16int8 keepDimensions=true"
        + " asymmetricQuantizeInputs=false"
    ),
    (
      "BATCH_MATMUL", 101, [0: .bool(true)],
      "matMul transposeA=true transposeB=false asymmetricQuantizeInputs=false"
    ),
    (
      "AVERAGE_POOL_2D", 5,
      [0: .int8(1), 1: .int32(1), 2: .int32(2), 3: .int32(3), 4: .int32(4), 5: .int8(5)],
      "averagePool kernel=4,3 strides=2,1 padding=valid activation=sign dataLayout=nhwc"
        + " countIncludePad=false"
    ),
    (
      "L2_POOL_2D", 5, [1: .int32(1), 2: .int32(1), 3: .int32(1), 4: .int32(1)],
      "lpPool kernel=1,1 strides=1,1 padding=same dataLayout=nhwc p=2 meanOfSquares=true"
    ),
    (
      "LOCAL_RESPONSE_NORMALIZATION", 13,
      [0: .int32(2), 1: .float(1), 2: .float(0.5), 3: .float(0.75)],
      "localResponseNormalization bias=1.0 alpha=0.5 beta=0.75 alphaPerElement=true"
        + " dataLayout=nhwc size=5"
    ),
    ("ADD", 11, [0: .int8(2)], "add activation=reluN1To1 potScaleInt16=true"),
    ("SUB", 28, [1: .bool(false)], "sub potScaleInt16=false"),
    ("SOFTMAX", 9, [0: .float(2)], "softmax beta=2.0 axis=-1"),
    ("LEAKY_RELU", 75, [0: .float(0.25)], "leakyRelu alpha=0.25"),
    ("GELU", 116, [0: .bool(true)], "gelu approximate=tanh"),
    ("CAST", 37, [0: .int8(2), 1: .int8(9)], "cast to=float32"),
    ("CONCATENATION", 10, [0: .int32(-1)], "concat axis=-1"),
    ("RESHAPE", 17, [0: .int32s([1, -1])], "reshape shape=1,-1 allowZero=true"),
    ("SQUEEZE", 30, [0: .int32s([1])], "squeeze axes=1"),
    ("SPLIT", 35, [0: .int32(3)], "split count=3 operandOrder=tflite"),
    ("SPLIT_V", 79, [0: .int32(3)], "split count=3"),
    (
      "STRIDED_SLICE", 32,
      [0: .int32(1), 1: .int32(2), 2: .int32(4), 3: .int32(8), 4: .int32(16), 5: .bool(true)],
      "stridedSlice beginMask=1 endMask=2 ellipsisMask=4 newAxisMask=8 shrinkAxisMask=16"
        + " offset=true"
    ),
    ("GATHER", 23, [0: .int32(1), 1: .int32(2)], "gather axis=1 batchDims=2"),
    ("MIRROR_PAD", 77, [0: .int8(1)], "pad mode=symmetric padsLayout=pairs"),
    ("DEPTH_TO_SPACE", 94, [0: .int32(2)], "depthToSpace blockSize=2 mode=DCR dataLayout=nhwc"),
    ("SPACE_TO_DEPTH", 19, [0: .int32(3)], "spaceToDepth blockSize=3 mode=DCR dataLayout=nhwc"),
    (
      "REVERSE_SEQUENCE", 87, [0: .int32(1), 1: .int32(2)], "reverseSequence timeAxis=1 batchAxis=2"
    ),
    ("PACK", 59, [0: .int32(2), 1: .int32(3)], "pack axis=3"),
    ("UNPACK", 64, [0: .int32(2), 1: .int32(3)], "unpack count=2 axis=3"),
    (
      "RESIZE_BILINEAR", 15, [2: .bool(true), 3: .bool(false)],
      "resize mode=linear alignCorners=true halfPixelCenters=false operandOrder=tflite"
        + " dataLayout=nhwc"
    ),
    (
      "RESIZE_NEAREST_NEIGHBOR", 74, [0: .bool(false), 1: .bool(true)],
      "resize mode=nearest alignCorners=false halfPixelCenters=true operandOrder=tflite"
        + " dataLayout=nhwc"
    ),
    ("ONE_HOT", 61, [0: .int32(-1)], "oneHot axis=-1"),
    ("UNIQUE", 80, [0: .int8(4)], "unique indexType=int64"),
    ("BUCKETIZE", 115, [0: .floats([0, 1.5])], "bucketize boundaries=0.0,1.5"),
    ("MULTINOMIAL", 114, [0: .int64(5), 1: .int64(-6)], "multinomial seed=5 seed2=-6"),
    ("MEAN", 27, [0: .bool(true)], "reduceMean keepDimensions=true noopWithEmptyAxes=true"),
    (
      "ARG_MAX", 40, [0: .int8(4)],
      "argMax keepDimensions=false selectLastIndex=false outputType=float32"
    ),
    ("CUMSUM", 102, [1: .bool(true)], "cumulativeSum exclusive=false reverse=true"),
    (
      "FAKE_QUANT", 58, [0: .float(-1), 1: .float(1), 2: .int32(8), 3: .bool(true)],
      "fakeQuantize min=-1.0 max=1.0 numBits=8 narrowRange=true"
    ),
    (
      "UNIDIRECTIONAL_SEQUENCE_LSTM", 71, [0: .int8(4), 1: .float(10), 3: .bool(true)],
      "unidirectionalSequenceLSTM activation=tanh cellClip=10.0 projectionClip=0.0"
        + " timeMajor=true asymmetricQuantizeInputs=false diagonalRecurrentTensors=false"
    ),
    (
      "BIDIRECTIONAL_SEQUENCE_LSTM", 69, [:],
      "bidirectionalSequenceLSTM cellClip=0.0 projectionClip=0.0 mergeOutputs=false"
        + " timeMajor=true asymmetricQuantizeInputs=false"
    ),
    (
      "SVDF", 6, [0: .int32(2), 1: .int8(1)],
      "svdf rank=2 activation=relu asymmetricQuantizeInputs=false"
    ),
    ("IF", 92, [0: .int32(1), 1: .int32(1)], "if thenGraph=#1 elseGraph=#1"),
    ("CALL_ONCE", 103, [0: .int32(1)], "callOnce graph=#1"),
    (
      "VAR_HANDLE", 111, [0: .string("c"), 1: .string("s")], "varHandle container=c sharedName=s"
    ),
    (
      "HASHTABLE", 107, [0: .int32(7), 1: .int8(5), 2: .int8(4)],
      "hashtable tableId=7 keyType=string valueType=int64"
    ),
    ("STABLEHLO_COMPARE", 8, [0: .uint32(4)], "lessEqual"),
    ("STABLEHLO_CONCATENATE", 1, [0: .int64(2)], "concat axis=2"),
    ("STABLEHLO_TRANSPOSE", 17, [0: .int64s([1, 0])], "transpose permutation=1,0"),
    (
      "STABLEHLO_COMPOSITE", 21, [0: .string("odml.gelu"), 1: .int32(1), 4: .int32(2)],
      "call composite=odml.gelu graph=#1 compositeVersion=2"
    ),
    ("STABLEHLO_CASE", 23, [0: .int32s([1, 1])], "stablehloCase branchGraphs=#1,#1"),
    ("STABLEHLO_RESHAPE", 0, [:], "reshape shape=1,4,4,3 allowZero=true"),
    ("STABLEHLO_AND", 0, [:], "bitwiseAnd"),
    ("REDUCE_WINDOW", 20, [0: .int32(4)], "reduceWindow function=maximum"),
  ]

  @Test(arguments: options.map(\.0))
  func `options become attributes`(name: String) throws {
    let row = try #require(Self.options.first { $0.0 == name })
    #expect(try attributes(name, type: row.1, row.2) == row.3)
  }

  @Test func `every builtin loads with options of all zeros or is refused with a reason`() {
    for (number, name) in BuiltinOperator.names.enumerated() where number != 32 {
      do throws(ReadError) {
        _ = try loadModel(
          ModelDescription {
            $0.codes = [code(String(describing: name))]
            $0.operators = [op(0, [0, 1], [3])]
          }.bytes
        )
      } catch {
        #expect(error.code == .modelInvalid, "\(name): \(error.explanation)")
      }
    }
  }

  @Test func `options of another operator are reported and defaults taken`() throws {
    let model = try ModelDescription {
      $0.codes = [code("SOFTMAX")]
      $0.operators = [op(0, [0], [3], options: 30, [0: .int32s([1])])]
    }.load()
    #expect(model.diagnostics.map(\.code) == ["F05 options-type"])
  }
}
