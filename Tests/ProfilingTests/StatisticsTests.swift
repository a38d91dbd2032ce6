import CStatistics
import Operators
import Testing

@testable import Profiling

/// The vector loops against a slow reference that looks at one element at a time.
@Suite struct StatisticsTests {
  /// How a type's elements are stored, and how one is read.
  struct Element: CustomTestStringConvertible, Sendable {
    var name: String
    var type: statistics_type
    var bits: Int
    var isFloat = false
    var value: @Sendable (UInt64) -> Double
    var testDescription: String { name }
  }

  static let elements = [
    Element(name: "float32", type: STATISTICS_FLOAT32, bits: 32, isFloat: true) {
      Double(Float(bitPattern: UInt32($0)))
    },
    Element(name: "float64", type: STATISTICS_FLOAT64, bits: 64, isFloat: true) {
      Double(bitPattern: $0)
    },
    Element(name: "float16", type: STATISTICS_FLOAT16, bits: 16, isFloat: true) {
      Double(Float(Float16(bitPattern: UInt16($0))))
    },
    Element(name: "bfloat16", type: STATISTICS_BFLOAT16, bits: 16, isFloat: true) {
      Double(Float(bitPattern: UInt32($0) << 16))
    },
    Element(name: "int8", type: STATISTICS_INT8, bits: 8) {
      Double(Int8(truncatingIfNeeded: $0))
    },
    Element(name: "uint8", type: STATISTICS_UINT8, bits: 8) { Double($0) },
    Element(name: "int16", type: STATISTICS_INT16, bits: 16) {
      Double(Int16(truncatingIfNeeded: $0))
    },
    Element(name: "int32", type: STATISTICS_INT32, bits: 32) {
      Double(Int32(truncatingIfNeeded: $0))
    },
    Element(name: "int64", type: STATISTICS_INT64, bits: 64) {
      Double(Int64(truncatingIfNeeded: $0))
    },
    Element(name: "int4", type: STATISTICS_INT4, bits: 4) {
      Double($0 > 7 ? Int($0) - 16 : Int($0))
    },
    Element(name: "uint4", type: STATISTICS_UINT4, bits: 4) { Double($0) },
  ]

