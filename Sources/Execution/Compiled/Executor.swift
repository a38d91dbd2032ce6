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
    let compiled: CompiledGraph
    let keepsAll: Bool
    let queue: WorkQueue?
    let interpreter: Interpreter
    /// The values of a run.
    var base: Memory
    /// The values that a resumed run computes anew; the run's own stay as they are.
    var anew: Memory
    let relayout: AlignedBuffer
    var scratch: [AlignedBuffer]
    var hasRun = false
    /// Called after each step of a run, for clocks.
    var observer: ((NodeID) -> Void)?
    /// What the stateful steps of the last run started from, for resuming.
    var stateBefore: [Int: VariableStore.Snapshot] = [:]

    /// Buffered values and tensors.
    struct Memory {
      var plan: ArenaPlan
      var arena: AlignedBuffer
      var tensors: [Tensor?]

      func pointer(_ value: ValueID) -> UnsafeMutableRawPointer? {
        plan.offsets[value.index].map { arena.pointer + $0 }
      }
    }

    /// Which values a run takes from where.
    struct Pass {
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
      interpreter = Interpreter(compiled.model, limits: compiled.limits.interpreter)
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
      interpreter.startClock()
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

    // MARK: - Steps

    func run(_ index: Int, _ pass: inout Pass) throws(ExecutionError) {
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
      try interpreter.deadline.check(after: pass.compiled.graph[step.node])
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

    func run(_ choice: KernelChoice, _ node: NodeID, _ pass: Pass) throws(ExecutionError) {
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

    func evaluate(_ step: Step, _ pass: Pass) throws(ExecutionError) {
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
  }
}
