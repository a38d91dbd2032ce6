import ByteIO
import Calibration
import ModelIR
import Operators

/// Takes channels out of a graph: weights, biases, shapes, and what depends on them.
enum ChannelRemoval {
  /// The model without some units; identifiers of nodes and values stay, new values come at the end.
  ///
  /// - Throws: `MODEL_INVALID` where the smaller graph would not be sound.
  static func removing(
    _ units: Set<Int>,
    from model: Model,
    _ map: ChannelMap
  ) throws(TechniqueError) -> Model {
    var graph = model.main
    func kept(_ atoms: [Int]) -> [Int] {
      atoms.indices.filter { !units.contains(map.unitOf[atoms[$0]]) }
    }
    // All cuts of one operand of one node, by axis.
    var cuts: [Use: [(axis: Int, keep: [Int], of: Int)]] = [:]
    for slice in map.slices {
      let keep = kept(slice.atoms)
      guard keep.count < slice.atoms.count else { continue }
      let use = Use(node: slice.node, operand: slice.operand)
      cuts[use, default: []].append((slice.axis, keep, slice.atoms.count))
    }
    var uses: [ValueID: [Use]] = [:]
    for node in graph.nodeIDs {
      for (operand, input) in graph[node].inputs.enumerated() {
        if let input { uses[input, default: []].append(Use(node: node, operand: operand)) }
      }
    }
    for use in cuts.keys.sorted() {
      guard let value = graph[use.node].inputs[use.operand], let cut = cuts[use] else { continue }
      let tensor = try sliced(graph[value], cut)
      // A constant that others read as well gets a copy of its own for each reader.
      if uses[value]?.count == 1 {
        replace(value, tensor, in: &graph)
      } else {
        var copy = graph[value]
        copy.name += "#\(use.node.index)"
        let new = graph.append(copy)
        replace(new, tensor, in: &graph)
        graph[use.node].inputs[use.operand] = new
      }
    }
    for (index, track) in map.tracks.enumerated() {
      guard let track, case .ranked(var dimensions) = graph.values[index].shape,
        dimensions.indices.contains(track.axis)
      else { continue }
      dimensions[track.axis] = .fixed(kept(track.atoms).count)
      graph.values[index].shape = .ranked(dimensions)
    }
    for node in graph.nodeIDs where graph[node].op == .known("convolution") {
      regroup(node, map, kept, in: &graph)
    }
    for node in map.reshapes { try retarget(node, map, kept, in: &graph) }
    var result = model
    result[Model.mainGraph] = graph
    do throws(ReadError) {
      try graph.checkInvariants(graphCount: model.graphs.count)
    } catch {
      throw TechniqueError(.internal, error.message)
    }
    return result
  }

  private struct Use: Hashable, Comparable {
    var node: NodeID
    var operand: Int

    static func < (left: Use, right: Use) -> Bool {
      (left.node, left.operand) < (right.node, right.operand)
    }
  }

  private static func replace(_ value: ValueID, _ tensor: Tensor, in graph: inout Graph) {
    guard case .floats(let floats) = tensor.elements else { return }
    let bytes = FloatBytes.packed(floats)
    graph[value].shape = .fixed(tensor.sizes)
    graph[value].content = .constant(.owned(ByteSource(bytes).bytes, fileBytes: bytes.count))
    graph[value].sparsity = nil
  }

  private static func sliced(
    _ value: Value,
    _ cuts: [(axis: Int, keep: [Int], of: Int)]
  ) throws(TechniqueError) -> Tensor {
    guard let storage = value.constant, let sizes = value.shape.sizes,
      var tensor = Tensor(type: value.type, sizes: sizes, storage: storage),
      value.type == .float32
    else {
      throw TechniqueError(.modelUnsupported, "\"\(value.name)\" is no float32 constant")
    }
    for cut in cuts {
      guard case .floats(let floats) = tensor.elements, tensor.sizes.indices.contains(cut.axis),
        tensor.sizes[cut.axis] == cut.of
      else {
        throw TechniqueError(.internal, "\"\(value.name)\" has no axis of \(cut.of) channels")
      }
      let inner = tensor.sizes[(cut.axis + 1)...].reduce(1, *)
      let outer = tensor.sizes[..<cut.axis].reduce(1, *)
      var kept: [Float] = []
      kept.reserveCapacity(outer * cut.keep.count * inner)
      for block in 0..<outer {
        for index in cut.keep {
          let start = (block * cut.of + index) * inner
          kept.append(contentsOf: floats[start..<start + inner])
        }
      }
      var sizes = tensor.sizes
      sizes[cut.axis] = cut.keep.count
      tensor = Tensor(sizes, floats: kept)
    }
    return tensor
  }

  /// A convolution with one input channel a group has as many groups as input channels.
  private static func regroup(
    _ node: NodeID,
    _ map: ChannelMap,
    _ kept: ([Int]) -> [Int],
    in graph: inout Graph
  ) {
    guard let groups = try? AttributeReader(graph[node].attributes).int("groups", default: 1),
      groups > 1, let input = graph[node].inputs.first, let input,
      let track = map.tracks[input.index], track.atoms.count == groups
    else { return }
    graph[node].attributes["groups"] = .int(kept(track.atoms).count)
  }

  /// The target shape of a reshape, written out: −1 for a batch that is not known.
  private static func retarget(
    _ id: NodeID,
    _ map: ChannelMap,
    _ kept: ([Int]) -> [Int],
    in graph: inout Graph
  ) throws(TechniqueError) {
    guard graph[id].op == .known("reshape"), let output = graph[id].outputs.first, let output,
      let track = map.tracks[output.index], kept(track.atoms).count < track.atoms.count,
      var sizes = map.sizes(output)
    else { return }
    sizes[track.axis] = kept(track.atoms).count
    let target = sizes.enumerated().map { index, size in index == 0 ? -1 : size ?? -1 }
    if graph[id].inputs.count > 1, let shape = graph[id].inputs[1] {
      let type: ElementType = graph[shape].type == .int64 ? .int64 : .int32
      let bytes = target.flatMap { number -> [UInt8] in
        type == .int64
          ? withUnsafeBytes(of: Int64(number).littleEndian) { Array($0) }
          : withUnsafeBytes(of: Int32(number).littleEndian) { Array($0) }
      }
      graph[id].inputs[1] = graph.append(
        Value(
          name: graph[shape].name + "#\(id.index)",
          type: type,
          shape: .fixed([target.count]),
          content: .constant(.owned(ByteSource(bytes).bytes, fileBytes: bytes.count))
        )
      )
    } else {
      graph[id].attributes["shape"] = .ints(target)
    }
  }
}

/// Numbers as the packed bytes of a constant.
enum FloatBytes {
  static func packed(_ values: [Float]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * 4)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }
}
