import ModelIR
import Operators
import Testing

@Suite struct NarrowFloatTests {
  @Test(arguments: [ElementType.float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz])
  func `every pattern of eight bits survives decoding and encoding`(type: ElementType) {
    for bits in UInt32(0)...255 {
      let value = NarrowFloat.decode(bits, as: type)
      let again = NarrowFloat.encode(value, as: type)
      let sameNaN = value.isNaN && NarrowFloat.decode(again, as: type).isNaN
      #expect(again == bits || sameNaN, "\(type) \(bits)")
    }
  }

  @Test func `half precision equals the compiler's own`() {
    for bits in UInt32(0)...0xFFFF {
      let expected = Float(Float16(bitPattern: UInt16(bits)))
      let value = NarrowFloat.decode(bits, as: .float16)
      #expect(value == expected || (value.isNaN && expected.isNaN))
      if !value.isNaN { #expect(NarrowFloat.encode(value, as: .float16) == bits) }
    }
  }

  @Test(arguments: 0..<2000)
  func `rounding to half precision equals the compiler's own`(seed: UInt32) {
    let value = Float(bitPattern: (seed &* 2_654_435_761) ^ 0x3000_0000)
    guard !value.isNaN else { return }
    #expect(NarrowFloat.round(value, to: .float16) == Float(Float16(value)))
  }

  // The greatest finite values and the least positive ones are those of the specifications.
  @Test(arguments: [
    (ElementType.float8e4m3fn, Float(448)), (.float8e4m3fnuz, 240), (.float8e5m2, 57344),
    (.float8e5m2fnuz, 57344), (.float4e2m1, 6), (.float16, 65504),
  ])
  func `saturating encoding gives the greatest finite value`(type: ElementType, greatest: Float) {
    let code = NarrowFloat.encode(1e9, as: type, saturates: true)
    #expect(NarrowFloat.decode(code, as: type) == greatest)
  }
}
