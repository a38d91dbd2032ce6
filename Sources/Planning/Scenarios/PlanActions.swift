import TargetRules

/// The actions that a plan measures where nobody says which.
package enum PlanActions {
  /// Forms of weights that files can hold, and for budgets that weights do not move, integer
  /// activations and fewer channels.
  ///
  /// - Parameters:
  ///   - budgets: What has to be kept.
  ///   - target: Where the model is to run: what its rules say is worthless there is not measured.
  /// - Returns: The names.
  package static func standard(for budgets: [Budget], on target: DeploymentTarget?) -> [String] {
    var names = [
      "float16", "int8-channel", "int8-tensor", "int4-channel", "int4-channel-mse",
      "int4-tensor-mse", "int4-group32",
    ]
    let figures = Set(budgets.map(\.figure))
    if figures.contains(.arena) || figures.contains(.latency)
      || target.map(TargetActions.needsWholeIntegers) ?? false
    {
      names += ["int8-activations", "int16-activations"]
    }
    if !figures.isDisjoint(with: [.arena, .latency, .macs]) {
      names += ["channels-25", "channels-50"]
    }
    guard let target else { return names }
    return names.filter { name in
      TargetActions.effect(name, on: target).map { $0 == .pays } ?? true
    }
  }
}
