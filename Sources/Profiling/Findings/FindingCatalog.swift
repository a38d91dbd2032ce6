import ModelIR

/// What a finding's code means, whatever the model.
package struct FindingExplanation: Sendable, Equatable {
  /// A letter for the area and two digits: `B02`.
  package var number: String
  /// The words behind it: `duplicate-weights`.
  package var name: String
  package var severity: Diagnostic.Severity
  package var meaning: String
  package var fix: String

  init(
    _ number: String,
    _ name: String,
    _ severity: Diagnostic.Severity,
    meaning: String,
    fix: String
  ) {
    self.number = number
    self.name = name
    self.severity = severity
    self.meaning = meaning
    self.fix = fix
  }

  /// The code as reports print it: `B02 duplicate-weights`.
  package var code: String { number + " " + name }
}

/// Every finding that the tool can have.
package enum FindingCatalog {
  /// All explanations by code.
  package static let all: [FindingExplanation] =
    bytes + counts + file + loaders + structure + boundaries + quantization + weights

  /// The explanation of a code: `B02`, `duplicate-weights` or both, in any case.
  package static func explanation(of text: String) -> FindingExplanation? {
    let wanted = text.lowercased()
    return all.first {
      [$0.number, $0.name, $0.code].contains { $0.lowercased() == wanted }
    }
  }
}
