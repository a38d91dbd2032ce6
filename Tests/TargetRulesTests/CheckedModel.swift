import ByteIO
import ModelIR
import TargetRules

/// Models that tests describe operator by operator, and what targets make of them.
struct CheckedModel {
  var graph = Graph(name: "main")
  var format = ModelFormat.tflite

  /// Adds a tensor.
  mutating func value(
    _ type: ElementType = .int8,
    _ sizes: [Int] = [1, 8, 8, 4],
    constant: Bool = false,
    quantization: Quantization? = nil
  ) -> ValueID {
    graph.append(
      Value(
        name: "t\(graph.values.count)",
        type: type,
        shape: .fixed(sizes),
        quantization: quantization,
        content: constant ? .constant(.absent) : .activation
      )
    )
  }

  /// Adds an operator with one result.
  @discardableResult
  mutating func add(
    _ name: String,
    _ inputs: [ValueID?],
    version: Int? = 1,
    attributes: Attributes = [:],
    type: ElementType = .int8,
    sizes: [Int] = [1, 8, 8, 4],
    meaning: String? = nil
  ) -> ValueID {
    let output = value(type, sizes)
    let canonical = meaning ?? Vocabulary.formats.canonical(name, in: format)
    graph.append(
      Node(
        name: "n\(graph.nodes.count)",
        op: canonical.map { .known($0) } ?? .unknown(name),
        attributes: attributes,
        inputs: inputs,
        outputs: [output],
        origin: Origin(sourceType: name, sourceVersion: version, path: "")
      )
    )
    return output
  }

  /// What a target makes of it.
  func report(_ rules: String, library: TargetLibrary = TargetLibrary()) throws -> TargetReport {
    let model = Model(
      format: format,
      path: "m",
      graphs: [graph],
      ledger: ByteLedger.Builder().finish()
    )
    let target = try RuleText.decode(rules)
    let checker = try TargetChecker(
      target,
      format: format,
      vocabulary: Vocabulary.formats,
      library: library
    )
    return checker.check(model)
  }
}
