import ModelIR

/// Scan-8: operands (lengths?, state…, scanned…), all but the lengths with a batch axis first.
///
/// Scanned operands have the iterations as second axis; the body sees neither axis. Entries shorter than
/// the longest one end with zeros. `directions` is 1 where an operand is walked through backwards.
/// Source: ONNX operator Scan, version 8.
func evaluateBatchedScan(_ context: EvaluationContext) throws(OperatorError) -> [Tensor] {
  let scanned = try context.attributes.int("numScanInputs", default: 1)
  let stateCount = context.inputs.count - 1 - scanned
  guard scanned > 0, stateCount >= 0 else {
    throw .invalid("\(scanned) scanned operands of \(context.inputs.count)")
  }
  let body = try context.attributes.graph("bodyGraph")
  let directions = try context.attributes.ints("directions") ?? []
  var (batch, trips): (Int?, Int?) = (nil, nil)
  for index in 0..<(stateCount + scanned) {
    let sizes = try context.input(index + 1).sizes
    let isScanned = index >= stateCount
    guard sizes.count >= (isScanned ? 2 : 1), batch ?? sizes[0] == sizes[0],
      !isScanned || trips ?? sizes[1] == sizes[1]
    else { throw .invalid("operand \(index + 1) of shape \(Shape.fixed(sizes)) does not fit") }
    batch = sizes[0]
    if isScanned { trips = sizes[1] }
  }
  guard let batch, let trips, batch > 0 else { throw .unsupported("a scan of an empty batch") }
  let lengths =
    context.hasInput(0)
    ? try context.integers(0) : Array(repeating: trips, count: batch)
  guard lengths.count == batch, lengths.allSatisfy({ (0...trips).contains($0) }) else {
    throw .invalid("the lengths do not fit the scanned operands")
  }
  var iterations = 0
  var finalStates: [[Tensor]] = []
  var stacks: [[[Tensor]]] = []
  for entry in 0..<batch {
    var states: [Tensor] = []
    for index in 0..<stateCount {
      states.append(try context.input(index + 1).slice(entry, along: 0))
    }
    var slices: [[Tensor]] = []
    for step in 0..<lengths[entry] {
      try checkIterations(&iterations)
      var operands: [Tensor?] = states
      for index in 0..<scanned {
        let isReversed = directions.indices.contains(index) && directions[index] == 1
        let place = isReversed ? lengths[entry] - 1 - step : step
        operands.append(
          try context.input(stateCount + 1 + index).slice(entry, along: 0).slice(place, along: 0)
        )
      }
      let results = try context.run(body, operands)
      guard results.count >= stateCount else {
        throw .invalid("the body gives \(results.count) results for \(stateCount) states")
      }
      states = Array(results.prefix(stateCount))
      slices.append(Array(results.dropFirst(stateCount)))
    }
    finalStates.append(states)
    stacks.append(slices)
  }
  var results: [Tensor] = []
  for index in 0..<stateCount {
    results.append(try batched(finalStates.map { $0[index] }))
  }
  let outputs = stacks.lazy.flatMap { $0 }.first?.count ?? 0
  for index in 0..<outputs {
    var rows: [Tensor] = []
    for entry in stacks {
      rows.append(try padded(entry.map { $0[index] }, to: trips, like: stacks, index))
    }
    results.append(try batched(rows))
  }
  return results
}

/// Tensors of equal shape under a new first axis.
private func batched(_ parts: [Tensor]) throws(OperatorError) -> Tensor {
  try Tensor.concatenating(parts.map { $0.reshaped(to: [1] + $0.sizes) }, axis: 0)
}

/// The slices of one entry, followed by zeros.
private func padded(
  _ slices: [Tensor],
  to count: Int,
  like all: [[[Tensor]]],
  _ index: Int
) throws(OperatorError) -> Tensor {
  guard let model = all.lazy.flatMap({ $0 }).first?[index] else {
    throw .unsupported("a scan without iterations")
  }
  let zero = try Tensor.zeros(model.type, model.sizes)
  return try batched(slices + Array(repeating: zero, count: count - slices.count))
}
