import ByteIO
import ModelIR
import WireFormats

/// Turns an operator's options into canonical attributes.
struct OptionReader {
  /// The options; `nil` where the file has none, which means all defaults.
  let options: FlatBufferTable?
  /// The operator's name in the schema, for messages.
  let source: String
  let operands: OperandContext
  let loader: Loader

  /// Reads one attribute.
  ///
  /// - Parameters:
  ///   - field: Which.
  ///   - lowered: Where it is added.
  /// - Throws: `MODEL_INVALID` where the value cannot be.
  func read(_ field: OptionField, into lowered: inout LoweredOperator) throws(ReadError) {
    switch field {
    case .int(let name, let slot, let value):
      lowered.attributes[name] = .int(Int(try options?.int32(slot: slot, default: value) ?? value))
    case .long(let name, let slot):
      lowered.attributes[name] = .int(try int(try options?.int64(slot: slot) ?? 0, name))
    case .bool(let name, let slot, let value):
      lowered.attributes[name] = .bool(try options?.bool(slot: slot, default: value) ?? value)
    case .float(let name, let slot):
      lowered.attributes[name] = .float(Double(try options?.float32(slot: slot) ?? 0))
    case .text(let name, let slot):
      lowered.attributes[name] = .string(try loader.text(try options?.string(slot: slot)))
    case .type(let name, let slot, let value):
      lowered.attributes[name] = elementType(
        try options?.int8(slot: slot, default: value) ?? value
      )
    case .outputType(let name):
      if let output = operands.output(0) { lowered.attributes[name] = .type(output.type) }
    case .ints, .longs, .bools, .numbers, .floats, .bytes:
      try readVector(field, into: &lowered)
    case .extents(let name, let slots, let value):
      lowered.attributes[name] = .ints(try extents(name, slots, value))
    case .extent(let name, let slot):
      lowered.attributes[name] = .int(try extents(name, [slot], 0)[0])
    case .choice(let name, let slot, let names):
      let number = try choice(slot)
      lowered.attributes[name] =
        names.indices.contains(number) ? .string(names[number]) : .int(number)
    case .graph(let name, let slot):
      lowered.attributes[name] = .graph(try graph(try options?.int32(slot: slot) ?? 0))
    case .graphs(let name, let slot):
      var graphs: [GraphID] = []
      for number in try elements(slot, of: Int32.self) ?? [] { graphs.append(try graph(number)) }
      lowered.attributes[name] = .graphs(graphs)
    case .padding(let slot):
      let number = Int(try options?.int8(slot: slot) ?? 0)
      lowered.attributes["padding"] = .string(try name(number, of: Self.paddings, "padding"))
    case .activation(let slot):
      let number = Int(try options?.int8(slot: slot) ?? 0)
      let activation = try name(number, of: Self.activations, "fused activation")
      if number != 0 { lowered.attributes["activation"] = .string(activation) }
    case .always(let name, let value):
      lowered.attributes[name] = value
    }
  }

  /// Source: the enumerations `Padding` and `ActivationFunctionType` of the schema.
  private static let paddings = ["same", "valid"]
  private static let activations = ["none", "relu", "reluN1To1", "relu6", "tanh", "sign"]

  private func readVector(_ field: OptionField, into lowered: inout LoweredOperator)
    throws(ReadError)
  {
    switch field {
    case .ints(let name, let slot):
      guard let numbers = try elements(slot, of: Int32.self) else { return }
      lowered.attributes[name] = .ints(numbers.map(Int.init))
    case .numbers(let name, let slot):
      guard let numbers = try elements(slot, of: UInt32.self) else { return }
      lowered.attributes[name] = .ints(numbers.map(Int.init))
    case .bools(let name, let slot):
      guard let flags = try elements(slot, of: Bool.self) else { return }
      lowered.attributes[name] = .ints(flags.map { $0 ? 1 : 0 })
    case .longs(let name, let slot):
      var numbers: [Int] = []
      for number in try elements(slot, of: Int64.self) ?? [] {
        numbers.append(try int(number, name))
      }
      lowered.attributes[name] = .ints(numbers)
    case .floats(let name, let slot):
      guard let numbers = try elements(slot, of: Float.self) else { return }
      lowered.attributes[name] = .floats(numbers.map(Double.init))
    case .bytes(let name, let slot):
      guard let bytes = try elements(slot, of: UInt8.self) else { return }
      lowered.attributes[name] = .bytes(bytes)
    default: return
    }
  }

