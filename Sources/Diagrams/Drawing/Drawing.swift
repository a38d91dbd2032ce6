/// A picture as shapes in the order in which they are painted; y grows downwards.
package struct Drawing: Equatable, Sendable {
  package var size: Size
  package var shapes: [Shape]
  package var title: String
  /// What a screen reader says of the picture.
  package var summary: String
  package var theme: Theme

  /// A shape, or the begin or end of a group of shapes.
  package enum Shape: Equatable, Sendable {
    case rectangle(Rectangle, radius: Double, Style)
    /// A start, and three points for each Bézier curve.
    case path([Point], Style)
    case text(Text)
    case begin(Group)
    case end
  }

  /// A line of text.
  package struct Text: Equatable, Sendable {
    package enum Anchor: Int, Sendable {
      case start, middle, end
    }

    package var text: String
    /// The beginning, middle or end of its baseline.
    package var place: Point
    package var size: Double
    package var anchor: Anchor
    package var isBold: Bool
    package var paint: Paint
    /// Whether lines behind it are held off.
    package var hasHalo: Bool
  }

  /// How a shape is filled and outlined.
  package struct Style: Equatable, Sendable {
    package var fill: Paint?
    package var stroke: Paint?
    package var width: Double
    /// The length of dashes and gaps; 0 for a line without.
    package var dash: Double

    package init(fill: Paint? = nil, stroke: Paint? = nil, width: Double = 1, dash: Double = 0) {
      self.fill = fill
      self.stroke = stroke
      self.width = width
      self.dash = dash
    }
  }

  /// A colour that is always the same, or one that the theme gives.
  package enum Paint: Equatable, Sendable {
    case fixed(Colour)
    case themed(Role)
  }

  /// What a colour of the theme is for.
  package enum Role: String, Sendable, CaseIterable {
    case ground, ink, faint, line, frame, panel, plain, unknown
  }

  /// Shapes that belong together.
  package struct Group: Equatable, Sendable {
    /// Ours; empty for none.
    package var id: String
    /// `node`, `edge`, `cluster` or `legend`.
    package var name: String
    /// The tooltip, a line each.
    package var details: [String]
    package var data: [Diagram.DataField]
  }

  /// The colours of grounds, lines and texts.
  package struct Theme: Equatable, Sendable {
    package enum Choice: String, Sendable, CaseIterable {
      /// Light, and dark where the reader's system is.
      case automatic
      case light, dark
    }

    package var choice: Choice

    package init(_ choice: Choice) { self.choice = choice }

    /// The colour of a role where the theme is drawn without asking the reader's system.
    package func colour(_ role: Role) -> Colour {
      choice == .dark ? Self.dark(role) : Self.light(role)
    }

    static func light(_ role: Role) -> Colour {
      switch role {
      case .ground: .paper
      case .ink: .ink
      case .faint: Colour(0x5A6875)
      case .line: Colour(0x8794A1)
      case .frame: Colour(0xC3CBD3)
      case .panel: Colour(0xF5F7F9)
      case .plain: .paper
      case .unknown: Colour(0xE3E6EA)
      }
    }

    static func dark(_ role: Role) -> Colour {
      switch role {
      case .ground: Colour(0x11171D)
      case .ink: Colour(0xE8EDF2)
      case .faint: Colour(0xA3B0BC)
      case .line: Colour(0x7A8997)
      case .frame: Colour(0x46525D)
      case .panel: Colour(0x1A222A)
      case .plain: Colour(0x212B35)
      case .unknown: Colour(0x37424D)
      }
    }
  }
}
