import ByteIO
import ModelIR
import WireFormats

/// Values of tensors: where they are, and that they are as many as the tensor says.
extension ONNXLoader {
  /// A tensor with its values labelled as weights.
  ///
  /// - Parameters:
  ///   - tensor: The tensor.
  ///   - owner: The value that they belong to; `nil` for an attribute.
  ///   - category: What the values are for.
  /// - Returns: The type, the extents, and where the values are.
  /// - Throws: `MODEL_INVALID` where the values are not as many as the extents say,
  ///   `MODEL_UNSUPPORTED` where their type is not known.
  mutating func constant(
    _ tensor: TensorProto,
    owner: LedgerOwner?,
    as category: ByteCategory = .weights
  ) throws(ReadError) -> ConstantTensor {
    let name = tensor.name?.excerpt ?? ""
    let elements = try checkedElementCount(tensor.dims, name, at: tensor.message.bytes.offset)
    guard let type = DataType.elementType(tensor.dataType) else {
      guard elements == 0, tensor.dataField == nil, !tensor.isExternal else {
        throw ReadError(
          .modelUnsupported,
          "tensor \"\(name)\" has element type \(DataType.name(tensor.dataType)),"
            + " which is not read",
          at: tensor.message.bytes.offset
        )
      }
      return ConstantTensor(type: .unknown, sizes: tensor.dims, storage: .absent)
    }
    if type == .string {
      return try strings(tensor, elements: elements, owner: owner, as: category)
    }
    guard let byteCount = type.byteCount(elements: elements) else {
      throw tooLarge(name, at: tensor.message.bytes.offset)
    }
    let storage: TensorStorage
    if tensor.isExternal {
      storage = try externalData(tensor, name: name, byteCount: byteCount, owner: owner)
    } else if tensor.dataField == Field.Tensor.rawData || tensor.dataField == nil {
      let nothing = try tensor.message.bytes.slice(at: 0, count: 0)
      let data = tensor.data ?? nothing
      try checkByteCount(data.count, byteCount, tensor, name, type)
      book.claim(data, as: category, owner: owner)
      storage = .mapped(data)
    } else {
      storage = try typedData(tensor, type, byteCount, name, owner: owner, as: category)
    }
    return ConstantTensor(type: type, sizes: tensor.dims, storage: storage)
  }

  /// The number of elements of a tensor in the file.
  func checkedElementCount(
    _ dims: [Int],
    _ name: String,
    at offset: Int
  ) throws(ReadError) -> Int {
    guard dims.count <= limits.rank else {
      throw ReadError(
        .limitExceeded,
        "tensor \"\(name)\" has \(dims.count) axes, more than the limit of \(limits.rank)",
        at: offset,
        hint: "--limit rank=\(dims.count) allows it"
      )
    }
    if let negative = dims.first(where: { $0 < 0 }) {
      throw ReadError(
        .modelInvalid,
        "tensor \"\(name)\" has the negative extent \(negative)",
        at: offset
      )
    }
    guard let elements = checkedProduct(dims) else { throw tooLarge(name, at: offset) }
    return elements
  }

  private func tooLarge(_ name: String, at offset: Int) -> ReadError {
    ReadError(
      .modelInvalid,
      "tensor \"\(name)\" has more elements than 64 bits can count",
      at: offset
    )
  }

  private func checkByteCount(
    _ found: Int,
    _ wanted: Int,
    _ tensor: TensorProto,
    _ name: String,
    _ type: ElementType
  ) throws(ReadError) {
    guard found != wanted else { return }
    let shape = tensor.dims.map { String($0) }.joined(separator: "×")
    throw ReadError(
      .modelInvalid,
      "tensor \"\(name)\" (\(type.rawValue), \(shape.isEmpty ? "scalar" : shape)) wants \(wanted)"
        + " bytes of values and has \(found)",
      at: tensor.data?.offset ?? tensor.message.bytes.offset
    )
  }

  /// Values in `float_data` and the like.
  private mutating func typedData(
    _ tensor: TensorProto,
    _ type: ElementType,
    _ byteCount: Int,
    _ name: String,
    owner: LedgerOwner?,
    as category: ByteCategory
  ) throws(ReadError) -> TensorStorage {
    let encoding = TypedEncoding(type)
    guard let number = tensor.dataField, number == encoding.field else {
      throw ReadError(
        .modelInvalid,
        "tensor \"\(name)\" (\(type.rawValue)) has its values in field"
          + " \(tensor.dataField ?? 0), which is for other types",
        at: tensor.message.bytes.offset
      )
    }
    // Packed fixed-width values are stored as memory has them: they stay where they are.
    if encoding.isFixedWidth, tensor.dataFieldCount == 1, let data = tensor.data {
      try checkByteCount(data.count, byteCount, tensor, name, type)
      book.claim(data, as: category, owner: owner)
      return .mapped(data)
    }
    guard byteCount <= limits.tensorBytes else {
      throw limitExceeded("tensor-alloc", byteCount, limits.tensorBytes)
    }
    let decoded = try encoding.decode(tensor.message)
    try checkByteCount(decoded.bytes.count, byteCount, tensor, name, type)
    var fileBytes = 0
    for payload in decoded.payloads {
      book.claim(payload, as: category, owner: owner)
      fileBytes += payload.count
    }
    return .owned(ByteSource(decoded.bytes, name: path).bytes, fileBytes: fileBytes)
  }

  private mutating func strings(
    _ tensor: TensorProto,
    elements: Int,
    owner: LedgerOwner?,
    as category: ByteCategory
  ) throws(ReadError) -> ConstantTensor {
    let name = tensor.name?.excerpt ?? ""
    guard !tensor.isExternal, tensor.dataField ?? Field.Tensor.stringData == Field.Tensor.stringData
    else {
      throw ReadError(
        .modelInvalid,
        "tensor \"\(name)\" is of text and has its values outside string_data",
        at: tensor.message.bytes.offset
      )
    }
    var texts: [[UInt8]] = []
    var fileBytes = 0
    var fields = tensor.message.fields
    while let field = try fields.next() {
      guard field.number == Field.Tensor.stringData else { continue }
      let text = try field.bytes("string_data")
      texts.append(text.array)
      fileBytes += text.count
      book.claim(text, as: category, owner: owner)
    }
    guard texts.count == elements else {
      throw ReadError(
        .modelInvalid,
        "tensor \"\(name)\" wants \(elements) texts and has \(texts.count)",
        at: tensor.message.bytes.offset
      )
    }
    return ConstantTensor(
      type: .string,
      sizes: tensor.dims,
      storage: .strings(texts, fileBytes: fileBytes)
    )
  }
}
