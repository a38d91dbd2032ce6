import ByteIO
import Kernels
import ModelIR
import Operators

extension CompiledGraph.Executor {
  /// Runs the graph again from a node on, with some values replaced.
  ///
  /// Starts from the activations of the last `run`, which stay as they are: every call is
  /// independent of those before it. Of the nodes after `first` only those run that depend on it
  /// or on a replaced value.
  ///
  /// - Parameters:
  ///   - first: The first node that runs.
  ///   - values: Constants (weights) and activations to use in place of the run's own.
  ///   - keep: Values to return beside the outputs, in the model's layout.
  ///   - simulated: As for `run`; a value from before `first` counts as replaced.
  /// - Returns: The outputs in the model's order, and the kept values.
  /// - Throws: where there is no run to start from, a replaced value does not fit or is read
  ///   before `first`, or an operator cannot be evaluated.
  package func resume(
    from first: NodeID,
    replacing values: [ValueID: Tensor] = [:],
    keeping keep: Set<ValueID> = [],
    simulating simulated: [ValueID: AffineQuantization] = [:]
  ) throws(ExecutionError) -> (outputs: [Tensor], kept: [ValueID: Tensor]) {
    let weights = values.filter { compiled.places.indices.contains($0.key.index) }
      .filter { compiled.places[$0.key.index] == .constant }
    let variant = weights.isEmpty ? compiled : try compiled.replacing(weights)
    return try resume(
      from: first,
      with: variant,
      weights: Set(weights.keys),
      replacing: values.filter { weights[$0.key] == nil },
      keeping: keep,
      simulating: simulated
    )
  }

  /// Runs a variant of the graph (`CompiledGraph.replacing`) from a node on.
  ///
  /// For many samples: the variant's weights are packed once.
  ///
  /// - Parameters:
  ///   - first: The first node that runs.
  ///   - variant: A variant of this executor's graph.
  ///   - weights: The constants that the variant replaces.
  ///   - values: Activations to use in place of the run's own.
  ///   - keep: Values to return beside the outputs, in the model's layout.
  ///   - simulated: As for `run`; a value from before `first` counts as replaced.
  /// - Returns: The outputs in the model's order, and the kept values.
  /// - Throws: as the other form.
  package func resume(
    from first: NodeID,
    with variant: CompiledGraph,
    weights: Set<ValueID>,
    replacing values: [ValueID: Tensor] = [:],
    keeping keep: Set<ValueID> = [],
    simulating simulated: [ValueID: AffineQuantization] = [:]
  ) throws(ExecutionError) -> (outputs: [Tensor], kept: [ValueID: Tensor]) {
    guard keepsAll, hasRun else {
      throw ExecutionError(.internal, "there is no run whose activations were kept")
    }
    if !simulated.isEmpty {
      return try resumeSimulating(
        from: first,
        with: variant,
        weights: weights,
        replacing: values,
        keeping: keep,
        simulated
      )
    }
    return try resumePlain(
      from: first,
      with: variant,
      weights: weights,
      replacing: values,
      keeping: keep,
      simulated
    )
  }

  /// Values from before `first` are read from the last run and given as replacements.
  func resumeSimulating(
    from first: NodeID,
    with variant: CompiledGraph,
    weights: Set<ValueID>,
    replacing values: [ValueID: Tensor],
    keeping keep: Set<ValueID>,
    _ simulated: [ValueID: AffineQuantization]
  ) throws(ExecutionError) -> (outputs: [Tensor], kept: [ValueID: Tensor]) {
    let graph = compiled.graph
    let later = Set(
      compiled.steps.filter { $0.node >= first }
        .flatMap { graph[$0.node].outputs.compactMap { $0 } }
    )
    let earlier = simulated.keys.filter { !later.contains($0) && values[$0] == nil }
    var given = values
    if !earlier.isEmpty {
      // The inner values of fused steps are computed for this.
      let found = try resumePlain(
        from: first,
        with: variant,
        weights: weights,
        replacing: [:],
        keeping: Set(earlier),
        [:]
      ).kept
      for value in earlier {
        guard let tensor = found[value], let quantization = simulated[value] else { continue }
        given[value] = tensor.simulated(quantization)
      }
    }
    return try resumePlain(
      from: first,
      with: variant,
      weights: weights,
      replacing: given,
      keeping: keep,
      simulated
    )
  }

