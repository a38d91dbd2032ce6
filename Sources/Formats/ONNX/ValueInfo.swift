import ByteIO
import ModelIR
import WireFormats

/// What the file says of a value: its name and type.
struct ValueInfo {
  var name: Bytes?
  /// The number of the element type; `nil` where the file does not tell.
  var elementType: Int?
  /// Whether the value is a sequence, map or the like, which no tensor type describes.
  var isOpaque = false
  var shape = Shape.unknownRank
  /// Extents of -1, which some writers use for unknown.
  var negativeDimensions = 0

  init(_ message: ProtobufMessage, book: inout LedgerBook) throws(ReadError) {
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.ValueInfo.name: name = try book.name(field, "name")
      case Field.ValueInfo.type: try read(type: try field.message("type"), book: &book)
      case Field.ValueInfo.docString, Field.ValueInfo.metadataProps: book.metadata(field)
      default: book.unknown(field)
      }
    }
  }

  /// A type alone, as an attribute may be.
  init(type message: ProtobufMessage, book: inout LedgerBook) throws(ReadError) {
    try read(type: message, book: &book)
  }

  private mutating func read(
    type message: ProtobufMessage,
    book: inout LedgerBook
  ) throws(ReadError) {
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.TypeOf.tensor, Field.TypeOf.sparseTensor:
        try read(tensor: try field.message("tensor_type"), book: &book)
      case Field.TypeOf.optional:
        // An optional that holds a tensor is that tensor.
        try read(optional: try field.message("optional_type"), book: &book)
      case Field.TypeOf.sequence, Field.TypeOf.map, Field.TypeOf.opaque:
        _ = try field.message("type")
        isOpaque = true
      case Field.TypeOf.denotation: book.metadata(field)
      default: book.unknown(field)
      }
    }
  }

  private mutating func read(
    optional message: ProtobufMessage,
    book: inout LedgerBook
  ) throws(ReadError) {
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.TypeOf.elementType:
        try read(type: try field.message("elem_type"), book: &book)
      default: book.unknown(field)
      }
    }
  }

  private mutating func read(
    tensor message: ProtobufMessage,
    book: inout LedgerBook
  ) throws(ReadError) {
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.TypeOf.elementType: elementType = try field.int("elem_type")
      case Field.TypeOf.shape: try read(shape: try field.message("shape"), book: &book)
      default: book.unknown(field)
      }
    }
  }

  private mutating func read(
    shape message: ProtobufMessage,
    book: inout LedgerBook
  ) throws(ReadError) {
    var dimensions: [Dimension] = []
    var fields = message.fields
    while let field = try fields.next() {
      guard field.number == Field.TypeOf.dimension else {
        book.unknown(field)
        continue
      }
      dimensions.append(try dimension(try field.message("dim"), book: &book))
    }
    shape = .ranked(dimensions)
  }

  private mutating func dimension(
    _ message: ProtobufMessage,
    book: inout LedgerBook
  ) throws(ReadError) -> Dimension {
    var result = Dimension.unknown
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.TypeOf.dimensionValue:
        let size = try field.int("dim_value")
        guard size >= -1 else {
          throw ReadError(
            .modelInvalid,
            "value \"\(name?.excerpt ?? "")\" has the negative extent \(size)",
            at: field.range.lowerBound
          )
        }
        if size == -1 { negativeDimensions += 1 }
        result = size < 0 ? .unknown : .fixed(size)
      case Field.TypeOf.dimensionName:
        let name = try book.name(field, "dim_param")
        result = name.isEmpty ? .unknown : .symbolic(name.name(limit: 256))
      case Field.TypeOf.dimensionDenotation: book.metadata(field)
      default: book.unknown(field)
      }
    }
    return result
  }
}

