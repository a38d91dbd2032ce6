import ModelIR

extension OperatorDefinition {
  /// Runs a graph a number of times and while a condition holds: (trips?, condition?, values…).
  ///
  /// The body takes (iteration, condition, values…) and gives (condition, values…, slices…); the
  /// slices of all iterations are stacked. Without a condition operand the body's is ignored.
  /// Source: ONNX Loop.
  static let loop = OperatorDefinition(
    "loop",
    "Runs a graph a number of times or while a condition holds.",
    family: .control,
    inputs: .atLeast(2),
    outputs: .atLeast(1),
    inferTypes: { (context) throws(OperatorError) in
      let body = try context.attributes.graph("bodyGraph")
      let iteration: [TensorType?] = [TensorType(.int64, .scalar), TensorType(.bool, .scalar)]
      let initial = (2..<max(2, context.inputCount)).map { context.optionalInput($0) }
      var results: [TensorType] = []
      let carried = try carriedTypes(initial) { types in
        results = context.infer(body, iteration + types)
        return Array(results.dropFirst())
      }
      // Without a condition the number of trips is known before the loop runs.
      var trips = Dimension.unknown
      if !context.hasInput(1), let count = context.dimensions(0)?.first { trips = count }
      let slices = results.dropFirst(1 + initial.count).map { slice in
        slice.shape.dimensions.map { slice.with(.ranked([trips] + $0)) } ?? slice
      }
      return carried + slices
    },
    cost: .nested,
    evaluate: { (context) throws(OperatorError) in
      let body = try context.attributes.graph("bodyGraph")
      let trips = context.hasInput(0) ? try context.integers(0).first : nil
      let hasCondition = context.hasInput(1)
      var holds = hasCondition ? try condition(try context.input(1)) : true
      var values = Array(context.inputs.dropFirst(2))
      var slices = SliceStacks()
      var iteration = 0
      while holds, trips.map({ iteration < $0 }) ?? true {
        let number = Tensor([], integers: [iteration])
        let flag = Tensor(type: .bool, sizes: [], elements: .booleans([holds]))
        try checkIterations(&iteration)
        let results = try context.run(body, [number, flag] + values)
        guard let next = results.first, results.count > values.count else {
          throw .invalid("the body gives \(results.count) results for \(values.count) values")
        }
        if hasCondition { holds = try condition(next) }
        try slices.append(Array(results.dropFirst(1 + values.count)))
        values = Array(results[1..<(1 + values.count)])
      }
      return try present(values) + slices.stacked(context, after: values.count)
    }
  )