  func resumePlain(
    from first: NodeID,
    with variant: CompiledGraph,
    weights: Set<ValueID>,
    replacing values: [ValueID: Tensor],
    keeping keep: Set<ValueID>,
    _ simulated: [ValueID: AffineQuantization]
  ) throws(ExecutionError) -> (outputs: [Tensor], kept: [ValueID: Tensor]) {
    precondition(variant.steps.count == compiled.steps.count, "a variant of another graph")
    growScratch(variant.scratchBytes)
    var pass = Pass(
      compiled: variant,
      isAnew: Array(repeating: false, count: compiled.places.count),
      given: values,
      simulated: simulated,
      keep: keep
    )
    // What a later step computes takes its place when that step comes: until then its bytes may
    // hold something else.
    let later = variant.steps.filter { $0.node >= first }
      .flatMap { variant.graph[$0.node].outputs.compactMap { $0 } }
    for (value, tensor) in values {
      try check(tensor, value, "replacement of")
      guard !later.contains(value) else { continue }
      pass.isAnew[value.index] = true
      store(tensor, value, pass)
    }
    defer { for index in anew.tensors.indices { anew.tensors[index] = nil } }
    // State starts from what the run found there, and ends as the run left it.
    let stateAfter = interpreter.variables.snapshot
    defer { interpreter.variables.restore(stateAfter) }
    let firstStateful = variant.steps.indices.first {
      variant.steps[$0].node >= first && stateBefore[$0] != nil
    }
    if let snapshot = firstStateful.flatMap({ stateBefore[$0] }) {
      interpreter.variables.restore(snapshot)
    }
    let runs = try affected(variant, from: first, weights: weights, &pass)
    pass.isApart = apart(keep.union(values.keys).union(simulated.keys))
    interpreter.startClock()
    for index in variant.steps.indices where runs[index] { try run(index, &pass) }
    for value in keep where pass.kept[value] == nil { pass.kept[value] = tensor(value, pass) }
    return (try outputs(pass), pass.kept)
  }

  /// The steps that a resumed run computes.
  ///
  /// A fused group runs as a whole: its inner values were not kept, so that starting inside it
  /// means computing it from its first step.
  func affected(
    _ variant: CompiledGraph,
    from first: NodeID,
    weights: Set<ValueID>,
    _ pass: inout Pass
  ) throws(ExecutionError) -> [Bool] {
    var runs = [Bool](repeating: false, count: variant.steps.count)
    var groups = Set<Int>()
    for value in pass.keep.union(pass.given.keys).union(pass.simulated.keys) {
      // Inner values are nowhere to be found unless they are computed.
      if let group = variant.groups.firstIndex(where: { $0.inner.contains(value) }) {
        groups.insert(group)
      }
    }
    for step in variant.steps {
      let readsWeights = step.reads.contains { weights.contains($0) }
      guard !readsWeights || step.node >= first else {
        throw ExecutionError(.internal, "a replaced constant is read before the first node")
      }
    }
    func start(_ index: Int) -> Bool {
      let step = variant.steps[index]
      guard step.node >= first else { return false }
      return step.node == first || stateBefore[index] != nil
        || step.reads.contains { weights.contains($0) }
        || step.reads.contains { pass.isAnew[$0.index] }
        || variant.graph[step.node].outputs.contains { output in
          output.map { pass.given[$0] != nil || pass.simulated[$0] != nil } ?? false
        }
    }
    for index in variant.steps.indices where !runs[index] {
      var members = [index]
      if let group = variant.groupOfStep[index] {
        members = variant.groups[group].steps
        guard groups.contains(group) || members.contains(where: start) else { continue }
      } else if !start(index) {
        continue
      }
      for member in members {
        runs[member] = true
        for case .some(let output) in variant.graph[variant.steps[member].node].outputs {
          pass.isAnew[output.index] = true
        }
      }
    }
    return runs
  }

  /// The groups that have one of the values inside.
  func apart(_ values: Set<ValueID>) -> [Bool] {
    compiled.groups.map { group in
      !values.isEmpty && group.inner.contains { values.contains($0) }
    }
  }

  func growScratch(_ byteCount: Int) {
    guard scratch.contains(where: { $0.byteCount < byteCount }) else { return }
    scratch = scratch.map { _ in AlignedBuffer(byteCount: byteCount) }
  }
}
