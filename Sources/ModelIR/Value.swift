/// A tensor of a graph: computed, given or constant.
package struct Value: Sendable {
  /// What the value holds when the graph starts.
  package enum Content: Sendable {
    /// Nothing: it is an input or some node computes it.
    case activation
    /// Fixed numbers.
    case constant(TensorStorage)
    /// State that outlives a run, with what it starts from.
    case variable(initial: TensorStorage?)
  }

  /// The name in the file; may be empty.
  package var name: String
  package var type: ElementType
  package var shape: Shape
  package var quantization: Quantization?
  package var content: Content
  /// The sparse form in which the file keeps the values, where it does.
  package var sparsity: Sparsity?

  package init(
    name: String,
    type: ElementType,
    shape: Shape,
    quantization: Quantization? = nil,
    content: Content = .activation,
    sparsity: Sparsity? = nil
  ) {
    self.name = name
    self.type = type
    self.shape = shape
    self.quantization = quantization
    self.content = content
    self.sparsity = sparsity
  }

  /// Whether the value never changes.
  package var isConstant: Bool {
    if case .constant = content { return true }
    return false
  }

  /// Where the constant's values are; `nil` for everything else.
  package var constant: TensorStorage? {
    guard case .constant(let storage) = content else { return nil }
    return storage
  }

  /// The bytes that the value takes in memory; `nil` where shape or type do not tell.
  package var byteCount: Int? {
    guard let elements = shape.elementCount else { return nil }
    return type.byteCount(elements: elements)
  }
}

/// How a constant is stored sparsely.
package struct Sparsity: Equatable, Sendable {
  /// The elements that are stored.
  package var storedElements: Int
  /// The elements of the dense form.
  package var denseElements: Int
  /// The extents of the blocks that are stored whole; empty where single elements are.
  package var blockSizes: [Int]

  package init(storedElements: Int, denseElements: Int, blockSizes: [Int]) {
    self.storedElements = storedElements
    self.denseElements = denseElements
    self.blockSizes = blockSizes
  }
}
