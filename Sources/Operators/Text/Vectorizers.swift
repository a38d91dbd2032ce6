import ModelIR

extension OperatorDefinition {
  /// Counts how often n-grams of a pool stand in sequences of words or numbers: `[C]` or `[B, C]`.
  ///
  /// `mode` is `TF` (counts), `IDF` (the n-gram's weight where it stands at all) or `TFIDF` (counts
  /// times weights). Source: ONNX TfIdfVectorizer-9.
  static let tfIdfVectorizer = OperatorDefinition(
    "tfIdfVectorizer",
    "Counts n-grams of a pool.",
    family: .text,
    inputs: 1...1,
    inferTypes: tfIdfTypes,
    cost: .perInputElement(otherOperations: 1, status: .approximated),
    evaluate: evaluateTfIdf
  )

  /// Maps keys to values, others to a default: words or numbers to words or numbers.
  ///
  /// Source: ONNX (ai.onnx.ml) LabelEncoder-4.
  static let labelEncoder = OperatorDefinition(
    "labelEncoder",
    "Maps keys to values.",
    family: .text,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let table = try LabelTable(context.attributes)
      return [TensorType(table.values.type, try context.input(0).shape)]
    },
    cost: .perInputElement(otherOperations: 1, status: .approximated),
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      let table = try LabelTable(context.attributes)
      var places: [Key: Int] = [:]
      for (place, key) in table.keys.enumerated() where places[key] == nil { places[key] = place }
      let found = keys(of: input).map { places[$0] ?? table.keys.count }
      guard found.count == input.count else { throw .invalid("\(input.type) has no labels") }
      return [try table.values.gathering(offsets: found, sizes: input.sizes)]
    }
  )
}

/// What a table or a pool is searched by.
///
/// NaN finds NaN.
private enum Key: Hashable {
  case word(String)
  case integer(Int64)
  case real(UInt64)

  init(_ value: Double) { self = .real((value.isNaN ? .nan : value + 0).bitPattern) }
}

private func keys(of tensor: Tensor) -> [Key] {
  switch tensor.elements {
  case .strings(let values): values.map(Key.word)
  case .integers(let values): values.map(Key.integer)
  case .booleans(let values): values.map { .integer($0 ? 1 : 0) }
  case .floats(let values): values.map { Key(Double($0)) }
  case .doubles(let values): values.map { Key($0) }
  case .tensors: []
  }
}

/// The table of a label encoder: as many keys as values, and the default after the last value.
private struct LabelTable {
  var keys: [Key]
  var values: Tensor

  init(_ attributes: AttributeReader) throws(OperatorError) {
    if let tensor = try attributes.tensor("keysTensor") {
      keys = Operators.keys(of: tensor)
    } else if let words = try attributes.strings("keysStrings") {
      keys = words.map(Key.word)
    } else if let numbers = try attributes.ints("keysInt64s") {
      keys = numbers.map { .integer(Int64($0)) }
    } else if let numbers = try attributes.floats("keysFloats") {
      keys = numbers.map { Key(Double(Float($0))) }
    } else {
      throw .invalid("no keys are given")
    }
    if let tensor = try attributes.tensor("valuesTensor") {
      let fallback = try attributes.tensor("defaultTensor")
      values = try Tensor.joining([tensor, fallback ?? Self.usual(tensor.type)])
    } else if let words = try attributes.strings("valuesStrings") {
      let fallback = try attributes.string("defaultString", default: "_Unused")
      values = Tensor(
        type: .string,
        sizes: [words.count + 1],
        elements: .strings(words + [fallback])
      )
    } else if let numbers = try attributes.ints("valuesInt64s") {
      let fallback = try attributes.int("defaultInt64", default: -1)
      values = Tensor([numbers.count + 1], integers: numbers + [fallback])
    } else if let numbers = try attributes.floats("valuesFloats") {
      let fallback = try attributes.float("defaultFloat", default: -0.0)
      values = Tensor([numbers.count + 1], floats: (numbers + [fallback]).map { Float($0) })
    } else {
      throw .invalid("no values are given")
    }
    guard values.count == keys.count + 1 else {
      throw .invalid("\(keys.count) keys for \(values.count - 1) values")
    }
  }

  /// The default of each type that LabelEncoder names.
  private static func usual(_ type: ElementType) -> Tensor {
    switch type {
    case .string: Tensor(type: type, sizes: [1], elements: .strings(["_Unused"]))
    case let type where type.isInteger: Tensor(type, [1], numbers: [-1])
    default: Tensor(type, [1], numbers: [-0.0])
    }
  }
}

