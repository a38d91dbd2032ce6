import ModelIR

/// Lists of tensors as TensorFlow has them: a list has places, which may hold nothing yet.
///
/// Sources: TensorFlow `core/kernels/list_kernels.cc` (`TensorList…`) and
/// `core/kernels/tensor_array_ops.cc` (`TensorArray…V3`, whose flow is the list here).
extension OperatorDefinition {
  /// A list with a number of places that hold nothing: (shape of the elements?, number).
  ///
  /// A second result is the same list.
  static let listReserve = list(
    "listReserve",
    "A list with places that hold nothing.",
    inputs: 2...2,
    outputs: 1...2
  ) { (context) throws(OperatorError) in
    guard let count = try context.integers(1).first, count >= 0 else {
      throw .invalid("a list of a negative number of tensors")
    }
    try checkPlaces(count)
    let places = [Tensor?](repeating: nil, count: count)
    let list = Tensor(type: .variant, sizes: [count], elements: .tensors(places))
    return context.hasOutput.map { _ in list }
  }

  /// A list without places.
  static let listEmpty = list("listEmpty", "A list of no tensors.", inputs: 0...0) {
    (_) throws(OperatorError) in [Tensor(sequence: [])]
  }

  /// A list with another tensor in one place: (list, place, tensor).
  ///
  /// With `isGrowing` a place beyond the end makes the list longer.
  static let listSetItem = list(
    "listSetItem",
    "Puts a tensor into a place of a list.",
    inputs: 3...3
  ) { (context) throws(OperatorError) in
    var places = try context.places(0)
    let place = try context.place(1)
    if place >= places.count, try context.attributes.bool("isGrowing") {
      let (count, overflow) = place.addingReportingOverflow(1)
      guard !overflow else { throw OperatorError(.limit, "place \(place) of a list") }
      try checkPlaces(count)
      places += [Tensor?](repeating: nil, count: count - places.count)
    }
    guard places.indices.contains(place) else {
      throw .invalid("place \(place) in a list of \(places.count)")
    }
    places[place] = try context.input(2)
    return [Tensor(type: .variant, sizes: [places.count], elements: .tensors(places))]
  }

  /// The tensor in one place: (list, place, shape of the elements?).
  static let listGetItem = list(
    "listGetItem",
    "The tensor in a place of a list.",
    inputs: 2...3,
    types: elementTypes
  ) { (context) throws(OperatorError) in
    let places = try context.places(0)
    let place = try context.place(1)
    guard places.indices.contains(place) else {
      throw .invalid("place \(place) in a list of \(places.count)")
    }
    if let tensor = places[place] { return [tensor] }
    return [try context.emptyElement(places, shape: 2)]
  }

  /// The slices of a tensor along its first axis.
  static let listFromTensor = list(
    "listFromTensor",
    "The slices of a tensor as a list.",
    inputs: 1...1
  ) { (context) throws(OperatorError) in
    let tensor = try context.input(0)
    guard let count = tensor.sizes.first else { throw .invalid("a scalar has no slices") }
    return [Tensor(sequence: try context.slices(tensor, count: count))]
  }

  /// All tensors of a list, stacked along a new first axis: (list, shape of the elements?).
  static let listStack = list(
    "listStack",
    "The tensors of a list, stacked.",
    inputs: 1...2,
    types: elementTypes
  ) { (context) throws(OperatorError) in
    let places = try context.places(0)
    return [try context.stacked(places, Array(places.indices), shape: 1)]
  }

  /// Some tensors of a list, stacked: (list, places, shape of the elements?).
  static let listGather = list(
    "listGather",
    "Tensors of a list by their places, stacked.",
    inputs: 2...3,
    types: elementTypes
  ) { (context) throws(OperatorError) in
    [try context.stacked(try context.places(0), try context.integers(1), shape: 2)]
  }

  /// Slices of a tensor put into places: (list, places, tensor).
  static let listScatter = list(
    "listScatter",
    "Puts slices of a tensor into places of a list.",
    inputs: 3...3
  ) { (context) throws(OperatorError) in
    var places = try context.places(0)
    let wanted = try context.integers(1)
    let slices = try context.slices(try context.input(2), count: wanted.count)
    for (place, slice) in zip(wanted, slices) {
      guard place >= 0 else { throw .invalid("place \(place) of a list") }
      if place >= places.count {
        let (count, overflow) = place.addingReportingOverflow(1)
        guard !overflow else { throw OperatorError(.limit, "place \(place) of a list") }
        try checkPlaces(count)
        places += [Tensor?](repeating: nil, count: count - places.count)
      }
      places[place] = slice
    }
    return [Tensor(type: .variant, sizes: [places.count], elements: .tensors(places))]
  }

  /// The tensors of a list joined along their first axis, and how long each is.
  static let listConcat = list(
    "listConcat",
    "The tensors of a list, joined.",
    inputs: 1...1,
    outputs: 1...2,
    types: { (context) throws(OperatorError) in
      [
        TensorType(try context.attributes.type("elementType") ?? .unknown, .unknownRank),
        TensorType(.int64, .ranked([.unknown])),
      ]
    }
  ) { (context) throws(OperatorError) in
    var members: [Tensor] = []
    for place in try context.places(0) {
      guard let place, place.rank > 0 else {
        throw .invalid("a list with a place that holds nothing to join")
      }
      members.append(place)
    }
    guard !members.isEmpty else { throw .invalid("the list is empty") }
    let lengths = Tensor([members.count], integers: members.map { $0.sizes[0] })
    return [try Tensor.concatenating(members, axis: 0), lengths]
  }

