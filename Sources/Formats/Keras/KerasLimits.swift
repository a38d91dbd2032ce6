/// How much a model may ask for before it is refused with `LIMIT_EXCEEDED`.
package struct KerasLimits: Sendable {
  /// Operators after shared and nested models are unfolded; `nil` is 10,000 and one for each byte of
  /// the file.
  package var nodes: Int?

  /// The defaults where nothing is given.
  package init(nodes: Int? = nil) { self.nodes = nodes }
}