  /// Numbers that look random and are the same in every run (Knuth's MMIX generator).
  private struct Sequence {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33 ^ state << 31
    }
  }

  private func patterns(_ element: Element, _ count: Int, seed: UInt64) -> [UInt64] {
    var random = Sequence(state: seed)
    let mask = element.bits == 64 ? UInt64.max : 1 << UInt64(element.bits) - 1
    return (0..<count).map { _ in
      let value = random.next()
      // Every eighth element is a zero, a negative zero, or all ones (NaN, or −1).
      switch value % 24 {
      case 0: return 0
      case 1: return 1 << UInt64(element.bits - 1)
      case 2: return mask
      default: return random.next() & mask
      }
    }
  }

  private func packed(_ patterns: [UInt64], bits: Int) -> [UInt8] {
    guard bits == 4 else {
      return patterns.flatMap { pattern in
        (0..<bits / 8).map { UInt8(truncatingIfNeeded: pattern >> UInt64($0 * 8)) }
      }
    }
    return stride(from: 0, to: patterns.count, by: 2).map { index in
      UInt8(patterns[index] | (index + 1 < patterns.count ? patterns[index + 1] << 4 : 0))
    }
  }

  private func reference(_ element: Element, _ patterns: [UInt64], zeroPoint: Int)
    -> ConstantStatistics
  {
    var result = ConstantStatistics(minimum: nil, maximum: nil, zeros: 0, nonFinite: 0)
    for pattern in patterns {
      let value = element.value(pattern)
      guard value.isFinite else {
        result.nonFinite += 1
        continue
      }
      result.minimum = result.minimum.map { min($0, value) } ?? value
      result.maximum = result.maximum.map { max($0, value) } ?? value
      if value == (element.isFloat ? 0 : Double(zeroPoint)) { result.zeros += 1 }
    }
    return result
  }

  private func measured(
    _ element: Element,
    _ bytes: [UInt8],
    count: Int,
    zeroPoint: Int,
    shift: Int,
    threads: Int
  ) -> [ConstantStatistics] {
    // The start is moved, as weights may begin at any byte of a file.
    let moved = Array(repeating: UInt8(0xA5), count: shift) + bytes
    return moved.withUnsafeBytes { buffer in
      // Several jobs, so that more than one thread has work.
      var jobs = (0..<5).map { _ in
        statistics_job(
          elements: buffer.baseAddress.map { $0 + shift },
          descriptor: -1,
          offset: 0,
          count: count,
          type: element.type,
          zero_point: Int64(zeroPoint),
          hashes: 0,
          minimum: 0,
          maximum: 0,
          zeros: 0,
          non_finite: 0,
          hash: 0
        )
      }
      statistics_run(&jobs, jobs.count, Int32(threads))
      return jobs.map { job in
        ConstantStatistics(
          minimum: job.minimum <= job.maximum ? job.minimum : nil,
          maximum: job.minimum <= job.maximum ? job.maximum : nil,
          zeros: job.zeros,
          nonFinite: job.non_finite
        )
      }
    }
  }

  @Test(arguments: elements, [0, 1, 2, 3, 31, 127, 129, 1_000, 20_001])
  func `ranges and zeros are those of the reference`(element: Element, count: Int) {
    let patterns = patterns(element, count, seed: UInt64(count) + 1)
    let bytes = packed(patterns, bits: element.bits)
    for zeroPoint in element.isFloat ? [0] : [0, 3, 1_000] {
      let expected = reference(element, patterns, zeroPoint: zeroPoint)
      for (shift, threads) in [(0, 1), (1, 2), (3, 3)] {
        let found = measured(
          element,
          bytes,
          count: count,
          zeroPoint: zeroPoint,
          shift: shift,
          threads: threads
        )
        #expect(found.allSatisfy { $0 == expected }, "zero point \(zeroPoint), shift \(shift)")
      }
    }
  }

  @Test(arguments: elements.filter(\.isFloat))
  func `arrays of nothing but NaN and infinities have no range`(element: Element) {
    // The exponents that mean NaN or infinity, by type.
    let infinity: [String: UInt64] = [
      "float32": 0x7F80_0000, "float64": 0x7FF0_0000_0000_0000, "float16": 0x7C00,
      "bfloat16": 0x7F80,
    ]
    let positive = infinity[element.name] ?? 0
    let patterns = [positive, positive | 1 << UInt64(element.bits - 1), positive | 1]
    let found = measured(
      element,
      packed(patterns, bits: element.bits),
      count: 3,
      zeroPoint: 0,
      shift: 1,
      threads: 1
    )
    #expect(found[0] == .init(minimum: nil, maximum: nil, zeros: 0, nonFinite: 3))
  }

  @Test(arguments: elements.filter(\.isFloat))
  func `both zeros count as zero`(element: Element) {
    let patterns: [UInt64] = [0, 1 << UInt64(element.bits - 1), 0]
    let found = measured(
      element,
      packed(patterns, bits: element.bits),
      count: 3,
      zeroPoint: 0,
      shift: 0,
      threads: 1
    )
    #expect(found[0].zeros == 3)
    #expect(found[0].minimum == 0)
    #expect(found[0].maximum == 0)
  }

  @Test func `every float16 is read as it is`() {
    let element = Self.elements[2]
    for pattern in UInt64(0)...0xFFFF {
      let value = element.value(pattern)
      let job = measured(
        element,
        packed([pattern], bits: 16),
        count: 1,
        zeroPoint: 0,
        shift: 0,
        threads: 1
      )[0]
      guard value.isFinite ? job.minimum == value && job.maximum == value : job.nonFinite == 1
      else {
        Issue.record("\(pattern) is \(value), not \(job)")
        return
      }
    }
  }

  @Test func `parts join to the whole`() {
    let nothing = ConstantStatistics(minimum: nil, maximum: nil, zeros: 0, nonFinite: 2)
    let some = ConstantStatistics(minimum: -1, maximum: 3, zeros: 4, nonFinite: 0)
    let other = ConstantStatistics(minimum: -7, maximum: 2, zeros: 1, nonFinite: 1)
    #expect(
      nothing.joined(some) == ConstantStatistics(minimum: -1, maximum: 3, zeros: 4, nonFinite: 2)
    )
    #expect(
      some.joined(other) == ConstantStatistics(minimum: -7, maximum: 3, zeros: 5, nonFinite: 1)
    )
  }
}
