import ModelIR

/// Where each buffer of a memory plan stands and when it is alive: what a picture of the arena shows.
package struct ArenaMap: Sendable, Equatable {
  /// What a buffer is for.
  package enum Kind: String, Sendable, CaseIterable {
    case input, output, activation, variable, temporary
  }

  /// One range of the arena over some steps.
  package struct Buffer: Sendable, Equatable {
    package var name: String
    package var kind: Kind
    /// The graph and value that it holds; `nil` for temporaries of kernels.
    package var value: ValueID?
    /// Other values that are computed in place here.
    package var shared: [String]
    package var bytes: Int
    package var offset: Int
    /// The first and last step in which it is alive, both inclusive.
    package var first: Int
    package var last: Int

    package init(
      name: String,
      kind: Kind,
      value: ValueID?,
      shared: [String] = [],
      bytes: Int,
      offset: Int,
      first: Int,
      last: Int
    ) {
      self.name = name
      self.kind = kind
      self.value = value
      self.shared = shared
      self.bytes = bytes
      self.offset = offset
      self.first = first
      self.last = last
    }

    /// The first byte behind the buffer.
    package var end: Int { offset + bytes }
  }

  /// The buffers, by offset, then by first step.
  package var buffers: [Buffer]
  /// The highest end of a buffer.
  package var arenaBytes: Int
  /// For each step the operator that runs in it, an index into the report's operators; `nil` where
  /// a step is no operator's.
  package var operators: [Int?]

  package init(buffers: [Buffer], operators: [Int?]) {
    self.buffers = buffers.sorted {
      ($0.offset, $0.first, $0.last, $0.name) < ($1.offset, $1.first, $1.last, $1.name)
    }
    arenaBytes = buffers.map(\.end).max() ?? 0
    self.operators = operators
  }

  /// The bytes alive in each step.
  package var liveBytes: [Int] {
    var change = Array(repeating: 0, count: operators.count + 1)
    for buffer in buffers {
      let first = max(0, buffer.first)
      guard first < operators.count, buffer.last >= first else { continue }
      change[first] += buffer.bytes
      change[min(buffer.last, operators.count - 1) + 1] -= buffer.bytes
    }
    var live = 0
    return operators.indices.map { step in
      live += change[step]
      return live
    }
  }

  /// The step with the most bytes alive, the first of several.
  package var peakStep: Int? {
    let live = liveBytes
    guard let most = live.max(), most > 0 else { return nil }
    return live.firstIndex(of: most)
  }

  /// The buffers alive in a step, the largest first.
  package func alive(in step: Int) -> [Buffer] {
    buffers.filter { $0.first <= step && step <= $0.last }
      .sorted { ($1.bytes, $0.offset) < ($0.bytes, $1.offset) }
  }
}
