import TargetRules

/// Which actions a target's rule file says are worth something there.
package enum TargetActions {
  /// What a rule file knows of an action by.
  static func rules(_ action: String) -> [CompressionRule.Action] {
    let stem = action.prefix { $0 != "+" }
    if stem == "float16" { return [.float16] }
    if stem == "int16-activations" { return [.int16Activations] }
    if stem.hasPrefix("int8-") { return [.dynamicRange, .fullInteger] }
    if stem.hasPrefix("int4-") { return [.int4Weights] }
    if stem == "prune-2:4" { return [.prune2to4] }
    if stem.hasPrefix("prune-block") { return [.pruneBlock] }
    if stem.hasPrefix("prune-") { return [.pruneUnstructured] }
    if stem.hasPrefix("channels-") { return [.pruneChannels] }
    return []
  }

  /// Whether integer weights are worth something only beside integer activations: the rule file says
  /// that full-integer models pay there and weights alone do not.
  package static func needsWholeIntegers(_ target: DeploymentTarget) -> Bool {
    func effect(_ action: CompressionRule.Action) -> CompressionRule.Effect? {
      target.compression.first { $0.action == action }?.effect
    }
    guard let alone = effect(.dynamicRange) else { return false }
    return effect(.fullInteger) == .pays && alone != .pays
  }

  /// What a target makes of an action; `nil` where its rule file says nothing.
  ///
  /// Where several of its rules could be meant the best one counts.
  package static func effect(_ action: String, on target: DeploymentTarget)
    -> CompressionRule.Effect?
  {
    let wanted = rules(action)
    let effects = target.compression.filter { wanted.contains($0.action) }.map(\.effect)
    for effect in [CompressionRule.Effect.pays, .nothing, .refused] where effects.contains(effect) {
      return effect
    }
    return nil
  }
}
