import ByteIO
import WireFormats

/// A limit that a plan has to keep: `size<=5MB`, `accuracy>=95%`.
package struct Budget: Sendable, Equatable, CustomStringConvertible {
  /// What the limit is counted in.
  package enum Limit: Sendable, Equatable {
    /// Bytes, multiply-adds, nanoseconds or a divergence.
    case absolute(Double)
    /// A share of the original's figure.
    case relative(Double)
  }

  package var figure: BudgetFigure
  package var limit: Limit
  /// As it was written.
  package var text: String

  package init(figure: BudgetFigure, limit: Limit, text: String) {
    self.figure = figure
    self.limit = limit
    self.text = text
  }

  package var description: String { text }

  /// Reads a budget: a figure, `<=` (`>=` for accuracy), and a quantity with its unit or a percentage.
  ///
  /// Only the divergence, which has no unit, is a plain number. Limits are inclusive.
  ///
  /// - Throws: `USAGE` for an unknown figure (with the nearest name), a missing unit, the wrong
  ///   direction, or a share above 100 %.
  package init(_ text: String) throws(PlanningError) {
    guard text.utf8.count <= 200 else {
      throw PlanningError(.usage, "the budget has more than 200 bytes")
    }
    let scalars = Array(text.unicodeScalars)
    guard let sign = scalars.firstIndex(where: { $0 == "<" || $0 == ">" || $0 == "=" }),
      scalars.indices.contains(sign + 1), scalars[sign] != "=", scalars[sign + 1] == "="
    else {
      throw PlanningError(
        .usage,
        "\(jsonQuoted(text)) is no budget",
        hint: "budgets are like \"size<=5MB\", \"latency<=50ms\", \"accuracy>=95%\""
      )
    }
    let name = Self.trimmed(scalars[..<sign])
    let value = Self.trimmed(scalars[(sign + 2)...])
    guard let figure = BudgetFigure.names.first(where: { $0.0 == name })?.1 else {
      let known = BudgetFigure.names.map(\.0)
      throw PlanningError(
        .usage,
        "no figure is called \(jsonQuoted(name))",
        hint: nearestName(to: name, in: known).map { "did you mean \"\($0)\"?" }
          ?? "figures: " + known.joined(separator: ", ")
      )
    }
    guard (scalars[sign] == ">") == figure.isFloor else {
      throw PlanningError(
        .usage,
        "\(jsonQuoted(text)): a budget of \(name) is \(figure.isFloor ? "a floor" : "a ceiling")",
        hint: "write \"\(name)\(figure.isFloor ? ">=" : "<=")\(value)\""
      )
    }
    self.figure = figure
    self.text = text
    limit = try Self.limit(figure, value, text)
  }

  private static func limit(_ figure: BudgetFigure, _ value: String, _ text: String)
    throws(PlanningError) -> Limit
  {
    if value.hasSuffix("%") {
      let hundredths = try quantity(value, .percentage, text)
      guard figure != .divergence else {
        throw PlanningError(
          .usage,
          "\(jsonQuoted(text)): the original's divergence is 0, of which there is no share",
          hint: "write a number, such as \"divergence<=0.05\""
        )
      }
      guard hundredths <= 10_000, hundredths > 0 else {
        throw PlanningError(
          .usage,
          "\(jsonQuoted(text)): a share of the original is above 0 % and at most 100 %"
        )
      }
      return .relative(Double(hundredths) / 10_000)
    }
    if let kind = figure.quantity { return .absolute(Double(try quantity(value, kind, text))) }
    guard figure == .divergence else {
      throw PlanningError(
        .usage,
        "\(jsonQuoted(text)) has no unit",
        hint: "accuracy is a share of the original's: \"accuracy>=95%\""
      )
    }
    guard let number = Double(value), number.isFinite, number >= 0 else {
      throw PlanningError(
        .usage,
        "\(jsonQuoted(text)): \(jsonQuoted(value)) is no number of 0 or more"
      )
    }
    return .absolute(number)
  }

  private static func quantity(_ value: String, _ kind: DecodedQuantity.Kind, _ text: String)
    throws(PlanningError) -> Int
  {
    do throws(DecodedQuantity.Failure) {
      return try DecodedQuantity.parse(value, as: kind)
    } catch {
      throw PlanningError(.usage, "budget \(jsonQuoted(text)): \(error.message)", hint: error.hint)
    }
  }

  private static func trimmed(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var rest = scalars
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return String(String.UnicodeScalarView(rest))
  }

  /// The limit as a number, where the original's figure is known.
  package func resolved(original: Double?) -> Double? {
    switch limit {
    case .absolute(let value): value
    // Bytes, counts and nanoseconds are whole; a limit between two allows the lower one.
    case .relative(let share):
      original.map { figure.isFloor ? share * $0 : (share * $0).rounded(.down) }
    }
  }
}
