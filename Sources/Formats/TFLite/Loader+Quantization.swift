import ByteIO
import ModelIR
import WireFormats

extension Loader {
  /// How a tensor's integers stand for real numbers; `nil` where the file has no scales.
  ///
  /// TensorFlow Lite refuses models with an axis outside the shape, its version for
  /// microcontrollers does not look at it; so it is a finding where the length of the scales
  /// leaves only one axis, and an error otherwise.
  ///
  /// - Parameters:
  ///   - table: The tensor.
  ///   - sizes: The tensor's extents.
  ///   - count: The number of tensors of the subgraph.
  ///   - value: The tensor, for messages.
  ///   - graph: The subgraph.
  /// - Returns: The quantization.
  /// - Throws: `MODEL_INVALID` where scales and zero points do not fit each other or the shape.
  func readQuantization(
    _ table: FlatBufferTable,
    sizes: [Int],
    of count: Int,
    value: Value,
    graph: GraphID
  ) throws(ReadError) -> Quantization? {
    try located("quantization") { () throws(ReadError) -> Quantization? in
      guard let parameters = try table.table(slot: Slot.Tensor.quantization) else { return nil }
      claim(parameters.range, as: .quantization)
      let minimum = try numbers(parameters, Slot.Quantization.minimum, of: Float.self)
      let maximum = try numbers(parameters, Slot.Quantization.maximum, of: Float.self)
      let scales = try numbers(parameters, Slot.Quantization.scale, of: Float.self)
      let stored = try numbers(parameters, Slot.Quantization.zeroPoint, of: Int64.self)
      let axis = Int(try parameters.int32(slot: Slot.Quantization.axis))
      let details = try parameters.union(typeSlot: Slot.Quantization.detailsType)

      if let details, details.type == Slot.QuantizationDetails.custom {
        if let bytes = try details.table.vector(slot: 0, of: UInt8.self) {
          claim(bytes.range, as: .quantization)
        }
      } else if let details {
        return try blockwise(details, axis: axis, sizes: sizes, of: count)
      }
      guard !scales.isEmpty else { return nil }
      guard stored.count == scales.count || stored.count <= 1 else {
        throw ReadError(
          .modelInvalid,
          "tensor \"\(value.name)\" has \(scales.count) scales and \(stored.count) zero points",
          at: parameters.offset
        )
      }
      check(scales, of: value, graph: graph)
      var zeroPoints: [Int] = []
      for number in stored {
        guard let zeroPoint = Int(exactly: number) else { continue }
        zeroPoints.append(zeroPoint)
      }
      check(zeroPoints, of: value, graph: graph)
      return Quantization(
        granularity: try granularity(
          scales.count,
          axis: axis,
          sizes: sizes,
          value: value,
          graph: graph,
          at: parameters.offset
        ),
        scales: scales,
        zeroPoints: zeroPoints,
        minimum: minimum,
        maximum: maximum
      )
    }
  }

  private func granularity(
    _ scaleCount: Int,
    axis: Int,
    sizes: [Int],
    value: Value,
    graph: GraphID,
    at offset: Int
  ) throws(ReadError) -> Quantization.Granularity {
    if scaleCount == 1 { return .perTensor }
    if sizes.indices.contains(axis), sizes[axis] == scaleCount { return .perAxis(axis) }
    let candidates = sizes.indices.filter { sizes[$0] == scaleCount }
    guard !sizes.indices.contains(axis), candidates.count == 1, let only = candidates.first else {
      throw ReadError(
        .modelInvalid,
        "tensor \"\(value.name)\" of shape \(Shape.fixed(sizes)) has \(scaleCount) scales for"
          + " axis \(axis)",
        at: offset
      )
    }
    findings.add(
      .quantizationAxis,
      "tensor \"\(value.name)\" of shape \(Shape.fixed(sizes)) has its scales along axis \(axis);"
        + " axis \(only) is used",
      graph: graph
    )
    return .perAxis(only)
  }

