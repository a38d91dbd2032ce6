/// Decisions drawn from the fuzzer's bytes; zeros where they have run out.
package struct FuzzInput {
  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next byte.
  package mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    position += 1
    return bytes[position - 1]
  }

  /// A number of a range.
  package mutating func number(_ range: ClosedRange<Int>) -> Int {
    let width = range.upperBound - range.lowerBound + 1
    let drawn = width > 256 ? Int(byte()) << 8 | Int(byte()) : Int(byte())
    return range.lowerBound + drawn % width
  }

  /// One of several.
  package mutating func pick<Value>(_ values: [Value]) -> Value {
    values[number(0...values.count - 1)]
  }

  /// A number as models hold them, the odd ones included.
  package mutating func float() -> Float {
    let drawn = byte()
    switch drawn {
    case 250: return .nan
    case 251: return .infinity
    case 252: return -.infinity
    case 253: return 1e30
    case 254: return -0
    default: return (Float(drawn) - 125) / 64
    }
  }

  /// What was not drawn yet.
  package var rest: [UInt8] { Array(bytes[position...]) }
}
