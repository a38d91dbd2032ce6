import ModelIR

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension OperatorDefinition {
  /// Normally distributed numbers of a shape that is an attribute (ONNX RandomNormal) or the operand
  /// (TFLite RANDOM_STANDARD_NORMAL).
  ///
  /// No runtime's sequence is reproduced; equal seeds give equal numbers here.
  static let randomNormal = random("randomNormal", "Normally distributed numbers.", inputs: 0...1) {
    (context, generator) throws(OperatorError) in
    let mean = try context.attributes.float("mean", default: 0)
    let scale = try context.attributes.float("scale", default: 1)
    return mean + scale * generator.normal()
  }
  /// Evenly distributed numbers between `low` and `high`.
  ///
  /// Sources: ONNX RandomUniform, TFLite RANDOM_UNIFORM.
  static let randomUniform = random("randomUniform", "Evenly distributed numbers.", inputs: 0...1) {
    (context, generator) throws(OperatorError) in
    let low = try context.attributes.float("low", default: 0)
    let high = try context.attributes.float("high", default: 1)
    return low + (high - low) * generator.uniform()
  }
  /// Normally distributed numbers of the operand's shape.
  ///
  /// Source: ONNX RandomNormalLike.
  static let randomNormalLike = random(
    "randomNormalLike",
    "Normally distributed numbers of the operand's shape.",
    isLike: true,
    inputs: 1...1
  ) { (context, generator) throws(OperatorError) in
    let mean = try context.attributes.float("mean", default: 0)
    let scale = try context.attributes.float("scale", default: 1)
    return mean + scale * generator.normal()
  }
  /// Evenly distributed numbers of the operand's shape.
  ///
  /// Source: ONNX RandomUniformLike.
  static let randomUniformLike = random(
    "randomUniformLike",
    "Evenly distributed numbers of the operand's shape.",
    isLike: true,
    inputs: 1...1
  ) { (context, generator) throws(OperatorError) in
    let low = try context.attributes.float("low", default: 0)
    let high = try context.attributes.float("high", default: 1)
    return low + (high - low) * generator.uniform()
  }

  private typealias Draw =
    @Sendable (EvaluationContext, inout SeededGenerator) throws(OperatorError) -> Double

  private static func random(
    _ name: String,
    _ summary: String,
    isLike: Bool = false,
    inputs: ClosedRange<Int>,
    _ draw: @escaping Draw
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .random,
      inputs: inputs,
      inferTypes: { (context) throws(OperatorError) in [try randomType(context, isLike)] },
      cost: .perOutputElement(otherOperations: 1, status: .approximated),
      evaluate: { (context) throws(OperatorError) in
        let type = try randomType(context.operatorContext, isLike)
        guard let sizes = type.shape.sizes else { throw .invalid("the shape is not known") }
        var generator = try SeededGenerator(context)
        var numbers: [Double] = []
        for _ in 0..<(try Tensor.checkedCount(sizes)) {
          numbers.append(try draw(context, &generator))
        }
        return [Tensor(type.element, sizes, numbers: numbers)]
      },
      isPure: false
    )
  }

  /// Ones with the probability that each element states, otherwise zeros.
  ///
  /// Source: ONNX Bernoulli.
  static let bernoulli = OperatorDefinition(
    "bernoulli",
    "Ones with given probabilities.",
    family: .random,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in [try randomType(context, true)] },
    cost: .perOutputElement(otherOperations: 1, status: .approximated),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let chances = input.doubleValues else { throw .invalid("probabilities of strings") }
      var generator = try SeededGenerator(context)
      let numbers = chances.map { generator.uniform() < $0 ? 1.0 : 0 }
      let element = try randomType(context.operatorContext, true).element
      return [Tensor(element, input.sizes, numbers: numbers)]
    },
    isPure: false
  )

  /// Classes drawn by their log probabilities: `[batch, classes]` to `[batch, samples]`.
  ///
  /// The number of samples is `sampleSize` (ONNX Multinomial) or operand 1 (TFLite MULTINOMIAL).
  static let multinomial = OperatorDefinition(
    "multinomial",
    "Classes drawn by their log probabilities.",
    family: .random,
    inputs: 1...2,
    inferTypes: multinomialTypes,
    cost: .perOutputElement(otherOperations: 1, status: .approximated),
    evaluate: { (context) throws(OperatorError) in
      let types = try multinomialTypes(context.operatorContext)
      let input = try context.input(0)
      guard let type = types.first, let sizes = type.shape.sizes, sizes.count == 2,
        input.rank == 2, sizes[0] == input.sizes[0], let logits = input.doubleValues
      else { throw .invalid("\(input.shape) holds no rows of classes") }
      var generator = try SeededGenerator(context)
      let classes = input.sizes[1]
      _ = try Tensor.checkedCount(sizes)
      guard classes > 0 || sizes.contains(0) else { throw .invalid("there are no classes") }
      var drawn: [Int] = []
      for row in 0..<sizes[0] {
        let values = Array(logits[(row * classes)..<((row + 1) * classes)])
        let greatest = values.max() ?? 0
        let weights = values.map { Double.exp($0 - greatest) }
        let total = weights.reduce(0, +)
        for _ in 0..<sizes[1] {
          var rest = generator.uniform() * total
          let place = weights.firstIndex { weight in
            rest -= weight
            return rest < 0
          }
          drawn.append(place ?? classes - 1)
        }
      }
      return [Tensor(type.element, sizes, integers: drawn)]
    },
    isPure: false
  )
}

private func multinomialTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let element = try generatedType(
    context.attributes,
    default: context.statedOutputs.first.flatMap { $0 }?.element ?? .int32
  )
  var samples = Dimension.fixed(try context.attributes.int("sampleSize", default: 1))
  if context.hasInput(1) { samples = context.dimensions(1)?.first ?? .unknown }
  if let size = samples.size, size < 0 { throw .invalid("\(size) samples") }
  let batch = input.shape.dimensions?.first ?? .unknown
  return [TensorType(element, .ranked([batch, samples]))]
}

private func randomType(
  _ context: OperatorContext,
  _ isLike: Bool
) throws(OperatorError) -> TensorType {
  if isLike {
    let input = try context.input(0)
    return TensorType(
      try generatedType(context.attributes, default: input.element),
      input.shape
    )
  }
  let element = try generatedType(
    context.attributes,
    default: context.statedOutputs.first.flatMap { $0 }?.element ?? .float32
  )
  if context.hasInput(0) { return TensorType(element, try statedShape(from: 0, of: context)) }
  guard let sizes = try context.attributes.ints("shape") else {
    throw .invalid("neither operand 0 nor the attribute shape is given")
  }
  guard sizes.allSatisfy({ $0 >= 0 }) else { throw .invalid("the shape \(sizes)") }
  return TensorType(element, .fixed(sizes))
}

/// Random numbers that follow from a seed alone (SplitMix64, Steele, Lea and Flood 2014).
struct SeededGenerator {
  private var state: UInt64

  init(_ context: EvaluationContext) throws(OperatorError) {
    let seed = try context.attributes.float("seed")
    state = seed.map(\.bitPattern) ?? context.seed
  }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// A number in `0..<1` with 53 random bits.
  mutating func uniform() -> Double {
    Double(next() >> 11) * Double(sign: .plus, exponent: -53, significand: 1)
  }

  /// A standard normal number (Box and Muller 1958).
  mutating func normal() -> Double {
    let radius = (-2 * Double.log(1 - uniform())).squareRoot()
    return radius * Double.cos(2 * .pi * uniform())
  }
}
