/// Colours for a quantity, from little (light) to much (dark).
///
/// The hues are the nine control points of ColorBrewer's YlGnBu without the two darkest (Cynthia Brewer,
/// Pennsylvania State University, colorbrewer2.org; safe for colour-blind readers and in print).
/// Between them the colour is found by its lightness in Oklab, which falls in even steps: twice as
/// far along the ramp looks twice as dark, also in grey.
package enum ColourRamp {
  private static let controlPoints: [Colour] = [
    0xFFFFD9, 0xEDF8B1, 0xC7E9B4, 0x7FCDBB, 0x41B6C4, 0x1D91C0, 0x225EA8,
  ].map { Colour($0) }

  /// The colour at a place from 0 to 1.
  package static func colour(at place: Double) -> Colour {
    let points = controlPoints.map(\.oklab)
    let clipped = min(max(place, 0), 1)
    guard let first = points.first, let last = points.last else { return .paper }
    let wanted = first.lightness + (last.lightness - first.lightness) * clipped
    for (lighter, darker) in zip(points, points.dropFirst()) where darker.lightness <= wanted {
      let share = (wanted - lighter.lightness) / (darker.lightness - lighter.lightness)
      return Oklab(
        lightness: wanted,
        a: lighter.a + (darker.a - lighter.a) * share,
        b: lighter.b + (darker.b - lighter.b) * share
      ).colour
    }
    return last.colour
  }
}

/// Colours for things without an order.
package enum Categories {
  /// The palette of Masataka Okabe and Kei Ito ("Color Universal Design", 2008) without black, in an
  /// order in which neighbours differ in lightness too.
  package static let palette: [Colour] = [
    0x56B4E9, 0xE69F00, 0x009E73, 0xF0E442, 0x0072B2, 0xD55E00, 0xCC79A7,
  ].map { Colour($0) }

  /// The colour of a category; beyond the palette they come again, lighter.
  package static func colour(_ index: Int) -> Colour {
    let colour = palette[index % palette.count]
    let round = index / palette.count
    return round == 0 ? colour : colour.mixed(with: .paper, min(0.25 * Double(round), 0.75))
  }

  /// Bluish green: yes, added.
  package static let yes = Colour(0x009E73)
  /// Vermilion: no, removed.
  package static let no = Colour(0xD55E00)
  /// Orange: perhaps, changed.
  package static let perhaps = Colour(0xE69F00)
}
