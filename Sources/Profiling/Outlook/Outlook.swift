import ModelIR
import Operators
import WireFormats

/// What the standard ways of compression would make of a model, from the file alone.
///
/// Sizes are computed from what TensorFlow Lite's converter writes: which tensors it converts, their
/// types, their scales. No number is fitted to a model.
package struct Outlook {
  let model: Model
  let types: [GraphTypes]
  let constants: [ModelProfile.ConstantRow]
  /// The most bytes of weights to compress; 0 where they are not to be read.
  let mostCompressed: Int
  private let fileModel: LiteFileModel
  /// What the inputs of matrix products of an older converter are, by graph.
  private let productWeights: [Set<ValueID>]
  private let floatActivations: Int
  /// Whether an integer model only meets floats at its ends.
  private let isInteger: Bool

  /// The converter leaves smaller weights as floats in dynamic-range quantization.
  ///
  /// Source: LiteRT, tflite/converter/quantization/common/quantization_lib/quantization_config.h,
  /// `minimum_elements_for_weights`.
  static let smallestQuantized = 1_024
  /// More bytes of weights than this are never compressed to see how far they shrink.
  package static let mostCompressed = 256 << 20
  /// How many bytes of weights a report compresses without being asked: more take seconds.
  package static let mostCompressedUnasked = 1 << 20

  init(
    _ model: Model,
    types: [GraphTypes],
    constants: [ModelProfile.ConstantRow],
    mostCompressed: Int
  ) {
    self.model = model
    self.types = types
    self.constants = constants
    self.mostCompressed = min(mostCompressed, Self.mostCompressed)
    let recordsRanges = !model.metadata.contains { $0.name == "tensorflow_version" }
    fileModel = LiteFileModel(recordsRanges: recordsRanges)
    productWeights = model.graphs.map { graph in
      guard recordsRanges else { return [] }
      let products = graph.nodes.filter { $0.op.name == "fullyConnected" }
      return Set(products.flatMap { $0.inputs.compactMap { $0 } })
    }
    var count = 0
    for (graph, inferred) in zip(model.graphs, types) {
      for index in graph.values.indices
      where inferred.types[index].element == .float32 && !graph.values[index].isConstant {
        count += 1
      }
    }
    floatActivations = count
    isInteger =
      !constants.contains { $0.isParameter && $0.type == .float32 && $0.elements > 1 }
      && model.main.nodes.contains { node in
        node.outputs.contains { output in
          output.map { types[0].types[$0.index].element == .int8 } ?? false
        }
      }
  }

  /// One stored constant and what a mode makes of it.
  struct Item {
    var row: ModelProfile.ConstantRow
    var role: WeightRole
    /// The type that the mode stores; `nil` where it stays as it is.
    var newType: ElementType?
    /// The scales that the mode stores; 0 where it adds none.
    var channels = 0
    var axis = 0

    var newBytes: Int {
      newType.flatMap { $0.byteCount(elements: row.elements) } ?? row.bytes ?? 0
    }
  }

  /// An entry for each mode; empty where the model has no weights.
  func entries() -> [OutlookEntry] {
    let items = items()
    guard items.contains(where: { $0.role != .steering }) else { return [] }
    return OutlookEntry.Mode.allCases.map { entry($0, items) }
  }

  private func items() -> [Item] {
    let roles = model.graphs.map { $0.weightRoles() }
    return constants.map { row in
      let role = roles[row.graph.index][row.value.index]
      return Item(
        row: row,
        role: row.isParameter || row.type.isFloat ? role ?? .operand : .steering
      )
    }
  }

  // MARK: - Modes

  private func entry(_ mode: OutlookEntry.Mode, _ items: [Item]) -> OutlookEntry {
    var entry = OutlookEntry(mode: mode, note: note(mode))
    switch mode {
    case .original, .pruned:
      entry.fileBytes = model.ledger.fileBytes
      entry.weightBytes = items.reduce(0) { $0 + ($1.role == .steering ? 0 : $1.row.bytes ?? 0) }
      entry.arenaBytes = arena(items)
    default:
      let changed = items.map { convert($0, mode) }
      guard changed.contains(where: { $0.newType != nil }) || quantizesActivations(mode) else {
        entry.note = unchanged(mode)
        return entry
      }
      entry.fileBytes = fileBytes(mode, changed)
      entry.weightBytes = changed.reduce(0) { $0 + ($1.role == .steering ? 0 : $1.newBytes) }
      entry.arenaBytes = arena(changed, activations: activationType(mode))
      entry.gzipBytes = OutlookCompression(model: model).gzipBytes(
        changed,
        most: mostCompressed,
        isPruned: mode == .prunedDynamicRange
      )
      return entry
    }
    entry.gzipBytes = OutlookCompression(model: model).gzipBytes(
      items,
      most: mostCompressed,
      isPruned: mode == .pruned
    )
    return entry
  }

  /// What a mode makes of a constant.
  private func convert(_ item: Item, _ mode: OutlookEntry.Mode) -> Item {
    var item = item
    let isFloat = item.row.type == .float32
    let isNarrow = [.int8, .uint8].contains(item.row.type)
    guard item.role != .steering else { return item }
    switch mode {
    case .original, .pruned: break
    case .float16:
      if isFloat { item.newType = .float16 }
    case .dynamicRange, .int4Weights, .prunedDynamicRange:
      guard item.row.elements >= Self.smallestQuantized else { break }
      switch item.role {
      case .weights(let axis, let channels):
        let wants: ElementType = mode == .int4Weights ? .int4 : .int8
        guard isFloat || (isNarrow && wants == .int4) else { break }
        item.newType = wants
        if isFloat { (item.axis, item.channels) = (axis, channels) }
      case .table:
        guard isFloat else { break }
        (item.newType, item.channels) = (.int8, 1)
      case .bias, .operand, .steering: break
      }
    case .fullInteger, .int16Activations: convertInteger(&item, mode, isFloat: isFloat)
    }
    return item
  }

  private func convertInteger(_ item: inout Item, _ mode: OutlookEntry.Mode, isFloat: Bool) {
    guard quantizesActivations(mode) || isFloat else { return }
    switch item.role {
    case .weights(let axis, let channels):
      let wasHybrid = item.row.type == .int8 && quantizesActivations(mode)
      guard isFloat || wasHybrid else { return }
      item.newType = .int8
      (item.axis, item.channels) = isWhole(item) ? (0, 1) : (axis, channels)
    case .bias(let channels):
      guard isFloat else { return }
      item.newType = mode == .fullInteger ? .int32 : .int64
      item.channels = isWhole(item) ? 1 : channels
    case .table, .operand:
      guard isFloat else { return }
      (item.newType, item.channels) = (mode == .fullInteger ? .int8 : .int16, 1)
    case .steering: break
    }
  }

  /// Whether the operator's weights get one scale: a matrix product of an older converter.
  private func isWhole(_ item: Item) -> Bool {
    productWeights[item.row.graph.index].contains(item.row.value)
  }

  // MARK: - Activations

  private func quantizesActivations(_ mode: OutlookEntry.Mode) -> Bool {
    activationType(mode) != nil && floatActivations > 0 && !isInteger
  }

  private func activationType(_ mode: OutlookEntry.Mode) -> ElementType? {
    switch mode {
    case .fullInteger: .int8
    case .int16Activations: .int16
    default: nil
    }
  }

  // MARK: - File

  private func fileBytes(_ mode: OutlookEntry.Mode, _ items: [Item]) -> Int {
    var bytes = model.ledger.fileBytes
    for item in items where item.newType != nil { bytes += item.newBytes - (item.row.bytes ?? 0) }
    guard model.format == .tflite else {
      // Other formats: the scales, one for each channel.
      return bytes + items.reduce(0) { $0 + 4 * $1.channels }
    }
    let file = fileModel
    switch mode {
    case .original, .pruned: break
    case .float16:
      for item in items where item.newType != nil {
        bytes += LiteFileModel.derivedTensor(
          rank: item.row.shape.rank ?? 0,
          nameLength: item.row.name.utf8.count + 1
        )
      }
      bytes += LiteFileModel.operatorCode + LiteFileModel.reducedPrecision
    case .dynamicRange, .int4Weights, .prunedDynamicRange:
      for item in items where item.channels > 0 {
        bytes += file.quantization(channels: item.channels, axis: item.axis)
        bytes += LiteFileModel.typeField
      }
      bytes += LiteFileModel.fieldLists
    case .fullInteger, .int16Activations:
      // Calibration's ranges stay in files of older converters and in those with 16-bit activations.
      let ranges = file.recordsRanges || mode == .int16Activations
      for item in items where item.channels > 0 {
        let known = item.row.quantization?.scales.count ?? 0
        let isWeight: Bool = if case .bias = item.role { false } else { true }
        if !isWeight, item.row.type == .float32 {
          // The numbers stay shared, the scales are those of each operator.
          bytes +=
            (uses(of: item) - 1)
            * (file.quantization(channels: item.channels, axis: item.axis)
              + LiteFileModel.typeField
              + LiteFileModel.splitTensor(nameLength: item.row.name.utf8.count + 1))
        }
        bytes += file.quantization(
          channels: item.channels,
          axis: item.axis,
          withRanges: ranges && isWeight
        )
        if known > 0 {
          bytes -= file.quantization(channels: known)
        } else {
          bytes += LiteFileModel.typeField
        }
      }
      bytes +=
        floatActivations
        * (file.quantization(channels: 1, withRanges: ranges) + LiteFileModel.typeField)
      bytes += LiteFileModel.fieldLists
      if mode == .int16Activations {
        for boundary in model.main.inputs + model.main.outputs {
          bytes += LiteFileModel.derivedTensor(
            rank: model.main[boundary].shape.rank ?? 0,
            nameLength: model.main[boundary].name.utf8.count + 6
          )
          bytes += file.quantization(channels: 1, withRanges: true) + LiteFileModel.operatorCode
        }
      }
    }
    return bytes
  }

  /// How many operators read a constant, at least one.
  private func uses(of item: Item) -> Int {
    let count = model[item.row.graph].nodes.count { $0.inputs.contains(item.row.value) }
    return max(count, 1)
  }

  // MARK: - Arena

  /// The arena with the constants and activations in other types.
  private func arena(_ items: [Item], activations: ElementType? = nil) -> Int? {
    var changed = model
    var all = types.map(\.types)
    for item in items {
      guard let type = item.newType else { continue }
      let (graph, value) = (item.row.graph, item.row.value)
      // float16 weights are unpacked into the persistent arena; kernels see floats.
      if type == .float16 { continue }
      all[graph.index][value.index].element = type
      if item.channels > 0 {
        // Only whether there are several different scales matters to a plan.
        changed.graphs[graph.index].values[value.index].quantization = Quantization(
          granularity: item.channels > 1 ? .perAxis(item.axis) : .perTensor,
          scales: (1...max(1, item.channels)).map { Float($0) },
          zeroPoints: []
        )
      }
    }
    if let activations {
      for graph in model.graphIDs {
        for value in model[graph].valueIDs
        where !model[graph][value].isConstant
          && all[graph.index][value.index].element == .float32
        {
          all[graph.index][value.index].element = activations
        }
      }
    }
    let analysis = MemoryAnalysis(changed, types: all)
    return model.format == .tflite ? analysis.lite()?.arenaBytes : analysis.generic()?.arenaBytes
  }

  // MARK: - Notes

  /// A few words, then what else was assumed behind a semicolon.
  private func note(_ mode: OutlookEntry.Mode) -> String {
    let structure = model.format == .tflite ? "" : "; nodes that a converter adds are not counted"
    switch mode {
    case .original: return "as it is"
    case .float16: return "weights as float16; CPUs unpack them in memory" + structure
    case .dynamicRange: return "weights of ≥ \(Self.smallestQuantized) elements as int8" + structure
    case .fullInteger: return "weights and activations as int8" + structure
    case .int16Activations: return "int8 weights, int16 activations" + structure
    case .int4Weights: return "convolutions, matrix products as int4" + structure
    case .pruned: return "half of each weight zero: only gzip sees it"
    case .prunedDynamicRange: return "half of each weight zero, then int8" + structure
    }
  }

  private func unchanged(_ mode: OutlookEntry.Mode) -> String {
    let narrow = constants.contains { $0.isParameter && $0.type == .int8 }
    return narrow ? "the weights are 8-bit integers already" : "nothing in the model would change"
  }
}
