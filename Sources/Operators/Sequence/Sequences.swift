import ModelIR

extension Tensor {
  /// A sequence of tensors.
  package init(sequence members: [Tensor]) {
    self.init(type: .variant, sizes: [members.count], elements: .tensors(members))
  }

  /// An optional that holds nothing; one that holds a value is that value.
  package static let nothing = Tensor(type: .variant, sizes: [], elements: .tensors([nil]))

  /// The members, where this is a sequence.
  package var members: [Tensor]? {
    guard rank == 1, case .tensors(let members) = elements else { return nil }
    return members.compactMap { $0 }
  }

  /// Whether this is an optional that holds nothing.
  package var isNothing: Bool {
    guard rank == 0, case .tensors = elements else { return false }
    return true
  }
}

extension EvaluationContext {
  /// The members of a sequence operand.
  func sequence(_ index: Int) throws(OperatorError) -> [Tensor] {
    guard let members = try input(index).members else {
      throw .invalid("operand \(index) is no sequence")
    }
    return members
  }

  /// A place in a sequence: an operand, counted from the end where it is negative.
  func place(
    operand index: Int,
    default place: Int,
    upTo count: Int
  ) throws(OperatorError) -> Int {
    guard hasInput(index) else { return place }
    guard let given = try integers(index).first else { throw .invalid("there is no position") }
    let position = given < 0 ? given + count : given
    guard position >= 0, position <= count else {
      throw .invalid("position \(given) in a sequence of \(count)")
    }
    return position
  }
}

extension OperatorDefinition {
  /// A sequence of the operands.
  ///
  /// Source: ONNX SequenceConstruct.
  static let sequenceConstruct = sequence(
    "sequenceConstruct",
    "A sequence of the operands.",
    inputs: .atLeast(1)
  ) { (context) throws(OperatorError) in [Tensor(sequence: context.allInputs())] }

  /// A sequence of no tensors.
  ///
  /// Source: ONNX SequenceEmpty.
  static let sequenceEmpty = sequence(
    "sequenceEmpty",
    "A sequence of no tensors.",
    inputs: 0...0
  ) { (_) throws(OperatorError) in [Tensor(sequence: [])] }

  /// A sequence with one more tensor: (sequence, tensor, position?).
  ///
  /// Source: ONNX SequenceInsert.
  static let sequenceInsert = sequence(
    "sequenceInsert",
    "A sequence with one more tensor.",
    inputs: 2...3
  ) { (context) throws(OperatorError) in
    var members = try context.sequence(0)
    let place = try context.place(operand: 2, default: members.count, upTo: members.count)
    members.insert(try context.input(1), at: place)
    return [Tensor(sequence: members)]
  }

  /// A sequence with one tensor less, by default the last.
  ///
  /// Source: ONNX SequenceErase.
  static let sequenceErase = sequence(
    "sequenceErase",
    "A sequence with one tensor less.",
    inputs: 1...2
  ) { (context) throws(OperatorError) in
    var members = try context.sequence(0)
    let place = try context.place(operand: 1, default: members.count - 1, upTo: members.count)
    guard members.indices.contains(place) else {
      throw .invalid("position \(place) in a sequence of \(members.count)")
    }
    members.remove(at: place)
    return [Tensor(sequence: members)]
  }

  /// One tensor of a sequence.
  ///
  /// Source: ONNX SequenceAt.
  static let sequenceAt = sequence(
    "sequenceAt",
    "One tensor of a sequence.",
    inputs: 2...2,
    types: statedTypes
  ) { (context) throws(OperatorError) in
    let members = try context.sequence(0)
    let place = try context.place(operand: 1, default: 0, upTo: members.count)
    guard members.indices.contains(place) else {
      throw .invalid("position \(place) in a sequence of \(members.count)")
    }
    return [members[place]]
  }

  /// The number of tensors in a sequence.
  ///
  /// Source: ONNX SequenceLength.
  static let sequenceLength = sequence(
    "sequenceLength",
    "The number of tensors in a sequence.",
    inputs: 1...1,
    types: { (_) throws(OperatorError) in [TensorType(.int64, .scalar)] }
  ) { (context) throws(OperatorError) in
    [Tensor([], integers: [try context.sequence(0).count])]
  }

  /// A tensor cut along an axis into a sequence: (x, extents?), a scalar for equal parts.
  ///
  /// Without extents every part is one position, whose axis goes away unless `keepDimensions` is
  /// set. Source: ONNX SplitToSequence.
  static let splitToSequence = sequence(
    "splitToSequence",
    "Cuts a tensor into a sequence.",
    inputs: 1...2
  ) { (context) throws(OperatorError) in
    let input = try context.input(0)
    let axis = try Axes.normalize(
      try context.attributes.int("axis", default: 0),
      rank: input.rank
    )
    let size = input.sizes[axis]
    _ = try Tensor.checkedCount([size])
    var extents = Array(repeating: 1, count: size)
    if let given = context.optionalInput(1), let values = given.integerValues {
      guard values.allSatisfy({ $0 >= (given.rank == 0 ? 1 : 0) }) else {
        throw .invalid("parts of extents \(values)")
      }
      extents = values
      if given.rank == 0, let part = values.first {
        extents = Array(repeating: part, count: size / part)
        if size % part > 0 { extents.append(size % part) }
      }
    }
    let keepsDimensions = try context.attributes.bool("keepDimensions", default: true)
    let isDropped = !context.hasInput(1) && !keepsDimensions
    var parts: [Tensor] = []
    var start = 0
    for extent in extents {
      guard extent <= size - start else {
        throw .invalid("parts of extents \(extents) do not make up \(size) positions")
      }
      var selections = input.sizes.map(AxisSelection.all)
      selections[axis] = .strided(start: start, step: 1, count: extent)
      var part = try input.selecting(selections)
      if isDropped { part.sizes.remove(at: axis) }
      parts.append(part)
      start += extent
    }
    return [Tensor(sequence: parts)]
  }

