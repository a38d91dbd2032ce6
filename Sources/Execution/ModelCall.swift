import ByteIO
import ModelIR
import Operators
import WireFormats

/// A way to call a model: a graph, and the caller's names for what goes in and what comes out.
package struct ModelCall: Sendable {
  package let model: Model
  package let graph: GraphID
  package let inputs: [Parameter]
  package let outputs: [Parameter]

  /// An input or output.
  package struct Parameter: Sendable {
    /// The caller's names, the first one preferred.
    package var names: [String]
    package var value: ValueID
  }

  /// - Parameters:
  ///   - model: The model.
  ///   - name: The name of a signature; `nil` for the main graph with its tensors' names.
  /// - Throws: `USAGE` where the model has no such signature.
  package init(_ model: Model, signature name: String? = nil) throws(ExecutionError) {
    self.model = model
    if let name {
      guard let signature = model.signatures.first(where: { $0.name == name }) else {
        let known = model.signatures.map { "\"\($0.name)\"" }.joined(separator: ", ")
        throw ExecutionError(
          .usage,
          "the model has no signature \"\(name)\"" + (known.isEmpty ? "" : "; it has \(known)")
        )
      }
      graph = signature.graph
      inputs = Self.parameters(model[graph].inputs, "in", [], signature.inputs, model[graph])
      outputs = signature.outputs.map { Parameter(names: [$0.name], value: $0.value) }
    } else {
      graph = Model.mainGraph
      let main = model.main
      let signatures = model.signatures.filter { $0.graph == Model.mainGraph }
      let only = signatures.count == 1 ? signatures[0] : nil
      inputs = Self.parameters(main.inputs, "in", main.inputs, only?.inputs ?? [], main)
      outputs = Self.parameters(main.outputs, "out", main.outputs, only?.outputs ?? [], main)
    }
  }

  /// Every name of each value: the tensor's own, the signature's, and the position's.
  private static func parameters(
    _ values: [ValueID],
    _ prefix: String,
    _ named: [ValueID],
    _ bindings: [Signature.Binding],
    _ graph: Graph
  ) -> [Parameter] {
    values.enumerated().map { index, value in
      var names = named.contains(value) ? [graph[value].name] : []
      names += bindings.filter { $0.value == value }.map(\.name)
      names.append("\(prefix)\(index)")
      return Parameter(names: names.filter { !$0.isEmpty }, value: value)
    }
  }

  // MARK: - Inputs

  /// The tensors of the inputs, from an archive's arrays.
  ///
  /// An array is found by the input's name or as `in0`, `in1`, …; the only array is that of the only
  /// input.
  ///
  /// - Throws: `DATA_INVALID` where one is missing, or an array's type has no counterpart.
  package func tensors(from archive: TensorArchive) throws(ExecutionError) -> [Tensor] {
    var result: [Tensor] = []
    for input in inputs {
      var entry: TensorArchive.Entry?
      for name in input.names where entry == nil {
        entry = archive.entries.first { $0.name == name }
      }
      if entry == nil, inputs.count == 1, archive.entries.count == 1 { entry = archive.entries[0] }
      guard let entry else { throw missing(input, archive) }
      guard let tensor = Tensor(entry.array) else {
        throw ExecutionError(
          .dataInvalid,
          "array \"\(entry.name)\" has elements of type \"\(entry.array.type)\""
        )
      }
      result.append(tensor)
    }
    return result
  }

  private func missing(_ input: Parameter, _ archive: TensorArchive) -> ExecutionError {
    let wanted = input.names.map { "\"\($0)\"" }.joined(separator: " or ")
    let given = archive.entries.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let value = model[graph][input.value]
    return ExecutionError(
      .dataInvalid,
      "no array \(wanted) for the input of \(value.type.rawValue) \(value.shape); "
        + (given.isEmpty ? "there are no arrays" : "there is \(given)")
    )
  }

  // MARK: - Running

  /// What a run gives.
  package struct Results: Sendable {
    /// The outputs, in the order of `outputs`.
    package var outputs: [Tensor]
    /// The tensors that were asked for beside them.
    package var kept: [ValueID: Tensor]
  }

  /// Every value that a node of the graph computes, in the order of the nodes.
  package var computedValues: [ValueID] {
    model[graph].nodes.flatMap { $0.outputs.compactMap { $0 } }
  }

  /// With what a model is run.
  package enum Engine: Equatable, Sendable {
    /// The operators' definitions, one operator after the other: the format's own integers bit for bit.
    case reference
    /// Steps compiled for the shapes at hand; samples are spread over threads.
    case compiled(threads: Int)
  }

  /// Runs the model: at once where the tensors have the inputs' shapes, otherwise piece by piece along
  /// axis 0, with the results joined.
  ///
  /// - Parameters:
  ///   - tensors: One an input.
  ///   - keep: Values to return beside the outputs.
  ///   - limits: What a run may take.
  ///   - engine: With what.
  ///   - progress: Told after each piece how many of how many are done.
  /// - Returns: The outputs and what was to be kept. Scalars of several pieces become a list.
  /// - Throws: `DATA_INVALID` where a tensor does not fit its input; where an operator cannot be run.
  package func run(
    _ tensors: [Tensor],
    keeping keep: Set<ValueID> = [],
    limits: Interpreter.Limits = Interpreter.Limits(),
    engine: Engine = .reference,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(ExecutionError) -> Results {
    let plan = try PiecePlan(self, tensors)
    let wanted = keep.union(outputs.map(\.value))
    if case .compiled(let threads) = engine,
      let compiled = try compiled(for: try plan.piece(0, of: tensors), limits: limits)
    {
      let runs = try compiled.run(
        count: plan.count,
        keeping: wanted,
        threads: threads,
        progress: progress
      ) { (index) throws(ExecutionError) in try plan.piece(index, of: tensors) }
      var pieces: [Results] = []
      for run in runs { pieces.append(try results(run.outputs, run.kept, keeping: keep)) }
      return try joined(pieces)
    }
    let interpreter = Interpreter(model, limits: limits)
    var pieces: [Results] = []
    for index in 0..<plan.count {
      let piece = try plan.piece(index, of: tensors)
      let (all, kept) = try interpreter.run(graph, inputs: piece, keeping: wanted)
      pieces.append(try results(all, kept, keeping: keep))
      progress(index + 1, plan.count)
    }
    return try joined(pieces)
  }

  /// The graph compiled for a piece of the inputs.
  ///
  /// - Returns: `nil` where only the reference can run it: a signature of another graph than the main
  ///   one, inputs that are sequences or that replace constants, ranks that stay open.
  func compiled(for piece: [Tensor], limits: Interpreter.Limits) throws(ExecutionError)
    -> CompiledGraph?
  {
    let main = model.main
    guard graph == Model.mainGraph, !main.inputs.contains(where: { main[$0].isConstant }),
      Set(main.inputs).count == main.inputs.count,
      piece.allSatisfy({ if case .tensors = $0.elements { false } else { true } })
    else { return nil }
    var shapes: [ValueID: [Int]] = [:]
    for (input, tensor) in zip(main.inputs, piece) { shapes[input] = tensor.sizes }
    do throws(ExecutionError) {
      return try CompiledGraph(
        model,
        inputShapes: shapes,
        limits: CompiledGraph.Limits(
          tensorBytes: limits.tensorBytes,
          seconds: limits.seconds
        )
      )
    } catch {
      // The tensors fit their inputs; what is not told is a rank that the file leaves open.
      guard error.code == .dataInvalid else { throw error }
      return nil
    }
  }

  /// The results of one piece in the call's order.
  private func results(
    _ all: [Tensor],
    _ kept: [ValueID: Tensor],
    keeping keep: Set<ValueID>
  ) throws(ExecutionError) -> Results {
    let byValue = Dictionary(
      zip(model[graph].outputs, all).map { ($0, $1) },
      uniquingKeysWith: { first, _ in first }
    )
    var results: [Tensor] = []
    for output in outputs {
      guard let tensor = byValue[output.value] ?? kept[output.value] else {
        throw ExecutionError(
          .modelInvalid,
          "nothing computes \"\(model[graph][output.value].name)\""
        )
      }
      results.append(tensor)
    }
    return Results(outputs: results, kept: kept.filter { keep.contains($0.key) })
  }

  private func joined(_ pieces: [Results]) throws(ExecutionError) -> Results {
    guard pieces.count > 1, let first = pieces.first else {
      return pieces.first ?? Results(outputs: [], kept: [:])
    }
    var result = first
    for index in first.outputs.indices {
      let parts = pieces.map { $0.outputs[index] }
      result.outputs[index] = try joined(parts, outputs[index].value)
    }
    for value in first.kept.keys {
      result.kept[value] = try joined(pieces.compactMap { $0.kept[value] }, value)
    }
    return result
  }

  private func joined(_ parts: [Tensor], _ value: ValueID) throws(ExecutionError) -> Tensor {
    do throws(OperatorError) {
      return try Tensor.stacked(parts)
    } catch {
      let name = model[graph][value].name
      throw ExecutionError(
        error.code,
        "the results of \"\(name)\" cannot be joined: \(error.message)"
      )
    }
  }
}
