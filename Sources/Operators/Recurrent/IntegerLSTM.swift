import ModelIR

/// TensorFlow Lite's LSTM with 8-bit activations and weights, 16-bit cells and 16-bit gates.
///
/// The scales of the gates before their functions (2^−12, or those of the intermediates where there is
/// layer normalization) and of the hidden state come from the node's intermediates, which the loader
/// gives as the attributes `intermediateScales` and `intermediateZeroPoints`.
/// Sources: LiteRT `tflite/kernels/lstm_eval.cc` (`LstmStepInteger8x8_16`),
/// `tflite/kernels/unidirectional_sequence_lstm.cc` (`PopulateQuantizedLstmParams8x8_16`,
/// `PopulatePrecomputedZPTimesWeightsWithBias`),
/// `tflite/kernels/internal/reference/portable_tensor_utils.cc`.
struct IntegerLSTM {
  private typealias Factor = FixedPoint.QuantizedMultiplier

  /// A matrix product with its rescaling.
  private struct Product {
    var weights: [Int64]
    var columns: Int
    /// The bias without the input's zero point, by row.
    var bias: [Int64]
    var factor: Factor
  }

  private struct Gate {
    var input: Product
    var recurrent: Product
    var peephole: (weights: [Int64], factor: Factor)?
    var normalization: Normalization?
  }

  private struct Normalization {
    var weights: [Int64]
    var bias: [Int64]
    var factor: Factor
    /// Stands for a variance below 1.
    var varianceGuard: Int32
  }

  private let context: EvaluationContext
  private let operands: LiteLSTMOperands
  /// Input (`nil` where it is coupled to the forget gate), forget, cell, output.
  private let gates: [Gate?]
  private let projection: Product?
  private let hiddenFactor: Factor
  private let hiddenZeroPoint: Int32
  private let stateZeroPoint: Int32
  /// The cells' scale is 2 to this power.
  private let cellPower: Int
  private let cellClip: Int16
  private let projectionClip: Int16
  let cells: Int
  let outputs: Int