extension ONNXLoader {
  /// Gives a value of the scope the type and shape that the file states for its name.
  ///
  /// Constants know better, and names of the graphs further out are theirs to describe.
  mutating func apply(valueInfo info: ValueInfo, scope: Int) throws(ReadError) {
    if let rank = info.shape.rank, rank > limits.rank {
      throw limitExceeded("rank", rank, limits.rank)
    }
    tally.negativeDimensions += info.negativeDimensions
    guard let name = info.name, case .some(.some(let id)) = scopes[scope].values[NameKey(name)]
    else { return }
    let graph = scopes[scope].graph.index
    guard !graphs[graph][id].isConstant else { return }
    if info.isOpaque {
      graphs[graph][id].type = .variant
      graphs[graph][id].shape = .unknownRank
      return
    }
    if let number = info.elementType, number != 0 {
      if let type = DataType.elementType(number) {
        graphs[graph][id].type = type
      } else {
        tally.unknownTypes[number, default: 0] += 1
      }
    }
    if info.shape != .unknownRank { graphs[graph][id].shape = info.shape }
  }

  /// Reads the scale and zero point that an annotation names.
  mutating func apply(annotation message: ProtobufMessage, scope: Int) throws(ReadError) {
    var target: Bytes?
    var parameters: [(key: Bytes, value: Bytes)] = []
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.Annotation.tensorName: target = try field.bytes("tensor_name")
      case Field.Annotation.parameters:
        parameters.append(
          try TensorProto.entry(try field.message("quant_parameter_tensor_names"))
        )
      default: break
      }
    }
    guard let target else { return }
    let graph = scopes[scope].graph.index
    func constant(_ key: StaticString) -> Value? {
      guard let entry = parameters.first(where: { $0.key.has(key) }),
        case .some(.some(let id)) = scopes[scope].values[NameKey(entry.value)]
      else { return nil }
      return graphs[graph][id]
    }
    guard case .some(.some(let id)) = scopes[scope].values[NameKey(target)],
      let scales = constant("SCALE_TENSOR")?.floats,
      let granularity = granularity(of: graphs[graph][id].shape, scaleCount: scales.count)
    else {
      tally.unusedAnnotations.append(target.excerpt)
      return
    }
    let zeroPoints = constant("ZERO_POINT_TENSOR")?.smallIntegers ?? []
    graphs[graph][id].quantization = Quantization(
      granularity: granularity,
      scales: scales,
      zeroPoints: zeroPoints.allSatisfy { $0 == 0 } ? [] : zeroPoints
    )
  }

  /// Which slices share a scale; annotations do not state the axis, so it must be the only one of
  /// that length.
  private func granularity(of shape: Shape, scaleCount: Int) -> Quantization.Granularity? {
    if scaleCount == 1 { return .perTensor }
    let sizes = shape.dimensions ?? []
    let axes = sizes.indices.filter { sizes[$0].size == scaleCount }
    guard axes.count == 1, let axis = axes.first else { return nil }
    return .perAxis(axis)
  }
}

extension Value {
  /// The numbers of a float constant; `nil` for everything else and for more than 65,536.
  fileprivate var floats: [Float]? {
    guard type == .float32, let bytes = constant?.bytes, bytes.count <= 1 << 18 else { return nil }
    return (0..<bytes.count / 4).compactMap { try? bytes.float32(at: $0 * 4) }
  }

  /// The numbers of an integer constant of 8, 16 or 32 bits.
  fileprivate var smallIntegers: [Int]? {
    guard let bytes = constant?.bytes, bytes.count <= 1 << 18 else { return nil }
    switch type {
    case .int8: return (0..<bytes.count).compactMap { (try? bytes.int8(at: $0)).map(Int.init) }
    case .uint8: return (0..<bytes.count).compactMap { (try? bytes.uint8(at: $0)).map(Int.init) }
    case .int32:
      return (0..<bytes.count / 4).compactMap { (try? bytes.int32(at: $0 * 4)).map(Int.init) }
    default: return nil
    }
  }
}
