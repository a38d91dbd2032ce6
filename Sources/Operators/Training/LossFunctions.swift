import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorDefinition {
  /// `−w[t] · x[t]` at the target class t of each position, reduced by `reduction`.
  ///
  /// Operands x `[N, C, …]`, target `[N, …]`, weights `[C]`?. Positions whose target is
  /// `ignoreIndex` count nothing; `mean` divides by the sum of the weights.
  /// Source: ONNX NegativeLogLikelihoodLoss-22.
  static let negativeLogLikelihoodLoss = OperatorDefinition(
    "negativeLogLikelihoodLoss",
    "The negative logarithm of the probability of the target class.",
    family: .training,
    inputs: 2...3,
    inferTypes: { (context) throws(OperatorError) in [try lossType(context)] },
    // A sign, a weight and a sum for each position.
    cost: .perInputElement(1, otherOperations: 3),
    evaluate: { (context) throws(OperatorError) in
      let classes = try LossClasses(context)
      return [try classes.loss(try OperandValues.doubles(try context.input(0)))]
    }
  )

  /// The same over the logarithm of the softmax of x; the logarithms are a second result.
  ///
  /// Source: ONNX SoftmaxCrossEntropyLoss-13.
  static let softmaxCrossEntropyLoss = OperatorDefinition(
    "softmaxCrossEntropyLoss",
    "Cross entropy of a softmax and a target class.",
    family: .training,
    inputs: 2...3,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in
      [try lossType(context), try context.input(0)]
    },
    // The softmax takes a maximum, a difference, an exponential, a sum and a logarithm an element.
    cost: .perInputElement(0, otherOperations: 5),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let classes = try LossClasses(context)
      let logarithms = classes.logSoftmax(try OperandValues.doubles(input))
      return context.named([
        try classes.loss(logarithms),
        OperandValues.tensor(input.type, input.sizes, logarithms),
      ])
    }
  )
}

extension EvaluationContext {
  /// As many of all results as the node has places for.
  func named(_ results: [Tensor]) -> [Tensor] { Array(results.prefix(max(hasOutput.count, 1))) }
}

private func lossType(_ context: OperatorContext) throws(OperatorError) -> TensorType {
  let input = try context.input(0)
  let target = try context.input(1)
  if let rank = input.shape.rank, rank < 2 {
    throw .invalid("scores of shape \(input.shape) have no axis of classes")
  }
  guard try context.attributes.string("reduction", default: "mean") == "none" else {
    return input.with(.scalar)
  }
  if let dimensions = input.shape.dimensions, target.shape.rank == nil {
    return input.with(.ranked([dimensions[0]] + dimensions.dropFirst(2)))
  }
  return input.with(target.shape)
}

/// The extents of a loss: samples, classes, positions; targets and their weights.
private struct LossClasses {
  let type: ElementType
  let samples: Int
  let classes: Int
  let positions: Int
  let targets: [Int]
  let targetSizes: [Int]
  /// The weight of each position; `nil` where all count the same.
  let weights: [Double]?
  let ignored: Int?
  let reduction: String

  init(_ context: EvaluationContext) throws(OperatorError) {
    let input = try context.input(0)
    guard input.rank >= 2 else { throw .invalid("scores without an axis of classes") }
    type = input.type
    samples = input.sizes[0]
    classes = input.sizes[1]
    positions = checkedProduct(input.sizes.dropFirst(2)) ?? 0
    targetSizes = try context.input(1).sizes
    targets = try context.integers(1)
    ignored = try context.attributes.int("ignoreIndex")
    reduction = try context.attributes.string("reduction", default: "mean")
    guard targets.count == samples * positions else {
      throw .invalid("\(targets.count) targets for \(samples * positions) positions")
    }
    let (count, ignored) = (classes, ignored)
    guard targets.allSatisfy({ $0 == ignored || (0..<count).contains($0) }) else {
      throw .invalid("a target is outside the \(classes) classes")
    }
    var perClass: [Double]?
    if let operand = context.optionalInput(2) {
      let values = try OperandValues.doubles(operand)
      guard values.count == classes else {
        throw .invalid("\(values.count) weights for \(classes) classes")
      }
      perClass = values
    }
    if perClass == nil, ignored == nil {
      weights = nil
    } else {
      weights = targets.map { target in target == ignored ? 0 : perClass?[target] ?? 1 }
    }
  }

  /// The logarithm of the softmax over the classes.
  func logSoftmax(_ scores: [Double]) -> [Double] {
    var result = scores
    for sample in 0..<samples {
      for position in 0..<positions {
        let base = sample * classes * positions + position
        let places = (0..<classes).map { base + $0 * positions }
        let greatest = places.map { scores[$0] }.max() ?? 0
        let total = places.reduce(0) { $0 + exp(scores[$1] - greatest) }
        for place in places { result[place] = scores[place] - greatest - log(total) }
      }
    }
    return result
  }

  /// The reduced loss of logarithms of probabilities.
  func loss(_ logarithms: [Double]) throws(OperatorError) -> Tensor {
    var losses: [Double] = []
    for (index, target) in targets.enumerated() {
      guard target != ignored else {
        losses.append(0)
        continue
      }
      let sample = index / positions
      let place = (sample * classes + target) * positions + index % positions
      losses.append(-logarithms[place] * (weights?[index] ?? 1))
    }
    let sum = losses.reduce(0, +)
    switch reduction {
    case "none": return OperandValues.tensor(type, targetSizes, losses)
    case "sum": return OperandValues.tensor(type, [], [sum])
    case "mean":
      let whole = weights?.reduce(0, +) ?? Double(targets.count)
      return OperandValues.tensor(type, [], [sum / whole])
    default: throw .invalid("reduction \"\(reduction)\" is none of none, sum, mean")
    }
  }
}
