import ByteIO
import ModelIR
import WireFormats

extension Loader {
  /// Reads the named ways to call the model.
  func readSignatures() throws(ReadError) {
    let tables = try located("signature_defs") { () throws(ReadError) in
      try root.tables(slot: Slot.Model.signatures)
    }
    for place in 0..<tables.count {
      try located("signature_defs[\(place)]") { () throws(ReadError) in
        let table = try tables.table(at: place)
        let key = try text(try table.string(slot: Slot.Signature.key))
        let number = Int64(try table.uint32(slot: Slot.Signature.subgraph))
        let graph = try index(number, below: graphs.count, "subgraph")
        try allocation.charge(MemoryLayout<Signature>.stride)
        signatures.append(
          Signature(
            name: key,
            graph: GraphID(graph),
            inputs: try bindings(table, slot: Slot.Signature.inputs, "inputs", graph: graph),
            outputs: try bindings(table, slot: Slot.Signature.outputs, "outputs", graph: graph)
          )
        )
      }
    }
  }

  private func bindings(_ table: FlatBufferTable, slot: Int, _ what: String, graph: Int)
    throws(ReadError) -> [Signature.Binding]
  {
    let tables = try table.tables(slot: slot)
    var bindings: [Signature.Binding] = []
    for place in 0..<tables.count {
      try located("\(what)[\(place)]") { () throws(ReadError) in
        let map = try tables.table(at: place)
        let name = try text(try map.string(slot: Slot.TensorMap.name))
        let tensor = try index(
          Int64(try map.uint32(slot: Slot.TensorMap.tensor)),
          below: graphs[graph].values.count,
          "tensor"
        )
        try allocation.charge(MemoryLayout<Signature.Binding>.stride)
        bindings.append(Signature.Binding(name: name, value: ValueID(tensor)))
      }
    }
    return bindings
  }
}
