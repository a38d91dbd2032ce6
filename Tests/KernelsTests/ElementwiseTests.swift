import Kernels
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite struct ElementwiseTests {
  static func exact(_ function: Elementwise.Unary, _ x: Double) -> Double {
    switch function {
    case .exp: exp(x)
    case .tanh: tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .erf: erf(x)
    case .gelu: x / 2 * erfc(-x / 2.0.squareRoot())
    case .geluTanh: x / (1 + exp(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .silu: x / (1 + exp(-x))
    case .hardSwish: x * min(max(x + 3, 0), 6) / 6
    case .squareRoot: x.squareRoot()
    case .reciprocalSquareRoot: 1 / x.squareRoot()
    case .absolute: abs(x)
    case .negate: -x
    case .square: x * x
    case .reciprocal: 1 / x
    }
  }

  /// The bound in units in the last place, and what they are units of.
  static func bound(_ function: Elementwise.Unary, _ x: Float, _ result: Float) -> Double {
    let unit =
      switch function {
      case .gelu, .geluTanh, .silu, .hardSwish: max(abs(x), abs(result)).ulp
      default: result.ulp
      }
    return Double(unit) * ([.gelu, .geluTanh, .silu].contains(function) ? 4 : 2)
  }

  @Test(arguments: InstructionSet.available, Elementwise.Unary.allCases)
  func `functions keep their error bounds`(set: InstructionSet, function: Elementwise.Unary) {
    var random = SplitMix(11)
    var inputs: [Float] = [0, -0.0, 1, -1, 0.625, 88.7, 88.8, -87, -103, -104, -200, 200, 3.9, 4.1]
    inputs += random.floats(20000, in: -10...10) + random.floats(20000, in: -1...1)
    inputs += random.floats(10000, in: -110...110)
    inputs += (0..<3000).map { _ in
      Float(bitPattern: UInt32.random(in: 0...0x4200_0000, using: &random))
    }
    if [.squareRoot, .reciprocalSquareRoot].contains(function) {
      inputs = inputs.map { abs($0) + 1e-30 }
    }
    if function == .reciprocal { inputs.removeAll { abs($0) < 1e-30 } }
    var outputs = inputs
    Elementwise.apply(
      function,
      inputs,
      to: &outputs,
      count: inputs.count,
      instructionSet: set
    )
    var worst = (error: 0.0, input: Float(0))
    for (x, y) in zip(inputs, outputs) {
      let exact = Self.exact(function, Double(x))
      let rounded = Float(exact)
      guard rounded.isFinite && y.isFinite else {
        #expect(rounded == y, "\(x)")
        continue
      }
      // Products of normal and denormal numbers have lost bits already.
      let slack = Double(Float.leastNormalMagnitude) * 0x1p-22
      let error = (abs(Double(y) - exact) - slack) / Self.bound(function, x, rounded)
      if error > worst.error { worst = (error, x) }
    }
    #expect(worst.error <= 1, "\(function) at \(worst.input)")
  }

  @Test(arguments: InstructionSet.available, Elementwise.Unary.allCases)
  func `not a number stays so`(set: InstructionSet, function: Elementwise.Unary) {
    var output = [Float](repeating: 0, count: 19)
    let input = [Float](repeating: .nan, count: 19)
    Elementwise.apply(function, input, to: &output, count: 19, instructionSet: set)
    #expect(!output.contains { !$0.isNaN })
  }

  static func exact(_ function: Elementwise.Binary, _ a: Float, _ b: Float) -> Float {
    switch function {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .minimum: b < a ? b : a
    case .maximum: b > a ? b : a
    case .squaredDifference: (a - b) * (a - b)
    }
  }

  @Test(
    arguments: InstructionSet.available,
    Elementwise.Binary.allCases
  )
  func `binary functions broadcast`(set: InstructionSet, function: Elementwise.Binary) {
    var random = SplitMix(12)
    for (rows, columns) in [(1, 1), (3, 5), (4, 16), (2, 33), (5, 1)] {
      let a = random.floats(rows * columns)
      let b = random.floats(rows * columns)
      for kind in 0..<16 {
        func index(_ kind: Int, _ r: Int, _ c: Int) -> Int {
          [r * columns + c, 0, c, r][kind]
        }
        func operand(_ kind: Int, _ data: UnsafePointer<Float>) -> Elementwise.Operand {
          [.matrix(data, rowStride: columns), .scalar(data), .row(data), .column(data)][kind]
        }
        var output = [Float](repeating: .nan, count: rows * columns)
        a.withUnsafeBufferPointer { left in
          b.withUnsafeBufferPointer { right in
            guard let left = left.baseAddress, let right = right.baseAddress else { return }
            Elementwise.apply(
              function,
              operand(kind / 4, left),
              operand(kind % 4, right),
              to: &output,
              rows: rows,
              columns: columns,
              clamp: (-0.9, 1.5),
              instructionSet: set
            )
          }
        }
        var expected = output
        for r in 0..<rows {
          for c in 0..<columns {
            let value = Self.exact(
              function,
              a[index(kind / 4, r, c)],
              b[index(kind % 4, r, c)]
            )
            expected[r * columns + c] = min(max(value, -0.9), 1.5)
          }
        }
        #expect(output == expected)
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `columns are scaled and shifted`(set: InstructionSet) {
    var random = SplitMix(13)
    let input = random.floats(3 * 37)
    let scale = random.floats(37)
    let shift = random.floats(37)
    var output = input
    Elementwise.scaleAndShift(
      input,
      scale: scale,
      shift: shift,
      to: &output,
      rows: 3,
      columns: 37,
      clamp: (-0.5, 1),
      instructionSet: set
    )
    for (index, value) in output.enumerated() {
      let expected = input[index] * scale[index % 37] + shift[index % 37]
      // One rounding of a value below 2.
      #expect(abs(value - min(max(expected, -0.5), 1)) <= 0x1p-23)
    }
  }
}
