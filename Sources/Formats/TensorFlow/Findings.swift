import ModelIR

/// What was noticed while loading; docs/findings.md lists the codes.
struct Findings {
  var raisedLoops = 0
  var raisedChoices = 0
  /// Operators without a meaning here, and how many nodes have them.
  var unknown: [String: Int] = [:]
  /// Why nodes of known operators are kept as they are, and how many.
  var refused: [String: Int] = [:]
  /// Operators that touch files, the network or foreign code, wherever they stand.
  var dangerous: [String: Int] = [:]
  /// Variables that have no value in the checkpoint.
  var unboundVariables: [String] = []
  /// Data files that are not there.
  var missingShards: [String] = []
  /// Entries of the directory that are not read: links and the like.
  var skippedEntries: [String] = []
  var foldedNormalizations = 0
  var unreachedNodes = 0
  var otherSignatures: [String] = []

  /// All of them, in the order of their codes.
  func diagnostics() -> [Diagnostic] {
    var result: [Diagnostic] = []
    if !unknown.isEmpty {
      result.append(
        Diagnostic(
          "T01 unknown-operator",
          .warning,
          "operators without a meaning here: " + Self.list(unknown),
          fix: "their arithmetic is not counted, and the model cannot be run"
        )
      )
    }
    if !refused.isEmpty {
      result.append(
        Diagnostic(
          "T02 unsupported-form",
          .warning,
          "forms of operators without a meaning here: " + Self.list(refused),
          fix: "their arithmetic is not counted, and the model cannot be run"
        )
      )
    }
    if !dangerous.isEmpty {
      result.append(
        Diagnostic(
          "T03 outside-access",
          .error,
          "operators that read files, use the network or run foreign code: " + Self.list(dangerous),
          fix: "they are never run here; find out who made the model before TensorFlow runs it"
        )
      )
    }
    if !missingShards.isEmpty {
      result.append(
        Diagnostic(
          "T04 missing-weights",
          .error,
          "files of the checkpoint are not there: " + Self.list(missingShards),
          fix: "copy the whole directory"
        )
      )
    }
    if !unboundVariables.isEmpty {
      result.append(
        Diagnostic(
          "T05 unbound-variable",
          .error,
          "variables without a value in the checkpoint: " + Self.list(unboundVariables),
          fix: "save the model again"
        )
      )
    }
    if !skippedEntries.isEmpty {
      result.append(
        Diagnostic(
          "T06 skipped-entry",
          .warning,
          "entries of the directory are no files and are not followed: "
            + Self.list(skippedEntries),
          fix: "put the files themselves into the directory"
        )
      )
    }
    if raisedLoops + raisedChoices > 0 {
      result.append(
        Diagnostic(
          "T07 raised-control-flow",
          .note,
          "\(raisedLoops) loops and \(raisedChoices) choices were found in switches and merges"
        )
      )
    }
    if foldedNormalizations > 0 {
      result.append(
        Diagnostic(
          "T08 assembled-normalization",
          .note,
          "\(foldedNormalizations) batch normalizations were put together from their parts"
        )
      )
    }
    if !otherSignatures.isEmpty {
      result.append(
        Diagnostic(
          "T09 other-signatures",
          .note,
          "further signatures are not shown: " + Self.list(otherSignatures),
          fix: "--signature NAME chooses one"
        )
      )
    }
    return result
  }

  private static func list(_ counts: [String: Int]) -> String {
    let names = counts.keys.sorted()
    return list(names.map { "\($0.prefix(96)) (\(counts[$0] ?? 0))" })
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(8).map { String($0.prefix(128)) }.joined(separator: ", ")
    return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
  }
}
