import Kernels
import ModelIR

/// What a fused kernel does to a sum before it stores it, and to its input before the sum.
struct FusedEpilogue: Sendable {
  /// A factor and an offset for each output channel.
  var affine: (scale: ConstantBuffer, shift: ConstantBuffer)?
  var bounds: (lower: Float, upper: Float)
  /// Whether a second operand is added.
  var addsResidual = false
  /// Whether it is added to the clamped sum.
  var residualAfterClamp = false
  /// Whether negative inputs count as 0.
  var inputRelu = false

  init(bounds: (lower: Float, upper: Float)) { self.bounds = bounds }

  /// Whether the bounds do anything.
  var clamps: Bool { bounds.lower > -.infinity || bounds.upper < .infinity }

  /// Calls the body with the kernel's form.
  func withEpilogue(_ memory: StepMemory, columns: Int, _ body: (Epilogue) -> Void) {
    withExtendedLifetime(affine) {
      var epilogue = Epilogue(lower: bounds.lower, upper: bounds.upper)
      epilogue.scale = affine?.scale.pointer
      epilogue.shift = affine?.shift.pointer
      epilogue.inputRelu = inputRelu
      if addsResidual {
        epilogue.residual = memory.input(1)
        epilogue.residualStride = columns
        epilogue.residualAfterClamp = residualAfterClamp
      }
      body(epilogue)
    }
  }
}

/// A kernel whose neighbours can be done in the same pass.
protocol FusableKernel: StepKernel {
  /// Output channels.
  var columns: Int { get }
  /// What it does when nothing is fused.
  var epilogue: FusedEpilogue { get }
  /// Whether it can read its input through a relu.
  var takesInputRelu: Bool { get }
  /// Whether its epilogue takes more than its own.
  var takesEpilogue: Bool { get }
  /// The same kernel over an input without its padding; `nil` where the fill is not what the kernel
  /// counts for padding, or padding cannot be added.
  func padding(_ fill: PadStep.Fill, top: Int, left: Int, height: Int, width: Int) -> Self?
  /// Computes the result with another epilogue.
  func run(_ memory: StepMemory, _ epilogue: FusedEpilogue)
}

extension FusableKernel {
  func run(_ memory: StepMemory) { run(memory, epilogue) }
}

/// A kernel with what was fused into it; its weights are those of the unfused step.
struct FusedStep: StepKernel {
  let kernel: any FusableKernel
  let epilogue: FusedEpilogue

  var scratchByteCount: Int { kernel.scratchByteCount }
  var packedByteCount: Int {
    (epilogue.affine?.scale.byteCount ?? 0) + (epilogue.affine?.shift.byteCount ?? 0)
  }

  func run(_ memory: StepMemory) { kernel.run(memory, epilogue) }
}

/// Neighbouring steps that one kernel does in one pass.
///
/// The fused kernel does the same operations in the same order as its steps, so that results are
/// equal bit for bit. A run does a group step by step where the caller keeps or replaces one of its
/// inner values.
struct FusedGroup: Sendable {
  /// Indices of the steps, ascending; the group runs in the place of the last one.
  var steps: [Int]
  /// Values that no other step reads.
  var inner: [ValueID]
  /// What the last step computes.
  var result: ValueID
  /// Inner values that have the result's extents and layout, and can share its bytes.
  var aliases: [ValueID]
  var choice: KernelChoice
}

/// Finds steps that can run together.
struct StepFusion {
  let graph: Graph
  let steps: [CompiledGraph.Step]
  let places: [CompiledGraph.Place]
  /// How often each value is read, graph outputs included.
  private var uses: [Int]
  private var reader: [Int?]
  private var writer: [Int?]
  private var isTaken: [Bool]

  init(_ graph: Graph, _ steps: [CompiledGraph.Step], _ places: [CompiledGraph.Place]) {
    self.graph = graph
    self.steps = steps
    self.places = places
    uses = Array(repeating: 0, count: places.count)
    reader = Array(repeating: nil, count: places.count)
    writer = reader
    isTaken = Array(repeating: false, count: steps.count)
    for (index, step) in steps.enumerated() {
      for case .some(let value) in graph[step.node].inputs { uses[value.index] += 1 }
      for value in step.reads {
        // Captured by a nested graph.
        if !graph[step.node].inputs.contains(value) { uses[value.index] += 1 }
        reader[value.index] = index
      }
      for case .some(let value) in graph[step.node].outputs { writer[value.index] = index }
    }
    for value in graph.outputs { uses[value.index] += 1 }
  }

  /// The groups, in the order of their first kernels.
  mutating func groups() -> [FusedGroup] {
    var result: [FusedGroup] = []
    for index in steps.indices where !isTaken[index] {
      guard let choice = steps[index].kernel, let kernel = choice.kernel as? any FusableKernel,
        let group = group(index, choice, kernel)
      else { continue }
      for step in group.steps { isTaken[step] = true }
      result.append(group)
    }
    return result
  }

