#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A colour of the sRGB space, eight bits a channel.
package struct Colour: Hashable, Sendable {
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  /// The colour of a number such as `0x0072B2`.
  package init(_ code: UInt32) {
    red = UInt8(truncatingIfNeeded: code >> 16)
    green = UInt8(truncatingIfNeeded: code >> 8)
    blue = UInt8(truncatingIfNeeded: code)
  }

  package init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// `#0072b2`.
  package var hexadecimal: String {
    let digits = Array("0123456789abcdef".unicodeScalars)
    var text = "#"
    for channel in [red, green, blue] {
      text.unicodeScalars.append(digits[Int(channel >> 4)])
      text.unicodeScalars.append(digits[Int(channel & 15)])
    }
    return text
  }

  /// The light that the colour gives off, from 0 to 1.
  ///
  /// Source: WCAG 2.1, relative luminance.
  package var luminance: Double {
    0.2126 * Self.linear(red) + 0.7152 * Self.linear(green) + 0.0722 * Self.linear(blue)
  }

  /// How well one colour is read on the other, from 1 to 21.
  ///
  /// Source: WCAG 2.1, contrast ratio; text of this size wants 4.5.
  package func contrast(with other: Colour) -> Double {
    let (dark, light) = (min(luminance, other.luminance), max(luminance, other.luminance))
    return (light + 0.05) / (dark + 0.05)
  }

  /// Black or white: whichever is read better on this colour; the contrast is at least 4.58.
  package var legibleText: Colour {
    contrast(with: .black) >= contrast(with: .paper) ? .black : .paper
  }

  /// The colour as far as `share` on the way to another, in Oklab.
  package func mixed(with other: Colour, _ share: Double) -> Colour {
    let (from, to) = (oklab, other.oklab)
    return Oklab(
      lightness: from.lightness + (to.lightness - from.lightness) * share,
      a: from.a + (to.a - from.a) * share,
      b: from.b + (to.b - from.b) * share
    ).colour
  }

  /// Text on colours.
  package static let black = Colour(0x000000)
  /// Text and lines on a light ground.
  package static let ink = Colour(0x1B2733)
  package static let paper = Colour(0xFFFFFF)

  // IEC 61966-2-1: the transfer function of sRGB.
  static func linear(_ channel: UInt8) -> Double {
    let value = Double(channel) / 255
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
  }

  static func channel(_ light: Double) -> UInt8 {
    let clipped = min(max(light, 0), 1)
    let value = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * pow(clipped, 1 / 2.4) - 0.055
    return UInt8((value * 255).rounded())
  }

  /// The colour as lightness and two opponent axes.
  var oklab: Oklab { Oklab(self) }
}

/// A colour by how it is seen: equal steps look equally far apart.
///
/// Source: Björn Ottosson, "A perceptual color space for image processing", 2020; the matrices are
/// the published ones.
struct Oklab: Equatable {
  /// From 0 (black) to 1 (white).
  var lightness: Double
  var a: Double
  var b: Double

  init(lightness: Double, a: Double, b: Double) {
    self.lightness = lightness
    self.a = a
    self.b = b
  }

  init(_ colour: Colour) {
    let red = Colour.linear(colour.red)
    let green = Colour.linear(colour.green)
    let blue = Colour.linear(colour.blue)
    let l = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    let m = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    let s = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s
    a = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s
    b = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s
  }

  /// The nearest colour that a screen can show.
  var colour: Colour {
    let l = cubed(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let m = cubed(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let s = cubed(lightness - 0.0894841775 * a - 1.2914855480 * b)
    return Colour(
      red: Colour.channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
      green: Colour.channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
      blue: Colour.channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)
    )
  }

  private func cubed(_ value: Double) -> Double { value * value * value }
}
