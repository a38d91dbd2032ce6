import ModelIR

// These stand in a file only where a converter was told to keep StableHLO. They are counted where the
// shapes tell; running them is left to the canonical operators.

extension OperatorDefinition {
  /// Convolution with every order of axes.
  static let stablehloConvolution = stated(
    "stablehloConvolution",
    "Convolution with any order of axes.",
    family: .convolution,
    inputs: 2...2,
    cost: CostRule { context in
      guard let filter = context.inputSizes(1),
        let axis = try? context.node.attributes.int("kernelOutputFeatureDimension", default: 0),
        filter.indices.contains(axis)
      else { return .uncounted }
      var taps = filter
      taps.remove(at: axis)
      guard let count = checkedProduct(taps) else { return .uncounted }
      return .times(context.outputElements(), multiplyAdds: count)
    }
  )

  /// Matrix product over any axes.
  static let stablehloDotGeneral = stated(
    "stablehloDotGeneral",
    "Matrix product over any axes.",
    family: .matrixProduct,
    inputs: 2...2,
    cost: CostRule { context in
      let axes = (try? context.node.attributes.ints("lhsContractingDimensions")) ?? nil
      guard let sizes = context.inputSizes(0), let axes, axes.allSatisfy(sizes.indices.contains),
        let depth = checkedProduct(axes.map { sizes[$0] })
      else { return .uncounted }
      return .times(context.outputElements(), multiplyAdds: depth)
    }
  )

  /// Reduction by a graph; one application of it for each element.
  static let stablehloReduce = stated(
    "stablehloReduce",
    "Reduction by a graph.",
    family: .reduction,
    inputs: .atLeast(2),
    outputs: .atLeast(1),
    cost: .perInputElement(otherOperations: 1, status: .approximated)
  )

  /// Reduction of sliding windows by a graph.
  static let stablehloReduceWindow = stated(
    "stablehloReduceWindow",
    "Reduction of sliding windows by a graph.",
    family: .pooling,
    inputs: .atLeast(2),
    outputs: .atLeast(1),
    cost: CostRule { context in
      guard let window = (try? context.node.attributes.ints("windowDimensions")) ?? nil,
        let taps = checkedProduct(window)
      else { return .uncounted }
      return .times(context.outputElements(), otherOperations: taps, status: .approximated)
    }
  )

  /// Reduction of sliding windows: (x, initial, window, strides, dilations…).
  ///
  /// Source: TFLite REDUCE_WINDOW.
  static let reduceWindow = stated(
    "reduceWindow",
    "Reduction of sliding windows.",
    family: .pooling,
    inputs: 2...6,
    cost: CostRule { context in
      guard let window = context.node.integers(2), let taps = checkedProduct(window) else {
        return .uncounted
      }
      return .times(context.outputElements(), otherOperations: taps)
    }
  )

  /// Writes slices at given coordinates, combined by a graph.
  static let stablehloScatter = stated(
    "stablehloScatter",
    "Writes slices at given coordinates.",
    family: .indexing,
    inputs: 3...3,
    cost: .perInputElement(2, otherOperations: 1, status: .approximated)
  )

  /// Slices of a tensor at given coordinates.
  static let stablehloGather = stated(
    "stablehloGather",
    "Slices at given coordinates.",
    family: .indexing,
    inputs: 2...2,
    cost: .free
  )

  /// Sorts along an axis by a graph: n·log2 n comparisons.
  static let stablehloSort = stated(
    "stablehloSort",
    "Sorts along an axis by a graph.",
    family: .indexing,
    inputs: .atLeast(1),
    outputs: .atLeast(1),
    cost: CostRule { context in
      guard let sizes = context.inputSizes(0), let count = checkedProduct(sizes) else {
        return .uncounted
      }
      let axis = (try? context.node.attributes.int("axis", default: -1)) ?? -1
      let place = axis < 0 ? axis &+ sizes.count : axis
      guard sizes.indices.contains(place) else { return .uncounted }
      let steps = Int.bitWidth - max(sizes[place] - 1, 0).leadingZeroBitCount
      return .times(count, otherOperations: steps, status: .approximated)
    }
  )

  /// Random bits and the state after them.
  static let stablehloRngBitGenerator = stated(
    "stablehloRngBitGenerator",
    "Random bits.",
    family: .random,
    inputs: 1...1,
    outputs: 1...2,
    cost: CostRule { context in
      .times(context.outputElements(1), otherOperations: 1, status: .approximated)
    },
    isPure: false
  )

  /// What only the runtime that the model was made for knows.
  static let stablehloCustomCall = stated(
    "stablehloCustomCall",
    "Something only its own runtime knows.",
    family: .control,
    inputs: .atLeast(0),
    outputs: .atLeast(0),
    cost: CostRule { _ in .uncounted },
    isPure: false
  )

  /// An operator whose results have the types that the file states.
  private static func stated(
    _ name: String,
    _ summary: String,
    family: Family,
    inputs: ClosedRange<Int>,
    outputs: ClosedRange<Int> = 1...1,
    cost: CostRule,
    isPure: Bool = true
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: family,
      inputs: inputs,
      outputs: outputs,
      inferTypes: { (context) throws(OperatorError) in
        let fallback = context.optionalInput(0)?.element ?? .float32
        return (0..<context.outputCount).map { index in
          let types = context.statedOutputs
          let type = types.indices.contains(index) ? types[index] : nil
          return type ?? TensorType(fallback, .unknownRank)
        }
      },
      cost: cost,
      isPure: isPure
    )
  }
}
