/// The slots (field numbers) of the schema's tables, except those of operator options, which are
/// named where they are read.
///
/// Source: TensorFlow Lite schema, version 3, as of LiteRT 2.3.
enum Slot {
  enum Model {
    static let version = 0
    static let operatorCodes = 1
    static let subgraphs = 2
    static let description = 3
    static let buffers = 4
    static let metadataBuffers = 5
    static let metadata = 6
    static let signatures = 7
    static let externalBufferGroups = 8
    static let externalBuffers = 9
  }
  enum OperatorCode {
    static let deprecatedBuiltinCode = 0
    static let customCode = 1
    static let version = 2
    static let builtinCode = 3
  }
  enum Subgraph {
    static let tensors = 0
    static let inputs = 1
    static let outputs = 2
    static let operators = 3
    static let name = 4
  }
  enum Tensor {
    static let shape = 0
    static let type = 1
    static let buffer = 2
    static let name = 3
    static let quantization = 4
    static let isVariable = 5
    static let sparsity = 6
    static let shapeSignature = 7
    static let hasRank = 8
    static let variantTensors = 9
    static let externalBuffer = 10
  }
  /// The type of the elements of a variant tensor.
  enum VariantSubtype {
    static let shape = 0
  }
  enum Quantization {
    static let minimum = 0
    static let maximum = 1
    static let scale = 2
    static let zeroPoint = 3
    static let detailsType = 4
    static let axis = 6
  }
  enum QuantizationDetails {
    static let custom: UInt8 = 1
    static let blockwise: UInt8 = 2
    static let multiAxis: UInt8 = 3
    /// Slots of the block-wise and the multi-axis form.
    static let scales = 0
    static let zeroPoints = 1
    static let blockSize = 2
    /// The block's shape, or the quantized axes.
    static let extents = 3
  }
  enum Sparsity {
    static let traversalOrder = 0
    static let blockMap = 1
    static let dimensions = 2
  }
  enum SparseDimension {
    static let format = 0
    static let denseSize = 1
    static let segmentsType = 2
    static let indicesType = 4
  }
  enum Operator {
    static let code = 0
    static let inputs = 1
    static let outputs = 2
    static let optionsType = 3
    static let customOptions = 5
    static let mutatingInputs = 7
    static let intermediates = 8
    static let largeOptionsOffset = 9
    static let largeOptionsSize = 10
    static let options2Type = 11
  }
  enum Buffer {
    static let data = 0
    static let offset = 1
    static let size = 2
  }
  enum ExternalBuffer {
    static let id = 0
    static let group = 1
    static let offset = 2
    static let length = 3
    static let packing = 4
  }
  enum Metadata {
    static let name = 0
    static let buffer = 1
  }
  enum Signature {
    static let inputs = 0
    static let outputs = 1
    static let key = 2
    static let subgraph = 4
  }
  enum TensorMap {
    static let name = 0
    static let tensor = 1
  }
}