  init(_ context: EvaluationContext, _ operands: LiteLSTMOperands) throws(OperatorError) {
    self.context = context
    self.operands = operands
    let scales = (try context.attributes.floats("intermediateScales") ?? []).map { Float($0) }
    let zeroPoints = try context.attributes.ints("intermediateZeroPoints") ?? []
    guard scales.count == 5, zeroPoints.count == 5 else {
      throw .unsupported("an integer LSTM with \(scales.count) intermediate tensors; 5 are needed")
    }
    func scale(_ operand: Int) throws(OperatorError) -> Float {
      guard let scale = context.quantization(ofInput: operand)?.scales.first, scale > 0 else {
        throw .invalid("operand \(operand) has no scale")
      }
      return scale
    }
    func zeroPoint(_ operand: Int) -> Int64 {
      Int64(context.quantization(ofInput: operand)?.zeroPoint(0) ?? 0)
    }
    func vector(_ operand: Int, _ count: Int) throws(OperatorError) -> [Int64]? {
      guard let tensor = context.optionalInput(operand) else { return nil }
      guard tensor.count == count else {
        throw .invalid("operand \(operand) has \(tensor.count) elements, \(count) are needed")
      }
      return try OperandValues.integers(tensor)
    }
    let last = try context.input(operands.weights + 3).sizes
    let lastRecurrent = try context.input(operands.recurrent + 3).sizes
    guard last.count == 2, lastRecurrent.count == 2 else {
      throw .invalid("weights of other ranks")
    }
    let (cells, outputs) = (last[0], lastRecurrent[1])
    self.cells = cells
    self.outputs = outputs
    guard context.hasInput(operands.projection) || cells == outputs else {
      throw .invalid("\(cells) cells do not give \(outputs) outputs")
    }
    let inputScale = try scale(operands.input)
    let stateScale = try scale(operands.outputState)
    let power = try scale(operands.cellState).binade == (try scale(operands.cellState))
    guard power, case let cellPower = Int(try scale(operands.cellState).exponent),
      (-15 ... -9).contains(cellPower)
    else { throw .unsupported("an integer LSTM whose cells' scale is no power of 2 below 2^-8") }
    self.cellPower = cellPower
    /// A product of `rows`, with the zero point of its operand taken into the bias.
    func product(
      _ operand: Int,
      rows: Int,
      columns: Int,
      bias: [Int64]?,
      zeroPoint: Int64,
      factor: Float
    ) throws(OperatorError) -> Product {
      let tensor = try context.input(operand)
      guard tensor.sizes == [rows, columns] else {
        throw .invalid("operand \(operand) of shape \(Shape.fixed(tensor.sizes)) does not fit")
      }
      let weights = try OperandValues.integers(tensor)
      var sums = bias ?? Array(repeating: 0, count: rows)
      for row in 0..<rows {
        for column in 0..<columns { sums[row] &-= weights[row * columns + column] &* zeroPoint }
      }
      return Product(
        weights: weights,
        columns: columns,
        bias: sums,
        factor: FixedPoint.quantizedMultiplier(Double(factor))
      )
    }
    let isCoupled = !context.hasInput(operands.weights)
    var gates: [Gate?] = []
    for gate in 0..<4 {
      if gate == 0, isCoupled {
        gates.append(nil)
        continue
      }
      let normalizer = operands.normalization.map { $0 + gate }
      let isNormalized = normalizer.map(context.hasInput) ?? false
      // Q3.12 where there is no normalization.
      let gateScale = isNormalized ? scales[gate] : 0x1p-12
      let bias = try vector(operands.bias + gate, cells)
      let own = operands.weights + gate
      let back = operands.recurrent + gate
      var peephole: (weights: [Int64], factor: Factor)?
      if let place = [0, 1, nil, 2][gate],
        let weights = try vector(operands.peephole + place, cells)
      {
        let cellScale = Double(try scale(operands.cellState))
        let effective = cellScale * Double(try scale(operands.peephole + place)) / Double(gateScale)
        peephole = (weights, FixedPoint.quantizedMultiplier(Double(Float(effective))))
      }
      var normalization: Normalization?
      if let normalizer, let weights = try vector(normalizer, cells) {
        let scale = try scale(normalizer)
        normalization = Normalization(
          weights: weights,
          bias: bias ?? Array(repeating: 0, count: cells),
          factor: FixedPoint.quantizedMultiplier(Double(scale)),
          varianceGuard: max(1, Int32(clamping: Int(min(10_000 * scale, 1e9))))
        )
      }
      gates.append(
        Gate(
          input: try product(
            own,
            rows: cells,
            columns: last[1],
            bias: isNormalized ? nil : bias,
            zeroPoint: zeroPoint(operands.input),
            factor: try scale(own) * inputScale / gateScale
          ),
          recurrent: try product(
            back,
            rows: cells,
            columns: outputs,
            bias: nil,
            zeroPoint: zeroPoint(operands.outputState),
            factor: try scale(back) * stateScale / gateScale
          ),
          peephole: peephole,
          normalization: normalization
        )
      )
    }
    self.gates = gates
    let hiddenScale = scales[4]
    guard hiddenScale > 0 else { throw .invalid("the hidden state has no scale") }
    hiddenFactor = FixedPoint.quantizedMultiplier(
      Double(Float(0x1p-15 / Double(hiddenScale) * 0x1p-15))
    )
    hiddenZeroPoint = Int32(clamping: zeroPoints[4])
    stateZeroPoint = Int32(clamping: zeroPoint(operands.outputState))
    if context.hasInput(operands.projection) {
      projection = try product(
        operands.projection,
        rows: outputs,
        columns: cells,
        bias: try vector(operands.projectionBias, outputs),
        zeroPoint: Int64(zeroPoints[4]),
        factor: try scale(operands.projection) * hiddenScale / stateScale
      )
    } else {
      projection = nil
    }
    func clip(_ name: String, _ scale: Float?, _ limit: Float) throws(OperatorError) -> Int16 {
      let clip = Float(try context.attributes.float(name, default: 0))
      guard clip > 0, let scale, scale > 0 else { return 0 }
      return Int16(min(clip / scale, limit))
    }
    cellClip = try clip("cellClip", try scale(operands.cellState), 32_767)
    let outputScale = context.quantization(ofOutput: 0)?.scales.first
    projectionClip = try clip("projectionClip", outputScale, 127)
  }