  /// The tensors of a sequence joined along an axis, which is a new one where `newAxis` is set.
  ///
  /// Source: ONNX ConcatFromSequence.
  static let concatFromSequence = sequence(
    "concatFromSequence",
    "Joins the tensors of a sequence.",
    inputs: 1...1,
    types: statedTypes
  ) { (context) throws(OperatorError) in
    var members = try context.sequence(0)
    guard let first = members.first else { throw .invalid("the sequence is empty") }
    let isNew = try context.attributes.bool("newAxis")
    let axis = try Axes.normalize(
      try context.attributes.int("axis", default: 0),
      rank: first.rank + (isNew ? 1 : 0)
    )
    if isNew {
      guard members.allSatisfy({ $0.rank == first.rank }) else {
        throw .invalid("the sequence has tensors of different numbers of axes")
      }
      for index in members.indices { members[index].sizes.insert(1, at: axis) }
    }
    return [try Tensor.concatenating(members, axis: axis)]
  }

  /// Runs a graph on every member: (sequence, sequences or tensors…).
  ///
  /// Source: ONNX SequenceMap.
  static let sequenceMap = sequence(
    "sequenceMap",
    "Runs a graph on every member of sequences.",
    inputs: .atLeast(1),
    outputs: .atLeast(1),
    types: { (context) throws(OperatorError) in
      Array(repeating: TensorType(.variant, .unknownRank), count: context.outputCount)
    }
  ) { (context) throws(OperatorError) in
    let body = try context.attributes.graph("bodyGraph")
    let count = try context.sequence(0).count
    var results: [[Tensor]] = context.hasOutput.map { _ in [] }
    for index in 0..<count {
      var operands: [Tensor?] = []
      for input in context.inputs {
        guard let members = input?.members else {
          operands.append(input)
          continue
        }
        guard members.indices.contains(index) else {
          throw .invalid("sequences of \(count) and \(members.count) tensors")
        }
        operands.append(members[index])
      }
      let values = try context.run(body, operands)
      guard values.count >= results.count else {
        throw .invalid("the body gives \(values.count) of \(results.count) results")
      }
      for place in results.indices { results[place].append(values[place]) }
    }
    return results.map { Tensor(sequence: $0) }
  }

  /// An optional of the operand, or one that holds nothing.
  ///
  /// Source: ONNX Optional.
  static let optional = sequence(
    "optional",
    "An optional value.",
    inputs: 0...1
  ) { (context) throws(OperatorError) in [context.optionalInput(0) ?? .nothing] }

  /// The value that an optional holds.
  ///
  /// Source: ONNX OptionalGetElement.
  static let optionalGetElement = sequence(
    "optionalGetElement",
    "The value of an optional.",
    inputs: 1...1,
    types: { (context) throws(OperatorError) in
      let input = try context.input(0)
      return input.element == .variant ? try statedTypes(context) : [input]
    }
  ) { (context) throws(OperatorError) in
    let value = try context.input(0)
    guard !value.isNothing else { throw .invalid("the optional holds nothing") }
    return [value]
  }

  /// Whether an optional holds a value.
  ///
  /// Source: ONNX OptionalHasElement.
  static let optionalHasElement = sequence(
    "optionalHasElement",
    "Whether an optional holds a value.",
    inputs: 0...1,
    types: { (_) throws(OperatorError) in [TensorType(.bool, .scalar)] }
  ) { (context) throws(OperatorError) in
    let holds = context.optionalInput(0).map { !$0.isNothing } ?? false
    return [Tensor(type: .bool, sizes: [], elements: .booleans([holds]))]
  }

  /// An operator on sequences; nothing is known of its result's shape.
  private static func sequence(
    _ name: String,
    _ summary: String,
    inputs: ClosedRange<Int>,
    outputs: ClosedRange<Int> = 1...1,
    types: @escaping TypeInference = { (_) throws(OperatorError) in
      [TensorType(.variant, .unknownRank)]
    },
    _ evaluate: @escaping Evaluation
  ) -> OperatorDefinition {
    OperatorDefinition(
      name,
      summary,
      family: .sequence,
      inputs: inputs,
      outputs: outputs,
      inferTypes: types,
      cost: .free,
      evaluate: evaluate
    )
  }
}

/// What the file says of the result: the types of a sequence's members are not followed.
private func statedTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  [context.statedOutputs.first.flatMap { $0 } ?? TensorType(.variant, .unknownRank)]
}
