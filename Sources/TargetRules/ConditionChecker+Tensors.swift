import ModelIR

extension TensorTest {
  /// Whether it is about certain axes, which formats order differently.
  fileprivate var namesAxes: Bool {
    switch self {
    case .size(axis: .some, _), .product: true
    default: false
    }
  }
}

extension TensorTest {
  /// Whether it is about the outermost axis, which all formats have for the batch.
  fileprivate var isAboutBatch: Bool {
    if case .size(let axis?, _) = self { return axis == 0 || axis <= -4 }
    return false
  }
}

extension TensorSelection {
  /// Whether it is the data that flows through, and no filter.
  fileprivate var isActivation: Bool {
    switch self {
    case .input(0), .output, .outputs, .activations: true
    case .input, .inputs, .all, .constants: false
    }
  }
}

/// Conditions on tensors.
extension CheckedOperator {
  /// A tensor and what it is to the operator.
  private struct Operand {
    let isInput: Bool
    let index: Int
    let value: ValueID?

    /// Its name in messages; made only where there is one.
    var label: String { (isInput ? "input " : "output ") + String(index) }
  }

  /// Calls `body` with the tensors of a selection until it is content.
  ///
  /// No list is made of them: a model of some thousand operators has each condition looked at for each.
  private func first(
    of selection: TensorSelection,
    _ body: (Operand) -> ConditionOutcome?
  ) -> ConditionOutcome? {
    switch selection {
    case .input(let index): return body(operand(input: index))
    case .output(let index): return body(operand(output: index))
    case .inputs, .all, .activations, .constants:
      for index in 0..<node.inputs.count {
        let operand = operand(input: index)
        switch selection {
        case .activations: if isConstant(operand) ?? true { continue }
        case .constants: if !(isConstant(operand) ?? false) { continue }
        default: break
        }
        if let outcome = body(operand) { return outcome }
      }
      if selection == .inputs || selection == .constants { return nil }
    case .outputs: break
    }
    for index in 0..<node.outputs.count {
      if let outcome = body(operand(output: index)) { return outcome }
    }
    return nil
  }

  private func operand(input index: Int) -> Operand {
    Operand(isInput: true, index: index, value: input(index))
  }

  private func operand(output index: Int) -> Operand {
    Operand(isInput: false, index: index, value: output(index))
  }

  /// `nil` where the operand is left out.
  private func isConstant(_ operand: Operand) -> Bool? {
    guard let value = operand.value else { return nil }
    return graph.values[value.index].isConstant
  }

  /// Whether the positions of a selection mean the same in both formats.
  private func isPositional(_ selection: TensorSelection) -> Bool {
    switch selection {
    case .input, .output: true
    default: false
    }
  }

  func check(_ selection: TensorSelection, _ test: TensorTest) -> ConditionOutcome {
    if isPositional(selection), !hasNativeOperands { return reordered(test.word) }
    if !isNative, test.namesAxes, !(test.isAboutBatch && selection.isActivation) {
      return reordered(test.word)
    }
    var open: ConditionOutcome?
    let broken = first(of: selection) { operand in
      let outcome = check(operand, test)
      switch outcome {
      case .holds: return nil
      case .broken: return outcome
      case .unknown:
        if open == nil { open = outcome }
        return nil
      }
    }
    return broken ?? open ?? .holds
  }

  private func reordered(_ word: String) -> ConditionOutcome {
    .unknown(
      rule: word,
      detail: "the model's format orders operands or axes in another way than the target's"
    )
  }

  private func check(_ operand: Operand, _ test: TensorTest) -> ConditionOutcome {
    if case .isPresent(let wanted) = test {
      guard (operand.value != nil) != wanted else { return .holds }
      return .broken(
        rule: test.word,
        detail: "\(operand.label) \(wanted ? "is left out and must be there" : "must be left out")"
      )
    }
    // Nothing is asked of an operand that is left out.
    guard let id = operand.value else { return .holds }
    // The value stays where it is: to copy one is to count the owners of all it refers to.
    return graph.values[id.index].check(test, operand.label)
  }