  /// The number of places.
  static let listLength = list(
    "listLength",
    "The number of places of a list.",
    inputs: 1...1,
    types: { (_) throws(OperatorError) in [TensorType(.int32, .scalar)] }
  ) { (context) throws(OperatorError) in
    [Tensor(.int32, [], integers: [try context.places(0).count])]
  }

  /// A list with one more tensor: (list, tensor).
  static let listPushBack = list(
    "listPushBack",
    "A list with one more tensor.",
    inputs: 2...2
  ) { (context) throws(OperatorError) in
    let places = try context.places(0) + [try context.input(1)]
    return [Tensor(type: .variant, sizes: [places.count], elements: .tensors(places))]
  }

  /// A list without its last tensor, and that tensor.
  static let listPopBack = list(
    "listPopBack",
    "A list without its last tensor, and that tensor.",
    inputs: 1...1,
    outputs: 2...2,
    types: { (context) throws(OperatorError) in
      [
        TensorType(.variant, .unknownRank),
        TensorType(try context.attributes.type("elementType") ?? .unknown, .unknownRank),
      ]
    }
  ) { (context) throws(OperatorError) in
    var places = try context.places(0)
    guard let last = places.popLast() else { throw .invalid("the list is empty") }
    guard let last else { throw .invalid("the last place of the list holds nothing") }
    return [
      Tensor(type: .variant, sizes: [places.count], elements: .tensors(places)), last,
    ]
  }

  /// A list with another number of places: (list, number).
  static let listResize = list(
    "listResize",
    "A list with another number of places.",
    inputs: 2...2
  ) { (context) throws(OperatorError) in
    let count = try context.place(1)
    guard count >= 0 else { throw .invalid("a list of \(count) tensors") }
    try checkPlaces(count)
    var places = Array(try context.places(0).prefix(count))
    places += [Tensor?](repeating: nil, count: count - places.count)
    return [Tensor(type: .variant, sizes: [count], elements: .tensors(places))]
  }

  /// An operator on lists; nothing is known of its result's shape.
  private static func list(
    _ name: String,
    _ summary: String,
    inputs: ClosedRange<Int>,
    outputs: ClosedRange<Int> = 1...1,
    types: @escaping TypeInference = { (context) throws(OperatorError) in
      context.hasOutput.map { _ in TensorType(.variant, .unknownRank) }
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

/// The type of the elements, where the node says it.
private func elementTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  [TensorType(try context.attributes.type("elementType") ?? .unknown, .unknownRank)]
}

extension EvaluationContext {
  /// The places of a list operand.
  fileprivate func places(_ index: Int) throws(OperatorError) -> [Tensor?] {
    let list = try input(index)
    guard list.rank == 1, case .tensors(let places) = list.elements else {
      throw .invalid("operand \(index) is no list")
    }
    return places
  }

  /// A place of a list.
  fileprivate func place(_ index: Int) throws(OperatorError) -> Int {
    guard let place = try integers(index).first, place >= 0 else {
      throw .invalid("operand \(index) is no place of a list")
    }
    return place
  }

  /// Zeros in the shape of the elements: what a place holds that nothing was put into.
  fileprivate func emptyElement(
    _ places: [Tensor?],
    shape operand: Int
  ) throws(OperatorError) -> Tensor {
    if let like = places.first(where: { $0 != nil }) ?? nil {
      return try Tensor.zeros(like.type, like.sizes)
    }
    let type = try attributes.type("elementType") ?? .float32
    guard hasInput(operand), let sizes = try input(operand).integerValues,
      sizes.allSatisfy({ $0 >= 0 })
    else { throw .invalid("a place of a list holds nothing, and its shape is not known") }
    return try Tensor.zeros(type, sizes)
  }

  fileprivate func slices(_ tensor: Tensor, count: Int) throws(OperatorError) -> [Tensor] {
    guard tensor.sizes.first == count else {
      throw .invalid("a tensor of shape \(tensor.sizes) has no \(count) slices")
    }
    try checkPlaces(count)
    var result: [Tensor] = []
    for index in 0..<count { result.append(try tensor.slice(index, along: 0)) }
    return result
  }

  fileprivate func stacked(
    _ places: [Tensor?],
    _ wanted: [Int],
    shape operand: Int
  ) throws(OperatorError) -> Tensor {
    var parts: [Tensor] = []
    var empty: Tensor?
    for place in wanted {
      guard places.indices.contains(place) else {
        throw .invalid("place \(place) in a list of \(places.count)")
      }
      let part: Tensor
      if let known = places[place] ?? empty {
        part = known
      } else {
        part = try emptyElement(places, shape: operand)
        empty = part
      }
      parts.append(part.reshaped(to: [1] + part.sizes))
    }
    guard !parts.isEmpty else {
      let element = try emptyElement(places, shape: operand)
      return try Tensor.zeros(element.type, [0] + element.sizes)
    }
    return try Tensor.concatenating(parts, axis: 0)
  }
}

/// Refuses a list of more places than a loop could fill.
private func checkPlaces(_ count: Int) throws(OperatorError) {
  guard count <= iterationLimit else {
    throw OperatorError(.limit, "a list of \(count) tensors")
  }
}