  /// Scales that stand in a tensor, one each block.
  ///
  /// The block's axis is the stated one; where the scales' shape says otherwise (writers for
  /// XNNPACK state the output-channel axis), the axis that it is divided along.
  private func blockwise(
    _ details: (type: UInt8, table: FlatBufferTable),
    axis: Int,
    sizes: [Int],
    of count: Int
  ) throws(ReadError) -> Quantization? {
    let table = details.table
    claim(table.range, as: .quantization)
    if let extents = try table.vector(slot: Slot.QuantizationDetails.extents, of: Int32.self) {
      claim(extents.range, as: .quantization)
    }
    guard
      details.type == Slot.QuantizationDetails.blockwise
        || details.type == Slot.QuantizationDetails.multiAxis
    else { return nil }
    let scales = try index(
      Int64(try table.int32(slot: Slot.QuantizationDetails.scales)),
      below: count,
      "scale tensor"
    )
    var zeroPoints: ValueID?
    let stated = try table.int32(slot: Slot.QuantizationDetails.zeroPoints, default: -1)
    if stated >= 0 { zeroPoints = ValueID(try index(Int64(stated), below: count, "zero points")) }
    let size = Int(try table.int32(slot: Slot.QuantizationDetails.blockSize))
    guard size >= 0, size > 0 || details.type == Slot.QuantizationDetails.multiAxis else {
      throw ReadError(.modelInvalid, "blocks of \(size) elements cannot be", at: table.offset)
    }
    guard sizes.indices.contains(axis) else {
      throw ReadError(
        .modelInvalid,
        "blocks along axis \(axis) of a tensor of \(sizes.count) axes",
        at: table.offset
      )
    }
    return Quantization(
      granularity: .blockwise(
        axis: axis,
        size: max(1, size),
        scales: ValueID(scales),
        zeroPoints: zeroPoints
      ),
      scales: [],
      zeroPoints: []
    )
  }

  /// Corrects the axes of block-wise quantization by the scales' shapes, once all are read.
  func resolveBlocks(in graph: inout Graph, notes: inout [TensorNote]) {
    for index in graph.values.indices {
      guard let quantization = graph.values[index].quantization,
        case .blockwise(let axis, let size, let scales, let zeroPoints) = quantization.granularity
      else { continue }
      if let scales { notes[scales.index].isQuantizationParameter = true }
      if let zeroPoints { notes[zeroPoints.index].isQuantizationParameter = true }
      guard let scales else { continue }
      let sizes = notes[index].sizes
      let blocks = notes[scales.index].sizes
      guard blocks.count == sizes.count, size > 1 else { continue }
      let divided = sizes.indices.filter { sizes[$0] % size == 0 && blocks[$0] == sizes[$0] / size }
      guard !divided.contains(axis), let actual = divided.last else { continue }
      graph.values[index].quantization?.granularity = .blockwise(
        axis: actual,
        size: size,
        scales: scales,
        zeroPoints: zeroPoints
      )
    }
  }

  private func numbers<Number: FlatBufferScalar>(
    _ table: FlatBufferTable,
    _ slot: Int,
    of type: Number.Type
  ) throws(ReadError) -> [Number] {
    guard let vector = try table.vector(slot: slot, of: type) else { return [] }
    claim(vector.range, as: .quantization)
    try allocation.charge(vector.bytes.count, at: vector.bytes.offset)
    return try vector.array()
  }

  private func check(_ scales: [Float], of value: Value, graph: GraphID) {
    guard let bad = scales.first(where: { !($0.isFinite && $0 > 0) }) else { return }
    findings.add(
      .quantizationScale,
      "tensor \"\(value.name)\" has a scale of \(bad)",
      graph: graph
    )
  }

  private func check(_ zeroPoints: [Int], of value: Value, graph: GraphID) {
    guard let bits = value.type.bitWidth, value.type.isInteger, bits < 63 else { return }
    let range =
      value.type.isUnsignedInteger
      ? 0...(1 << bits) - 1 : -(1 << (bits - 1))...(1 << (bits - 1)) - 1
    guard let bad = zeroPoints.first(where: { !range.contains($0) }) else { return }
    findings.add(
      .zeroPoint,
      "tensor \"\(value.name)\" of type \(value.type.rawValue) has the zero point \(bad)",
      graph: graph
    )
  }
}
