import ByteIO
import ModelIR
import TestSupport

@testable import FormatTFLite

/// A model as a test describes it; `bytes` is the file.
///
/// The plain one has a convolution over a 4 × 4 image: tensors input 0, filter 1, bias 2, output 3.
struct ModelDescription {
  var version: UInt32 = 3
  var codes: [TableDescription] = [code("CONV_2D")]
  var tensors: [TableDescription] = [
    tensor("input", [1, 4, 4, 2]), tensor("filter", [3, 1, 1, 2], buffer: 1),
    tensor("bias", [3], buffer: 2), tensor("net/conv/BiasAdd;net/conv/Conv2D", [1, 4, 4, 3]),
  ]
  var operators: [TableDescription] = [
    op(0, [0, 1, 2], [3], options: 1, [1: .int32(1), 2: .int32(1)])
  ]
  var inputs: [Int32] = [0]
  var outputs: [Int32] = [3]
  /// Buffer 0 is the empty one.
  var buffers: [TableDescription] = [
    [:], [0: .bytes((1...24).map(UInt8.init))], [0: .bytes((31...42).map(UInt8.init))],
  ]
  var moreSubgraphs: [TableDescription] = []
  /// Further fields of the model's table.
  var more: [(slot: Int, value: FlatBufferField)] = []
  /// What stands behind the FlatBuffer.
  var appended: [UInt8] = []
  var identifier = "TFL3"

  /// The plain model with changes.
  init(_ change: (inout ModelDescription) -> Void = { _ in }) { change(&self) }

  var bytes: [UInt8] {
    var root: TableDescription = [
      Slot.Model.version: .uint32(version), Slot.Model.operatorCodes: .tables(codes),
      Slot.Model.subgraphs: .tables([main] + moreSubgraphs), Slot.Model.buffers: .tables(buffers),
    ]
    for field in more { root[field.slot] = field.value }
    return flatBuffer(root, identifier: identifier) + appended
  }

  private var main: TableDescription {
    subgraph(tensors, operators, inputs: inputs, outputs: outputs, name: "main")
  }

  func load() throws -> Model { try loadModel(bytes) }
}

/// Loads bytes that are in memory.
func loadModel(_ bytes: [UInt8]) throws(ReadError) -> Model {
  try TFLiteFormat.load(ByteSource(bytes).bytes, path: "test.tflite")
}

func subgraph(
  _ tensors: [TableDescription],
  _ operators: [TableDescription],
  inputs: [Int32],
  outputs: [Int32],
  name: String = ""
) -> TableDescription {
  [
    Slot.Subgraph.tensors: .tables(tensors), Slot.Subgraph.inputs: .int32s(inputs),
    Slot.Subgraph.outputs: .int32s(outputs), Slot.Subgraph.operators: .tables(operators),
    Slot.Subgraph.name: .string(name),
  ]
}

/// An operator code by name, in both of the schema's fields.
func code(_ name: String, version: Int32 = 1, custom: String? = nil) -> TableDescription {
  let number = BuiltinOperator.names.firstIndex { String(describing: $0) == name } ?? 0
  var table: TableDescription = [
    Slot.OperatorCode.deprecatedBuiltinCode: .int8(Int8(min(number, 127))),
    Slot.OperatorCode.builtinCode: .int32(Int32(number)),
    Slot.OperatorCode.version: .int32(version),
  ]
  if let custom { table[Slot.OperatorCode.customCode] = .string(custom) }
  return table
}

/// A tensor; types by number: 0 float32, 2 int32, 3 uint8, 5 string, 9 int8, 17 int4.
func tensor(
  _ name: String,
  _ shape: [Int32],
  type: Int8 = 0,
  buffer: UInt32 = 0,
  _ more: TableDescription = [:]
) -> TableDescription {
  var table: TableDescription = [
    Slot.Tensor.shape: .int32s(shape), Slot.Tensor.type: .int8(type),
    Slot.Tensor.buffer: .uint32(buffer), Slot.Tensor.name: .string(name),
  ]
  for field in more.fields { table[field.slot] = field.value }
  return table
}

func op(
  _ code: UInt32,
  _ inputs: [Int32],
  _ outputs: [Int32],
  options type: UInt8 = 0,
  _ options: TableDescription? = nil,
  more: TableDescription = [:]
) -> TableDescription {
  var table: TableDescription = [
    Slot.Operator.code: .uint32(code), Slot.Operator.inputs: .int32s(inputs),
    Slot.Operator.outputs: .int32s(outputs),
  ]
  if let options {
    table[Slot.Operator.optionsType] = .uint8(type)
    table[Slot.Operator.optionsType + 1] = .table(options)
  }
  for field in more.fields { table[field.slot] = field.value }
  return table
}

func quantization(
  scales: [Float],
  zeroPoints: [Int64]? = nil,
  axis: Int32 = 0
) -> FlatBufferField {
  var table: TableDescription = [
    Slot.Quantization.scale: .floats(scales), Slot.Quantization.axis: .int32(axis),
  ]
  table[Slot.Quantization.zeroPoint] =
    .int64s(zeroPoints ?? Array(repeating: 0, count: scales.count))
  return .table(table)
}
