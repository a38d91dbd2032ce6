import ModelIR

/// An equation of Einstein's summation convention: `ij,jk->ik`.
///
/// Axes are named by letters; a letter that the result lacks is summed over, one that an operand
/// names twice takes its diagonal, and `...` stands for axes that broadcast.
/// Sources: ONNX Einsum-12; NumPy `einsum`.
struct EinsumEquation: Equatable {
  /// The axes of one operand: names before the ellipsis, whether there is one, names after it.
  struct Term: Equatable {
    var leading: [Character] = []
    var hasEllipsis = false
    var trailing: [Character] = []

    var names: [Character] { leading + trailing }
  }

  var operands: [Term]
  var result: Term

  /// - Throws: where the equation cannot be read.
  init(_ text: String) throws(OperatorError) {
    let compact = Array(text.filter { !$0.isWhitespace })
    let arrow = compact.indices.first {
      compact[$0] == "-" && $0 + 1 < compact.count && compact[$0 + 1] == ">"
    }
    let left = compact[..<(arrow ?? compact.count)]
    operands = []
    for part in left.split(separator: ",", omittingEmptySubsequences: false) {
      operands.append(try Self.term(Array(part), text))
    }
    if let arrow {
      result = try Self.term(Array(compact[(arrow + 2)...]), text)
    } else {
      // Without an arrow the result has the names that occur once, in alphabetical order.
      let names = operands.flatMap(\.names)
      let single = names.filter { name in names.filter { $0 == name }.count == 1 }
      result = Term(
        hasEllipsis: operands.contains { $0.hasEllipsis },
        trailing: single.sorted()
      )
    }
    let known = Set(operands.flatMap(\.names))
    guard result.names.allSatisfy(known.contains), Set(result.names).count == result.names.count
    else { throw .invalid("the equation \"\(text)\" has a result that its operands do not give") }
  }

  private static func term(_ text: [Character], _ whole: String) throws(OperatorError) -> Term {
    var term = Term()
    var index = 0
    while index < text.count {
      if text[index] == "." {
        guard !term.hasEllipsis, index + 2 < text.count, text[index + 1] == ".",
          text[index + 2] == "."
        else { throw .invalid("the equation \"\(whole)\" has a stray dot") }
        term.hasEllipsis = true
        index += 3
        continue
      }
      guard text[index].isLetter else {
        throw .invalid("the equation \"\(whole)\" names an axis \"\(text[index])\"")
      }
      if term.hasEllipsis {
        term.trailing.append(text[index])
      } else {
        term.leading.append(text[index])
      }
      index += 1
    }
    return term
  }
}

/// An equation bound to its operands: every axis has a number, ellipses are spelled out.
struct EinsumAxes {
  /// The extent of each axis.
  var extents: [Dimension] = []
  /// The axes of each operand; the broadcast axes of the ellipsis come first.
  var operands: [[Int]] = []
  var result: [Int] = []

  /// - Throws: where ranks or extents contradict the equation.
  /// - Returns: `nil` where an operand's rank is not known.
  init?(_ equation: EinsumEquation, _ shapes: [Shape]) throws(OperatorError) {
    guard equation.operands.count == shapes.count else {
      throw .invalid(
        "the equation has \(equation.operands.count) terms for \(shapes.count) operands"
      )
    }
    var ellipsisRank = 0
    var dimensions: [[Dimension]] = []
    for (term, shape) in zip(equation.operands, shapes) {
      guard let known = shape.dimensions else { return nil }
      let rest = known.count - term.names.count
      guard rest == 0 || rest > 0 && term.hasEllipsis else {
        throw .invalid("a term of \(term.names.count) axes for an operand of shape \(shape)")
      }
      ellipsisRank = max(ellipsisRank, rest)
      dimensions.append(known)
    }
    extents = Array(repeating: .fixed(1), count: ellipsisRank)
    var numbers: [Character: Int] = [:]
    for (term, known) in zip(equation.operands, dimensions) {
      let rest = known.count - term.names.count
      let lead = Array((ellipsisRank - rest)..<ellipsisRank)
      var axes: [Int] = []
      func number(_ name: Character) -> Int {
        if let number = numbers[name] { return number }
        numbers[name] = extents.count
        extents.append(.fixed(1))
        return extents.count - 1
      }
      axes += term.leading.map(number)
      axes += lead
      axes += term.trailing.map(number)
      for (axis, dimension) in zip(axes, known) {
        let merged = try Broadcasting.shape([.ranked([extents[axis]]), .ranked([dimension])])
        extents[axis] = merged.dimensions?.first ?? .unknown
      }
      operands.append(axes)
    }
    result = equation.result.leading.compactMap { numbers[$0] }
    if equation.result.hasEllipsis { result += 0..<ellipsisRank }
    result += equation.result.trailing.compactMap { numbers[$0] }
  }

  /// The result's shape.
  var shape: Shape { .ranked(result.map { extents[$0] }) }

  /// The products: one for every combination of all axes; `nil` where an extent is not known.
  var combinations: Int? {
    let sizes = extents.compactMap(\.size)
    return sizes.count == extents.count ? checkedProduct(sizes) : nil
  }
}
