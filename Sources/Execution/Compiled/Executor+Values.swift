import ByteIO
import Kernels
import ModelIR
import Operators

extension CompiledGraph.Executor {
  func pointer(_ value: ValueID, _ pass: Pass) -> UnsafeMutableRawPointer? {
    pass.isAnew[value.index] ? anew.pointer(value) : base.pointer(value)
  }

  /// A value in the model's layout.
  func tensor(_ value: ValueID, _ pass: Pass) -> Tensor? {
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
  func store(_ tensor: Tensor, _ value: ValueID, _ pass: Pass) {
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
  func simulate(_ quantization: AffineQuantization, _ value: ValueID, _ pass: Pass) {
    if case .buffer(let sizes, .float32, _) = compiled.places[value.index],
      let data = pointer(value, pass), let count = checkedProduct(sizes)
    {
      let floats = data.assumingMemoryBound(to: Float.self)
      quantization.simulate(floats, to: floats, count: count)
    } else if let tensor = tensor(value, pass) {
      store(tensor.simulated(quantization), value, pass)
    }
  }

  func check(
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

  func outputs(_ pass: Pass) throws(ExecutionError) -> [Tensor] {
    var results: [Tensor] = []
    for output in compiled.graph.outputs {
      guard let tensor = tensor(output, pass) else { throw missing(output) }
      results.append(tensor)
    }
    return results
  }

  func missing(_ value: ValueID) -> ExecutionError {
    ExecutionError(.modelInvalid, "nothing computes \"\(compiled.graph[value].name)\"")
  }
}
