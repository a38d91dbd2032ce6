import ModelIR
import Operators

/// Where and in which unit the effect of an action is measured.
package struct OutputMeasure: Sendable {
  /// The unit.
  package enum Metric: String, Sendable, CaseIterable {
    /// `Σ p ln(p / q)` of the float model's class probabilities to the changed model's, in nats.
    case kl
    /// `Σ (y − ŷ)² / Σ y²`.
    case relativeMSE = "relative-mse"
  }

  /// How numbers become probabilities.
  package enum Scores: Equatable, Sendable {
    /// One class of several, along an axis; `flattened` where all axes behind it count as one.
    case softmax(axis: Int, beta: Double, isFlattened: Bool)
    /// Each number by itself.
    case sigmoid
  }

  /// A value that is looked at.
  package struct Target: Equatable, Sendable {
    /// The value: before the final softmax or sigmoid where there is one.
    package var value: ValueID
    package var name: String
    /// How it becomes probabilities; `nil` where it is no class score.
    package var scores: Scores?
  }

  package var metric: Metric
  /// One for each float output, in the model's order.
  package var targets: [Target]
  /// Why this metric: for people.
  package var reason: String

  /// A measure of chosen targets.
  init(metric: Metric, targets: [Target], reason: String) {
    self.metric = metric
    self.targets = targets
    self.reason = reason
  }

  /// Chooses targets and metric from the graph; `nil` where no output is float32, or the stated metric
  /// needs class scores and there are none.
  ///
  /// From each output the way goes back through operators that change no number to a softmax or
  /// sigmoid; what that reads is looked at, since the probabilities hide what is small.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - types: The values' types.
  ///   - metric: The metric that the user states.
  ///   - hasLabels: Whether samples have classes: then a vector of numbers counts as class scores.
  package init?(
    _ graph: Graph,
    types: [TensorType],
    metric: Metric? = nil,
    hasLabels: Bool = false
  ) {
    let connections = graph.connections()
    var targets: [Target] = []
    for output in graph.outputs where types[output.index].element == .float32 {
      var found = Self.target(output, graph, types, connections)
      if found.scores == nil, hasLabels || metric == .kl, graph.outputs.count == 1,
        let rank = types[found.value.index].shape.dimensions?.count, rank > 0,
        (types[found.value.index].shape.sizes?.last ?? 0) > 1
      {
        found.scores = .softmax(axis: rank - 1, beta: 1, isFlattened: false)
      }
      if !targets.contains(found) { targets.append(found) }
    }
    guard !targets.isEmpty else { return nil }
    self.targets = targets
    let areScores = targets.allSatisfy { $0.scores != nil }
    if let metric {
      guard metric != .kl || areScores else { return nil }
      self.metric = metric
      reason = "as stated"
    } else if areScores {
      self.metric = .kl
      reason =
        targets.allSatisfy { !graph.outputs.contains($0.value) }
        ? "the outputs are class scores, taken before the final softmax or sigmoid"
        : "labels are given, so the outputs count as class scores"
    } else {
      self.metric = .relativeMSE
      reason = "the outputs are no class scores"
    }
  }

  private static func target(
    _ output: ValueID,
    _ graph: Graph,
    _ types: [TensorType],
    _ connections: Connections
  ) -> Target {
    var value = output
    // Each step goes to an earlier node, so that it ends.
    while let id = connections.producer(of: value), case .known(let name) = graph[id].op,
      case .some(let .some(input)) = graph[id].inputs.first,
      types[input.index].element == .float32
    {
      let attributes = AttributeReader(graph[id].attributes)
      switch name {
      case "softmax":
        let rank = types[input.index].shape.dimensions?.count ?? 1
        let isFlattened = (try? attributes.bool("flattened", default: false)) ?? false
        let axis = (try? attributes.int("axis", default: isFlattened ? 1 : -1)) ?? -1
        let beta = (try? attributes.float("beta", default: 1)) ?? 1
        return Target(
          value: input,
          name: graph[input].name,
          scores: .softmax(
            axis: axis < 0 ? axis + rank : axis,
            beta: Double(beta),
            isFlattened: isFlattened
          )
        )
      case "sigmoid":
        return Target(value: input, name: graph[input].name, scores: .sigmoid)
      case "reshape", "identity", "squeeze", "expandDims", "flatten", "fakeQuantize":
        value = input
      default:
        return Target(value: output, name: graph[output].name, scores: nil)
      }
    }
    return Target(value: output, name: graph[output].name, scores: nil)
  }

  /// The values that a run has to keep.
  package var values: Set<ValueID> { Set(targets.map(\.value)) }

  /// The classes of the only output; `nil` where samples have no single class.
  package func classCount(_ types: [TensorType]) -> Int? {
    guard targets.count == 1, let scores = targets[0].scores,
      let sizes = types[targets[0].value.index].shape.sizes, let count = checkedProduct(sizes)
    else { return nil }
    switch scores {
    case .sigmoid: return max(count, 2)
    case .softmax: return ScoreRows(sizes, scores).rowCount == 1 ? count : nil
    }
  }
}
