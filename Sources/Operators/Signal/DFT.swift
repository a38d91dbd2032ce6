import ModelIR

extension OperatorDefinition {
  /// Discrete Fourier transform along an axis: (x, length?, axis?); the last axis holds real and
  /// imaginary parts, or the real one alone.
  ///
  /// `onesided` keeps `N / 2 + 1` values of a real signal's spectrum, or makes a real signal from
  /// them where `inverse` is set too. Sources: ONNX DFT-20, DFT-17 (axis as attribute, by default 1).
  static let dft = OperatorDefinition(
    "dft",
    "Discrete Fourier transform along an axis.",
    family: .signal,
    inputs: 1...3,
    inferTypes: dftTypes,
    cost: CostRule { context in
      guard let plan = try? DFTPlan(context.node), let sizes = context.inputSizes(0),
        let axis = plan.axis, let length = plan.length, let count = checkedProduct(sizes)
      else { return .uncounted }
      let parts = max(1, sizes[axis] * (sizes.last ?? 1))
      return FourierTransform.cost(transforms: count / parts, length: length)
    },
    evaluate: evaluateDFT
  )

  /// Short-time Fourier transform: (signal `[batch, time, 1 or 2]`, step, window?, frame length?)
  /// give `[batch, frames, bins, 2]`.
  ///
  /// Source: ONNX STFT-17.
  static let stft = OperatorDefinition(
    "stft",
    "Short-time Fourier transform.",
    family: .signal,
    inputs: 2...4,
    inferTypes: stftTypes,
    cost: CostRule { context in
      guard let sizes = context.outputSizes(), sizes.count == 4 else { return .uncounted }
      let length = (try? STFTPlan(context.node))?.frame
      return FourierTransform.cost(transforms: checkedProduct(sizes[..<2]), length: length)
    },
    evaluate: { (context) throws(OperatorError) in
      let signal = try context.input(0)
      let sizes = try context.inferredSizes(stftTypes)
      let plan = try STFTPlan(context.operatorContext)
      guard let frame = plan.frame, let step = plan.step, let values = signal.doubleValues else {
        throw .invalid("the frames are not known")
      }
      let count = try Tensor.checkedCount(sizes)
      var window = Array(repeating: 1.0, count: frame)
      if let given = context.optionalInput(2)?.doubleValues {
        guard given.count <= frame else { throw .invalid("a window longer than the frame") }
        // A shorter window weighs the beginning of the frame; zeros follow.
        window = given + Array(repeating: 0, count: frame - given.count)
      }
      let parts = signal.sizes[2]
      let transform = FourierTransform(length: frame, isInverse: false)
      var result: [Double] = []
      result.reserveCapacity(count)
      for batch in 0..<sizes[0] {
        for position in 0..<sizes[1] {
          var real = Array(repeating: 0.0, count: frame)
          var imaginary = real
          for n in 0..<frame {
            let place = (batch * signal.sizes[1] + position * step + n) * parts
            real[n] = values[place] * window[n]
            if parts == 2 { imaginary[n] = values[place + 1] * window[n] }
          }
          let spectrum = transform(real, imaginary)
          for k in 0..<sizes[2] { result += [spectrum.real[k], spectrum.imaginary[k]] }
        }
      }
      return [Tensor(signal.type, sizes, numbers: result)]
    }
  )
}

/// What a node says about its transform.
private struct DFTPlan {
  /// The axis, counted from the front; `nil` where it is not known.
  var axis: Int?
  /// The length of the transform; `nil` where it is not known.
  var length: Int?
  var isInverse: Bool
  var isOneSided: Bool
  private let statesLength: Bool

  init(_ context: OperatorContext) throws(OperatorError) {
    isInverse = try context.attributes.bool("inverse")
    isOneSided = try context.attributes.bool("onesided")
    statesLength = context.hasInput(1)
    let isOld = context.sourceVersion.map { $0 < 20 } ?? false
    var given = isOld ? 1 : -2
    var isKnown = true
    switch try context.integer(operand: 2, attribute: "axis") {
    case .absent: break
    case .known(let value): given = value
    case .unknown: isKnown = false
    }
    let shape = try context.input(0).shape
    if isKnown, let rank = shape.rank {
      let place = try Axes.normalize(given, rank: rank)
      guard place != rank - 1 else { throw .invalid("the axis \(given) holds the parts") }
      axis = place
    }
    if statesLength {
      length = context.integers(1)?.first
    } else if let axis, let size = shape.dimensions?[axis].size {
      length = isInverse && isOneSided ? 2 * max(0, min(size, 1 << 40) - 1) : size
    }
    if let length, length < 0 { throw .invalid("a transform of \(length) values") }
  }

  /// Whether the result has the operand's extents but for the parts.
  var keepsExtents: Bool { !statesLength && !isOneSided }

  /// The result's extent along the axis.
  func extent(_ input: Dimension) -> Dimension {
    if let length {
      return .fixed(isOneSided && !isInverse ? length / 2 + 1 : length)
    }
    return statesLength || isOneSided ? .unknown : input
  }
}