  func check(_ rows: [Condition.TypeRow]) -> ConditionOutcome {
    guard hasNativeOperands else { return reordered("types") }
    let inputs = types(node.inputs)
    let outputs = types(node.outputs)
    func fits(_ types: [ElementType?], _ row: [ElementType?]) -> Bool {
      zip(types, row).allSatisfy { type, wanted in
        type == nil || wanted == nil || type == wanted || type == .unknown
      }
    }
    let fitting = rows.contains { fits(inputs, $0.inputs) && fits(outputs, $0.outputs) }
    guard fitting else {
      let allowed = rows.map { written($0.inputs, $0.outputs) }
      return .broken(
        rule: "types",
        detail: "the types are \(written(inputs, outputs)); allowed: "
          + allowed.prefix(6).joined(separator: ", ")
          + (allowed.count > 6 ? " and \(allowed.count - 6) more" : "")
      )
    }
    return (inputs + outputs).contains(.unknown)
      ? .unknown(rule: "types", detail: "the type of an operand is not known") : .holds
  }

  private func types(_ values: [ValueID?]) -> [ElementType?] {
    values.map { $0.map { graph.values[$0.index].type } }
  }

  private func written(_ inputs: [ElementType?], _ outputs: [ElementType?]) -> String {
    func words(_ types: [ElementType?]) -> String {
      types.map { $0?.rawValue ?? "–" }.joined(separator: " ")
    }
    return "(\(words(inputs))\(outputs.isEmpty ? "" : " → " + words(outputs)))"
  }

  func check(
    _ first: TensorSelection,
    like second: TensorSelection,
    _ likeness: [Condition.Likeness]
  ) -> ConditionOutcome {
    guard hasNativeOperands else { return reordered("likeness") }
    return self.first(of: first) { operand in
      guard let id = operand.value else { return nil }
      return self.first(of: second) { other in
        guard let otherID = other.value, otherID != id else { return nil }
        for kind in likeness {
          let outcome = graph.values[id.index].check(kind, graph.values[otherID.index])
          if case .holds = outcome { continue }
          guard case .broken(let rule, let detail) = outcome else { return outcome }
          return .broken(
            rule: rule,
            detail: "\(operand.label) and \(other.label) must have the same \(detail)"
          )
        }
        return nil
      }
    } ?? .holds
  }
}

extension Value {
  /// Whether a test holds for the value.
  fileprivate func check(_ test: TensorTest, _ label: @autoclosure () -> String)
    -> ConditionOutcome
  {
    func outcome(_ isHeld: Bool, _ detail: @autoclosure () -> String) -> ConditionOutcome {
      isHeld ? .holds : .broken(rule: test.word, detail: "\(label()) \(detail())")
    }
    func open(_ what: String) -> ConditionOutcome {
      .unknown(rule: test.word, detail: "\(label()): \(what)")
    }
    switch test {
    case .types(let types):
      if type == .unknown { return open("the type is not known") }
      return outcome(
        types.contains(type),
        "is \(type.rawValue); \(listed(types.map(\.rawValue))) is allowed"
      )
    case .rank(let range):
      guard let rank = shape.rank else { return open("the number of axes is not known") }
      return outcome(
        range.contains(Double(rank)),
        "has the shape \(shape), \(rank) axes; \(range) are allowed"
      )
    case .size(let axis, let range): return checkSizes(axis, range, label)
    case .product(let axes, let range): return checkProduct(axes, range, label)
    case .elements(let range):
      guard let count = shape.elementCount else { return open("the shape \(shape) is open") }
      return outcome(
        range.contains(Double(count)),
        "has \(count) elements (\(shape)); \(range) are allowed"
      )
    case .isConstant(let wanted):
      return outcome(
        isConstant == wanted,
        wanted ? "is computed and must be a constant" : "is a constant and must be computed"
      )
    case .isPresent: return .holds
    case .hasFixedShape:
      return shape.isFixed ? .holds : open("the shape \(shape) is open; it must be fixed")
    case .quantization(let kinds):
      return outcome(
        kinds.contains(quantizationKind),
        (quantizationKind == .none
          ? "is not quantized" : "is quantized \(quantizationKind.rawValue)")
          + "; \(listed(kinds.map(\.rawValue))) is allowed"
      )
    case .zeroPoints(let range):
      let points = quantization?.zeroPoints ?? []
      let odd = points.first { !range.contains(Double($0)) }
      return outcome(odd == nil, "has the zero point \(odd ?? 0); \(range) is allowed")
    }
  }

