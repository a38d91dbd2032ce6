import Kernels
import Testing

@Suite struct QuantizedElementwiseTests {
  private typealias Pair = QuantizedElementwise.Pair

  private static func value(_ byte: UInt8, _ isSigned: Bool) -> Int32 {
    isSigned ? Int32(Int8(bitPattern: byte)) : Int32(byte)
  }

  private static func scaled(_ value: Int32, _ factor: FixedPointScale) -> Int32 {
    FixedPointReference.scale(value, multiplier: factor.multiplier, shift: factor.shift)
  }

  private static func expected(_ pair: Pair, _ isProduct: Bool, _ a: UInt8, _ b: UInt8) -> UInt8 {
    let left = value(a, pair.isSigned) - pair.leftZero
    let right = value(b, pair.isSigned) - pair.rightZero
    var sum = left * right
    if !isProduct {
      let x = scaled(left << pair.leftShift, pair.left)
      let y = scaled(right << pair.leftShift, pair.right)
      sum = pair.subtracts ? x - y : x + y
    }
    let result = scaled(sum, pair.factor) + pair.zeroPoint
    return UInt8(
      truncatingIfNeeded: min(max(result, pair.bounds.lowerBound), pair.bounds.upperBound)
    )
  }

  @Test(arguments: InstructionSet.available, 0..<24)
  func `sums and products are exact`(set: InstructionSet, seed: Int) {
    var random = SplitMix(7000 + seed)
    let isSigned = seed % 2 == 0
    let isProduct = seed % 3 == 0
    let range: ClosedRange<Int32> = isSigned ? -128...127 : 0...255
    let pair = Pair(
      isSigned: isSigned,
      leftZero: Int32.random(in: range, using: &random),
      rightZero: Int32.random(in: range, using: &random),
      leftShift: 20,
      left: FixedPointScale(Double.random(in: 0.1...0.5, using: &random)),
      right: FixedPointScale(Double.random(in: 0.1...0.5, using: &random)),
      subtracts: seed % 5 == 0,
      factor: FixedPointScale(isProduct ? 0.011 : 3.1e-6),
      zeroPoint: Int32.random(in: range, using: &random),
      bounds: range
    )
    let rows = Int.random(in: 1...5, using: &random)
    let columns = Int.random(in: 1...70, using: &random)
    let extents: [QuantizedElementwise.Extent] = [.matrix, .scalar, .row, .column]
    let extent = random.pick(extents)
    let left: [UInt8] = random.integers(rows * columns)
    let right: [UInt8] = random.integers(rows * columns)
    var output = [UInt8](repeating: 0, count: rows * columns)
    left.withUnsafeBytes { a in
      right.withUnsafeBytes { b in
        output.withUnsafeMutableBytes { to in
          guard let a = a.baseAddress, let b = b.baseAddress, let to = to.baseAddress else {
            return
          }
          let x = QuantizedElementwise.Operand(a, .matrix, columns: columns)
          let y = QuantizedElementwise.Operand(b, extent, columns: columns)
          if isProduct {
            QuantizedElementwise.product(
              pair,
              x,
              y,
              to: to,
              rows: rows,
              columns: columns,
              instructionSet: set
            )
          } else {
            QuantizedElementwise.sum(
              pair,
              x,
              y,
              to: to,
              rows: rows,
              columns: columns,
              instructionSet: set
            )
          }
        }
      }
    }
    for index in output.indices {
      let other =
        switch extent {
        case .matrix: right[index]
        case .scalar: right[0]
        case .row: right[index % columns]
        case .column: right[index / columns]
        }
      #expect(output[index] == Self.expected(pair, isProduct, left[index], other))
    }
  }

  @Test func `sums of an axis are exact`() {
    var random = SplitMix(8)
    let (outer, reduced, inner) = (3, 5, 7)
    let input: [UInt8] = random.integers(outer * reduced * inner)
    var output = [Int32](repeating: 0, count: outer * inner)
    input.withUnsafeBytes { from in
      output.withUnsafeMutableBufferPointer { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        QuantizedElementwise.reduceSum(
          from,
          isSigned: true,
          to: to,
          outer: outer,
          reduced: reduced,
          inner: inner
        )
      }
    }
    for o in 0..<outer {
      for i in 0..<inner {
        let sum = (0..<reduced).reduce(Int32(0)) { sum, r in
          sum + Int32(Int8(bitPattern: input[(o * reduced + r) * inner + i]))
        }
        #expect(output[o * inner + i] == sum)
      }
    }
  }

  @Test func `double-precision scaling rounds halves away from zero`() {
    let sums: [Int32] = [3, -3, 1, -1, 5, -5, .max, .min]
    var output = [UInt8](repeating: 0, count: sums.count)
    sums.withUnsafeBufferPointer { from in
      output.withUnsafeMutableBytes { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        QuantizedElementwise.scale(
          from,
          by: [0.5],
          zeroPoint: 1,
          bounds: -128...127,
          to: to,
          rows: sums.count,
          columns: 1
        )
      }
    }
    #expect(output.map { Int8(bitPattern: $0) } == [3, -1, 2, 0, 4, -2, 127, -128])
  }
}