  /// The outputs, the last output and the last cells, with their extents.
  func run(timeMajor: Bool, isStep: Bool) throws(OperatorError) -> [Tensor] {
    let input = try context.input(operands.input)
    guard
      let sequence = try LiteSequence(.fixed(input.sizes), timeMajor: timeMajor, isStep: isStep),
      let time = sequence.time.size, let batch = sequence.batch.size,
      let width = sequence.width.size, width == gates[3]?.input.columns,
      let sizes = sequence.result(.fixed(outputs)).sizes
    else { throw .invalid("an input of shape \(Shape.fixed(input.sizes)) for the weights") }
    let x = try OperandValues.integers(input)
    var state = try states(operands.outputState, batch * outputs, Int64(stateZeroPoint))
    var cell = try states(operands.cellState, batch * cells, 0)
    var result = [Int64](repeating: 0, count: try OperandValues.count([time, batch, outputs]))
    for entry in 0..<batch {
      var ownState = Array(state[(entry * outputs)..<((entry + 1) * outputs)])
      var ownCell = cell[(entry * cells)..<((entry + 1) * cells)].map { Int16(clamping: $0) }
      for step in 0..<time {
        let row = isStep || timeMajor ? step * batch + entry : entry * time + step
        advance(x[(row * width)..<((row + 1) * width)], &ownState, &ownCell)
        for index in 0..<outputs { result[row * outputs + index] = ownState[index] }
      }
      state.replaceSubrange((entry * outputs)..<((entry + 1) * outputs), with: ownState)
      cell.replaceSubrange((entry * cells)..<((entry + 1) * cells), with: ownCell.map(Int64.init))
    }
    return [
      Tensor(type: .int8, sizes: sizes, elements: .integers(result)),
      Tensor(type: .int8, sizes: [batch, outputs], elements: .integers(state)),
      Tensor(type: .int16, sizes: [batch, cells], elements: .integers(cell)),
    ]
  }

  private func states(
    _ operand: Int,
    _ count: Int,
    _ start: Int64
  ) throws(OperatorError) -> [Int64] {
    guard let tensor = context.optionalInput(operand) else {
      return Array(repeating: start, count: count)
    }
    guard tensor.count == count else {
      throw .invalid("operand \(operand) has \(tensor.count) elements, \(count) are needed")
    }
    return try OperandValues.integers(tensor)
  }

  // MARK: - One step

  private func advance(_ x: ArraySlice<Int64>, _ state: inout [Int64], _ cell: inout [Int16]) {
    let forget = gate(1, x, state, cell).map { FixedPoint16.logistic($0, integerBits: 3) }
    let candidate = gate(2, x, state, cell).map { FixedPoint16.tanh($0, integerBits: 3) }
    let input =
      gates[0] == nil
      ? forget.map { Int16.max &- $0 }
      : gate(0, x, state, cell).map { FixedPoint16.logistic($0, integerBits: 3) }
    for index in cell.indices {
      let kept = Self.product(forget[index], cell[index], shift: 15)
      let added = Self.product(input[index], candidate[index], shift: 30 + cellPower)
      cell[index] = Int16(clamping: Int32(kept) + Int32(added))
      if cellClip > 0 { cell[index] = min(max(cell[index], -cellClip), cellClip) }
    }
    let output = gate(3, x, state, cell).map { FixedPoint16.logistic($0, integerBits: 3) }
    let hidden = cell.indices.map { index -> Int64 in
      let activated = FixedPoint16.tanh(cell[index], integerBits: 15 + cellPower)
      let product = Int32(output[index]) * Int32(activated)
      let scaled = FixedPoint.multiply(product, by: hiddenFactor) &+ hiddenZeroPoint
      return Int64(min(max(scaled, -128), 127))
    }
    guard let projection else {
      state = hidden
      return
    }
    for row in 0..<outputs {
      var value = Self.sum(projection, row, hidden[...]) &+ stateZeroPoint
      value = min(max(value, -128), 127)
      if projectionClip > 0 {
        value = min(max(value, -Int32(projectionClip)), Int32(projectionClip))
      }
      state[row] = Int64(value)
    }
  }

