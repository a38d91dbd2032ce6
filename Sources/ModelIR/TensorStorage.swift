import ByteIO

/// Where the bytes of a constant are.
package enum TensorStorage: Sendable {
  /// A range of a mapped file, in the element type's packed little-endian form.
  case mapped(Bytes)
  /// Bytes made while loading (decoded fields, dense from sparse), in the same form.
  ///
  /// `fileBytes` is what the constant takes in the file, which the ledger counts.
  case owned(Bytes, fileBytes: Int)
  /// Text elements.
  case strings([[UInt8]], fileBytes: Int)
  /// A range of another file that could not be opened; the report says so.
  case external(path: String, offset: Int, byteCount: Int)
  /// The file names the constant but does not hold its values.
  case absent

  /// The bytes, where they are at hand.
  package var bytes: Bytes? {
    switch self {
    case .mapped(let bytes), .owned(let bytes, _): bytes
    case .strings, .external, .absent: nil
    }
  }

  /// The bytes that the constant takes in the model's files; `nil` where that is not known.
  package var fileByteCount: Int? {
    switch self {
    case .mapped(let bytes): bytes.count
    case .owned(_, let fileBytes), .strings(_, let fileBytes): fileBytes
    case .external(_, _, let byteCount): byteCount
    case .absent: nil
    }
  }
}

/// A constant outside the arena of values: an attribute that is a tensor.
package struct ConstantTensor: Sendable {
  /// The type of each element.
  package var type: ElementType
  /// The extents, outermost first.
  package var sizes: [Int]
  /// Where the values are.
  package var storage: TensorStorage

  package init(type: ElementType, sizes: [Int], storage: TensorStorage) {
    self.type = type
    self.sizes = sizes
    self.storage = storage
  }
}
