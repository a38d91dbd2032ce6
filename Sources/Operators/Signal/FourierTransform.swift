import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The discrete Fourier transform of one length, in double precision.
///
/// `X[k] = Σ x[n]·exp(∓2πi·nk / N)`; the inverse is divided by N. Lengths that are powers of two take
/// the radix-2 algorithm (Cooley and Tukey 1965), others the sum as it stands.
struct FourierTransform {
  private let length: Int
  private let isInverse: Bool
  private let cosines: [Double]
  private let sines: [Double]

  init(length: Int, isInverse: Bool) {
    self.length = length
    self.isInverse = isInverse
    let sign: Double = isInverse ? 1 : -1
    cosines = (0..<length).map { cos(2 * .pi * Double($0) / Double(length)) }
    sines = (0..<length).map { sign * sin(2 * .pi * Double($0) / Double(length)) }
  }

  /// Transforms as many values as the length.
  func callAsFunction(
    _ real: [Double],
    _ imaginary: [Double]
  ) -> (real: [Double], imaginary: [Double]) {
    let isPowerOfTwo = length > 0 && length & (length - 1) == 0
    var result = isPowerOfTwo ? radix2(real, imaginary) : direct(real, imaginary)
    if isInverse {
      for index in 0..<length {
        result.real[index] /= Double(length)
        result.imaginary[index] /= Double(length)
      }
    }
    return result
  }

  private func direct(_ real: [Double], _ imaginary: [Double]) -> (
    real: [Double], imaginary: [Double]
  ) {
    var sums = (real: real, imaginary: imaginary)
    for k in 0..<length {
      var (re, im) = (0.0, 0.0)
      var phase = 0
      for n in 0..<length {
        re += real[n] * cosines[phase] - imaginary[n] * sines[phase]
        im += real[n] * sines[phase] + imaginary[n] * cosines[phase]
        phase += k
        if phase >= length { phase -= length }
      }
      (sums.real[k], sums.imaginary[k]) = (re, im)
    }
    return sums
  }

  private func radix2(_ real: [Double], _ imaginary: [Double]) -> (
    real: [Double], imaginary: [Double]
  ) {
    let bits = length.trailingZeroBitCount
    var re = real
    var im = imaginary
    for index in 0..<length {
      var reversed = 0
      for bit in 0..<bits where index >> bit & 1 == 1 { reversed |= 1 << (bits - 1 - bit) }
      re[index] = real[reversed]
      im[index] = imaginary[reversed]
    }
    var half = 1
    while half < length {
      let step = length / (2 * half)
      for start in stride(from: 0, to: length, by: 2 * half) {
        for offset in 0..<half {
          let (c, s) = (cosines[offset * step], sines[offset * step])
          let (low, high) = (start + offset, start + offset + half)
          let (x, y) = (re[high] * c - im[high] * s, re[high] * s + im[high] * c)
          (re[high], im[high]) = (re[low] - x, im[low] - y)
          (re[low], im[low]) = (re[low] + x, im[low] + y)
        }
      }
      half *= 2
    }
    return (re, im)
  }

  /// Operations of one transform: 5·N·log2 N (Van Loan 1992, section 1.4), whatever the algorithm.
  static func operations(_ length: Int) -> Int? {
    guard length > 1 else { return 0 }
    let stages = Int.bitWidth - (length - 1).leadingZeroBitCount
    let (product, overflow) = length.multipliedReportingOverflow(by: 5 * stages)
    return overflow ? nil : product
  }

  /// The operations of so many transforms.
  static func cost(transforms: Int?, length: Int?) -> OperatorCost {
    guard let transforms, let length, let each = operations(length) else { return .uncounted }
    return .times(transforms, otherOperations: each, status: .approximated)
  }
}
