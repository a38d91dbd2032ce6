import ByteIO
import ModelIR
import Operators
import WireFormats

extension Tensor {
  /// NumPy's name of each element type that it has.
  private static let typeNames: [(ElementType, String)] = [
    (.float16, "f2"), (.float32, "f4"), (.float64, "f8"), (.int8, "i1"), (.int16, "i2"),
    (.int32, "i4"), (.int64, "i8"), (.uint8, "u1"), (.uint16, "u2"), (.uint32, "u4"),
    (.uint64, "u8"), (.bool, "b1"), (.complex64, "c8"), (.complex128, "c16"),
  ]

  /// The tensor that a NumPy array holds; `nil` for types that have no counterpart.
  package init?(_ array: NPYArray) {
    guard let type = Self.typeNames.first(where: { $0.1 == array.type })?.0 else { return nil }
    self.init(type: type, sizes: array.sizes, storage: .mapped(array.elements))
  }

  /// The tensor as a NumPy array; types that NumPy lacks become the next one that holds them.
  ///
  /// - Returns: `nil` for strings.
  package func npyArray() -> NPYArray? {
    var type = self.type
    switch type {
    case .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0,
      .float4e2m1:
      type = .float32
    case .int2, .int4: type = .int8
    case .uint2, .uint4: type = .uint8
    default: break
    }
    guard let name = Self.typeNames.first(where: { $0.0 == type })?.1,
      let bytes = packedBytes(as: type)
    else { return nil }
    return NPYArray(type: name, sizes: sizes, elements: ByteSource(bytes).bytes)
  }

  /// The elements in the packed little-endian form of `type`.
  private func packedBytes(as type: ElementType) -> [UInt8]? {
    func pack<Value: FixedWidthInteger>(_ values: some Sequence<Value>) -> [UInt8] {
      var bytes: [UInt8] = []
      for value in values {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
      }
      return bytes
    }
    switch elements {
    case .floats(let values) where type == .float16:
      return pack(values.map { UInt16(NarrowFloat.encode($0, as: .float16)) })
    case .floats(let values): return pack(values.map(\.bitPattern))
    case .doubles(let values): return pack(values.map(\.bitPattern))
    case .booleans(let values): return values.map { $0 ? 1 : 0 }
    case .integers(let values):
      switch type.bitWidth {
      case 8: return pack(values.map { UInt8(truncatingIfNeeded: $0) })
      case 16: return pack(values.map { UInt16(truncatingIfNeeded: $0) })
      case 32: return pack(values.map { UInt32(truncatingIfNeeded: $0) })
      default: return pack(values)
      }
    case .strings, .tensors: return nil
    }
  }
}
