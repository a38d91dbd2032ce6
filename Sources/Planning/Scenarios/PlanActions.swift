import TargetRules

/// The actions that a plan measures where nobody says which.
package enum PlanActions {
  /// Forms of weights that files can hold, those of 4 bits also refitted to the samples, fewer channels,
  /// and integer activations for budgets that weights do not move.
  ///
  /// - Parameters:
  ///   - budgets: What has to be kept.
  ///   - target: Where the model is to run: what its rules say is worthless there is not measured.
  /// - Returns: The names.
  package static func standard(for budgets: [Budget], on target: DeploymentTarget?) -> [String] {
    var names = [
      "float16", "int8-channel", "int8-tensor", "int4-channel", "int4-channel-mse",
      "int4-tensor-mse", "int4-group32", "int4-channel+refit", "int4-channel-mse+refit",
      "int4-group32+refit", "channels-5", "channels-7", "channels-10", "channels-25",
    ]
    let figures = Set(budgets.map(\.figure))
    if figures.contains(.arena) || figures.contains(.latency)
      || target.map(TargetActions.needsWholeIntegers) ?? false
    {
      names += ["int8-activations", "int16-activations"]
    }
    if !figures.isDisjoint(with: [.arena, .latency, .macs]) {
      names.append("channels-50")
    }
    guard let target else { return names }
    return names.filter { name in
      TargetActions.effect(name, on: target).map { $0 == .pays } ?? true
    }
  }
}
