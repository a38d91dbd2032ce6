import ByteIO
import ModelIR
import WireFormats

/// A sparse tensor as the file has it.
struct SparseTensorProto {
  let message: ProtobufMessage
  var values: TensorProto
  var indices: TensorProto
  var dims: [Int] = []

  init(_ message: ProtobufMessage, book: inout LedgerBook) throws(ReadError) {
    self.message = message
    var values: TensorProto?
    var indices: TensorProto?
    var fields = message.fields
    while let field = try fields.next() {
      switch field.number {
      case Field.SparseTensor.values:
        values = try TensorProto(try field.message("values"), book: &book)
      case Field.SparseTensor.indices:
        indices = try TensorProto(try field.message("indices"), book: &book)
      case Field.SparseTensor.dims: try field.append(to: &dims, "dims")
      default: book.unknown(field)
      }
    }
    guard let values, let indices else {
      throw ReadError(
        .modelInvalid,
        "a sparse tensor wants values and indices",
        at: message.bytes.offset
      )
    }
    self.values = values
    self.indices = indices
  }
}

extension ONNXLoader {
  /// The dense form of a sparse tensor: zero wherever no value is stored.
  ///
  /// Source: ONNX IR specification, `SparseTensorProto`: indices are linear, or one per axis.
  ///
  /// - Returns: Without values where the dense forms of the model would be larger than its size justifies.
  mutating func dense(
    _ sparse: SparseTensorProto,
    owner: LedgerOwner?
  ) throws(ReadError) -> (constant: ConstantTensor, sparsity: Sparsity) {
    let name = sparse.values.name?.excerpt ?? ""
    let offset = sparse.message.bytes.offset
    let elements = try checkedElementCount(sparse.dims, name, at: offset)
    let values = try constant(sparse.values, owner: owner)
    let indices = try constant(sparse.indices, owner: owner, as: .sparsityIndex)
    let stored = checkedProduct(values.sizes) ?? 0
    let sparsity = Sparsity(storedElements: stored, denseElements: elements, blockSizes: [])
    let rank = sparse.dims.count
    guard values.sizes.count == 1, indices.type == .int64,
      indices.sizes == [stored] || indices.sizes == [stored, rank]
    else {
      throw ReadError(
        .modelInvalid,
        "the sparse tensor \"\(name)\" has values of shape \(values.sizes) and indices of shape"
          + " \(indices.sizes)",
        at: offset
      )
    }
    var constant = ConstantTensor(type: values.type, sizes: sparse.dims, storage: .absent)
    guard let source = values.storage.bytes, let places = indices.storage.bytes,
      let width = values.type.bitWidth, width % 8 == 0,
      let byteCount = values.type.byteCount(elements: elements),
      byteCount <= denseBytesLeft
    else {
      tally.unexpandedSparse.append(name)
      return (constant, sparsity)
    }
    denseBytesLeft -= byteCount
    var dense = [UInt8](repeating: 0, count: byteCount)
    let strides = strides(of: sparse.dims)
    let isLinear = indices.sizes.count == 1
    for entry in 0..<stored {
      var place: Int? = 0
      if isLinear {
        let index = try places.int64(at: entry * 8)
        place = index >= 0 && index < elements ? Int(exactly: index) : nil
      } else {
        for axis in 0..<rank {
          let index = try places.int64(at: (entry * rank + axis) * 8)
          guard index >= 0, index < sparse.dims[axis], let linear = place else {
            place = nil
            break
          }
          place = linear + Int(truncatingIfNeeded: index) * strides[axis]
        }
      }
      guard let place, place < elements else {
        throw ReadError(
          .modelInvalid,
          "the sparse tensor \"\(name)\" has a value outside its \(elements) elements",
          at: places.offset
        )
      }
      for byte in 0..<width / 8 {
        dense[place * (width / 8) + byte] = try source.uint8(at: entry * (width / 8) + byte)
      }
    }
    let fileBytes = (values.storage.fileByteCount ?? 0) + (indices.storage.fileByteCount ?? 0)
    constant.storage = .owned(ByteSource(dense, name: path).bytes, fileBytes: fileBytes)
    return (constant, sparsity)
  }

  /// The elements from one index of an axis to the next; the product of all extents fits an `Int`.
  private func strides(of sizes: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: sizes.count)
    var product = 1
    for axis in sizes.indices.reversed() {
      strides[axis] = product
      product = product.multipliedReportingOverflow(by: sizes[axis]).partialValue
    }
    return strides
  }
}
