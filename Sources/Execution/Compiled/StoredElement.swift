import Kernels
import ModelIR
import Operators

/// Element types that live in the arena, in the bytes that kernels read.
enum StoredElement {
  /// Bytes of an element; `nil` for types that are kept as tensors.
  static func byteCount(_ type: ElementType) -> Int? {
    switch type {
    case .float32: 4
    case .int8, .uint8: 1
    default: nil
    }
  }

  /// A tensor in the model's layout from an arena's bytes; `nil` for types that are not kept there.
  static func tensor(
    _ source: UnsafeRawPointer,
    _ sizes: [Int],
    _ type: ElementType,
    isChannelsLast: Bool
  ) -> Tensor? {
    guard let count = checkedProduct(sizes) else { return nil }
    switch type {
    case .float32:
      let floats = [Float](unsafeUninitializedCapacity: count) { target, initialized in
        if let start = target.baseAddress {
          copy(source, sizes, 4, to: start, toChannelsLast: false, moves: isChannelsLast)
        }
        initialized = count
      }
      return Tensor(sizes, floats: floats)
    case .int8, .uint8:
      let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
        if let start = target.baseAddress {
          copy(source, sizes, 1, to: start, toChannelsLast: false, moves: isChannelsLast)
        }
        initialized = count
      }
      let numbers =
        type == .int8
        ? bytes.map { Int64(Int8(bitPattern: $0)) } : bytes.map { Int64($0) }
      return Tensor(type: type, sizes: sizes, elements: .integers(numbers))
    default: return nil
    }
  }

  /// Writes a tensor whose type and extents were checked.
  static func store(
    _ tensor: Tensor,
    _ sizes: [Int],
    to target: UnsafeMutableRawPointer,
    isChannelsLast: Bool
  ) {
    switch tensor.elements {
    case .floats(let floats):
      floats.withUnsafeBytes { source in
        guard let start = source.baseAddress else { return }
        copy(start, sizes, 4, to: target, toChannelsLast: true, moves: isChannelsLast)
      }
    case .integers(let integers):
      if isChannelsLast {
        integers.map { UInt8(truncatingIfNeeded: $0) }.withUnsafeBytes { source in
          guard let start = source.baseAddress else { return }
          copy(start, sizes, 1, to: target, toChannelsLast: true, moves: true)
        }
      } else {
        let bytes = target.assumingMemoryBound(to: UInt8.self)
        integers.withUnsafeBufferPointer { source in
          for index in source.indices { bytes[index] = UInt8(truncatingIfNeeded: source[index]) }
        }
      }
    default: break
    }
  }

  private static func copy(
    _ source: UnsafeRawPointer,
    _ sizes: [Int],
    _ width: Int,
    to target: UnsafeMutableRawPointer,
    toChannelsLast: Bool,
    moves: Bool
  ) {
    if moves {
      Relayout.move(sizes, width: width, toChannelsLast: toChannelsLast, source, target)
    } else {
      target.copyMemory(from: source, byteCount: (checkedProduct(sizes) ?? 0) * width)
    }
  }
}
