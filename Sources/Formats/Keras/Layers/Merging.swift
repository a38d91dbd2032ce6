import ModelIR
import WireFormats

/// Layers that make one tensor of several.
extension LayerDefinition {
  /// A function of two, applied from left to right.
  private static func chain(_ name: String, _ op: String) -> LayerDefinition {
    LayerDefinition(name) { (context) throws(LayerProblem) in
      let first = try context.input()
      var value = first.value
      for other in context.inputs.dropFirst() { value = context.emit(op, [value, other.value]) }
      return [try context.merged(value)]
    }
  }

  /// A function of any number.
  private static func variadic(_ name: String, _ op: String) -> LayerDefinition {
    LayerDefinition(name) { (context) throws(LayerProblem) in
      _ = try context.input()
      return [try context.merged(context.emit(op, context.inputs.map(\.value)))]
    }
  }

  static let merging: [LayerDefinition] = [
    chain("Add", "add"), chain("Subtract", "sub"), chain("Multiply", "mul"),
    variadic("Average", "mean"), variadic("Maximum", "maximum"), variadic("Minimum", "minimum"),
    LayerDefinition("Concatenate") { (context) throws(LayerProblem) in
      let first = try context.input()
      let attributes: Attributes = ["axis": .int(context.axis(default: -1) ?? -1)]
      let value = context.emit("concat", context.inputs.map(\.value), attributes)
      return [context.like(first, value)]
    },
    // Σ over one axis of each; the batch is common.
    LayerDefinition("Dot") { (context) throws(LayerProblem) in
      let (a, b) = (try context.input(0), try context.input(1))
      guard let first = a.rank, let second = b.rank, first >= 2, second >= 2, first <= 8,
        second <= 8
      else { throw .unsupported("a dot product of operands of unknown rank") }
      var axes = context.config.config["axes"]?.integers ?? [-1]
      if axes.count == 1 { axes = [axes[0], axes[0]] }
      guard axes.count == 2 else { throw .invalid("axes has \(axes.count) numbers") }
      let left = axes[0] < 0 ? axes[0] &+ first : axes[0]
      let right = axes[1] < 0 ? axes[1] &+ second : axes[1]
      guard (1..<first).contains(left), (1..<second).contains(right) else {
        throw .invalid("axes are not those of the operands")
      }
      var operands = [a.value, b.value]
      if context.bool("normalize") {
        operands = [
          context.emit("lpNormalization", [a.value], ["axis": .int(left), "p": .int(2)]),
          context.emit("lpNormalization", [b.value], ["axis": .int(right), "p": .int(2)]),
        ]
      }
      // Letters: z the batch, y the common axis.
      let letters = Array("abcdefghijklmnopq").map(String.init)
      var one = (0..<first).map { letters[$0] }
      var other = (0..<second).map { letters[8 + $0] }
      (one[0], other[0], one[left], other[right]) = ("z", "z", "y", "y")
      let result = ["z"] + (one.dropFirst() + other.dropFirst()).filter { $0 != "y" }
      let equation = one.joined() + "," + other.joined() + "->" + result.joined()
      var value = context.emit("einsum", operands, ["equation": .string(equation)])
      if result.count == 1 { value = context.emit("expandDims", [value], ["axes": .ints([1])]) }
      return [context.like(a, value, rank: max(result.count, 2))]
    },
  ]
}

extension LayerContext {
  /// The result, with the steps that count in all operands.
  fileprivate func merged(_ value: ValueID) throws(LayerProblem) -> KerasTensor {
    let ranks = inputs.compactMap(\.rank)
    let rank = ranks.count == inputs.count ? ranks.max() : nil
    var result = KerasTensor(value: value, rank: rank)
    let masks = inputs.compactMap(\.mask)
    guard masks.count == inputs.count, var mask = masks.first else { return result }
    for other in masks.dropFirst() where other != mask {
      mask = emit("logicalAnd", [mask, other])
    }
    result.mask = mask
    return result
  }
}
