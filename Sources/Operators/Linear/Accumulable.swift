/// A number that sums of products are made of, in a fixed order.
protocol Accumulable: Sendable {
  static var zero: Self { get }
  /// Adds a product; integers wrap.
  mutating func add(_ left: Self, times right: Self)
  /// The sum of two numbers; integers wrap.
  static func sum(_ left: Self, _ right: Self) -> Self
}

extension Float: Accumulable {
  @inline(__always) mutating func add(_ left: Float, times right: Float) { self += left * right }
  static func sum(_ left: Float, _ right: Float) -> Float { left + right }
}

extension Double: Accumulable {
  @inline(__always) mutating func add(_ left: Double, times right: Double) { self += left * right }
  static func sum(_ left: Double, _ right: Double) -> Double { left + right }
}

extension Int64: Accumulable {
  @inline(__always) mutating func add(_ left: Int64, times right: Int64) {
    self = self &+ left &* right
  }
  static func sum(_ left: Int64, _ right: Int64) -> Int64 { left &+ right }
}
