import Kernels
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite struct RowsTests {
  static let extents = [(1, 1), (3, 5), (2, 16), (4, 100), (1, 1001), (7, 31)]

  @Test(arguments: InstructionSet.available, Rows.Reduction.allCases)
  func `reductions equal the obvious loops`(set: InstructionSet, reduction: Rows.Reduction) {
    var random = SplitMix(21)
    for (outer, reduced, inner) in [(1, 1, 1), (3, 50, 1), (2, 7, 5), (2, 33, 40), (4, 1000, 1)] {
      let input = random.floats(outer * reduced * inner)
      var output = [Float](repeating: .nan, count: outer * inner)
      Rows.reduce(
        reduction,
        input,
        to: &output,
        outer: outer,
        reduced: reduced,
        inner: inner,
        instructionSet: set
      )
      for o in 0..<outer {
        for i in 0..<inner {
          let values = (0..<reduced).map { Double(input[(o * reduced + $0) * inner + i]) }
          let expected =
            switch reduction {
            case .sum: values.reduce(0, +)
            case .mean: values.reduce(0, +) / Double(reduced)
            case .maximum: values.max() ?? 0
            case .minimum: values.min() ?? 0
            }
          // Sums of up to 1000 values below 1, rounded each time.
          #expect(abs(Double(output[o * inner + i]) - expected) <= 1e-4)
        }
      }
    }
  }

  @Test func `sums have the same bits on every instruction set`() {
    var random = SplitMix(22)
    let input = random.floats(3 * 777, in: -100...100)
    let sums = InstructionSet.available.map { set in
      var output = [Float](repeating: 0, count: 3)
      Rows.reduce(
        .sum,
        input,
        to: &output,
        outer: 3,
        reduced: 777,
        inner: 1,
        instructionSet: set
      )
      return output
    }
    #expect(sums.allSatisfy { $0 == sums[0] })
  }

  @Test(arguments: InstructionSet.available)
  func `softmax and its logarithm`(set: InstructionSet) {
    var random = SplitMix(23)
    for (rows, columns) in Self.extents {
      let input = random.floats(rows * columns, in: -20...20)
      var output = input
      var logarithm = input
      Rows.softmax(
        input,
        to: &output,
        rows: rows,
        columns: columns,
        beta: 0.5,
        instructionSet: set
      )
      Rows.logSoftmax(
        input,
        to: &logarithm,
        rows: rows,
        columns: columns,
        instructionSet: set
      )
      for r in 0..<rows {
        let row = input[r * columns..<(r + 1) * columns].map(Double.init)
        let max = row.max() ?? 0
        let halves = row.map { exp(($0 - max) * 0.5) }
        let wholeSum = row.map { exp($0 - max) }.reduce(0, +)
        let sum = halves.reduce(0, +)
        for c in 0..<columns {
          let actual = Double(output[r * columns + c])
          // A few roundings of each factor; differences up to 40 cost 40 * 2^-24 in the exponent.
          #expect(abs(actual - halves[c] / sum) <= 4e-6 * halves[c] / sum)
          let expected = row[c] - max - log(wholeSum)
          #expect(abs(Double(logarithm[r * columns + c]) - expected) <= 1e-5)
        }
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `an infinite logit takes all`(set: InstructionSet) {
    let input: [Float] = [0, 1, -.infinity, 3]
    var output = input
    Rows.softmax(input, to: &output, rows: 1, columns: 4, instructionSet: set)
    #expect(output[2] == 0 && abs(output.reduce(0, +) - 1) < 1e-6)
  }

  @Test(arguments: InstructionSet.available)
  func `layer normalisation`(set: InstructionSet) {
    var random = SplitMix(24)
    for (rows, columns) in Self.extents {
      let input = random.floats(rows * columns, in: 2...4)
      let scale = random.floats(columns)
      let shift = random.floats(columns)
      var output = input
      var plain = input
      Rows.layerNorm(
        input,
        scale: scale,
        shift: shift,
        epsilon: 1e-3,
        to: &output,
        rows: rows,
        columns: columns,
        instructionSet: set
      )
      Rows.layerNorm(
        input,
        scale: nil,
        shift: nil,
        epsilon: 1e-3,
        to: &plain,
        rows: rows,
        columns: columns,
        instructionSet: set
      )
      for r in 0..<rows {
        let row = input[r * columns..<(r + 1) * columns].map(Double.init)
        let mean = row.reduce(0, +) / Double(columns)
        let variance = row.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(columns)
        for c in 0..<columns {
          let normal = (row[c] - mean) / (variance + 1e-3).squareRoot()
          let expected = normal * Double(scale[c]) + Double(shift[c])
          #expect(abs(Double(output[r * columns + c]) - expected) <= 2e-5)
          #expect(abs(Double(plain[r * columns + c]) - normal) <= 2e-5)
        }
      }
    }
  }

  @Test(arguments: InstructionSet.available, [(1, 4, 2), (30, 6, 3), (49, 40, 40), (9, 48, 1)])
  func `group and instance normalisation`(
    set: InstructionSet,
    extents: (pixels: Int, channels: Int, groups: Int)
  ) {
    let (pixels, channels, groups) = extents
    var random = SplitMix(25)
    let input = random.floats(pixels * channels, in: 1...3)
    let scale = random.floats(channels)
    let shift = random.floats(channels)
    var output = input
    var scratch = [Float](repeating: 0, count: 2 * channels)
    Rows.groupNorm(
      input,
      scale: scale,
      shift: shift,
      epsilon: 1e-3,
      to: &output,
      pixels: pixels,
      channels: channels,
      groups: groups,
      scratch: &scratch,
      instructionSet: set
    )
    let size = channels / groups
    for g in 0..<groups {
      let values = (0..<pixels).flatMap { p in
        (0..<size).map { Double(input[p * channels + g * size + $0]) }
      }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance =
        values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
      for p in 0..<pixels {
        for c in g * size..<(g + 1) * size {
          let normal = (Double(input[p * channels + c]) - mean) / (variance + 1e-3).squareRoot()
          let expected = normal * Double(scale[c]) + Double(shift[c])
          // Mean and variance lose a few bits; a variance near zero magnifies them up to 30 times.
          #expect(abs(Double(output[p * channels + c]) - expected) <= 1e-4)
        }
      }
    }
  }
}
