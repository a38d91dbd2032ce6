import Kernels
import ModelIR
import Operators

/// One layer with many sets of weights, applied to an input in one pass.
///
/// The sets lie side by side as output channels, so that the input is read once for all. For finding
/// out what compression of a layer does to its output.
package struct LayerVariants: Sendable {
  /// The node's activation operand.
  package let input: ValueID
  private let choice: KernelChoice
  private let inputSizes: [Int]
  private let resultSizes: [Int]
  private let variantCount: Int
  private let channels: Int

  /// Bytes of the packed weights of all variants.
  package var packedBytes: Int { choice.kernel.packedByteCount }

  fileprivate init(
    input: ValueID,
    choice: KernelChoice,
    inputSizes: [Int],
    resultSizes: [Int],
    variantCount: Int,
    channels: Int
  ) {
    self.input = input
    self.choice = choice
    self.inputSizes = inputSizes
    self.resultSizes = resultSizes
    self.variantCount = variantCount
    self.channels = channels
  }

  /// Computes the layer's output with every set of weights.
  ///
  /// - Parameters:
  ///   - tensor: The layer's input, in the model's layout.
  ///   - queue: Threads that share the work; `nil` for the calling one alone.
  /// - Returns: One output a set, each as the compiled graph computes it with that set.
  /// - Throws: where the tensor is not the layer's input.
  package func outputs(
    of tensor: Tensor,
    queue: WorkQueue? = nil
  ) throws(ExecutionError) -> [Tensor] {
    guard tensor.type == .float32, tensor.sizes == inputSizes,
      let count = checkedProduct(resultSizes),
      let all = checkedProduct([count, variantCount, MemoryLayout<Float>.size])
    else {
      throw ExecutionError(
        .dataInvalid,
        "the layer takes float32 \(Shape.fixed(inputSizes)), given is \(tensor.type.rawValue)"
          + " \(Shape.fixed(tensor.sizes))"
      )
    }
    let isLast = choice.operands[0].channelsLast
    let input = AlignedBuffer(byteCount: Relayout.byteCount(inputSizes, width: 4), zeroed: false)
    let joined = AlignedBuffer(byteCount: all, zeroed: false)
    let scratch = (0..<(queue?.threadCount ?? 1)).map { _ in
      AlignedBuffer(byteCount: choice.kernel.scratchByteCount)
    }
    StoredElement.store(tensor, inputSizes, to: input.pointer, isChannelsLast: isLast)
    choice.kernel.run(
      StepMemory(
        operands: [UnsafeRawPointer(input.pointer)],
        result: joined.pointer,
        scratch: scratch,
        queue: queue
      )
    )
    let rows = count / channels
    let one = AlignedBuffer(byteCount: all / variantCount, zeroed: false)
    var results: [Tensor] = []
    for variant in 0..<variantCount {
      for row in 0..<rows {
        (one.pointer + row * channels * 4).copyMemory(
          from: joined.pointer + (row * variantCount + variant) * channels * 4,
          byteCount: channels * 4
        )
      }
      guard
        let result = StoredElement.tensor(
          one.pointer,
          resultSizes,
          .float32,
          isChannelsLast: choice.isChannelsLast
        )
      else { continue }
      results.append(result)
    }
    withExtendedLifetime((input, joined)) {}
    return results
  }
}

extension CompiledGraph {
  /// Prepares a layer for many sets of weights.
  ///
  /// - Parameters:
  ///   - node: A convolution, fully connected layer or matrix product in float32 with constant
  ///     weights.
  ///   - weights: The sets, each of the type and extents of the node's weights.
  /// - Returns: The layer.
  /// - Throws: where the node is no such layer, or a set does not fit it.
  package func variants(
    of node: NodeID,
    weights: [Tensor]
  ) throws(ExecutionError) -> LayerVariants {
    let layer = graph[node]
    func refuse(_ message: String) -> ExecutionError {
      ExecutionError(.dataInvalid, "operator \"\(layer.name)\" \(message)", path: layer.origin.path)
    }
    guard layer.inputs.count > 1, let filter = layer.inputs[1], let first = weights.first,
      let step = steps.first(where: { $0.node == node }), let known = step.kernel,
      let fusable = known.kernel as? any FusableKernel, fusable.takesEpilogue
    else { throw refuse("is no layer with constant float32 weights") }
    var sets: [[Float]] = []
    for tensor in weights {
      guard tensor.tensorType == types[filter.index], case .floats(let values) = tensor.elements
      else {
        throw refuse("has weights \(types[filter.index].shape), given are \(tensor.sizes)")
      }
      sets.append(values)
    }
    var variant = self
    variant.replaceConstant(filter, first)
    var chooser = variant.chooser(node)
    chooser.variants = sets
    guard let choice = chooser.choose(), let input = choice.operands.first?.value,
      let inputSizes = types[input.index].shape.sizes, let output = layer.outputs[0],
      let resultSizes = types[output.index].shape.sizes
    else { throw refuse("cannot be compiled with the given weights") }
    return LayerVariants(
      input: input,
      choice: choice,
      inputSizes: inputSizes,
      resultSizes: resultSizes,
      variantCount: sets.count,
      channels: fusable.columns
    )
  }
}
