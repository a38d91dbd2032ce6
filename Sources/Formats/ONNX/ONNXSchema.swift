import ModelIR

/// Field numbers of ONNX's messages.
///
/// Layout of a file:
/// 1. It is one `ModelProto`: versions, producer, operator sets, a graph, functions, metadata.
/// 2. A graph lists nodes, initializers (constants), inputs, outputs and what is known of the types
///    of values. Values have no table of their own: names connect everything.
/// 3. A node names its operator, its operands and results, and has attributes. An attribute may be
///    a tensor or a whole graph, which sees the names of the graphs around it.
/// 4. A tensor has a type, extents, and its values as `raw_data`, in a typed field, or in a file.
///
/// Source: field numbers and enum values of the ONNX IR specification, IR version 14.
enum Field {
  enum Model {
    static let irVersion = 1
    static let producerName = 2
    static let producerVersion = 3
    static let domain = 4
    static let modelVersion = 5
    static let docString = 6
    static let graph = 7
    static let opsetImport = 8
    static let metadataProps = 14
    static let trainingInfo = 20
    static let functions = 25
    static let configuration = 26
  }

  enum Graph {
    static let node = 1
    static let name = 2
    static let initializer = 5
    static let docString = 10
    static let input = 11
    static let output = 12
    static let valueInfo = 13
    static let quantizationAnnotation = 14
    static let sparseInitializer = 15
    static let metadataProps = 16
  }

  enum Node {
    static let input = 1
    static let output = 2
    static let name = 3
    static let opType = 4
    static let attribute = 5
    static let docString = 6
    static let domain = 7
    static let overload = 8
    static let metadataProps = 9
    static let deviceConfigurations = 10
  }

  enum Attribute {
    static let name = 1
    static let float = 2
    static let int = 3
    static let string = 4
    static let tensor = 5
    static let graph = 6
    static let floats = 7
    static let ints = 8
    static let strings = 9
    static let tensors = 10
    static let graphs = 11
    static let docString = 13
    static let typeProto = 14
    static let typeProtos = 15
    static let type = 20
    static let referenceName = 21
    static let sparseTensor = 22
    static let sparseTensors = 23
  }

  enum Tensor {
    static let dims = 1
    static let dataType = 2
    static let segment = 3
    static let floatData = 4
    static let int32Data = 5
    static let stringData = 6
    static let int64Data = 7
    static let name = 8
    static let rawData = 9
    static let doubleData = 10
    static let uint64Data = 11
    static let docString = 12
    static let externalData = 13
    static let dataLocation = 14
    static let metadataProps = 16
  }

  enum SparseTensor {
    static let values = 1
    static let indices = 2
    static let dims = 3
  }

  enum ValueInfo {
    static let name = 1
    static let type = 2
    static let docString = 3
    static let metadataProps = 4
  }

  enum TypeOf {
    static let tensor = 1
    static let sequence = 4
    static let map = 5
    static let denotation = 6
    static let opaque = 7
    static let sparseTensor = 8
    static let optional = 9
    static let elementType = 1
    static let shape = 2
    static let dimension = 1
    static let dimensionValue = 1
    static let dimensionName = 2
    static let dimensionDenotation = 3
  }

  enum Function {
    static let name = 1
    static let input = 4
    static let output = 5
    static let attribute = 6
    static let node = 7
    static let docString = 8
    static let opsetImport = 9
    static let domain = 10
    static let attributeProto = 11
    static let valueInfo = 12
    static let overload = 13
    static let metadataProps = 14
  }

  enum OperatorSet {
    static let domain = 1
    static let version = 2
  }

  enum Entry {
    static let key = 1
    static let value = 2
  }

  enum Annotation {
    static let tensorName = 1
    static let parameters = 2
  }
}

/// The newest versions whose meaning is known here; newer files are read and get a note.
enum NewestKnown {
  static let irVersion = 14
  static let opset = 28
}

/// `TensorProto.DataType`.
enum DataType {
  /// The element type of a number in the file; `nil` where the tool has none of that kind.
  static func elementType(_ number: Int) -> ElementType? {
    switch number {
    case 1: .float32
    case 2: .uint8
    case 3: .int8
    case 4: .uint16
    case 5: .int16
    case 6: .int32
    case 7: .int64
    case 8: .string
    case 9: .bool
    case 10: .float16
    case 11: .float64
    case 12: .uint32
    case 13: .uint64
    case 14: .complex64
    case 15: .complex128
    case 16: .bfloat16
    case 17: .float8e4m3fn
    case 18: .float8e4m3fnuz
    case 19: .float8e5m2
    case 20: .float8e5m2fnuz
    case 21: .uint4
    case 22: .int4
    case 23: .float4e2m1
    case 24: .float8e8m0
    case 25: .uint2
    case 26: .int2
    default: nil
    }
  }

  /// The name for messages: `27 (FLOAT6E2M3)`.
  static func name(_ number: Int) -> String {
    switch number {
    case 0: "0 (UNDEFINED)"
    case 27: "27 (FLOAT6E2M3)"
    case 28: "28 (FLOAT6E3M2)"
    default: String(number)
    }
  }

  /// The element type that `Cast` named by a word before operator set 6.
  static func elementType(named name: String) -> ElementType? {
    let names = [
      "FLOAT": 1, "UINT8": 2, "INT8": 3, "UINT16": 4, "INT16": 5, "INT32": 6, "INT64": 7,
      "STRING": 8, "BOOL": 9, "FLOAT16": 10, "DOUBLE": 11, "UINT32": 12, "UINT64": 13,
      "COMPLEX64": 14, "COMPLEX128": 15,
    ]
    return names[name].flatMap(elementType)
  }
}