private func columns(_ attributes: AttributeReader) throws(OperatorError) -> (
  indexes: [Int], count: Int
) {
  guard let indexes = try attributes.ints("ngramIndexes"), let last = indexes.max(),
    indexes.allSatisfy({ $0 >= 0 }), last < Tensor.elementLimit
  else { throw .invalid("ngramIndexes are missing or negative") }
  return (indexes, last + 1)
}

private func tfIdfTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let width = Dimension.fixed(try columns(context.attributes).count)
  guard let dimensions = try context.input(0).shape.dimensions else {
    return [TensorType(.float32, .unknownRank)]
  }
  guard dimensions.count <= 2 else { throw .invalid("sequences of \(dimensions.count) axes") }
  return [TensorType(.float32, .ranked((dimensions.count == 2 ? [dimensions[0]] : []) + [width]))]
}

private func evaluateTfIdf(_ context: EvaluationContext) throws(OperatorError) -> [Tensor] {
  let input = try context.input(0)
  let attributes = context.attributes
  let (indexes, width) = try columns(attributes)
  let sizes = try context.inferredSizes(tfIdfTypes)
  let count = try Tensor.checkedCount(sizes)
  let shortest = try attributes.int("minGramLength", default: 1)
  let longest = try attributes.int("maxGramLength", default: 1)
  let skips = try attributes.int("maxSkipCount", default: 0)
  let weights = try attributes.floats("weights") ?? []
  let mode = try attributes.string("mode", default: "TF")
  let pool = try ngrams(attributes, shortest, longest)
  guard shortest > 0, longest >= shortest, longest <= 64, skips >= 0,
    pool.values.allSatisfy(indexes.indices.contains),
    weights.isEmpty || weights.count == indexes.count
  else { throw .invalid("n-grams of \(shortest) to \(longest) with \(indexes.count) indexes") }
  let words = keys(of: input)
  guard words.count == input.count else { throw .invalid("\(input.type) holds no words") }
  let rows = input.rank == 2 ? input.sizes[0] : 1
  let length = rows == 0 ? 0 : words.count / rows
  var counts = Array(repeating: Float(0), count: count)
  var factors = Array(repeating: Float(1), count: width)
  for (gram, weight) in weights.enumerated() { factors[indexes[gram]] = Float(weight) }
  for row in 0..<rows {
    let line = Array(words[(row * length)..<((row + 1) * length)])
    // Further apart than the line is long nothing stands any more.
    for distance in 1...(min(skips, length) + 1) {
      // Single words do not depend on the distance and are counted once.
      let least = distance > 1 ? max(shortest, 2) : shortest
      guard least <= longest else { break }
      for start in 0..<length {
        for size in least...longest {
          guard start + distance * (size - 1) < length else { break }
          let gram = (0..<size).map { line[start + $0 * distance] }
          if let number = pool[gram] { counts[row * width + indexes[number]] += 1 }
        }
      }
    }
  }
  let result = counts.enumerated().map { place, count -> Float in
    switch mode {
    case "TF": count
    case "IDF": count > 0 ? factors[place % width] : 0
    default: count * factors[place % width]
    }
  }
  return [Tensor(sizes, floats: result)]
}

/// The pool's n-grams of the wanted lengths, with their numbers in the pool.
private func ngrams(
  _ attributes: AttributeReader,
  _ shortest: Int,
  _ longest: Int
) throws(OperatorError) -> [[Key]: Int] {
  var items: [Key] = []
  if let words = try attributes.strings("poolStrings") {
    items = words.map(Key.word)
  } else if let numbers = try attributes.ints("poolInt64s") {
    items = numbers.map { .integer(Int64($0)) }
  }
  let starts = try attributes.ints("ngramCounts") ?? [0]
  var result: [[Key]: Int] = [:]
  var number = 0
  for (order, start) in starts.enumerated() {
    let end = order + 1 < starts.count ? starts[order + 1] : items.count
    guard start >= 0, end >= start, end <= items.count else {
      throw .invalid("ngramCounts \(starts) do not lie in a pool of \(items.count)")
    }
    let size = order + 1
    for place in stride(from: start, through: end - size, by: size) {
      if (shortest...max(shortest, longest)).contains(size) {
        let gram = Array(items[place..<(place + size)])
        if result[gram] == nil { result[gram] = number }
      }
      number += 1
    }
  }
  return result
}