  private func elements<Element: FlatBufferScalar>(
    _ slot: Int,
    of type: Element.Type
  ) throws(ReadError) -> [Element]? {
    guard let vector = try options?.vector(slot: slot, of: type) else { return nil }
    try loader.allocation.charge(vector.count * 8, at: vector.bytes.offset)
    return try vector.array()
  }

  /// Enumerations take 8 bits in some options and 32 in others; all values are small.
  private func choice(_ slot: Int) throws(ReadError) -> Int {
    Int(try options?.int8(slot: slot) ?? 0)
  }

  private func extents(_ name: String, _ slots: [Int], _ value: Int32) throws(ReadError) -> [Int] {
    var sizes: [Int] = []
    for slot in slots {
      let size = Int(try options?.int32(slot: slot, default: value) ?? value)
      guard size >= 1 else {
        throw ReadError(
          .modelInvalid,
          options == nil
            ? "\(source) has no options, so \(name) is \(size)"
            : "\(source) has \(name) of \(size)",
          at: options?.offset
        )
      }
      sizes.append(size)
    }
    return sizes
  }

  private func name(_ number: Int, of names: [String], _ what: String) throws(ReadError) -> String {
    guard names.indices.contains(number) else {
      throw ReadError(
        .modelUnsupported,
        "\(source) has \(what) \(number), which is not known",
        at: options?.offset
      )
    }
    return names[number]
  }

  private func elementType(_ number: Int8) -> AttributeValue {
    TensorType.element(number).map(AttributeValue.type) ?? .int(Int(number))
  }

  private func int(_ number: Int64, _ name: String) throws(ReadError) -> Int {
    guard let int = Int(exactly: number) else {
      throw ReadError(.modelInvalid, "\(source) has \(name) of \(number)", at: options?.offset)
    }
    return int
  }

  private func graph(_ number: Int32) throws(ReadError) -> GraphID {
    GraphID(try loader.index(Int64(number), below: loader.subgraphCount, "\(source): subgraph"))
  }
}

extension OptionReader {
  /// Adds what depends on the operands.
  ///
  /// - Parameters:
  ///   - lowered: The operator so far.
  ///   - refinement: What to add.
  /// - Throws: `MODEL_UNSUPPORTED` where a comparison is of no known kind.
  func refine(_ lowered: inout LoweredOperator, by refinement: Lowering.Refinement)
    throws(ReadError)
  {
    switch refinement {
    case .groups:
      guard let channels = operands.input(0)?.shape.dimensions?.last?.size,
        let each = operands.input(1)?.shape.dimensions?.last?.size,
        each > 0, channels > 0, channels % each == 0
      else { return }
      lowered.attributes["groups"] = .int(channels / each)
    case .unlessBool(let name):
      if let type = operands.input(0)?.type, type != .bool { lowered.kind = .known(name) }
    case .comparison:
      let number = Int(try options?.uint32(slot: 0) ?? 0)
      lowered.kind = .known(try name(number, of: Self.comparisons, "comparison"))
    case .windowFromRadius:
      guard case .int(let radius) = lowered.attributes["radius"], radius >= 0 else {
        throw ReadError(.modelInvalid, "\(source) has a negative radius", at: options?.offset)
      }
      lowered.attributes["radius"] = nil
      lowered.attributes["size"] = .int(2 * radius + 1)
    case .outputShape:
      if let sizes = operands.output(0)?.shape.sizes { lowered.attributes["shape"] = .ints(sizes) }
      lowered.attributes["allowZero"] = .bool(true)
    }
  }

  /// Source: the enumeration `StablehloComparisonDirection` of the schema.
  private static let comparisons = [
    "equal", "notEqual", "greaterEqual", "greater", "lessEqual", "less",
  ]
}
