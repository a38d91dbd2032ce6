import ByteIO
import ModelIR
import WireFormats

extension Loader {
  /// Reads an operator and appends it to the graph.
  func readOperator(_ table: FlatBufferTable, path: String, into graph: inout Graph)
    throws(ReadError)
  {
    try allocation.charge(MemoryLayout<Node>.stride + path.utf8.count, at: table.offset)
    let code = operatorCodes[
      try index(
        Int64(try table.uint32(slot: Slot.Operator.code)),
        below: operatorCodes.count,
        "operator code"
      )
    ]
    let count = graph.values.count
    let inputs: [ValueID?]
    let outputs: [ValueID?]
    do throws(ReadError) {
      inputs = try operands(table, slot: Slot.Operator.inputs, "inputs", of: count)
      outputs = try operands(table, slot: Slot.Operator.outputs, "outputs", of: count)
    } catch {
      var named = error
      named.message = "\(code.sourceType) at operator \(graph.nodes.count): " + error.message
      throw named
    }
    let intermediates = try operands(
      table,
      slot: Slot.Operator.intermediates,
      "intermediates",
      of: count
    )
    _ = try table.vector(slot: Slot.Operator.mutatingInputs, of: Bool.self)

    let firstOutput = outputs.compactMap { $0 }.first
    let name = firstOutput.map { graph[$0].name } ?? ""
    // The layer's name is made from this one.
    try allocation.charge(name.utf8.count, at: table.offset)
    var lowered = try lower(
      code,
      table,
      OperandContext(values: graph.values, inputs: inputs, outputs: outputs),
      node: NodeID(graph.nodes.count)
    )
    if !intermediates.isEmpty {
      // Integer LSTMs keep nothing in these tensors; only how they would be quantized counts.
      let quantized = intermediates.map { $0.flatMap { graph[$0].quantization } }
      lowered.attributes["intermediateScales"] = .floats(
        quantized.map { Double($0?.scales.first ?? 0) }
      )
      lowered.attributes["intermediateZeroPoints"] = .ints(quantized.map { $0?.zeroPoint(0) ?? 0 })
    }
    if let options = try customOptions(table) {
      if code.customName == "TFLite_Detection_PostProcess" {
        lowered.kind = .known("detectionPostProcess")
      }
      try read(options, into: &lowered, isMap: lowered.kind.isKnown)
    }
    graph.nodes.append(
      Node(
        name: name,
        op: lowered.kind,
        attributes: lowered.attributes,
        inputs: inputs,
        outputs: outputs,
        origin: Origin(
          sourceType: code.sourceType,
          sourceVersion: code.version,
          path: path,
          byteRange: table.range
        )
      )
    )
  }

  /// The options of a custom operator; `nil` where there are none.
  private func customOptions(_ table: FlatBufferTable) throws(ReadError) -> Bytes? {
    let offset = try table.uint64(slot: Slot.Operator.largeOptionsOffset)
    if offset > 1 {
      let size = try table.uint64(slot: Slot.Operator.largeOptionsSize)
      let options = try outside(offset: offset, size: size, at: table.offset)
      if let options { claim(options.offset..<options.endOffset, as: .customOptions) }
      return options
    }
    guard let options = try table.vector(slot: Slot.Operator.customOptions, of: UInt8.self)
    else { return nil }
    claim(options.range, as: .customOptions)
    return options.isEmpty ? nil : options.bytes
  }

  private func read(_ options: Bytes, into lowered: inout LoweredOperator, isMap: Bool)
    throws(ReadError)
  {
    if isMap, let entries = FlexBuffer.scalars(ofMap: options) {
      for (name, value) in entries { lowered.attributes[camelCase(name)] = attribute(value) }
      return
    }
    try allocation.charge(options.count, at: options.offset)
    lowered.attributes["customOptions"] = .bytes(options.array)
  }

  /// `max_detections` as `maxDetections`.
  private func camelCase(_ name: String) -> String {
    var result = ""
    for (place, word) in name.split(separator: "_").enumerated() {
      result += place == 0 ? String(word) : word.prefix(1).uppercased() + word.dropFirst()
    }
    return result
  }

  private func attribute(_ scalar: FlexBufferScalar) -> AttributeValue? {
    switch scalar {
    case .int(let value): Int(exactly: value).map(AttributeValue.int)
    case .uint(let value): Int(exactly: value).map(AttributeValue.int)
    case .float(let value): .float(value)
    case .bool(let value): .bool(value)
    case .string(let value): .string(value)
    }
  }

  /// The canonical operator and its attributes.
  private func lower(
    _ code: OperatorCode,
    _ table: FlatBufferTable,
    _ operands: OperandContext,
    node: NodeID
  ) throws(ReadError) -> LoweredOperator {
    let first = try table.union(typeSlot: Slot.Operator.optionsType)
    let second = try table.union(typeSlot: Slot.Operator.options2Type)
    guard code.customName == nil, let name = code.builtin.name,
      let lowering = LoweringTable.byName[name]
    else { return LoweredOperator(kind: .unknown(code.sourceType)) }
    let options: FlatBufferTable? =
      switch lowering.options {
      case .first(let type): member(first, type: type, name, node: node)
      case .second(let type): member(second, type: type, name, node: node)
      case nil: nil
      }
    var lowered = LoweredOperator(kind: kind(of: lowering, named: name))
    let reader = OptionReader(options: options, source: name, operands: operands, loader: self)
    for field in lowering.fields { try reader.read(field, into: &lowered) }
    if let refinement = lowering.refinement { try reader.refine(&lowered, by: refinement) }
    return lowered
  }

  private func kind(of lowering: Lowering, named name: String) -> OperatorKind {
    guard let canonical = lowering.canonical else { return .unknown(name) }
    return .known(canonical)
  }

  /// The options, where they are of the operator's own type.
  // Out of line: inlined, its like made the optimizer of Swift 6.3 crash (CopyPropagation).
  @inline(never)
  private func member(
    _ union: (type: UInt8, table: FlatBufferTable)?,
    type: UInt8,
    _ name: String,
    node: NodeID
  ) -> FlatBufferTable? {
    guard let union else { return nil }
    guard union.type == type else {
      findings.add(
        .optionsType,
        "\(name) has options of type \(union.type), not \(type)",
        graph: GraphID(graphs.count),
        node: node
      )
      return nil
    }
    return union.table
  }
}

/// An operator in the canonical vocabulary.
struct LoweredOperator {
  var kind: OperatorKind
  var attributes = Attributes()
}

/// The operands of the operator that is being lowered.
struct OperandContext {
  let values: [Value]
  let inputs: [ValueID?]
  let outputs: [ValueID?]

  /// The operand at a place; `nil` where it is left out.
  func input(_ place: Int) -> Value? {
    guard inputs.indices.contains(place), let value = inputs[place] else { return nil }
    return values[value.index]
  }

  /// The result at a place.
  func output(_ place: Int) -> Value? {
    guard outputs.indices.contains(place), let value = outputs[place] else { return nil }
    return values[value.index]
  }
}
