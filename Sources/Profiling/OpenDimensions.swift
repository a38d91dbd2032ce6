import ModelIR

/// Which extents the counts are made for: what the user fixes, and 1 for an open batch.
package struct OpenDimensions: Sendable {
  /// The shape of each input of the main graph that differs from what the file states.
  package var shapes: [ValueID: Shape] = [:]
  /// The batch that was taken where the file leaves it open; `nil` where it does not.
  package var assumedBatch: Int?
  /// Inputs whose extents are still open, with the names of the extents.
  package var stillOpen: [(input: String, shape: Shape)] = []

  /// - Parameters:
  ///   - graph: The main graph.
  ///   - fixed: Shapes that the user gave, by input name.
  ///   - batch: The batch that the user gave.
  /// - Throws: where a name is no input, or a shape has another number of axes than the file's.
  package init(
    _ graph: Graph,
    fixed: [(name: String, sizes: [Int])] = [],
    batch: Int? = nil
  ) throws(ShapeOptionError) {
    var bound: [String: Int] = [:]
    for (name, sizes) in fixed {
      guard let input = graph.inputs.first(where: { graph[$0].name == name }) else {
        throw .unknownInput(name, known: graph.inputs.map { graph[$0].name })
      }
      try bind(sizes, to: graph[input], &bound)
      shapes[input] = .fixed(sizes)
    }
    for input in graph.inputs where shapes[input] == nil {
      guard var dimensions = graph[input].shape.dimensions, !dimensions.isEmpty else { continue }
      if case .symbolic(let name) = dimensions[0], let size = bound[name] {
        dimensions[0] = .fixed(size)
      } else if dimensions[0].size == nil {
        if case .symbolic(let name) = dimensions[0] { bound[name] = batch ?? 1 }
        dimensions[0] = .fixed(batch ?? 1)
        assumedBatch = batch ?? 1
      } else if let batch {
        dimensions[0] = .fixed(batch)
      }
      shapes[input] = .ranked(dimensions)
    }
    for (input, shape) in shapes {
      guard let dimensions = shape.dimensions else { continue }
      shapes[input] = .ranked(
        dimensions.map { dimension in
          guard case .symbolic(let name) = dimension, let size = bound[name] else {
            return dimension
          }
          return .fixed(size)
        }
      )
    }
    for input in graph.inputs {
      let shape = shapes[input] ?? graph[input].shape
      if !shape.isFixed { stillOpen.append((input: graph[input].name, shape: shape)) }
      if shape == graph[input].shape { shapes[input] = nil }
    }
  }

  private func bind(_ sizes: [Int], to value: Value, _ bound: inout [String: Int])
    throws(ShapeOptionError)
  {
    guard let stated = value.shape.dimensions else { return }
    guard stated.count == sizes.count else {
      throw .mismatch(value.name, stated: value.shape, given: sizes)
    }
    for (dimension, size) in zip(stated, sizes) {
      if case .symbolic(let name) = dimension { bound[name] = size }
    }
  }
}

/// Why a shape that the user gave cannot be used.
package enum ShapeOptionError: Error, Equatable, Sendable {
  case unknownInput(String, known: [String])
  case mismatch(String, stated: Shape, given: [Int])

  /// What is wrong, for the error line.
  package var message: String {
    switch self {
    case .unknownInput(let name, let known):
      "--shape names \"\(name)\", but the inputs are " + known.joined(separator: ", ")
    case .mismatch(let name, let stated, let given):
      "--shape gives \(name) \(given.count) axes (\(Shape.fixed(given))), the model's is \(stated)"
    }
  }
}
