import ModelIR
import Operators

/// `y = softmax(βx)`: `x̄ = β y (ȳ − Σ ȳ y)` along the axis.
struct SoftmaxPullback: Pullback {
  let output: ValueID
  let rows: ScoreRows
  let beta: Float

  var reads: [ValueID] { [output] }

  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?] {
    guard let derivative = results.first ?? nil else { return [nil] }
    let values = run.floats(output)
    guard values.count == derivative.count else { return [nil] }
    var input = derivative
    for row in 0..<rows.rowCount {
      let places = (0..<rows.width).map { rows.place(row, $0) }
      let sum = places.reduce(Float(0)) { $0 + derivative[$1] * values[$1] }
      for place in places { input[place] = beta * values[place] * (derivative[place] - sum) }
    }
    return [input]
  }
}

/// `y = γ x̂ + β` with `x̂ = (x − mean) / σ` of rows: `x̄ = (γȳ − mean(γȳ) − x̂ mean(γȳ x̂)) / σ`.
///
/// Source: J. L. Ba et al. 2016, "Layer Normalization", differentiated.
struct NormalizationPullback: Pullback {
  let input: ValueID
  let width: Int
  let scale: [Float]
  let epsilon: Double
  let operandCount: Int

  var reads: [ValueID] { [input] }

  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?] {
    var operands = [[Float]?](repeating: nil, count: operandCount)
    guard let derivative = results.first ?? nil else { return operands }
    let values = run.floats(input)
    guard values.count == derivative.count else { return operands }
    var result = derivative
    let count = Double(width)
    for start in stride(from: 0, to: values.count, by: width) {
      let range = start..<start + width
      let mean = range.reduce(0.0) { $0 + Double(values[$1]) } / count
      let variance =
        range.reduce(0.0) { $0 + (Double(values[$1]) - mean) * (Double(values[$1]) - mean) } / count
      let deviation = (variance + epsilon).squareRoot()
      var sum = 0.0
      var product = 0.0
      for index in range {
        let scaled = Double(derivative[index] * scale[index - start])
        sum += scaled
        product += scaled * (Double(values[index]) - mean) / deviation
      }
      for index in range {
        let normal = (Double(values[index]) - mean) / deviation
        let scaled = Double(derivative[index] * scale[index - start])
        result[index] = Float((scaled - sum / count - normal * product / count) / deviation)
      }
    }
    operands[0] = result
    return operands
  }
}

/// A product of two matrices that both vary, over axes before them that are broadcast.
struct ProductPullback: Pullback {
  let left: PairOperand
  let right: PairOperand
  let rows: Int
  let depth: Int
  let columns: Int
  let transposesLeft: Bool
  let transposesRight: Bool
  /// Which matrix of an operand each matrix of the result is of.
  let leftMatrices: [Int]
  let rightMatrices: [Int]

  var reads: [ValueID] { [left, right].compactMap { $0.constant == nil ? $0.value : nil } }

  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?] {
    guard let derivative = results.first ?? nil else { return [nil, nil] }
    let a = left.constant ?? run.floats(left.value)
    let b = right.constant ?? run.floats(right.value)
    guard a.count == left.count, b.count == right.count else { return [nil, nil] }
    var leftResult = [Float](repeating: 0, count: left.isWanted ? a.count : 0)
    var rightResult = [Float](repeating: 0, count: right.isWanted ? b.count : 0)
    let leftStep = transposesLeft ? (row: 1, depth: rows) : (row: depth, depth: 1)
    let rightStep = transposesRight ? (depth: 1, column: depth) : (depth: columns, column: 1)
    for (matrix, (first, second)) in zip(leftMatrices, rightMatrices).enumerated() {
      let result = matrix * rows * columns
      let aStart = first * rows * depth
      let bStart = second * depth * columns
      for row in 0..<rows {
        for k in 0..<depth {
          let aPlace = aStart + row * leftStep.row + k * leftStep.depth
          let value = a[aPlace]
          var sum: Float = 0
          for column in 0..<columns {
            let upper = derivative[result + row * columns + column]
            let bPlace = bStart + k * rightStep.depth + column * rightStep.column
            sum += upper * b[bPlace]
            if right.isWanted { rightResult[bPlace] += upper * value }
          }
          if left.isWanted { leftResult[aPlace] += sum }
        }
      }
    }
    return [left.isWanted ? leftResult : nil, right.isWanted ? rightResult : nil]
  }
}

extension PullbackChooser {
  func softmax() -> (any Pullback)? {
    guard wanted == [true], let sizes = sizes(0),
      case .some(let .some(output)) = node.outputs.first
    else { return nil }
    let isFlattened = (try? attributes.bool("flattened", default: false)) ?? false
    let axis = (try? attributes.int("axis", default: isFlattened ? 1 : -1)) ?? -1
    let beta = (try? attributes.float("beta", default: 1)) ?? 1
    let scores = OutputMeasure.Scores.softmax(
      axis: axis < 0 ? axis + sizes.count : axis,
      beta: beta,
      isFlattened: isFlattened
    )
    return SoftmaxPullback(output: output, rows: ScoreRows(sizes, scores), beta: Float(beta))
  }

  func normalization() -> (any Pullback)? {
    guard wanted.first == true, wanted.count(where: { $0 }) == 1, let sizes = sizes(0),
      let input = node.inputs[0], let axis = try? attributes.int("axis", default: -1)
    else { return nil }
    let first = axis < 0 ? axis + sizes.count : axis
    guard sizes.indices.contains(first), let width = checkedProduct(sizes[first...]) else {
      return nil
    }
    var scale = [Float](repeating: 1, count: width)
    if node.inputs.count > 1, let value = node.inputs[1] {
      guard let tensor = compiled.constant(value), case .floats(let values) = tensor.elements,
        values.count == width
      else { return nil }
      scale = values
    }
    return NormalizationPullback(
      input: input,
      width: width,
      scale: scale,
      epsilon: (try? attributes.float("epsilon", default: 1e-5)) ?? 1e-5,
      operandCount: node.inputs.count
    )
  }

  /// A matrix product without constant weights of a layer.
  func product() -> (any Pullback)? {
    guard node.inputs.count == 2, let a = sizes(0), let b = sizes(1), let result = resultSizes,
      a.count > 1, b.count > 1, result.count > 1,
      let transposesLeft = try? attributes.bool("transposeA"),
      let transposesRight = try? attributes.bool("transposeB")
    else { return nil }
    let rows = transposesLeft ? a[a.count - 1] : a[a.count - 2]
    let depth = transposesLeft ? a[a.count - 2] : a[a.count - 1]
    let columns = transposesRight ? b[b.count - 2] : b[b.count - 1]
    let batch = Array(result.dropLast(2))
    func operand(_ index: Int, _ sizes: [Int]) -> PairOperand? {
      guard let value = node.inputs[index], let count = checkedProduct(sizes) else { return nil }
      var constant: [Float]?
      if let tensor = compiled.constant(value) {
        guard case .floats(let values) = tensor.elements else { return nil }
        constant = values
      }
      return PairOperand(
        value: value,
        isWanted: wanted[index],
        constant: constant,
        places: nil,
        count: count
      )
    }
    guard let left = operand(0, a), let right = operand(1, b) else { return nil }
    return ProductPullback(
      left: left,
      right: right,
      rows: rows,
      depth: depth,
      columns: columns,
      transposesLeft: transposesLeft,
      transposesRight: transposesRight,
      leftMatrices: Broadcasting.offsets(of: Array(a.dropLast(2)), in: batch),
      rightMatrices: Broadcasting.offsets(of: Array(b.dropLast(2)), in: batch)
    )
  }
}