private func dftTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let input = try context.input(0)
  let plan = try DFTPlan(context)
  guard var dimensions = input.shape.dimensions else { return [input.with(.unknownRank)] }
  guard let axis = plan.axis else {
    // Whatever the axis is, a full transform of its own length keeps the extents.
    guard plan.keepsExtents, !dimensions.isEmpty else {
      return [input.with(.unknown(rank: dimensions.count))]
    }
    dimensions[dimensions.count - 1] = 2
    return [input.with(.ranked(dimensions))]
  }
  if let parts = dimensions[dimensions.count - 1].size, parts != 1, parts != 2 {
    throw .invalid("\(parts) parts of complex numbers")
  }
  dimensions[axis] = plan.extent(dimensions[axis])
  dimensions[dimensions.count - 1] = .fixed(plan.isInverse && plan.isOneSided ? 1 : 2)
  return [input.with(.ranked(dimensions))]
}

private func evaluateDFT(_ context: EvaluationContext) throws(OperatorError) -> [Tensor] {
  let input = try context.input(0)
  let plan = try DFTPlan(context.operatorContext)
  let sizes = try context.inferredSizes(dftTypes)
  guard let axis = plan.axis, let length = plan.length, let values = input.doubleValues,
    let parts = input.sizes.last, let resultParts = sizes.last
  else { throw .invalid("the transform is not known") }
  guard length > 0 || sizes.contains(0) else { throw .invalid("a transform of no values") }
  let count = try Tensor.checkedCount(sizes)
  _ = try Tensor.checkedCount([length])
  guard count > 0 else { return [try input.gathering(offsets: [], sizes: sizes)] }
  guard input.count > 0 else { throw .invalid("\(input.shape) has nothing to transform") }
  let extent = input.sizes[axis]
  let outer = input.sizes[..<axis].reduce(1, *)
  let inner = input.sizes[(axis + 1)..<(input.rank - 1)].reduce(1, *)
  let transform = FourierTransform(length: length, isInverse: plan.isInverse)
  let isReal = plan.isInverse && plan.isOneSided
  var result = Array(repeating: 0.0, count: count)
  for block in 0..<outer {
    for column in 0..<inner {
      var real = Array(repeating: 0.0, count: length)
      var imaginary = real
      for n in 0..<min(extent, isReal ? length / 2 + 1 : length) {
        let place = ((block * extent + n) * inner + column) * parts
        real[n] = values[place]
        if parts == 2 { imaginary[n] = values[place + 1] }
      }
      if isReal, length > 0 {
        // The other half of a real signal's spectrum is the conjugate of the first.
        imaginary[0] = 0
        if length % 2 == 0 { imaginary[length / 2] = 0 }
        for n in (length / 2 + 1)..<max(length, length / 2 + 1) {
          real[n] = real[length - n]
          imaginary[n] = -imaginary[length - n]
        }
      }
      let spectrum = transform(real, imaginary)
      for k in 0..<sizes[axis] {
        let place = ((block * sizes[axis] + k) * inner + column) * resultParts
        result[place] = spectrum.real[k]
        if resultParts == 2 { result[place + 1] = spectrum.imaginary[k] }
      }
    }
  }
  return [Tensor(input.type, sizes, numbers: result)]
}

/// What a node says about its frames.
private struct STFTPlan {
  var step: Int?
  var frame: Int?
  var isOneSided: Bool

  init(_ context: OperatorContext) throws(OperatorError) {
    isOneSided = try context.attributes.bool("onesided", default: true)
    step = context.integers(1)?.first
    if let step, step <= 0 { throw .invalid("frames \(step) positions apart") }
    if context.hasInput(3) {
      frame = context.integers(3)?.first
    } else if let window = context.optionalInput(2) {
      frame = window.shape.elementCount
    } else {
      throw .invalid("neither a window nor a frame length is given")
    }
    if let frame, frame <= 0 { throw .invalid("frames of \(frame) values") }
  }
}

private func stftTypes(_ context: OperatorContext) throws(OperatorError) -> [TensorType] {
  let signal = try context.input(0)
  let plan = try STFTPlan(context)
  let dimensions = signal.shape.dimensions ?? [.unknown, .unknown, .unknown]
  guard dimensions.count == 3, (dimensions[2].size ?? 1) == 1 || dimensions[2] == .fixed(2) else {
    throw .invalid("a signal of shape \(signal.shape)")
  }
  var frames = Dimension.unknown
  var bins = Dimension.unknown
  if let frame = plan.frame {
    bins = .fixed(plan.isOneSided ? frame / 2 + 1 : frame)
    if let length = dimensions[1].size, let step = plan.step {
      guard frame <= length else { throw .invalid("frames of \(frame) in \(length) values") }
      frames = .fixed((length - frame) / step + 1)
    }
  }
  return [signal.with(.ranked([dimensions[0], frames, bins, 2]))]
}
