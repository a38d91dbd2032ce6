import ModelIR
import Operators

extension Lint {
  /// Weights with many zeros in no pattern that a runtime makes use of.
  ///
  /// XNNPACK's sparse path wants at least two thirds of zeros in 1×1 convolutions of a network that
  /// begins with a 3×3 convolution of stride 2 on three channels; 2:4 wants two zeros in each group of
  /// four along the input channels. Source: LiteRT, tflite/delegates/xnnpack/README.md; TensorFlow
  /// Model Optimization, `sparsity_m_by_n`.
  static let unstructuredSparsity = Lint { context in
    var rows: [Int] = []
    var zeros = 0
    var elements = 0
    for constant in context.constants {
      guard constant.isParameter, let statistics = constant.statistics,
        let row = constant.operatorIndex, (constant.shape.rank ?? 0) >= 2,
        constant.elements >= 1_024, 2 * statistics.zeros >= constant.elements,
        statistics.zeros < constant.elements,
        context.model[constant.graph][constant.value].sparsity == nil,
        !context.isTwoOfFour(constant)
      else { continue }
      rows.append(row)
      zeros += statistics.zeros
      elements += constant.elements
    }
    guard elements > 0 else { return [] }
    let share = (100 * zeros + elements / 2) / elements
    if context.suitsSparseInference(rows) { return [] }
    return context.finding(
      "L03 unstructured-sparsity",
      .note,
      at: rows,
      fix: "count on a smaller download (gzip), not on less time or memory; prune whole channels or"
        + " 2 of 4 weights for those"
    ) {
      "\(share) % of the weights of \($0) are zero without a pattern that a runtime makes use of"
    }
  }
}

extension LintContext {
  /// Whether every group of four weights along the last axis has at least two zeros.
  fileprivate func isTwoOfFour(_ constant: ModelProfile.ConstantRow) -> Bool {
    guard let last = constant.shape.sizes?.last, last % 4 == 0, constant.elements <= 1 << 24,
      let storage = model[constant.graph][constant.value].constant,
      let sizes = constant.shape.sizes,
      let values = Tensor(type: constant.type, sizes: sizes, storage: storage)?.doubleValues
    else { return false }
    let zero = Double(constant.quantization?.zeroPoint(0) ?? 0)
    return stride(from: 0, to: values.count, by: 4).allSatisfy { start in
      values[start..<min(start + 4, values.count)].count { $0 == zero } >= 2
    }
  }

  /// Whether XNNPACK's sparse path takes the network: float, the right first convolution, and the
  /// sparse weights all in 1×1 convolutions with two thirds of zeros.
  fileprivate func suitsSparseInference(_ sparse: [Int]) -> Bool {
    guard model.format == .tflite, let first = model.main.nodes.first,
      first.origin.sourceType == "CONV_2D", first.ints("strides") == [2, 2],
      let filter = first.inputs.count > 1 ? first.inputs[1] : nil,
      let sizes = model.main[filter].shape.sizes, sizes.count == 4, sizes[1...] == [3, 3, 3]
    else { return false }
    return sparse.allSatisfy { row in
      guard rows[row].sourceType == "CONV_2D", rows[row].graph == Model.mainGraph else {
        return false
      }
      return constants.contains {
        $0.operatorIndex == row && $0.type == .float32 && $0.shape.sizes?.count == 4
          && $0.shape.sizes?[1] == 1 && $0.shape.sizes?[2] == 1
          && 3 * ($0.statistics?.zeros ?? 0) >= 2 * $0.elements
      }
    }
  }
}
