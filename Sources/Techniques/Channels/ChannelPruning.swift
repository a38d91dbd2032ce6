import ByteIO
import Calibration
import ModelIR
import Operators

/// The least important channels of a group of layers are removed: the model becomes really smaller.
///
/// `⌊share · units⌋` units go, at least one stays; of equal ones those with the lower index go. A
/// unit's importance is the mean over the group's layers of what its rows score, each divided by the
/// layer's mean score, so that layers of other scales weigh the same (as Torch-Pruning normalises).
struct ChannelPruning: Sendable {
  /// What makes a channel important.
  enum Saliency: String, CaseIterable, Sendable {
    /// `√Σ w²` of the channel's filter (the default; Li et al. 2016 use the first norm).
    case l2
    /// `Σ |w|` of the channel's filter. Source: Li et al. 2016, "Pruning Filters for Efficient
    /// ConvNets", section 3.1.
    case l1
    /// `|γ|` of the normalisation that follows. Source: Liu et al. 2017, "Learning Efficient
    /// Convolutional Networks through Network Slimming", section 3.
    case bn
    /// The root mean square of the channel over the calibration samples (activation-based saliency as
    /// in Hu et al. 2016, "Network Trimming", with magnitudes in place of the share of zeros).
    case activation
  }

  var percent: Int
  var saliency = Saliency.l2

  var name: String { "channels-\(percent)" + (saliency == .l2 ? "" : "-" + saliency.rawValue) }

  init?(_ name: String) {
    var parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2, parts.removeFirst() == "channels", let percent = Int(parts[0]),
      (1...99).contains(percent), parts[0] == "\(percent)"
    else { return nil }
    self.percent = percent
    parts.removeFirst()
    if parts.isEmpty { return }
    guard parts.count == 1, let saliency = Saliency(rawValue: parts[0]), saliency != .l2 else {
      return nil
    }
    self.saliency = saliency
  }

  /// The units that go.
  func removed(_ site: Site, _ context: ActionContext) throws(TechniqueError) -> Set<Int> {
    let map = context.sites.channels
    guard let group = map.groups.first(where: { $0.layers.map(\.node) == site.nodes }) else {
      throw TechniqueError(.usage, "\(site.id) is no group of channels")
    }
    let scores = try scores(group, map, context)
    let goes = min(group.units.count * percent / 100, group.units.count - 1)
    guard goes > 0 else {
      throw TechniqueError(.usage, "\(name) removes none of the \(group.units.count) of \(site.id)")
    }
    let order = group.units.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
    return Set(order.prefix(goes).map { group.units[$0] })
  }

  func apply(to site: Site, _ context: ActionContext) throws(TechniqueError) -> AppliedAction {
    let pruned = try PrunedModel(removing: try removed(site, context), from: context)
    let layers = Set(site.nodes.compactMap { context.layers[$0]?.weights })
    return AppliedAction(
      model: pruned.model,
      bytes: layers.reduce(0) { $0 + (pruned.model.main[$1].byteCount ?? 0) },
      multiplyAdds: pruned.multiplyAdds
    )
  }

  private func scores(
    _ group: ChannelMap.Group,
    _ map: ChannelMap,
    _ context: ActionContext
  ) throws(TechniqueError) -> [Float] {
    let graph = context.model.main
    var sums: [Int: Float] = [:]
    var found = false
    func add(_ values: [Float], _ atoms: [Int]) {
      guard values.count == atoms.count, !values.isEmpty else { return }
      let mean = values.reduce(0, +) / Float(values.count)
      guard mean > 0 else { return }
      found = true
      for (value, atom) in zip(values, atoms) {
        sums[map.unitOf[atom], default: 0] += value / mean
      }
    }
    switch saliency {
    case .l1, .l2:
      for layer in group.layers {
        guard let values = layer.matrix(in: graph), let track = map.tracks[layer.output.index]
        else { continue }
        add(rowNorms(values, layer), track.atoms)
      }
    case .bn:
      for slice in map.slices
      where slice.operand == 1 && graph[slice.node].op == .known("batchNormalization") {
        guard let value = graph[slice.node].inputs[1], let storage = graph[value].constant,
          let sizes = graph[value].shape.sizes,
          case .floats(let values)? = Tensor(
            type: graph[value].type,
            sizes: sizes,
            storage: storage
          )?.elements
        else { continue }
        let units = Set(group.units)
        guard slice.atoms.contains(where: { units.contains(map.unitOf[$0]) }) else { continue }
        add(values.map(\.magnitude), slice.atoms)
      }
    case .activation:
      for layer in group.layers {
        guard let statistics = context.record?.statistics[layer.output],
          let track = map.tracks[layer.output.index]
        else { continue }
        add(statistics.channels.map { Float($0.squares.squareRoot()) }, track.atoms)
      }
    }
    guard found else {
      throw TechniqueError(
        saliency == .activation ? .dataInvalid : .usage,
        saliency == .activation
          ? "\(name) needs calibration data of the channels"
          : "\(name): nothing there tells how important the channels are"
      )
    }
    return group.units.map { sums[$0] ?? 0 }
  }

  private func rowNorms(_ values: [Float], _ layer: WeightLayer) -> [Float] {
    (0..<layer.outputs).map { row in
      var sum = 0.0
      for value in values[row * layer.taps..<(row + 1) * layer.taps] {
        sum += saliency == .l1 ? Double(value.magnitude) : Double(value) * Double(value)
      }
      return Float(saliency == .l1 ? sum : sum.squareRoot())
    }
  }
}

extension Technique {
  static let channelPruning = Technique(
    "channel-pruning",
    "The least important channels of layers that are tied together are removed.",
    kind: .channels,
    examples: [
      "channels-25", "channels-10", "channels-50", "channels-25-l1", "channels-25-bn",
      "channels-25-activation",
    ]
  ) { ChannelPruning($0).map { .channels($0) } }
}
