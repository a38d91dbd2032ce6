import WireFormats

/// The calls of a functional model's layers, each when its operands are there.
///
/// Calls come in the order of the file, but for those that stand before what they need.
struct CallPlan {
  /// A call that can be made.
  struct Step {
    var layer: Int
    /// The number by which other layers name the call.
    var index: Int
    var call: LayerCall
  }

  private struct Pending {
    var step: Step
    /// How many operands are still missing.
    var missing: Int
    var isDone = false
  }

  private var pending: [Pending] = []
  private var waiting: [LayerReference: [Int]] = [:]
  private var ready: [Int] = []
  private var position = 0

  init(_ spec: ModelSpec) {
    let names = Set(spec.layers.map(\.config.name))
    var calls: [[LayerCall]] = spec.layers.map { layer in
      layer.config.inboundNodes.map { LayerCall($0, layers: names) }
    }
    let offsets = Self.offsets(spec, calls)
    for (place, layer) in spec.layers.enumerated() {
      // An input layer inside gives what the model is called with.
      if layer.config.className == "InputLayer" { calls[place] = [] }
      for (index, call) in calls[place].enumerated() {
        let number = pending.count
        let references = Set(call.references)
        for reference in references { waiting[reference, default: []].append(number) }
        let step = Step(layer: place, index: index + offsets[place], call: call)
        pending.append(Pending(step: step, missing: references.count))
      }
    }
  }

  /// Where the numbers of a layer's calls begin.
  ///
  /// A model used as a layer was called once when it was made, which is call 0 and not in the file.
  private static func offsets(_ spec: ModelSpec, _ calls: [[LayerCall]]) -> [Int] {
    var used: [String: (least: Int, most: Int)] = [:]
    for reference in calls.flatMap({ $0.flatMap(\.references) }) + spec.outputs {
      let known = used[reference.layer] ?? (least: reference.call, most: reference.call)
      used[reference.layer] = (min(known.least, reference.call), max(known.most, reference.call))
    }
    return spec.layers.indices.map { place in
      let layer = spec.layers[place]
      guard let model = layer.model, let range = used[layer.config.name] else { return 0 }
      if range.least == 0 { return 0 }
      if range.most >= calls[place].count { return 1 }
      return model.isSequential ? 0 : 1
    }
  }

  /// Notes that a result is there.
  mutating func arrived(_ reference: LayerReference) {
    for number in waiting.removeValue(forKey: reference) ?? [] {
      pending[number].missing -= 1
      // What stands further on is met in the order of the file.
      if pending[number].missing == 0, number < position { ready.append(number) }
    }
  }

  /// The next call that can be made.
  mutating func next() -> Step? {
    if let number = ready.popLast() {
      pending[number].isDone = true
      return pending[number].step
    }
    while position < pending.count {
      let number = position
      position += 1
      guard pending[number].missing == 0 else { continue }
      pending[number].isDone = true
      return pending[number].step
    }
    return nil
  }

  /// The layer of a call that was never made.
  var unfinished: Int? { pending.first { !$0.isDone }?.step.layer }
}
