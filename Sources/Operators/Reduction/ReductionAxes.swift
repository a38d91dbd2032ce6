import ModelIR

/// Which axes an operator folds, and what is left of a shape.
struct ReductionAxes: Equatable, Sendable {
  /// The axes, each once, counted from the front.
  var axes: [Int]
  /// Whether folded axes stay with an extent of 1.
  var keepsAxes: Bool

  /// Brings axes of a shape of `rank` axes into order; doublets are allowed, as in TensorFlow Lite.
  init(_ axes: [Int], rank: Int, keepsAxes: Bool) throws(OperatorError) {
    var positions: Set<Int> = []
    // A scalar has no axes to name; TensorFlow Lite ignores those that are named.
    for axis in rank == 0 ? [] : axes { positions.insert(try Axes.normalize(axis, rank: rank)) }
    self.axes = positions.sorted()
    self.keepsAxes = keepsAxes
  }

  /// The axes that are left, with an extent of `one` where they are folded.
  func result<Extent>(_ extents: [Extent], one: Extent) -> [Extent] {
    extents.indices.compactMap { index in
      axes.contains(index) ? (keepsAxes ? one : nil) : extents[index]
    }
  }

  /// The extents with 1 for each folded axis.
  func unitSizes(_ sizes: [Int]) -> [Int] {
    sizes.indices.map { axes.contains($0) ? 1 : sizes[$0] }
  }

  /// The elements that are folded into one.
  func count(_ sizes: [Int]) -> Int { checkedProduct(axes.map { sizes[$0] }) ?? 0 }

  /// For each element of the operand the place of the result's element that it goes into.
  func places(_ sizes: [Int]) -> [Int] {
    sizes.contains(0) ? [] : Broadcasting.offsets(of: unitSizes(sizes), in: sizes)
  }
}

/// Where the elements of a reduced operand go.
package enum ReductionPlaces {
  /// For each element of the operand the place of the result's element that it goes into.
  ///
  /// - Parameters:
  ///   - attributes: The node's attributes.
  ///   - stated: The axes that operand 1 names; `nil` where the attribute does, or none.
  ///   - sizes: The operand's extents.
  /// - Returns: The places, in the operand's order.
  /// - Throws: where an axis is outside the shape.
  package static func all(
    _ attributes: AttributeReader,
    stated: [Int]?,
    sizes: [Int]
  ) throws(OperatorError) -> [Int] {
    var axes: [Int] = []
    if let named = try attributes.ints("axes") { axes = named }
    if let stated { axes = stated }
    if axes.isEmpty, try !attributes.bool("noopWithEmptyAxes") { axes = Array(sizes.indices) }
    return try ReductionAxes(axes, rank: sizes.count, keepsAxes: true).places(sizes)
  }
}

extension EvaluationContext {
  /// The axes that `axes` names as operand 1 or attribute: all where it names none, or none at all
  /// with `noopWithEmptyAxes`.
  func reductionAxes() throws(OperatorError) -> ReductionAxes {
    let rank = try input(0).rank
    var axes = try integers(operand: 1, attribute: "axes") ?? []
    if axes.isEmpty, try !attributes.bool("noopWithEmptyAxes") { axes = Array(0..<rank) }
    return try ReductionAxes(
      axes,
      rank: rank,
      keepsAxes: try attributes.bool("keepDimensions", default: true)
    )
  }
}

extension OperatorContext {
  /// The shape that is left of operand 0.
  func reducedShape() throws(OperatorError) -> Shape {
    let keeps = try attributes.bool("keepDimensions", default: true)
    let isIdle = try attributes.bool("noopWithEmptyAxes")
    let shape = try input(0).shape
    let given = try integers(operand: 1, attribute: "axes")
    guard let dimensions = shape.dimensions else {
      if !keeps, !isIdle, case .absent = given { return .scalar }
      return .unknownRank
    }
    let rank = dimensions.count
    // Of no values nothing is unknown.
    let isEmpty = optionalInput(1)?.shape.elementCount == 0
    switch isEmpty ? .known([]) : given {
    case .known(let axes) where !axes.isEmpty:
      let axes = try ReductionAxes(axes, rank: rank, keepsAxes: keeps)
      return .ranked(axes.result(dimensions, one: 1))
    case .known, .absent:
      let axes = try ReductionAxes(isIdle ? [] : Array(0..<rank), rank: rank, keepsAxes: keeps)
      return .ranked(axes.result(dimensions, one: 1))
    case .unknown:
      // Any axis may be folded.
      if keeps { return .ranked(dimensions.map { $0 == 1 ? 1 : .unknown }) }
      guard let count = optionalInput(1)?.shape.elementCount, count > 0, count <= rank else {
        return .unknownRank
      }
      return .ranked(Array(repeating: .unknown, count: rank - count))
    }
  }
}