  /// A gate before its function.
  private func gate(
    _ index: Int,
    _ x: ArraySlice<Int64>,
    _ state: [Int64],
    _ cell: [Int16]
  ) -> [Int16] {
    guard let gate = gates[index] else { return [] }
    var sums = (0..<cells).map { row -> Int16 in
      let own = Int16(clamping: Self.sum(gate.input, row, x))
      var sum = Int16(clamping: Self.sum(gate.recurrent, row, state[...]) &+ Int32(own))
      if let peephole = gate.peephole {
        let product = Int32(truncatingIfNeeded: peephole.weights[row] &* Int64(cell[row]))
        sum = Int16(clamping: FixedPoint.multiply(product, by: peephole.factor) &+ Int32(sum))
      }
      return sum
    }
    if let normalization = gate.normalization { Self.normalize(&sums, normalization) }
    return sums
  }

  /// One row of a product, rescaled.
  private static func sum(_ product: Product, _ row: Int, _ vector: ArraySlice<Int64>) -> Int32 {
    var sum = product.bias[row]
    for (column, value) in vector.enumerated() {
      sum &+= product.weights[row * product.columns + column] &* value
    }
    return FixedPoint.multiply(Int32(truncatingIfNeeded: sum), by: product.factor)
  }

  private static func product(_ left: Int16, _ right: Int16, shift: Int) -> Int16 {
    let product = Int32(left) * Int32(right)
    return Int16(truncatingIfNeeded: FixedPoint.roundingDivide(product, byPowerOfTwo: shift))
  }

  /// Mean 0 and deviation 1 in integers, then weights and bias.
  ///
  /// 1,024 and its square 2^20 keep fractions of the mean and the variance.
  private static func normalize(_ sums: inout [Int16], _ parameters: Normalization) {
    let count = Int64(sums.count)
    guard count > 0 else { return }
    let total = sums.reduce(Int64(0)) { $0 + Int64($1) }
    let squares = sums.reduce(Int64(0)) { $0 + Int64($1) * Int64($1) }
    let mean = total * 1024 / count
    // The kernel divides first, which is exact only for powers of two.
    let variance = (squares * ((1 << 20) / count) - mean * mean) / (1 << 20)
    let guarded = variance < 1 ? parameters.varianceGuard : Int32(clamping: variance)
    let inverse = FixedPointFunctions.inverseSquareRoot(guarded)
    for index in sums.indices {
      let shifted = Int32(clamping: Int64(sums[index]) * 1024 - mean)
      let rescaled = FixedPoint.multiply(shifted, by: inverse)
      let weighted =
        rescaled &* Int32(truncatingIfNeeded: parameters.weights[index])
        &+ Int32(truncatingIfNeeded: parameters.bias[index])
      let wide = Int64(weighted)
      let rounded = Int32(truncatingIfNeeded: (wide > 0 ? wide + 512 : wide - 512) / 1024)
      var factor = parameters.factor
      factor.shift += 12
      sums[index] = Int16(clamping: FixedPoint.multiply(rounded, by: factor))
    }
  }
}
