import ModelIR
import Operators

/// A function of each element whose slope is told from the result: `relu` and its kin.
struct MaskPullback: Pullback {
  let output: ValueID
  let operandCount: Int
  let slope: @Sendable (Float) -> Float

  var reads: [ValueID] { [output] }

  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?] {
    var operands = [[Float]?](repeating: nil, count: operandCount)
    guard var derivative = results.first ?? nil else { return operands }
    let values = run.floats(output)
    guard values.count == derivative.count else { return operands }
    for index in derivative.indices { derivative[index] *= slope(values[index]) }
    operands[0] = derivative
    return operands
  }
}

/// A function that is a straight line in each element of its only operand that varies.
struct AffinePullback: Pullback {
  let operand: Int
  let operandCount: Int
  /// One for each element of the result.
  let slopes: [Float]
  /// For each element of the result its operand's element; `nil` where they are the same.
  let places: [Int]?
  let count: Int

  var reads: [ValueID] { [] }

  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?] {
    var operands = [[Float]?](repeating: nil, count: operandCount)
    guard var derivative = results.first ?? nil else { return operands }
    for index in derivative.indices { derivative[index] *= slopes[index] }
    operands[operand] = Spread.summed(derivative, places, count)
    return operands
  }
}

/// A sum or difference of two operands.
struct SumPullback: Pullback {
  let operands: [PairOperand]
  let signs: [Float]
  let mask: FusedMask
  let output: ValueID

  var reads: [ValueID] { mask == .none ? [] : [output] }

  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?] {
    guard var derivative = results.first ?? nil else { return [nil, nil] }
    if mask != .none { mask.apply(&derivative, run.floats(output)) }
    return zip(operands, signs).map { operand, sign in
      guard operand.isWanted else { return nil }
      let signed = sign == 1 ? derivative : derivative.map { -$0 }
      return Spread.summed(signed, operand.places, operand.count)
    }
  }
}

/// A product of two operands.
struct FactorPullback: Pullback {
  let operands: [PairOperand]
  let mask: FusedMask
  let output: ValueID

  var reads: [ValueID] {
    operands.compactMap { $0.constant == nil ? $0.value : nil } + (mask == .none ? [] : [output])
  }

  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?] {
    guard var derivative = results.first ?? nil else { return [nil, nil] }
    if mask != .none { mask.apply(&derivative, run.floats(output)) }
    return operands.indices.map { index in
      let operand = operands[index]
      guard operand.isWanted else { return nil }
      let other = operands[1 - index]
      let factors = other.constant ?? run.floats(other.value)
      var product = derivative
      if let places = other.places {
        for element in product.indices { product[element] *= factors[places[element]] }
      } else {
        for element in product.indices { product[element] *= factors[element] }
      }
      return Spread.summed(product, operand.places, operand.count)
    }
  }
}

/// One of two operands that are broadcast to each other.
struct PairOperand: Sendable {
  let value: ValueID
  let isWanted: Bool
  /// Its elements, where they never change.
  let constant: [Float]?
  /// For each element of the result its own; `nil` where they are the same.
  let places: [Int]?
  let count: Int
}

/// Any function of single elements: its slope is a difference quotient of its definition.
///
/// `(f(x + h) − f(x − h)) / 2h` with `h` a 128th of the element or of the operand's root mean square,
/// whichever is more: off by about `h²` for smooth functions, and a rounding error of 10⁻⁵.
struct DifferencePullback: Pullback {
  let chooser: PullbackChooser
  let operands: [PairOperand]

  var reads: [ValueID] { operands.compactMap { $0.constant == nil ? $0.value : nil } }

  func pull(_ results: [[Float]?], _ run: FloatRun) -> [[Float]?] {
    guard let derivative = results.first ?? nil else { return operands.map { _ in nil } }
    let node = chooser.node
    let inputs = node.inputs.map { value in
      value.flatMap { run.values[$0] ?? chooser.compiled.constant($0) }
    }
    return operands.indices.map { index in
      let operand = operands[index]
      guard operand.isWanted, let tensor = inputs[index],
        case .floats(let values) = tensor.elements
      else { return nil }
      let power = values.reduce(0.0) { $0 + Double($1) * Double($1) }
      let typical = Float((power / Double(max(values.count, 1))).squareRoot())
      func moved(_ sign: Float) -> [Float] {
        values.map { $0 + sign * max($0.magnitude, typical, 1e-6) / 128 }
      }
      func results(_ values: [Float]) -> [Float] {
        var inputs = inputs
        inputs[index] = Tensor(tensor.sizes, floats: values)
        guard
          case .floats(let found)? = try? chooser.compiled.evaluate(chooser.id, inputs).first?
            .elements
        else { return [] }
        return found
      }
      let above = moved(1)
      let below = moved(-1)
      let high = results(above)
      let low = results(below)
      guard high.count == derivative.count, low.count == derivative.count else { return nil }
      // Beside the end of a function's domain one of the two is no number.
      var middle: [Float]?
      var product = derivative
      for element in product.indices {
        let place = operand.places?[element] ?? element
        var slope = (high[element] - low[element]) / (above[place] - below[place])
        if !slope.isFinite {
          let centre = middle ?? results(values)
          middle = centre
          slope =
            high[element].isFinite
            ? (high[element] - centre[element]) / (above[place] - values[place])
            : (centre[element] - low[element]) / (values[place] - below[place])
        }
        product[element] *= slope.isFinite ? slope : 0
      }
      return Spread.summed(product, operand.places, operand.count)
    }
  }
}

