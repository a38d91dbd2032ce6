/// What a picture of a model shows, before anything has a place.
///
/// A writer turns it into DOT; a placement and a drawing turn it into SVG, PDF and PNG. All texts are
/// those of the model, made safe for one line each; writers escape them for their format.
package struct Diagram: Equatable, Sendable {
  /// The model's name.
  package var title: String
  /// What it is, in one line each.
  package var subtitle: [String]
  package var nodes: [Node]
  package var edges: [Edge]
  package var clusters: [Cluster]
  package var legend: Legend

  /// A box of the picture.
  package struct Node: Equatable, Sendable {
    /// What it stands for.
    package enum Kind: String, Sendable {
      case operation, input, output
    }

    /// Ours, never the model's: `op12`, `in0`, `out0`.
    package var id: String
    package var kind: Kind
    /// The operators in it, as indices of the profile's rows; of a folded block the first repetition.
    package var operators: [Int]
    /// The lines to show: the first one is the heading.
    package var lines: [String]
    package var fill: Fill
    /// Whether it stands out: it was removed, is not supported, or sets the peak.
    package var mark: Mark?
    /// All figures, a line each.
    package var details: [String]
    /// Names and values for programs that read the SVG.
    package var data: [DataField]
    /// The innermost cluster, an index into `clusters`.
    package var cluster: Int?
  }

  /// A name and a value of the SVG's `data-` attributes.
  package struct DataField: Equatable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// How a box is filled.
  package enum Fill: Equatable, Sendable {
    /// With the ground: there is nothing of the quantity.
    case plain
    case colour(Colour)
    /// The value is not known.
    case unknown
  }

  /// The border of a box that stands out.
  package struct Mark: Equatable, Sendable {
    package var colour: Colour
    package var isDashed: Bool

    package init(_ colour: Colour, isDashed: Bool = false) {
      self.colour = colour
      self.isDashed = isDashed
    }
  }

  /// A line between two boxes.
  package struct Edge: Equatable, Sendable {
    /// Indices into `nodes`.
    package var source: Int
    package var target: Int
    /// Shape and type; empty where it was said at another edge of the same value.
    package var label: String
    package var details: String
    /// In the picture's unit.
    package var width: Double
    package var style: Style
    package var colour: Colour?

    /// What a line stands for.
    package enum Style: String, Sendable {
      /// A tensor.
      case data
      /// A way over operators that are not shown.
      case elided
      /// An operator and the graph that it runs.
      case control
    }
  }

  /// A box around others.
  package struct Cluster: Equatable, Sendable {
    package var label: String
    package var details: String
    package var parent: Int?
    /// How often what is in it comes; 1 for a scope of names.
    package var repetitions: Int
  }

  /// What the colours and widths mean.
  package struct Legend: Equatable, Sendable {
    package var title: String
    package var scale: Scale
    /// Remarks in a line each: what is not shown, what is folded.
    package var notes: [String]

    /// What the colours mean.
    package enum Scale: Equatable, Sendable {
      /// A ramp; texts from its start to its end, at even distances.
      case ramp([String])
      case categories([Category])
    }

    /// A colour and its meaning.
    package struct Category: Equatable, Sendable {
      package var label: String
      package var fill: Fill

      package init(_ label: String, _ fill: Fill) {
        self.label = label
        self.fill = fill
      }
    }

    /// Whether some boxes have no value.
    package var hasUnknown: Bool
    /// What an edge's width says, as texts and widths from thin to thick.
    package var edgeWidths: [EdgeWidth]

    /// A width and its meaning.
    package struct EdgeWidth: Equatable, Sendable {
      package var label: String
      package var width: Double

      package init(_ label: String, _ width: Double) {
        self.label = label
        self.width = width
      }
    }
  }
}