  /// Runs a graph over the slices of tensors, carrying state: (state…, scanned…).
  ///
  /// The last `numScanInputs` operands are walked through along `scanInputAxes` in
  /// `scanInputDirections` (1 is backwards), the body's further results stacked along
  /// `scanOutputAxes` in `scanOutputDirections`. Source: ONNX Scan-9; Scan-8 has a batch axis and
  /// lengths.
  static let scan = OperatorDefinition(
    "scan",
    "Runs a graph over the slices of tensors.",
    family: .control,
    inputs: .atLeast(1),
    outputs: .atLeast(1),
    inferTypes: { (context) throws(OperatorError) in
      if context.sourceVersion == 8 { return try batchedScanTypes(context) }
      let plan = try ScanPlan(context.attributes, operands: context.inputCount)
      let body = try context.attributes.graph("bodyGraph")
      let states = (0..<plan.states).map { context.optionalInput($0) }
      var trips = Dimension.unknown
      var slices: [TensorType?] = []
      for index in 0..<plan.scanned {
        let input = try context.input(plan.states + index)
        guard var dimensions = input.shape.dimensions else {
          slices.append(input)
          continue
        }
        let axis = try plan.inputAxis(index, rank: dimensions.count)
        trips = try trips.merged(with: dimensions.remove(at: axis))
        slices.append(input.with(.ranked(dimensions)))
      }
      var results: [TensorType] = []
      let carried = try carriedTypes(states) { types in
        results = context.infer(body, types + slices)
        return results
      }
      var stacked: [TensorType] = []
      for (index, slice) in results.dropFirst(plan.states).enumerated() {
        guard var dimensions = slice.shape.dimensions else {
          stacked.append(slice)
          continue
        }
        dimensions.insert(trips, at: try plan.outputAxis(index, rank: dimensions.count + 1))
        stacked.append(slice.with(.ranked(dimensions)))
      }
      return carried + stacked
    },
    cost: .nested,
    evaluate: { (context) throws(OperatorError) in
      if context.sourceVersion == 8 { return try evaluateBatchedScan(context) }
      let plan = try ScanPlan(context.attributes, operands: context.inputs.count)
      let body = try context.attributes.graph("bodyGraph")
      var states = Array(context.inputs.prefix(plan.states))
      var trips: Int?
      var axes: [Int] = []
      for index in 0..<plan.scanned {
        let input = try context.input(plan.states + index)
        let axis = try plan.inputAxis(index, rank: input.rank)
        guard trips == nil || trips == input.sizes[axis] else {
          throw .invalid("the scanned operands have different lengths")
        }
        trips = input.sizes[axis]
        axes.append(axis)
      }
      let count = trips ?? 0
      guard count <= iterationLimit else {
        throw OperatorError(.limit, "more than \(iterationLimit) iterations")
      }
      var slices = SliceStacks()
      for iteration in 0..<count {
        var operands = states
        for (index, axis) in axes.enumerated() {
          let place = plan.isReversed(index) ? count - 1 - iteration : iteration
          operands.append(try context.input(plan.states + index).slice(place, along: axis))
        }
        let results = try context.run(body, operands)
        guard results.count >= states.count else {
          throw .invalid("the body gives \(results.count) results for \(states.count) states")
        }
        states = Array(results.prefix(states.count))
        try slices.append(Array(results.dropFirst(states.count)))
      }
      var results = try present(states)
      for (index, stack) in try slices.stacked(context, after: states.count).enumerated() {
        var tensor = stack
        if plan.isPrepended(index) {
          var selections = tensor.sizes.map(AxisSelection.all)
          selections[0] = .strided(start: count - 1, step: -1, count: count)
          tensor = try tensor.selecting(selections)
        }
        let axis = try plan.outputAxis(index, rank: tensor.rank)
        var order = Array(1..<tensor.rank)
        order.insert(0, at: axis)
        results.append(try tensor.transposed(order))
      }
      return results
    }
  )
}

/// The types of Scan-8's results: (lengths?, state…, scanned…), with a batch axis first.
///
/// Scanned operands have the iterations as second axis. The body sees neither axis.
private func batchedScanTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let scanned = try context.attributes.int("numScanInputs", default: 1)
  let states = context.inputCount - 1 - scanned
  guard scanned >= 0, scanned < context.inputCount, states >= 0 else {
    throw .invalid("\(scanned) scanned operands of \(context.inputCount)")
  }
  var batch = Dimension.unknown
  var trips = Dimension.unknown
  var operands: [TensorType?] = []
  for index in 0..<(states + scanned) {
    let outerAxes = index < states ? 1 : 2
    guard let type = context.optionalInput(index + 1) else {
      operands.append(nil)
      continue
    }
    guard let dimensions = type.shape.dimensions else {
      operands.append(type)
      continue
    }
    guard dimensions.count >= outerAxes else {
      throw .invalid("operand \(index + 1) of shape \(type.shape) has no batch to scan")
    }
    batch = try batch.merged(with: dimensions[0])
    if outerAxes == 2 { trips = try trips.merged(with: dimensions[1]) }
    operands.append(type.with(.ranked(Array(dimensions[outerAxes...]))))
  }
  let results = context.infer(try context.attributes.graph("bodyGraph"), operands)
  return results.enumerated().map { index, type in
    guard let dimensions = type.shape.dimensions else { return type }
    let outer = index < states ? [batch] : [batch, trips]
    return type.with(.ranked(outer + dimensions))
  }
}