/// Sums over the elements to which an operand's element was stretched.
enum Spread {
  static func summed(_ derivative: [Float], _ places: [Int]?, _ count: Int) -> [Float] {
    guard let places else { return derivative }
    var result = [Float](repeating: 0, count: count)
    for (element, place) in places.enumerated() { result[place] += derivative[element] }
    return result
  }
}

extension PullbackChooser {
  /// A function of single elements with a slope that the result tells.
  func mask(_ slope: @escaping @Sendable (Float) -> Float) -> (any Pullback)? {
    guard wanted.first == true, case .some(let .some(output)) = node.outputs.first else {
      return nil
    }
    return MaskPullback(output: output, operandCount: node.inputs.count, slope: slope)
  }

  /// The operands of a function of single elements, as they are broadcast; `nil` where they are not.
  private func pair() -> [PairOperand]? {
    guard let resultSizes else { return nil }
    var operands: [PairOperand] = []
    for (index, value) in node.inputs.enumerated() {
      guard let value, let sizes = sizes(index), let count = checkedProduct(sizes) else {
        // Left-out operands have no derivative.
        guard value == nil, !wanted[index] else { return nil }
        operands.append(
          PairOperand(value: ValueID(0), isWanted: false, constant: [], places: nil, count: 0)
        )
        continue
      }
      let fits =
        sizes.count <= resultSizes.count
        && zip(sizes.reversed(), resultSizes.reversed()).allSatisfy { $0 == 1 || $0 == $1 }
      guard fits || !wanted[index] else { return nil }
      var constant: [Float]?
      if let tensor = compiled.constant(value) {
        if case .floats(let values) = tensor.elements { constant = values } else { constant = [] }
      }
      operands.append(
        PairOperand(
          value: value,
          isWanted: wanted[index],
          constant: constant,
          places: sizes == resultSizes || !fits
            ? nil : Broadcasting.offsets(of: sizes, in: resultSizes),
          count: count
        )
      )
    }
    return operands
  }

  /// Two operands in NumPy's way of broadcasting.
  private func numpyPair() -> [PairOperand]? {
    // Old ONNX operators line up axes by an attribute.
    guard node.inputs.count == 2, (try? attributes.bool("broadcast")) != true else { return nil }
    return pair()
  }

  func sum(second: Float) -> (any Pullback)? {
    guard let operands = numpyPair(), let mask = FusedMask(attributes),
      case .some(let .some(output)) = node.outputs.first
    else { return nil }
    return SumPullback(operands: operands, signs: [1, second], mask: mask, output: output)
  }

  func factors() -> (any Pullback)? {
    guard let operands = numpyPair(), let mask = FusedMask(attributes),
      case .some(let .some(output)) = node.outputs.first,
      operands.allSatisfy({ $0.constant?.isEmpty != true })
    else { return nil }
    return FactorPullback(operands: operands, mask: mask, output: output)
  }

  func differences() -> (any Pullback)? {
    guard (try? attributes.bool("broadcast")) != true else { return nil }
    return pair().map { DifferencePullback(chooser: self, operands: $0) }
  }

  /// A straight line in the only operand that varies: its slopes are the results for 1 less those
  /// for 0.
  func affine() -> (any Pullback)? {
    guard wanted.count(where: { $0 }) == 1, let operand = wanted.firstIndex(of: true),
      let mask = FusedMask(attributes), mask == .none,
      (try? attributes.bool("trainingMode")) != true, let resultSizes,
      let operandSizes = sizes(operand), let count = checkedProduct(operandSizes),
      (try? attributes.bool("broadcast")) != true
    else { return nil }
    // A divisor is no straight line.
    guard node.op.name != "div" || operand == 0 else { return nil }
    func result(_ value: Float) -> [Float]? {
      guard
        let operands = operands({ _, sizes in
          Tensor(sizes, floats: Array(repeating: value, count: checkedProduct(sizes) ?? 0))
        }),
        case .floats(let found)? = try? compiled.evaluate(id, operands).first?.elements
      else { return nil }
      return found
    }
    guard let zero = result(0), let one = result(1), zero.count == checkedProduct(resultSizes),
      one.count == zero.count
    else { return nil }
    return AffinePullback(
      operand: operand,
      operandCount: node.inputs.count,
      slopes: zip(one, zero).map { $0 - $1 },
      places: operandSizes == resultSizes
        ? nil : Broadcasting.offsets(of: operandSizes, in: resultSizes),
      count: count
    )
  }
}
