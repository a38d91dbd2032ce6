import ByteIO
import ModelIR

extension Tensor {
  /// Reads a constant's values from where the file keeps them.
  ///
  /// Fails where the bytes are not at hand, do not fit the shape, or are more than the limit.
  ///
  /// - Parameters:
  ///   - type: The element type of the constant.
  ///   - sizes: The extents.
  ///   - storage: The packed little-endian bytes, or the strings.
  ///   - elementLimit: The most elements to decode.
  package init?(type: ElementType, sizes: [Int], storage: TensorStorage, elementLimit: Int = .max) {
    guard let count = checkedProduct(sizes), count <= elementLimit else { return nil }
    if case .strings(let values, _) = storage {
      guard values.count == count else { return nil }
      self.init(
        type: type,
        sizes: sizes,
        elements: .strings(values.map { String(decoding: $0, as: UTF8.self) })
      )
      return
    }
    guard let bytes = storage.bytes, let needed = type.byteCount(elements: count),
      bytes.count >= needed
    else { return nil }
    self.init(type: type, sizes: sizes, elements: Self.decode(bytes, type, count))
  }

  private static func decode(_ bytes: Bytes, _ type: ElementType, _ count: Int) -> Elements {
    bytes.withUnsafeBytes { raw in
      func load<Value: BitwiseCopyable>(_ index: Int, _ value: Value.Type) -> Value {
        raw.loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: value)
      }
      func integers<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value.Type) -> Elements {
        .integers((0..<count).map { Int64(truncatingIfNeeded: load($0, value).littleEndian) })
      }
      /// Sub-byte fields, the first one in the lowest bits.
      func field(_ index: Int, _ bits: Int) -> UInt32 {
        let place = index * bits
        return UInt32(raw[place / 8] >> UInt8(place % 8)) & ((1 << UInt32(bits)) - 1)
      }
      func signed(_ value: UInt32, _ bits: Int) -> Int64 {
        (Int64(value) << Int64(64 - bits)) >> Int64(64 - bits)
      }
      switch type {
      case .float32, .complex64:
        let scalars = type == .complex64 ? 2 * count : count
        return .floats(
          (0..<scalars).map { Float(bitPattern: load($0, UInt32.self).littleEndian) }
        )
      case .float64, .complex128:
        let scalars = type == .complex128 ? 2 * count : count
        return .doubles(
          (0..<scalars).map { Double(bitPattern: load($0, UInt64.self).littleEndian) }
        )
      case .float16, .bfloat16:
        return .floats(
          (0..<count).map {
            NarrowFloat.decode(UInt32(load($0, UInt16.self).littleEndian), as: type)
          }
        )
      case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0:
        return .floats((0..<count).map { NarrowFloat.decode(UInt32(raw[$0]), as: type) })
      case .float4e2m1:
        return .floats((0..<count).map { NarrowFloat.decode(field($0, 4), as: type) })
      case .bool: return .booleans((0..<count).map { raw[$0] != 0 })
      case .int8: return integers(Int8.self)
      case .uint8: return integers(UInt8.self)
      case .int16: return integers(Int16.self)
      case .uint16: return integers(UInt16.self)
      case .int32: return integers(Int32.self)
      case .uint32: return integers(UInt32.self)
      case .int64: return integers(Int64.self)
      case .uint64: return integers(UInt64.self)
      case .int4, .int2:
        let bits = type == .int4 ? 4 : 2
        return .integers((0..<count).map { signed(field($0, bits), bits) })
      case .uint4, .uint2:
        let bits = type == .uint4 ? 4 : 2
        return .integers((0..<count).map { Int64(field($0, bits)) })
      case .string, .resource, .variant, .unknown:
        return .strings([])
      }
    }
  }
}