private func condition(_ tensor: Tensor) throws(OperatorError) -> Bool {
  guard let holds = tensor.truth else { throw .invalid("the condition is no truth value") }
  return holds
}

extension Tensor {
  /// One position of an axis, which goes away.
  func slice(_ position: Int, along axis: Int) throws(OperatorError) -> Tensor {
    var selections = sizes.map(AxisSelection.all)
    selections[axis] = .at([position])
    var result = sizes
    result.remove(at: axis)
    return try selecting(selections).reshaped(to: result)
  }
}

/// The slices that a loop gives, one stack for each result.
private struct SliceStacks {
  private var stacks: [[Tensor]] = []
  private var elements = 0

  mutating func append(_ slices: [Tensor]) throws(OperatorError) {
    if stacks.isEmpty { stacks = slices.map { _ in [] } }
    guard slices.count == stacks.count else {
      throw .invalid("the body gives \(slices.count) slices, then \(stacks.count)")
    }
    for (index, slice) in slices.enumerated() {
      elements += slice.count
      stacks[index].append(slice)
    }
    guard elements <= Tensor.elementLimit else {
      throw OperatorError(.limit, "the slices have more than \(Tensor.elementLimit) elements")
    }
  }

  /// Each stack as one tensor with the iterations as first axis.
  ///
  /// A loop that never ran gives empty tensors of the types that the model states.
  func stacked(_ context: EvaluationContext, after first: Int) throws(OperatorError) -> [Tensor] {
    var result: [Tensor] = []
    for index in 0..<max(0, context.hasOutput.count - first) {
      guard stacks.indices.contains(index) else {
        let place = first + index
        let stated = context.outputs.indices.contains(place) ? context.outputs[place] : nil
        let rest = stated?.shape.dimensions?.dropFirst().map { $0.size ?? 0 } ?? []
        result.append(try Tensor.zeros(stated?.element ?? .float32, [0] + rest))
        continue
      }
      let parts = stacks[index].map { $0.reshaped(to: [1] + $0.sizes) }
      result.append(try Tensor.concatenating(parts, axis: 0))
    }
    return result
  }
}

/// What a node says about how to scan.
private struct ScanPlan {
  /// How many operands are state.
  var states: Int
  /// How many operands are walked through.
  var scanned: Int
  private let inputAxes: [Int]
  private let outputAxes: [Int]
  private let inputDirections: [Int]
  private let outputDirections: [Int]

  init(_ attributes: AttributeReader, operands: Int) throws(OperatorError) {
    scanned = try attributes.int("numScanInputs", default: 1)
    guard (0...operands).contains(scanned) else {
      throw .invalid("\(scanned) of \(operands) operands are scanned")
    }
    states = operands - scanned
    inputAxes = try attributes.ints("scanInputAxes") ?? []
    outputAxes = try attributes.ints("scanOutputAxes") ?? []
    inputDirections = try attributes.ints("scanInputDirections") ?? []
    outputDirections = try attributes.ints("scanOutputDirections") ?? []
  }

  func inputAxis(_ index: Int, rank: Int) throws(OperatorError) -> Int {
    try Axes.normalize(inputAxes.indices.contains(index) ? inputAxes[index] : 0, rank: rank)
  }

  func outputAxis(_ index: Int, rank: Int) throws(OperatorError) -> Int {
    try Axes.normalize(outputAxes.indices.contains(index) ? outputAxes[index] : 0, rank: rank)
  }

  func isReversed(_ index: Int) -> Bool {
    inputDirections.indices.contains(index) && inputDirections[index] == 1
  }

  func isPrepended(_ index: Int) -> Bool {
    outputDirections.indices.contains(index) && outputDirections[index] == 1
  }
}
