import ModelIR

/// A buffer that a planner has to place.
struct BufferRequest {
  var name: String
  var kind: ArenaMap.Kind
  var value: ValueID?
  var bytes: Int
  /// The first and last step of its life, inclusive.
  var first: Int
  var last: Int
  var shared: [String] = []

  func placed(at offset: Int, steps: Int) -> ArenaMap.Buffer {
    ArenaMap.Buffer(
      name: name,
      kind: kind,
      value: value,
      shared: shared,
      bytes: bytes,
      offset: offset,
      first: max(0, first),
      last: min(last, max(steps - 1, 0))
    )
  }
}

/// The smallest multiple of `alignment` that is at least `value`.
func aligned(_ value: Int, to alignment: Int) -> Int {
  let rest = value % alignment
  return rest == 0 ? value : value + (alignment - rest)
}

extension Graph {
  /// What a value is in the arena.
  func arenaKind(_ value: ValueID) -> ArenaMap.Kind {
    if case .variable = self[value].content { return .variable }
    if inputs.contains(value) { return .input }
    if outputs.contains(value) { return .output }
    return .activation
  }
}