  private func group(_ head: Int, _ choice: KernelChoice, _ kernel: any FusableKernel)
    -> FusedGroup?
  {
    guard var value = graph[steps[head].node].outputs[0], choice.operands.count == 1 else {
      return nil
    }
    var kernel = kernel
    var epilogue = kernel.epilogue
    var operands = choice.operands
    var members = [head]
    var inner: [ValueID] = []
    if let (step, input, fused) = before(choice.operands[0], kernel) {
      inner.append(choice.operands[0].value)
      members.insert(step, at: 0)
      operands[0].value = input
      switch fused {
      case .relu: epilogue.inputRelu = true
      case .padding(let padded): kernel = padded
      }
    }
    var aliases: [ValueID] = []
    while kernel.takesEpilogue, let next = follower(value),
      let choice = steps[next].kernel, let result = graph[steps[next].node].outputs[0],
      matches(value, result),
      let operand = choice.operands.first(where: { $0.value == value }),
      isAsStored(operand),
      let residual = epilogue.absorb(choice, after: value, columns: kernel.columns)
    {
      if case .some(let residual) = residual { operands.append(residual) }
      members.append(next)
      inner.append(value)
      aliases.append(value)
      value = result
    }
    guard members.count > 1 else { return nil }
    return FusedGroup(
      steps: members,
      inner: inner,
      result: value,
      aliases: aliases,
      choice: KernelChoice(
        kernel: FusedStep(kernel: kernel, epilogue: epilogue),
        operands: operands,
        isChannelsLast: choice.isChannelsLast
      )
    )
  }

  /// The only step that reads a value, where it is free.
  private func follower(_ value: ValueID) -> Int? {
    guard uses[value.index] == 1, let next = reader[value.index], !isTaken[next] else { return nil }
    return next
  }

  private func matches(_ left: ValueID, _ right: ValueID) -> Bool {
    guard case .buffer = places[left.index] else { return false }
    return places[left.index] == places[right.index]
  }

  /// Whether an operand is read in the layout that it is kept in.
  private func isAsStored(_ operand: KernelChoice.Operand) -> Bool {
    guard case .buffer(let sizes, _, let isLast) = places[operand.value.index] else { return false }
    return isLast == operand.channelsLast || Relayout.extents(sizes) == nil
  }

  private enum Before {
    case relu
    case padding(any FusableKernel)
  }

  /// A relu or padding that only this kernel reads.
  private func before(_ operand: KernelChoice.Operand, _ kernel: any FusableKernel)
    -> (step: Int, input: ValueID, fused: Before)?
  {
    guard uses[operand.value.index] == 1, let step = writer[operand.value.index], !isTaken[step],
      let choice = steps[step].kernel, choice.operands.count == 1
    else { return nil }
    let input = choice.operands[0].value
    if kernel.takesInputRelu, let clamp = choice.kernel as? ClampStep,
      clamp.bounds.lower == 0, clamp.bounds.upper == .infinity
    {
      return (step, input, .relu)
    }
    guard let pad = choice.kernel as? PadStep,
      let space = pad.space(channelsLast: !operand.channelsLast),
      let padded = kernel.padding(
        pad.fill,
        top: space.top,
        left: space.left,
        height: space.height,
        width: space.width
      )
    else { return nil }
    return (step, input, .padding(padded))
  }
}

extension FusedEpilogue {
  /// Takes a step into the epilogue.
  ///
  /// - Returns: `nil` where it does not fit; otherwise the operand that is added, if any.
  fileprivate mutating func absorb(
    _ choice: KernelChoice,
    after value: ValueID,
    columns: Int
  ) -> KernelChoice.Operand?? {
    if let clamp = choice.kernel as? ClampStep {
      guard !clamps else { return nil }
      bounds = clamp.bounds
      return .some(nil)
    }
    if let step = choice.kernel as? ScaleStep {
      guard affine == nil, !clamps, !addsResidual, step.images == nil,
        step.scale.count == columns
      else { return nil }
      setAffine(step.scale.values, step.shift.values)
      return .some(nil)
    }
    guard let step = choice.kernel as? BinaryStep else { return nil }
    if let constant = step.columnConstant(columns) {
      guard affine == nil, !clamps, !addsResidual else { return nil }
      switch step.function {
      case .add: setAffine(Array(repeating: 1, count: columns), constant)
      case .multiply: setAffine(constant, Array(repeating: 0, count: columns))
      case .subtract where step.isConstantRight:
        setAffine(Array(repeating: 1, count: columns), constant.map { -$0 })
      default: return nil
      }
      bounds = step.bounds
      return .some(nil)
    }
    guard step.function == .add, step.isPlain, !addsResidual,
      let residual = choice.operands.first(where: { $0.value != value })
    else { return nil }
    if clamps {
      guard step.bounds.lower == -.infinity, step.bounds.upper == .infinity else { return nil }
      residualAfterClamp = true
    } else {
      bounds = step.bounds
    }
    addsResidual = true
    return .some(residual)
  }

  private mutating func setAffine(_ scale: [Float], _ shift: [Float]) {
    affine = (
      ConstantBuffer(scale, padding: Epilogue.columnPadding),
      ConstantBuffer(shift, padding: Epilogue.columnPadding)
    )
  }
}

extension BinaryStep {
  /// Whether both operands are computed and of the result's extents.
  fileprivate var isPlain: Bool {
    guard case .computed = left.source, case .computed = right.source else { return false }
    return left.extent == .matrix && right.extent == .matrix
  }

  fileprivate var isConstantRight: Bool {
    if case .constant = right.source { return true }
    return false
  }

  /// A constant operand with one value for each of `columns` channels that lie last.
  fileprivate func columnConstant(_ columns: Int) -> [Float]? {
    for (side, other) in [(left, right), (right, left)] {
      guard case .constant(let buffer) = side.source, case .computed = other.source,
        other.extent == .matrix
      else { continue }
      if side.extent == .scalar { return Array(repeating: buffer.values[0], count: columns) }
      if side.extent == .row, outer == 1, self.columns == columns, buffer.count == columns {
        return buffer.values
      }
    }
    return nil
  }
}
