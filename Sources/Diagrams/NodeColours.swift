import Profiling

/// The colour of each box, and what the colours mean.
struct NodeColours {
  private let figures: NodeFigures
  private let amounts: [Double?]
  private let categories: [String?]
  private let isBoundary: [Bool]
  private let most: Double
  private let names: [String]
  /// The action that changes nothing.
  private static let keep = "keep"

  init(_ figures: NodeFigures, _ graph: OperatorGraph) {
    self.figures = figures
    amounts = graph.items.map { figures.amount(of: $0) }
    categories = graph.items.map { figures.category(of: $0) }
    isBoundary = graph.items.map { $0.content.isBoundary }
    most = amounts.compactMap { $0 }.max() ?? 0
    names =
      figures.colouring == .target
      ? DiagramOverlay.Support.allCases.map(\.rawValue)
      : Set(categories.compactMap { $0 }).sorted {
        ($0 == Self.keep ? 1 : 0, $0) < ($1 == Self.keep ? 1 : 0, $1)
      }
  }

  private var isCategorical: Bool {
    figures.colouring == .action || figures.colouring == .target
  }

  /// Whether some box has an unknown amount.
  var hasUnknown: Bool { amounts.indices.contains { fill($0) == .unknown } }

  var title: String {
    guard !isCategorical else { return figures.title }
    return figures.title
      + (figures.colouring == .macs || figures.colouring == .weights || figures.colouring == .time
        ? " of each box" : "")
  }

  func fill(_ place: Int) -> Diagram.Fill {
    guard !isBoundary[place] else { return .plain }
    if isCategorical {
      return categories[place].map(fill(ofCategory:)) ?? .plain
    }
    guard let amount = amounts[place] else {
      // Not every operator is measured; what is counted is counted for all.
      return figures.colouring == .sensitivity ? .plain : .unknown
    }
    guard amount > 0, most > 0 else { return .plain }
    return .colour(ColourRamp.colour(at: amount / most))
  }

  private func fill(ofCategory name: String) -> Diagram.Fill {
    if figures.colouring == .target {
      switch DiagramOverlay.Support(rawValue: name) {
      case .supported: return .colour(Categories.yes.mixed(with: .paper, 0.7))
      case .unsupported: return .colour(Categories.no.mixed(with: .paper, 0.35))
      case .unknown, nil: return .unknown
      }
    }
    // What is left alone is no news.
    guard name != Self.keep else { return .plain }
    // Colours of categories are strong ones; boxes are large.
    return .colour(
      Categories.colour(names.firstIndex(of: name) ?? 0).mixed(with: .paper, 0.35)
    )
  }

  var scale: Diagram.Legend.Scale {
    guard !isCategorical else {
      return .categories(
        names.filter { categories.contains($0) }.map { .init($0, fill(ofCategory: $0)) }
      )
    }
    // Without a single known amount there is no scale.
    guard most > 0 else { return .categories([]) }
    return .ramp([0, 0.5, 1].map { $0 == 0 ? "0" : figures.tick(most * $0) })
  }
}