  private func checkSizes(_ axis: Int?, _ range: NumberRange, _ label: () -> String)
    -> ConditionOutcome
  {
    guard let dimensions = shape.dimensions else {
      return .unknown(rule: "size", detail: "\(label()): the number of axes is not known")
    }
    var places = 0..<dimensions.count
    if let axis {
      let index = axis < 0 ? dimensions.count + axis : axis
      guard places.contains(index) else { return .holds }
      places = index..<(index + 1)
    }
    var isOpen = false
    for place in places {
      guard let size = dimensions[place].size else {
        isOpen = true
        continue
      }
      guard !range.contains(Double(size)) else { continue }
      let name = axis == nil ? "an axis" : "axis \(place)"
      return .broken(
        rule: "size",
        detail: "\(label()) has the shape \(shape), with \(name) of \(size); \(range) is allowed"
      )
    }
    return isOpen
      ? .unknown(rule: "size", detail: "\(label()): the shape \(shape) is open") : .holds
  }

  private func checkProduct(_ axes: [Int], _ range: NumberRange, _ label: () -> String)
    -> ConditionOutcome
  {
    guard let dimensions = shape.dimensions else {
      return .unknown(rule: "size", detail: "\(label()): the number of axes is not known")
    }
    let indices = axes.map { $0 < 0 ? dimensions.count + $0 : $0 }
      .filter { dimensions.indices.contains($0) }
    guard let product = checkedProduct(indices.compactMap { dimensions[$0].size }),
      indices.allSatisfy({ dimensions[$0].size != nil })
    else { return .unknown(rule: "size", detail: "\(label()): the shape \(shape) is open") }
    guard !range.contains(Double(product)) else { return .holds }
    let named = indices.map(String.init).joined(separator: ", ")
    return .broken(
      rule: "size",
      detail: "\(label()) has the shape \(shape), and axes \(named) multiply to \(product);"
        + " \(range) is allowed"
    )
  }

  private var quantizationKind: TensorTest.QuantizationKind {
    guard let quantization else { return .none }
    switch quantization.granularity {
    case .perTensor: return quantization.scales.isEmpty ? .none : .perTensor
    case .perAxis: return .perAxis
    case .blockwise: return .blockwise
    }
  }

  /// Whether two values are alike; the detail is what differs.
  fileprivate func check(_ kind: Condition.Likeness, _ other: Value) -> ConditionOutcome {
    let rule = "likeness"
    switch kind {
    case .type:
      return type == other.type
        ? .holds : .broken(rule: rule, detail: "type (\(type.rawValue), \(other.type.rawValue))")
    case .rank:
      guard let rank = shape.rank, let otherRank = other.shape.rank else {
        return .unknown(rule: rule, detail: "the number of axes is not known")
      }
      return rank == otherRank
        ? .holds : .broken(rule: rule, detail: "number of axes (\(rank), \(otherRank))")
    case .shape:
      guard shape.isFixed, other.shape.isFixed else {
        return .unknown(rule: rule, detail: "a shape is open (\(shape), \(other.shape))")
      }
      return shape == other.shape
        ? .holds : .broken(rule: rule, detail: "shape (\(shape), \(other.shape))")
    case .quantization:
      return quantization?.scales == other.quantization?.scales
        && quantization?.zeroPoints == other.quantization?.zeroPoints
        ? .holds : .broken(rule: rule, detail: "scale and zero point")
    }
  }
}
