import ByteIO
import Kernels
import ModelIR
import Operators

extension CompiledGraph {
  /// Runs a compiled graph: the memory of one thread.
  ///
  /// Executors of one graph share its weights; results do not depend on how many there are, nor on
  /// the threads of the queue.
  package final class Executor {
    private let compiled: CompiledGraph
    private let keepsAll: Bool
    private let queue: WorkQueue?
    private let interpreter: Interpreter
    /// The values of a run.
    private var base: Memory
    /// The values that a resumed run computes anew; the run's own stay as they are.
    private var anew: Memory
    private let relayout: AlignedBuffer
    private var scratch: [AlignedBuffer]
    private var hasRun = false
    /// Called after each step of a run, for clocks.
    private var observer: ((NodeID) -> Void)?
    /// What the stateful steps of the last run started from, for resuming.
    private var stateBefore: [Int: VariableStore.Snapshot] = [:]

    /// Buffered values and tensors.
    private struct Memory {
      var plan: ArenaPlan
      var arena: AlignedBuffer
      var tensors: [Tensor?]

      func pointer(_ value: ValueID) -> UnsafeMutableRawPointer? {
        plan.offsets[value.index].map { arena.pointer + $0 }
      }
    }

    /// Which values a run takes from where.
    private struct Pass {
      var compiled: CompiledGraph
      /// The values that this run computes; all others are those of the last full run.
      var isAnew: [Bool]
      /// Values that are given in place of computed ones.
      var given: [ValueID: Tensor] = [:]
      /// Values that are quantized and dequantized where they are computed.
      var simulated: [ValueID: AffineQuantization] = [:]
      var keep: Set<ValueID> = []
      var kept: [ValueID: Tensor] = [:]
      /// Which groups run step by step, because an inner value is kept or replaced.
      var isApart: [Bool] = []
    }

    /// Creates an executor.
    ///
    /// - Parameters:
    ///   - compiled: The graph.
    ///   - keepsAll: Whether all activations of a run stay, so that `resume` can start from them.
    ///   - queue: Threads that share the jobs of one operator; `nil` for the calling thread alone.
    /// - Throws: where its memory is above the graph's limit.
    package init(
      _ compiled: CompiledGraph,
      keepsAll: Bool = false,
      queue: WorkQueue? = nil
    ) throws(ExecutionError) {
      try compiled.checkMemory(keepsAll: keepsAll, threadCount: queue?.threadCount ?? 1)
      self.compiled = compiled
      self.keepsAll = keepsAll
      self.queue = queue
      interpreter = Interpreter(
        compiled.model,
        limits: .init(tensorBytes: compiled.limits.tensorBytes)
      )
      func memory(_ plan: ArenaPlan, isUsed: Bool) -> Memory {
        Memory(
          plan: plan,
          arena: AlignedBuffer(byteCount: isUsed ? plan.byteCount : 0),
          tensors: Array(repeating: nil, count: compiled.places.count)
        )
      }
      base = memory(keepsAll ? compiled.separate : compiled.shared, isUsed: true)
      anew = memory(compiled.shared, isUsed: keepsAll)
      relayout = AlignedBuffer(byteCount: compiled.relayoutBytes)
      let bytes = compiled.scratchBytes
      scratch = (0..<(queue?.threadCount ?? 1)).map { _ in AlignedBuffer(byteCount: bytes) }
    }

    /// Bytes of activations and scratch, without tensors of evaluated operators.
    package var plannedBytes: Int {
      compiled.plannedBytes(keepsAll: keepsAll, threadCount: queue?.threadCount ?? 1)
    }

    /// Runs the graph.
    ///
    /// - Parameter inputs: One tensor each input, in the model's order.
    /// - Returns: The outputs in the model's order.
    /// - Throws: where an input does not fit, or an operator cannot be evaluated.
    package func run(inputs: [Tensor]) throws(ExecutionError) -> [Tensor] {
      try run(inputs: inputs, keeping: []).outputs
    }

    /// Runs the graph and calls `observe` after each step, of fused ones after the last.
    ///
    /// These are the entries of `CompiledGraph.stepNames`.
    ///
    /// - Parameters:
    ///   - inputs: One tensor each input, in the model's order.
    ///   - observe: Looks at a clock, or at something else.
    /// - Throws: where an input does not fit, or an operator cannot be evaluated.
    package func run(
      inputs: [Tensor],
      observing observe: @escaping (NodeID) -> Void
    ) throws(ExecutionError) {
      observer = observe
      defer { observer = nil }
      _ = try run(inputs: inputs, keeping: [])
    }

    /// Runs the graph.
    ///
    /// - Parameters:
    ///   - inputs: One tensor each input, in the model's order.
    ///   - keep: Values to return beside the outputs, in the model's layout.
    ///   - simulated: How float32 values are quantized and dequantized where they are computed (or
    ///     given). Kept ones are returned as they are after that.
    /// - Returns: The outputs in the model's order, and the kept values.
    /// - Throws: where an input does not fit, or an operator cannot be evaluated.
    package func run(
      inputs: [Tensor],
      keeping keep: Set<ValueID>,
      simulating simulated: [ValueID: AffineQuantization] = [:]
    ) throws(ExecutionError) -> (outputs: [Tensor], kept: [ValueID: Tensor]) {
      hasRun = false
      let graph = compiled.graph
      guard inputs.count == graph.inputs.count else {
        throw ExecutionError(
          .dataInvalid,
          "\(inputs.count) inputs are given, the model takes \(graph.inputs.count)"
        )
      }
      var pass = Pass(
        compiled: compiled,
        isAnew: Array(repeating: false, count: graph.values.count),
        simulated: simulated,
        keep: keep
      )
      for (value, given) in zip(graph.inputs, inputs) where !graph[value].isConstant {
        try check(given, value, "input")
        let tensor = simulated[value].map(given.simulated) ?? given
        store(tensor, value, pass)
        if keep.contains(value) { pass.kept[value] = tensor }
      }
      pass.isApart = apart(keep.union(simulated.keys))
      for index in compiled.steps.indices {
        if keepsAll, compiled.isStateful(index) {
          stateBefore[index] = interpreter.variables.snapshot
        }
        try run(index, &pass)
      }
      // What depends on constants alone was computed while compiling.
      for value in keep where compiled.places[value.index] == .constant {
        pass.kept[value] = tensor(value, pass)
      }
      hasRun = true
      return (try outputs(pass), pass.kept)
    }

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
    private func resumeSimulating(
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

    private func resumePlain(
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
      for index in variant.steps.indices where runs[index] { try run(index, &pass) }
      for value in keep where pass.kept[value] == nil { pass.kept[value] = tensor(value, pass) }
      return (try outputs(pass), pass.kept)
    }

    /// The steps that a resumed run computes.
    ///
    /// A fused group runs as a whole: its inner values were not kept, so that starting inside it
    /// means computing it from its first step.
    private func affected(
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
    private func apart(_ values: Set<ValueID>) -> [Bool] {
      compiled.groups.map { group in
        !values.isEmpty && group.inner.contains { values.contains($0) }
      }
    }

    private func growScratch(_ byteCount: Int) {
      guard scratch.contains(where: { $0.byteCount < byteCount }) else { return }
      scratch = scratch.map { _ in AlignedBuffer(byteCount: byteCount) }
    }

    // MARK: - Steps

    private func run(_ index: Int, _ pass: inout Pass) throws(ExecutionError) {
      let step = pass.compiled.steps[index]
      let outputs = pass.compiled.graph[step.node].outputs
      if let number = pass.compiled.groupOfStep[index], !pass.isApart[number] {
        let group = pass.compiled.groups[number]
        guard group.steps.last == index else { return }
        try run(group.choice, step.node, pass)
      } else if let kernel = step.kernel {
        try run(kernel, step.node, pass)
      } else {
        try evaluate(step, pass)
      }
      observer?(step.node)
      for case .some(let output) in outputs {
        if let tensor = pass.given[output] {
          store(tensor, output, pass)
        } else if let quantization = pass.simulated[output] {
          simulate(quantization, output, pass)
        }
        if pass.keep.contains(output) { pass.kept[output] = tensor(output, pass) }
      }
      guard !keepsAll else { return }
      for value in pass.compiled.releases[index] { base.tensors[value.index] = nil }
    }

    private func run(_ choice: KernelChoice, _ node: NodeID, _ pass: Pass) throws(ExecutionError) {
      var inputs: [UnsafeRawPointer] = []
      inputs.reserveCapacity(choice.operands.count)
      var used = 0
      for operand in choice.operands {
        guard
          case .buffer(let sizes, let element, let isLast) = compiled.places[
            operand.value.index
          ],
          let source = pointer(operand.value, pass),
          let width = StoredElement.byteCount(element)
        else { throw missing(operand.value) }
        guard isLast != operand.channelsLast, Relayout.extents(sizes) != nil else {
          inputs.append(UnsafeRawPointer(source))
          continue
        }
        let target = relayout.pointer + used
        Relayout.move(
          sizes,
          width: width,
          toChannelsLast: operand.channelsLast,
          source,
          target
        )
        inputs.append(UnsafeRawPointer(target))
        used += Relayout.byteCount(sizes, width: width)
      }
      guard let value = compiled.graph[node].outputs.first, let value,
        let output = pointer(value, pass)
      else { throw ExecutionError(.internal, "a step has no memory for its result") }
      choice.kernel.run(
        StepMemory(operands: inputs, result: output, scratch: scratch, queue: queue)
      )
    }

    private func evaluate(_ step: Step, _ pass: Pass) throws(ExecutionError) {
      let node = compiled.graph[step.node]
      var captured: [ValueID: Tensor] = [:]
      if !node.attributes.graphs.isEmpty {
        for value in step.reads { captured[value] = tensor(value, pass) }
      }
      let inputs = node.inputs.map { input in input.flatMap { tensor($0, pass) } }
      let results = try interpreter.evaluate(
        step.node,
        of: Model.mainGraph,
        inputs: inputs,
        captured: captured
      )
      for (output, result) in zip(node.outputs, results) {
        guard let output else { continue }
        if case .buffer(let sizes, let element, _) = compiled.places[output.index] {
          guard result.type == element, result.sizes == sizes else {
            throw ExecutionError(
              .modelInvalid,
              "operator \"\(node.name)\" (\(node.origin.sourceType)) gives"
                + " \(Shape.fixed(result.sizes)), inferred was \(Shape.fixed(sizes))",
              path: node.origin.path
            )
          }
        }
        store(result, output, pass)
      }
    }

    // MARK: - Values

    private func pointer(_ value: ValueID, _ pass: Pass) -> UnsafeMutableRawPointer? {
      pass.isAnew[value.index] ? anew.pointer(value) : base.pointer(value)
    }

    /// A value in the model's layout.
    private func tensor(_ value: ValueID, _ pass: Pass) -> Tensor? {
      switch compiled.places[value.index] {
      case .constant:
        return pass.compiled.constants[value] ?? interpreter.constant(value, of: Model.mainGraph)
      case .tensor:
        return pass.isAnew[value.index] ? anew.tensors[value.index] : base.tensors[value.index]
      case .buffer(let sizes, let element, let isLast):
        guard let source = pointer(value, pass) else { return nil }
        return StoredElement.tensor(source, sizes, element, isChannelsLast: isLast)
      }
    }

    /// Keeps a tensor whose type and extents were checked.
    private func store(_ tensor: Tensor, _ value: ValueID, _ pass: Pass) {
      guard case .buffer(let sizes, _, let isLast) = compiled.places[value.index],
        let target = pointer(value, pass)
      else {
        if pass.isAnew[value.index] {
          anew.tensors[value.index] = tensor
        } else {
          base.tensors[value.index] = tensor
        }
        return
      }
      StoredElement.store(tensor, sizes, to: target, isChannelsLast: isLast)
    }

    /// Quantizes and dequantizes a value in place.
    private func simulate(_ quantization: AffineQuantization, _ value: ValueID, _ pass: Pass) {
      if case .buffer(let sizes, .float32, _) = compiled.places[value.index],
        let data = pointer(value, pass), let count = checkedProduct(sizes)
      {
        let floats = data.assumingMemoryBound(to: Float.self)
        quantization.simulate(floats, to: floats, count: count)
      } else if let tensor = tensor(value, pass) {
        store(tensor.simulated(quantization), value, pass)
      }
    }

    private func check(
      _ tensor: Tensor,
      _ value: ValueID,
      _ role: String
    ) throws(ExecutionError) {
      guard compiled.types.indices.contains(value.index) else {
        throw ExecutionError(.dataInvalid, "the graph has no value \(value.index)")
      }
      let type = compiled.types[value.index]
      let fits = type.shape.sizes.map { $0 == tensor.sizes } ?? true
      guard tensor.type == type.element, fits else {
        throw ExecutionError(
          .dataInvalid,
          "\(role) \"\(compiled.graph[value].name)\" takes \(type.element.rawValue) \(type.shape),"
            + " given is \(tensor.type.rawValue) \(Shape.fixed(tensor.sizes))"
        )
      }
    }

    private func outputs(_ pass: Pass) throws(ExecutionError) -> [Tensor] {
      var results: [Tensor] = []
      for output in compiled.graph.outputs {
        guard let tensor = tensor(output, pass) else { throw missing(output) }
        results.append(tensor)
      }
      return results
    }

    private func missing(_ value: ValueID) -> ExecutionError {
      ExecutionError(.modelInvalid, "nothing computes \"\(compiled.graph[value].name)\"")
    }
  }
}
