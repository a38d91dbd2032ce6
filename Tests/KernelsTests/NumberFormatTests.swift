import Kernels
import Testing

@Suite struct NumberFormatTests {
  @Test(arguments: InstructionSet.available)
  func `every half-precision number survives the round trip`(set: InstructionSet) {
    let all = (0...UInt16.max).map { $0 }
    var wide = [Float](repeating: 0, count: all.count)
    HalfFormat.float16.widen(all, to: &wide, count: all.count, instructionSet: set)
    for (bits, value) in zip(all, wide) {
      let exponent = bits >> 10 & 31
      let fraction = Float(bits & 0x3FF)
      let magnitude: Float =
        switch exponent {
        case 0: fraction * 0x1p-24
        case 31: fraction == 0 ? .infinity : .nan
        default:
          (1024 + fraction) * Float(sign: .plus, exponent: Int(exponent) - 25, significand: 1)
        }
      let expected = bits >> 15 == 1 ? -magnitude : magnitude
      #expect(value == expected || (value.isNaN && expected.isNaN))
      guard value == expected || value.isNaN else { return }
    }
    var narrow = [UInt16](repeating: 0, count: all.count)
    HalfFormat.float16.narrow(wide, to: &narrow, count: all.count, instructionSet: set)
    for (bits, value) in zip(all, narrow) where bits & 0x7C00 != 0x7C00 || bits & 0x3FF == 0 {
      #expect(bits == value)
      guard bits == value else { return }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `halfway cases go to the even neighbour`(set: InstructionSet) {
    // By hand: neighbours of 1 are 2^-10 (float16) or 2^-7 (bfloat16) apart.
    let cases: [(Float, UInt16, UInt16)] = [
      (1 + 0x1p-11, 0x3C00, 0x3F80), (1 + 0x1p-8, 0x3C04, 0x3F80), (1 + 3 * 0x1p-8, 0x3C0C, 0x3F82),
      (65520, 0x7C00, 0x4780), (0x1p-25, 0x0000, 0x3300), (0x1.8p-25, 0x0001, 0x3340),
      (-0.0, 0x8000, 0x8000), (.infinity, 0x7C00, 0x7F80), (1e30, 0x7C00, 0x7149 + 1),
    ]
    var half = [UInt16](repeating: 0, count: cases.count)
    let inputs = cases.map(\.0)
    HalfFormat.float16.narrow(inputs, to: &half, count: cases.count, instructionSet: set)
    #expect(half == cases.map(\.1))
    HalfFormat.bfloat16.narrow(inputs, to: &half, count: cases.count, instructionSet: set)
    #expect(half == cases.map(\.2))
  }

  @Test(arguments: InstructionSet.available)
  func `bfloat16 is the upper half of a float`(set: InstructionSet) {
    let all = (0...UInt16.max).map { $0 }
    var wide = [Float](repeating: 0, count: all.count)
    HalfFormat.bfloat16.widen(all, to: &wide, count: all.count, instructionSet: set)
    #expect(wide.map(\.bitPattern) == all.map { UInt32($0) << 16 })
    var narrow = [UInt16](repeating: 0, count: all.count)
    HalfFormat.bfloat16.narrow(wide, to: &narrow, count: all.count, instructionSet: set)
    // Signalling NaNs become quiet ones.
    #expect(zip(wide, zip(all, narrow)).allSatisfy { $0.isNaN || $1.0 == $1.1 })
  }

  @Test(
    arguments: InstructionSet.available,
    [AffineQuantization.Rounding.toNearestOrEven, .toNearestOrAwayFromZero]
  )
  func `quantization equals its definition`(
    set: InstructionSet,
    rounding: AffineQuantization.Rounding
  ) {
    var random = SplitMix(14)
    let affine = AffineQuantization(
      scale: 0.25,
      zeroPoint: -5,
      lower: -128,
      upper: 127,
      rounding: rounding
    )
    // Multiples of half a quantum are the interesting ones.
    let inputs =
      random.floats(500, in: -60...60) + (0..<301).map { Float($0 - 150) * 0.125 }
      + [.infinity, -.infinity, 0.12499999]
    let rule: FloatingPointRoundingRule =
      rounding == .toNearestOrEven ? .toNearestOrEven : .toNearestOrAwayFromZero
    let expected = inputs.map { Int8(min(max(($0 / 0.25).rounded(rule) - 5, -128), 127)) }
    var bytes = [Int8](repeating: 0, count: inputs.count)
    affine.quantize(inputs, to: &bytes, type: .int8, count: inputs.count, instructionSet: set)
    #expect(bytes == expected)
    var real = inputs
    affine.dequantize(bytes, type: .int8, to: &real, count: inputs.count, instructionSet: set)
    #expect(real == expected.map { Float(Int32($0) + 5) * 0.25 })
    var simulated = inputs
    affine.simulate(inputs, to: &simulated, count: inputs.count, instructionSet: set)
    #expect(simulated == real)
  }

  @Test(arguments: InstructionSet.available)
  func `each channel has its own quantization`(set: InstructionSet) {
    var random = SplitMix(15)
    let channels = (0..<6).map {
      AffineQuantization(scale: 0.1 + Float($0), lower: -7, upper: 7)
    }
    let input = random.floats(2 * 6 * 5, in: -3...3)
    var output = input
    AffineQuantization.simulate(
      channels,
      input,
      to: &output,
      outer: 2,
      inner: 5,
      instructionSet: set
    )
    for (index, value) in output.enumerated() {
      let scale = channels[index / 5 % 6].scale
      let steps = min(max((input[index] / scale).rounded(.toNearestOrEven), -7), 7)
      #expect(value == steps * scale)
    }
  }

  @Test(arguments: InstructionSet.available)
  func `rows are quantized with their own scale`(set: InstructionSet) {
    var random = SplitMix(16)
    let columns = 35
    var input = random.floats(4 * columns, in: -2...5)
    for c in 0..<columns { input[2 * columns + c] = 0 }
    for c in 0..<columns { input[3 * columns + c] = -abs(input[3 * columns + c]) }
    var bytes = [Int8](repeating: 9, count: input.count)
    var scales = [Float](repeating: 0, count: 4)
    AffineQuantization.quantizeRows(
      input,
      to: &bytes,
      scales: &scales,
      zeroPoints: nil,
      rows: 4,
      columns: columns,
      instructionSet: set
    )
    for r in 0..<4 {
      let row = input[r * columns..<(r + 1) * columns]
      let range = row.map(abs).max() ?? 0
      #expect(scales[r] == (range == 0 ? 1 : range / 127))
      for (c, x) in row.enumerated() {
        let steps = range == 0 ? 0 : (x * (127 / range)).rounded(.toNearestOrAwayFromZero)
        #expect(bytes[r * columns + c] == Int8(min(max(steps, -127), 127)))
      }
    }
    var zeroPoints = [Int32](repeating: 9, count: 4)
    AffineQuantization.quantizeRows(
      input,
      to: &bytes,
      scales: &scales,
      zeroPoints: &zeroPoints,
      rows: 4,
      columns: columns,
      instructionSet: set
    )
    #expect(zeroPoints[2] == 0 && scales[2] == 1 && zeroPoints[3] == 127)
    for r in 0..<4 {
      for c in 0..<columns {
        let x = input[r * columns + c]
        let real = Float(Int32(bytes[r * columns + c]) - zeroPoints[r]) * scales[r]
        // Half a quantum, and what the zero point was moved by.
        #expect(abs(real - x) <= scales[r] * 1.001)
      }
    }
  }
}
