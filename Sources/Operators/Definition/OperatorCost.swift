/// The arithmetic of one application of an operator.
///
/// A multiply-add is one operation here (1 MAC); FLOPs are 2 · MACs + other operations. Positions of
/// a convolution's window that lie in the padding are counted (the full-window convention of fvcore
/// and the field's papers).
package struct OperatorCost: Equatable, Sendable {
  /// How far the count can be trusted.
  package enum Status: String, Sendable {
    /// The definition of the operator gives the count.
    case counted
    /// The count depends on values, or is a stated rule of thumb.
    case approximated
    /// Nobody counted it: the numbers are unknown, not zero.
    case uncounted
  }

  package var multiplyAdds: Int
  /// Additions, comparisons, roots, exponentials … one each.
  package var otherOperations: Int
  package var status: Status

  package init(
    multiplyAdds: Int = 0,
    otherOperations: Int = 0,
    status: Status = .counted
  ) {
    self.multiplyAdds = multiplyAdds
    self.otherOperations = otherOperations
    self.status = status
  }

  /// No arithmetic: bytes are moved at most.
  package static let none = OperatorCost()

  /// Nobody counted it.
  package static let uncounted = OperatorCost(status: .uncounted)
}

/// What the counting of an operator's arithmetic may look at.
package struct CostContext {
  package let node: OperatorContext
  /// The results' types.
  package let outputs: [TensorType?]

  package init(node: OperatorContext, outputs: [TensorType?]) {
    self.node = node
    self.outputs = outputs
  }

  /// The elements of result `index`; `nil` where its shape is not known.
  package func outputElements(_ index: Int = 0) -> Int? {
    outputs.indices.contains(index) ? outputs[index]?.shape.elementCount : nil
  }

  /// The elements of operand `index`; `nil` where its shape is not known.
  package func inputElements(_ index: Int = 0) -> Int? {
    node.optionalInput(index)?.shape.elementCount
  }

  /// The extents of operand `index`; `nil` where they are not known.
  package func inputSizes(_ index: Int) -> [Int]? { node.optionalInput(index)?.shape.sizes }

  /// The extents of result `index`; `nil` where they are not known.
  package func outputSizes(_ index: Int = 0) -> [Int]? {
    outputs.indices.contains(index) ? outputs[index]?.shape.sizes : nil
  }
}

/// How an operator's arithmetic is counted.
package struct CostRule: Sendable {
  private let count: @Sendable (CostContext) -> OperatorCost

  /// A rule of its own; it gives `.uncounted` where it lacks a shape.
  package init(_ count: @escaping @Sendable (CostContext) -> OperatorCost) { self.count = count }

  /// The cost of one node.
  package func callAsFunction(_ context: CostContext) -> OperatorCost { count(context) }

  /// Bytes are moved at most.
  package static let free = CostRule { _ in .none }

  /// A fixed number of operations an element of the first result.
  package static func perOutputElement(
    multiplyAdds: Int = 0,
    otherOperations: Int = 1,
    status: OperatorCost.Status = .counted
  ) -> CostRule {
    CostRule { context in
      .times(
        context.outputElements(),
        multiplyAdds: multiplyAdds,
        otherOperations: otherOperations,
        status: status
      )
    }
  }

  /// A fixed number of operations an element of the operand `index`.
  package static func perInputElement(
    _ index: Int = 0,
    multiplyAdds: Int = 0,
    otherOperations: Int = 1,
    status: OperatorCost.Status = .counted
  ) -> CostRule {
    CostRule { context in
      .times(
        context.inputElements(index),
        multiplyAdds: multiplyAdds,
        otherOperations: otherOperations,
        status: status
      )
    }
  }
}

extension OperatorCost {
  /// A cost an element, times the elements; uncounted where their number is unknown or overflows.
  package static func times(
    _ elements: Int?,
    multiplyAdds: Int = 0,
    otherOperations: Int = 0,
    status: Status = .counted
  ) -> OperatorCost {
    guard let elements else { return .uncounted }
    let (macs, macsOverflow) = elements.multipliedReportingOverflow(by: multiplyAdds)
    let (others, othersOverflow) = elements.multipliedReportingOverflow(by: otherOperations)
    guard !macsOverflow, !othersOverflow else { return .uncounted }
    return OperatorCost(multiplyAdds: macs, otherOperations: others, status: status)
  }
}
