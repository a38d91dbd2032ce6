import Kernels
import ModelIR
import Operators

extension AffineQuantization {
  /// A quantization to integers of `bits` bits, rounded to nearest even.
  ///
  /// - Parameters:
  ///   - scale: The distance between neighbouring numbers.
  ///   - zeroPoint: The integer that stands for 0.
  ///   - bits: From 1 to 24; more would not be exact in float32.
  ///   - isSigned: Whether integers are from −2^(bits − 1) on, or from 0 on.
  package init(scale: Float, zeroPoint: Int32, bits: Int, isSigned: Bool = true) {
    let bits = min(max(bits, 1), 24)
    let span = Int32(1) << Int32(bits)
    self.init(
      scale: scale,
      zeroPoint: zeroPoint,
      lower: isSigned ? -(span / 2) : 0,
      upper: isSigned ? span / 2 - 1 : span - 1
    )
  }
}

extension Tensor {
  /// Its float32 elements quantized and dequantized; itself for other types.
  package func simulated(_ quantization: AffineQuantization) -> Tensor {
    simulated([quantization], axis: 0)
  }

  /// Its float32 elements quantized and dequantized, each slice along an axis by its own
  /// quantization: what 8-bit (or narrower) weights are worth.
  ///
  /// - Parameters:
  ///   - channels: One quantization for all, or one for each slice.
  ///   - axis: The axis of the slices.
  /// - Returns: A tensor of the same type and extents; itself where the quantizations do not fit.
  package func simulated(_ channels: [AffineQuantization], axis: Int) -> Tensor {
    guard case .floats(let floats) = elements, type == .float32, !floats.isEmpty else {
      return self
    }
    var (outer, inner) = (1, floats.count)
    if channels.count != 1 {
      guard sizes.indices.contains(axis), sizes[axis] == channels.count,
        let before = checkedProduct(sizes[..<axis]),
        let after = checkedProduct(sizes[(axis + 1)...])
      else { return self }
      (outer, inner) = (before, after)
    }
    let results = [Float](unsafeUninitializedCapacity: floats.count) { target, initialized in
      floats.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        AffineQuantization.simulate(channels, from, to: to, outer: outer, inner: inner)
      }
      initialized = floats.count
    }
    return Tensor(sizes, floats: results)
  }
}
