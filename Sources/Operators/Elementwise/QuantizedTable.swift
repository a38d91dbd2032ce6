import ModelIR

/// Functions of one quantized number by table, as TensorFlow Lite fills and reads its tables.
///
/// Source: LiteRT `tflite/kernels/internal/common.h`, `LUTPopulate` and `LUTLookup`.
enum QuantizedTable {
  /// Looks every element of operand 0 up: 256 entries for 8 bits, 512 steps with interpolation for 16.
  static func lookup(
    _ context: EvaluationContext,
    _ function: (Float) -> Float
  ) throws(OperatorError) -> Tensor {
    let input = try context.affine(ofInput: 0)
    let output = try context.affine(ofOutput: 0)
    guard input.type == output.type else {
      throw .invalid("the operand is \(input.type) and the result \(output.type)")
    }
    if input.type == .int16 {
      let table = Interpolated(
        inputScale: input.scale,
        inputZero: input.zeroPoint,
        outputScale: output.scale,
        outputZero: output.zeroPoint,
        function
      )
      return try QuantizedElements.map(context) { table[$0] }
    }
    let range = FixedPoint.range(of: input.type)
    let inverse = 1 / output.scale
    let table = range.map { stored -> Int32 in
      let value = function(input.real(Int64(stored)))
      let steps = (value * inverse).rounded(.toNearestOrAwayFromZero)
      return clamped(steps + Float(output.zeroPoint), FixedPoint.range(of: output.type))
    }
    return try QuantizedElements.map(context) { table[Int($0) - range.lowerBound] }
  }

  /// A number cut to an integer in a range; NaN becomes the least, as converting it on x86-64 does.
  private static func clamped(_ value: Float, _ range: ClosedRange<Int>) -> Int32 {
    if value.isNaN { return Int32(range.lowerBound) }
    let bounded = min(max(value, Float(range.lowerBound)), Float(range.upperBound))
    return Int32(bounded)
  }

  /// A function of 16-bit numbers by 513 samples, each moved by half the error at the next midpoint.
  struct Interpolated: Sendable {
    private let samples: [Int32]

    init<Number: RealNumber>(
      inputScale: Number,
      inputZero: Int,
      outputScale: Number,
      outputZero: Int,
      _ function: (Number) -> Number
    ) {
      let least = inputScale * Number(-32768 - inputZero)
      let greatest = inputScale * Number(32767 - inputZero)
      let outputLeast = outputScale * Number(-32768 - outputZero)
      let outputGreatest = outputScale * Number(32767 - outputZero)
      let step = (greatest - least) / 512
      let perUnit = 65536 / (outputGreatest - outputLeast)
      func rounded(_ value: Number) -> Number { value.rounded(.toNearestOrAwayFromZero) }
      func stored(_ value: Number) -> Int32 {
        value.isNaN ? -32768 : Int32(Swift.min(Swift.max(value, -32768), 32767))
      }
      var samples: [Int32] = []
      for index in 0..<512 {
        let value = function(least + Number(index) * step)
        let middle = function(least + Number(index) * step + step / 2)
        let next = function(least + Number(index + 1) * step)
        let sample = rounded(value * perUnit)
        let interpolated = rounded((next * perUnit + rounded(value * perUnit)) / 2)
        let error = interpolated - rounded(middle * perUnit)
        samples.append(stored(sample - rounded(error / 2)))
      }
      samples.append(stored(rounded(function(greatest) * perUnit)))
      self.samples = samples
    }

    /// The function at a stored 16-bit number; numbers beyond are taken at the ends.
    subscript(value: Int32) -> Int32 {
      let index = Int(min(max(256 + (value >> 7), 0), 511))
      let base = samples[index]
      // The reference keeps the slope in 16 bits.
      let slope = Int32(Int16(truncatingIfNeeded: samples[index + 1] - base))
      let sum = base + ((slope * (value & 0x7F) + 64) >> 7)
      return Int32(Int16(truncatingIfNeeded: sum))
    }
  }
}
