import Testing

@testable import Diagrams

/// What colours promise to readers who see fewer of them.
@Suite struct ColourTests {
  private static let steps = (0...40).map { ColourRamp.colour(at: Double($0) / 40) }

  /// How a colour looks without one kind of cone.
  ///
  /// Source: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color
  /// Vision Deficiency", 2009, severity 1.0, on linear light.
  enum Deficiency: CaseIterable {
    case none, protan, deutan, tritan, grey

    func seen(_ colour: Colour) -> (Double, Double, Double) {
      let r = Colour.linear(colour.red)
      let g = Colour.linear(colour.green)
      let b = Colour.linear(colour.blue)
      func row(_ x: Double, _ y: Double, _ z: Double) -> Double {
        min(max(x * r + y * g + z * b, 0), 1)
      }
      switch self {
      case .none: return (r, g, b)
      case .protan:
        return (
          row(0.152286, 1.052583, -0.204868), row(0.114503, 0.786281, 0.099216),
          row(-0.003882, -0.048116, 1.051998)
        )
      case .deutan:
        return (
          row(0.367322, 0.860646, -0.227968), row(0.280085, 0.672501, 0.047413),
          row(-0.011820, 0.042940, 0.968881)
        )
      case .tritan:
        return (
          row(1.255528, -0.076749, -0.178779), row(-0.078411, 0.930809, 0.147602),
          row(0.004733, 0.691367, 0.303900)
        )
      case .grey:
        let light = colour.luminance
        return (light, light, light)
      }
    }

    func luminance(_ colour: Colour) -> Double {
      let (r, g, b) = seen(colour)
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
  }

  @Test(arguments: Deficiency.allCases)
  func `more is darker for every reader`(deficiency: Deficiency) {
    let light = Self.steps.map(deficiency.luminance)
    for (before, after) in zip(light, light.dropFirst()) { #expect(after < before) }
  }

  @Test func `equal steps look equally far apart in lightness`() {
    let light = Self.steps.map(\.oklab.lightness)
    let step = (light[0] - light[40]) / 40
    // Rounding to eight bits moves a colour by less than a fifth of a step.
    for (before, after) in zip(light, light.dropFirst()) {
      #expect(abs(before - after - step) < 0.2 * step)
    }
  }

  @Test func `text is legible on every colour of the ramp`() {
    // WCAG 2.1 asks for 4.5 for text of this size.
    for colour in Self.steps { #expect(colour.contrast(with: colour.legibleText) >= 4.5) }
  }

  @Test(arguments: [Deficiency.none, .protan, .deutan, .tritan])
  func `no two categories look the same`(deficiency: Deficiency) {
    let seen = Categories.palette.map(deficiency.seen)
    for first in seen.indices {
      for second in seen.indices where second > first {
        let (a, b) = (seen[first], seen[second])
        let distance = max(abs(a.0 - b.0), abs(a.1 - b.1), abs(a.2 - b.2))
        #expect(distance > 0.05, "\(first) and \(second)")
      }
    }
  }

  @Test func `Oklab of the primaries is the published one`() {
    // Ottosson's table: red is L 0.628, a 0.225, b 0.126.
    let red = Colour(0xFF0000).oklab
    #expect(abs(red.lightness - 0.628) < 0.001)
    #expect(abs(red.a - 0.225) < 0.001)
    #expect(abs(red.b - 0.126) < 0.001)
    #expect(Colour(0x123456).oklab.colour == Colour(0x123456))
  }

  @Test func `text is measured by Adobe's widths`() {
    // H 722, e 556, l 222, l 222, o 556 thousandths.
    #expect(abs(TextMetrics.width("Hello", size: 10) - 22.78) < 1e-9)
    #expect(TextMetrics.shortened("a long name", to: 30, size: 10).contains("…"))
    #expect(
      TextMetrics.width(TextMetrics.shortened("WWWWWWWWWW", to: 40, size: 10), size: 10) <= 40
    )
  }
}
