import ModelIR

extension OperatorDefinition {
  /// Drops stop words and changes the case of words.
  ///
  /// Takes `[C]` or `[1, C]`; where nothing remains, one empty text does. The locale is not looked
  /// at: case changes as Unicode has it. Source: ONNX StringNormalizer-10.
  static let stringNormalizer = OperatorDefinition(
    "stringNormalizer",
    "Drops stop words and changes the case of words.",
    family: .text,
    inputs: 1...1,
    inferTypes: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard let dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
      guard (1...2).contains(dimensions.count) else { throw .invalid("texts of \(input.shape)") }
      // Empty texts go away as well, so the number is known only afterwards.
      let rows = dimensions.count == 2 ? [dimensions[0]] : []
      return [input.with(.ranked(rows + [.unknown]))]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard case .strings(let words) = input.elements, (1...2).contains(input.rank),
        input.rank == 1 || input.sizes[0] == 1
      else { throw .invalid("texts of shape \(input.shape)") }
      let action = try context.attributes.string("caseChangeAction", default: "NONE")
      func changed(_ word: String) -> String {
        switch action {
        case "LOWER": word.lowercased()
        case "UPPER": word.uppercased()
        default: word
        }
      }
      let isCaseSensitive = try context.attributes.bool("isCaseSensitive")
      let stopWords = try context.attributes.strings("stopwords") ?? []
      let stops = Set(isCaseSensitive ? stopWords : stopWords.map { $0.lowercased() })
      let kept = words.filter { word in
        !stops.contains(isCaseSensitive ? word : word.lowercased()) && !word.isEmpty
      }
      let result = kept.isEmpty ? [""] : kept.map(changed)
      let sizes = input.rank == 1 ? [result.count] : [1, result.count]
      return [Tensor(type: .string, sizes: sizes, elements: .strings(result))]
    }
  )

  /// Puts texts together, one after the other, with broadcasting.
  ///
  /// Source: ONNX StringConcat-20.
  static let stringConcat = OperatorDefinition(
    "stringConcat",
    "Puts texts together.",
    family: .text,
    inputs: 2...2,
    inferTypes: { (context) throws(OperatorError) in
      let shapes = [try context.input(0).shape, try context.input(1).shape]
      return [TensorType(.string, try Broadcasting.shape(shapes))]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let (left, right) = (try context.input(0), try context.input(1))
      guard let sizes = try Broadcasting.shape([left.shape, right.shape]).sizes,
        case .strings(let first) = try left.broadcast(to: sizes).elements,
        case .strings(let second) = try right.broadcast(to: sizes).elements
      else { throw .invalid("the operands are no texts") }
      let joined = zip(first, second).map { $0 + $1 }
      return [Tensor(type: .string, sizes: sizes, elements: .strings(joined))]
    }
  )

  /// Cuts texts at a delimiter, or at white space where there is none.
  ///
  /// Gives the parts, filled up with empty texts to the most of any, and their numbers.
  /// Source: ONNX StringSplit-20.
  static let stringSplit = OperatorDefinition(
    "stringSplit",
    "Cuts texts at a delimiter.",
    family: .text,
    inputs: 1...1,
    outputs: 1...2,
    inferTypes: { (context) throws(OperatorError) in
      let shape = try context.input(0).shape
      let parts = shape.dimensions.map { Shape.ranked($0 + [.unknown]) } ?? .unknownRank
      return [TensorType(.string, parts), TensorType(.int64, shape)]
    },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      let input = try context.input(0)
      guard case .strings(let texts) = input.elements else { throw .invalid("no texts") }
      let delimiter = try context.attributes.string("delimiter")
      let most = try context.attributes.int("maxsplit") ?? .max
      let rows = texts.map { parts($0, delimiter: delimiter, most: most < 0 ? .max : most) }
      let width = rows.map(\.count).max() ?? 0
      _ = try Tensor.checkedCount(input.sizes + [width])
      var flat: [String] = []
      for row in rows { flat += row + Array(repeating: "", count: width - row.count) }
      return [
        Tensor(type: .string, sizes: input.sizes + [width], elements: .strings(flat)),
        Tensor(input.sizes, integers: rows.map(\.count)),
      ]
    }
  )

  /// Texts of consecutive words of a sentence, with up to `maxSkipSize` words left out between.
  ///
  /// `ngramSize` words each, or up to so many with `includeAllNgrams`. Source: TFLite SKIP_GRAM.
  static let skipGram = OperatorDefinition(
    "skipGram",
    "Texts of nearby words of a sentence.",
    family: .text,
    inputs: 1...1,
    inferTypes: { (_) throws(OperatorError) in [TensorType(.string, .ranked([.unknown]))] },
    cost: .free,
    evaluate: { (context) throws(OperatorError) in
      guard case .strings(let texts) = try context.input(0).elements, let text = texts.first else {
        throw .invalid("there is no text")
      }
      let size = try context.attributes.int("ngramSize", default: 1)
      let skip = try context.attributes.int("maxSkipSize", default: 0)
      let takesAll = try context.attributes.bool("includeAllNgrams")
      let words = parts(text, delimiter: "", most: .max)
      guard size > 0, skip >= 0 else { throw .invalid("\(size) words, \(skip) left out") }
      var grams: [String] = []
      /// Depth first: longer grams that begin alike come before the gram itself.
      func extend(_ chosen: [Int]) throws(OperatorError) {
        if let last = chosen.last, chosen.count < size, last + 1 < words.count {
          for next in (last + 1)...min(last &+ skip &+ 1, words.count - 1) {
            try extend(chosen + [next])
          }
        }
        if takesAll || chosen.count == size {
          grams.append(chosen.map { words[$0] }.joined(separator: " "))
          _ = try Tensor.checkedCount([grams.count])
        }
      }
      if words.count >= size {
        guard size <= 64 else { throw OperatorError(.limit, "texts of \(size) words") }
        for start in words.indices { try extend([start]) }
      }
      return [Tensor(type: .string, sizes: [grams.count], elements: .strings(grams))]
    }
  )
}

/// The parts of a text between delimiters, at most `most` cuts from the left.
private func parts(_ text: String, delimiter: String, most: Int) -> [String] {
  guard !delimiter.isEmpty else {
    // White space: runs of it cut once, and none stands at the ends.
    var result: [String] = []
    var rest = text[...].drop { $0.isWhitespace }
    while !rest.isEmpty, result.count < most {
      let word = rest.prefix { !$0.isWhitespace }
      result.append(String(word))
      rest = rest[word.endIndex...].drop { $0.isWhitespace }
    }
    if !rest.isEmpty { result.append(String(rest)) }
    return result
  }
  let bytes = Array(text.utf8)
  let mark = Array(delimiter.utf8)
  var result: [String] = []
  var start = 0
  var place = 0
  while place + mark.count <= bytes.count, result.count < most {
    if bytes[place..<(place + mark.count)].elementsEqual(mark) {
      result.append(String(decoding: bytes[start..<place], as: UTF8.self))
      place += mark.count
      start = place
    } else {
      place += 1
    }
  }
  result.append(String(decoding: bytes[start...], as: UTF8.self))
  return result
}
